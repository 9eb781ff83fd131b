"""Inputs that several of the alert commands take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.cli.options import one_or_all
from ew4all.readers.whole_file import whole_file

if TYPE_CHECKING:
    from ew4all.alerts.geocodes import GeocodeTable
    from ew4all.alerts.mapping_profile import Profile

__all__ = ["geocode_table", "mapping_rules"]


def geocode_table(files: list[str] | None) -> GeocodeTable | None:
    """Return where geocodes lie, as --geocodes says; None without it."""
    if not files:
        return None
    from ew4all.readers.geocodes import read_geocodes

    return read_geocodes(one_or_all(files))


def mapping_rules(name: str, what: str = "") -> Profile:
    """Return the rules from CAP to cell broadcast: of a file that ends in .toml, else the shipped ones of that name.

    `what` stands before the name of the file in messages: the option that gave it.
    """
    from ew4all.alerts.mapping_profile import profile, read_profile

    if name.endswith(".toml"):
        return read_profile(whole_file(name, what), name)
    return profile(name)
