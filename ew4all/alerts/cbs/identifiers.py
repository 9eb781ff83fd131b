"""Message identifiers of public warnings: what each number means and whether a phone shows it.

The table is `data/identifiers/identifiers.toml`, each row with its source.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "GEOFENCING_TRIGGER",
    "IDENTIFIERS",
    "PWS_RANGE",
    "Identifier",
    "OptOut",
    "additional_language",
    "describe",
    "is_cmas",
    "is_etws",
]

PWS_RANGE = range(4352, 6400)
"""The identifiers of the public warning system (TS 23.041 9.4.1.2.2); EU-Info, 6400, is outside."""

GEOFENCING_TRIGGER = 4400
"""WEA Handset Action Message: nothing to display (0x1130; a comment in AOSP says 4440, wrongly)."""


class OptOut(StrEnum):
    """Whether the user decides what is shown (TS 22.268 6.2)."""

    NEVER = "never"  # always shown
    OPT_OUT = "opt-out"  # shown unless the user has switched it off
    OPT_IN = "opt-in"  # shown only if the user has switched it on
    NOTHING = "nothing"  # for the device itself: there is nothing to show


@dataclass(frozen=True)
class Identifier:
    """One message identifier.

    `title` is what a phone writes above the text; `twin` the identifier of the same warning in an
    additional language; `twin_of` the other way; `triple` the CAP severity, urgency and certainty
    that it stands for in WEA; `eu_alert` its level in EU-Alert (ETSI TS 102 900).
    """

    value: int
    name: str
    title: str
    system: str
    eu_alert: str | None
    twin: int | None
    twin_of: int | None
    triple: tuple[str, str, str] | None
    opt_out: OptOut
    displays: bool
    source: str


def _load() -> Mapping[int, Identifier]:
    source = files("ew4all.alerts") / "data" / "identifiers" / "identifiers.toml"
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    rows: dict[int, Identifier] = {}
    for row in data["range"]:
        for k, value in enumerate(range(row["first"], row["last"] + 1)):
            kind = f": {row['kinds'][k]}" if "kinds" in row else ""
            rows[value] = _identifier({**row, "name": row["name"] + kind}, value)
    for row in data["identifier"]:
        first = _identifier(row, row["value"], twin=row.get("twin"))
        rows[first.value] = first
        if first.twin is not None:
            rows[first.twin] = _identifier(row, first.twin, twin_of=first.value)
    return MappingProxyType(dict(sorted(rows.items())))


def _identifier(
    row: dict[str, Any], value: int, *, twin: int | None = None, twin_of: int | None = None
) -> Identifier:
    triple = row.get("triple")
    suffix = "" if twin_of is None else ", additional language"
    opt_out = OptOut(row["opt_out"])
    return Identifier(
        value=value,
        name=row["name"] + suffix,
        title=row.get("title", row["name"]),
        system=row["system"],
        eu_alert=row.get("eu_alert"),
        twin=twin,
        twin_of=twin_of,
        triple=None if triple is None else (triple[0], triple[1], triple[2]),
        opt_out=opt_out,
        displays=opt_out is not OptOut.NOTHING,
        source=row["source"],
    )


IDENTIFIERS: Mapping[int, Identifier] = _load()
"""Every identifier that has a meaning, by its number, in ascending order."""


def additional_language(message_identifier: int) -> int:
    """Return the identifier of the same warning in an additional language.

    It lies 13 further for 4370 to 4382, and 1 further for 4396 and 4398. It has its own serial
    numbers.

    Raises
    ------
    MessageError
        The identifier has no such twin.
    """
    known = IDENTIFIERS.get(message_identifier)
    if known is None or known.twin is None:
        what = "is one itself" if known is not None and known.twin_of is not None else "has none"
        msg = (
            f"message identifier {message_identifier} {what}: additional languages exist for 4370 "
            f"to 4382, 4396 and 4398"
        )
        raise MessageError(msg)
    return known.twin


def is_etws(message_identifier: int) -> bool:
    """Return whether an identifier belongs to ETWS, the earthquake and tsunami system."""
    return 4352 <= message_identifier <= 4359


def is_cmas(message_identifier: int) -> bool:
    """Return whether an identifier is a CMAS-type warning (WEA, EU-Alert), shown with a text."""
    return 4370 <= message_identifier <= 4399


def describe(message_identifier: int) -> str:
    """Return what an identifier means, also one that stands in no table."""
    known = IDENTIFIERS.get(message_identifier)
    if known is not None:
        return known.name
    if message_identifier in PWS_RANGE:
        return "public warning, not assigned"
    return "not a public warning"
