"""The identity of a network: country and network code as digits and as three octets."""

from __future__ import annotations

import re

from ew4all.errors import DecodeError, MessageError

__all__ = ["check_plmn", "plmn_from_octets", "plmn_octets"]

_DIGITS = re.compile(r"[0-9]{5,6}")


def check_plmn(plmn: object) -> None:
    """Refuse what is not three digits of country code and two or three of network code.

    Raises
    ------
    MessageError
        It is something else.
    """
    if not isinstance(plmn, str) or not _DIGITS.fullmatch(plmn):
        msg = (
            f"PLMN {plmn!r} is not a network: three digits of country code, then two or three of "
            f"network code (for the test network '00101')"
        )
        raise MessageError(msg)


def plmn_octets(plmn: str) -> bytes:
    """Return the three octets of a PLMN: digits in exchanged halves (TS 24.008 10.5.1.13).

    Raises
    ------
    MessageError
        `plmn` is not 5 or 6 digits.
    """
    check_plmn(plmn)
    mcc, mnc = [int(digit) for digit in plmn[:3]], [int(digit) for digit in plmn[3:]]
    third = mnc[2] if len(mnc) == 3 else 0xF
    return bytes([mcc[1] << 4 | mcc[0], third << 4 | mcc[2], mnc[1] << 4 | mnc[0]])


def plmn_from_octets(octets: bytes) -> str:
    """Return the digits of three octets.

    Raises
    ------
    DecodeError
        A half octet is no digit.
    """
    if len(octets) != 3:
        msg = f"a PLMN of {len(octets)} octets: three are needed"
        raise DecodeError(msg)
    halves = [half for octet in octets for half in (octet & 0xF, octet >> 4)]
    mcc, third, mnc = halves[:3], halves[3], halves[4:]
    digits = [*mcc, *mnc, *([] if third == 0xF else [third])]
    if max(digits) > 9:
        msg = f"PLMN {octets.hex()} holds a half octet that is no digit"
        raise DecodeError(msg)
    return "".join(map(str, digits))
