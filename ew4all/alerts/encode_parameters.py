"""What a caller may set of an encoded message: the keys of `--params FILE.json`."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Parameters", "read_parameters"]


@dataclass(frozen=True)
class Parameters:
    """Values that replace those of the profile and the alert.

    Parameters
    ----------
    message_identifier, serial_number
        Of the first message; further ones follow from them (additional language, next code).
    repetition_s, broadcasts
        Period in seconds, and number; 0 broadcasts means until stopped. By default 60 seconds, as
        often as the alert's life asks for.
    plmn, tac, cells
        Network (country and network code), tracking areas and cells; without areas, everywhere.
    concurrent
        Beside other messages on air. By default as TS 23.041 asks: yes, but never with ETWS.
    send_indication
        The network shall say where it is on air.
    segment_octets
        Most octets of text in a segment of SIB12 and SIB8.
    """

    message_identifier: int | None = None
    serial_number: int | None = None
    repetition_s: int | None = None
    broadcasts: int | None = None
    plmn: str = "00101"
    tac: tuple[int, ...] = ()
    cells: tuple[int, ...] = ()
    concurrent: bool | None = None
    send_indication: bool = False
    segment_octets: int | None = None


def read_parameters(data: bytes, name: str) -> Parameters:
    """Read a JSON object of `Parameters`; numbers may also be written as texts such as "0x4010".

    Raises
    ------
    MessageError
        No JSON object, a key that does not exist, or a value that is not of its type.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        msg = f"{name} is no JSON that can be read: {error}"
        raise MessageError(msg) from error
    if not isinstance(document, dict):
        msg = f"{name} holds no JSON object; write {{'repetition_s': 60, ...}}"
        raise MessageError(msg)
    keys = [field.name for field in fields(Parameters)]
    given: dict[str, Any] = {}
    for key, value in document.items():
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            guess = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(keys)}"
            msg = f"{name}: there is no parameter {key!r}{guess}"
            raise MessageError(msg)
        if value is not None:  # null is what stands there without the key
            given[key] = _READERS.get(key, _number)(value, f"{name}: {key}")
    return Parameters(**given)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        msg = f"the key {twice!r} is there twice"
        raise ValueError(msg)
    return found


def _number(value: object, where: str) -> int:
    if isinstance(value, str):
        try:
            return int(value, 0)
        except ValueError:
            pass
    elif isinstance(value, int) and not isinstance(value, bool):
        return value
    msg = f"{where}: {value!r} is no whole number"
    raise MessageError(msg)


def _size(value: object, where: str) -> int:
    octets = _number(value, where)
    if octets < 1:
        msg = f"{where}: {octets} octets are no segment; give 1 or more, or leave it out"
        raise MessageError(msg)
    return octets


def _numbers(value: object, where: str) -> tuple[int, ...]:
    if not isinstance(value, list):
        msg = f"{where}: {value!r} is no list of whole numbers"
        raise MessageError(msg)
    return tuple(_number(item, where) for item in value)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        msg = f"{where}: {value!r} is neither true nor false"
        raise MessageError(msg)
    return value


def _network(value: object, where: str) -> str:
    if not isinstance(value, str):
        msg = (
            f'{where}: {value!r} is no text; write it in quotes, since a leading 0 counts: "00101"'
        )
        raise MessageError(msg)
    return value


_READERS: dict[str, Callable[[object, str], Any]] = {
    "plmn": _network,
    "tac": _numbers,
    "cells": _numbers,
    "concurrent": _flag,
    "send_indication": _flag,
    "segment_octets": _size,
}
