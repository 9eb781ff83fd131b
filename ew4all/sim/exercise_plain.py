"""Frozen types to plain values and back, strictly: a field that is missing, unknown or of another type is told with its place."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

__all__ = ["from_plain", "to_plain"]


def to_plain(value: Any) -> Any:
    """Return what JSON can hold of a frozen type; fields are in their order."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple | list):
        return [to_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): to_plain(one) for name, one in value.items()}
    return value


def from_plain(wanted: Any, value: Any, where: str = "") -> Any:
    """Return a frozen type, or another value of the wanted type, from plain values.

    Raises
    ------
    ValueError
        A field is missing, unknown, or of another type; the message begins with its place.
    """
    if isinstance(wanted, type) and is_dataclass(wanted):
        return _made(wanted, value, where)
    origin = get_origin(wanted)
    if origin is types.UnionType:
        return _any_of(get_args(wanted), value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        of = get_args(wanted)[0]
        return tuple(from_plain(of, one, f"{where}[{k}]") for k, one in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        return dict(value)
    return _scalar(wanted, value, where)


def _made(wanted: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    known = {one.name: one for one in fields(wanted)}
    unknown = sorted(set(value) - set(known))
    if unknown:
        msg = f"{where or 'the value'} has a field {unknown[0]!r} that is not known; it has {', '.join(known) or 'none'}"
        raise ValueError(msg)
    hints, found = _hints(wanted), {}
    for name, one in known.items():
        if name in value:
            found[name] = from_plain(hints[name], value[name], f"{where}.{name}" if where else name)
        elif one.default is MISSING and one.default_factory is MISSING:
            msg = f"{where or 'the value'} has no field {name!r}"
            raise ValueError(msg)
    return wanted(**found)


def _any_of(wanted: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in wanted:
        return None
    left = [one for one in wanted if one is not type(None)]
    return from_plain(left[0], value, where)


def _scalar(wanted: Any, value: Any, where: str) -> Any:
    if wanted is Any:
        return value
    if wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise _wrong(where, "a finite number", value)
        return float(value)
    if wanted in (str, int, bool) and type(value) is wanted:
        return value
    named = {str: "a text", int: "a whole number", bool: "true or false", float: "a number"}
    raise _wrong(where, named.get(wanted, str(wanted)), value)


def _wrong(where: str, wanted: str, value: Any) -> ValueError:
    return ValueError(f"{where or 'the value'} is {value!r:.80}, but must be {wanted}")


@cache
def _hints(wanted: type) -> Mapping[str, Any]:
    return get_type_hints(wanted)
