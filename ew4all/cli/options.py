"""Options of the command line that hold more than one thing, such as ``NAME=FILE``."""

from __future__ import annotations

import math
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "language_tag",
    "mapping",
    "moment",
    "must_be_text",
    "must_name_output",
    "named_groups",
    "named_hazards",
    "named_layers",
    "numbers",
    "one_or_all",
    "prices",
    "repeatable",
    "sources",
    "thresholds",
]


def mapping(option: str, values: Sequence[str] | None, form: str) -> dict[str, str] | None:
    """Return what ``NAME=VALUE`` options say; None where there are none.

    Parameters
    ----------
    option
        How the option is called.
    form
        An example, for messages.

    Raises
    ------
    OptionError
        A value without a name or without anything after it, or a name given twice.
    """
    if not values:
        return None
    found: dict[str, str] = {}
    for value in values:
        name, sign, rest = value.partition("=")
        name, rest = name.strip(), rest.strip()
        if not (sign and name and rest):
            msg = f"{option} wants the form {form}, but got {value!r}"
            raise OptionError(msg)
        if name in found:
            msg = f"{option} was given twice for {name!r}"
            raise OptionError(msg)
        found[name] = rest
    return found


def one_or_all(values: Sequence[str] | None) -> str | list[str] | None:
    """Return the only value of an option that may be repeated, or the list of them; None where there is none."""
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)


def numbers(option: str, values: Sequence[str] | None, form: str) -> dict[str, float] | None:
    """Return what ``NAME=NUMBER`` options say; None where there are none.

    Raises
    ------
    OptionError
        See `mapping`; or what follows the name is not a finite number.
    """
    texts = mapping(option, values, form)
    if texts is None:
        return None
    return {name: _number(option, text, form) for name, text in texts.items()}


def prices(values: Sequence[str] | None) -> dict[str, float] | None:
    """Return what ``--cost NAME=VALUE`` says; ``nan`` takes a price away.

    Raises
    ------
    OptionError
        See `numbers`.
    """
    form = "siren=15000, or siren=nan for no price"
    texts = mapping("--cost", values, form) or {}
    found = {
        name: math.nan if text.lower() == "nan" else _number("--cost", text, form)
        for name, text in texts.items()
    }
    return found or None


def moment(option: str, text: str) -> datetime:
    """Return a time that was written with its offset from UTC.

    Raises
    ------
    OptionError
        It is no time, or says no offset.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"{option} {text} is no time; write it as 2026-01-31T18:30:00-05:00"
        raise OptionError(msg) from error
    if found.tzinfo is None:
        msg = f"{option} {text} does not say its offset from UTC; write it as {text}+00:00 if it is UTC"
        raise OptionError(msg)
    return found


def language_tag(option: str, text: str) -> str:
    """Return a text that has the form of a language tag.

    Raises
    ------
    OptionError
        It has not.
    """
    from ew4all.alerts.language_tags import LANGUAGE_TAG_FORM, is_language_tag

    if not is_language_tag(text):
        msg = f"{option} wants {LANGUAGE_TAG_FORM}, but got {text!r}"
        raise OptionError(msg)
    return text


def named_layers(option: str, values: Sequence[str] | None) -> dict[str, str | None] | None:
    """Return what ``NAME=FILE`` and plain ``NAME`` options say, None for a name alone; None where there are none.

    Raises
    ------
    OptionError
        An empty name or file, or a name given twice.
    """
    if not values:
        return None
    found: dict[str, str | None] = {}
    for value in values:
        name, sign, path = (part.strip() for part in value.partition("="))
        if not name or (sign and not path):
            msg = f"{option} wants the form NAME=FILE or NAME, but got {value!r}"
            raise OptionError(msg)
        if name in found:
            msg = f"{option} was given twice for {name!r}"
            raise OptionError(msg)
        found[name] = path or None
    return found


def named_groups(
    people: Sequence[str] | None, shares: Sequence[str] | None
) -> dict[str, Any] | None:
    """Return groups of ``--group`` and ``--group-share`` by name; None where there are none.

    Raises
    ------
    OptionError
        See `mapping`; or a name in both.
    """
    found: dict[str, Any] = dict(mapping("--group", people, "women=FILE") or {})
    for name, path in (mapping("--group-share", shares, "poor=FILE") or {}).items():
        if name in found:
            msg = f"the group {name!r} was given as people and as a share; give it once"
            raise OptionError(msg)
        found[name] = {"source": path, "share": True}
    return found or None


def named_hazards(values: Sequence[str] | None) -> dict[str, str] | None:
    """Return hazards by name: ``NAME=FILE[#CHOICE]``, or a plain file, which is called by its name without the suffix.

    Raises
    ------
    OptionError
        An empty name or file, or a name given twice.
    """
    if not values:
        return None
    found: dict[str, str] = {}
    for value in values:
        name, sign, path = (part.strip() for part in value.partition("="))
        if not sign or "#" in name or Path(value.partition("#")[0]).exists():
            path = value.strip()
            name = Path(path.partition("#")[0]).name.partition(".")[0]
        if not name or not path:
            msg = f"--hazard wants the form NAME=FILE, but got {value!r}"
            raise OptionError(msg)
        if name in found:
            msg = f"--hazard was given twice for {name!r}; give each a name: --hazard NAME=FILE"
            raise OptionError(msg)
        found[name] = path
    return found


def thresholds(values: Sequence[str] | None) -> dict[str, float] | float | None:
    """Return levels of coverage by layer, or the one level for all layers.

    Raises
    ------
    OptionError
        See `numbers`; or a level for all layers beside another one.
    """
    option, form = "--coverage-min", "4g=-105, 4g:OPERATOR=-105 or -105"
    for_all = [value for value in values or () if "=" not in value]
    if values and for_all:
        if len(values) > 1:
            msg = f"{option} {for_all[0]} is for all layers, so it must stand alone; name the layers otherwise: {form}"
            raise OptionError(msg)
        return _number(option, for_all[0], form)
    return numbers(option, values, form)


def sources(values: Sequence[str]) -> str | dict[str, str]:
    """Return the one population, or group name to population.

    A plain path is called by its name without the suffix. A file whose own name has a ``=`` in it is a plain path.

    Raises
    ------
    OptionError
        Two groups of one name, or a name without a file.
    """
    named: list[tuple[str, str]] = []
    for value in values:
        name, sign, path = value.partition("=")
        if not sign or Path(value).exists():
            if len(values) == 1:
                return value
            named.append((Path(value).name.partition(".")[0], value))
        elif name.strip() and path.strip():
            named.append((name.strip(), path.strip()))
        else:
            msg = f"--population wants the form FILE or NAME=FILE, but got {value!r}"
            raise OptionError(msg)
    groups = dict(named)
    if len(groups) < len(named):
        names = [name for name, _ in named]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"--population was given twice for the group {twice!r}; name the groups: --population NAME=FILE"
        raise OptionError(msg)
    return groups


def _number(option: str, text: str, form: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = f"{option} wants a number as in {form}, but got {text!r}"
        raise OptionError(msg)
    return number


REPEATABLE = frozenset(
    {
        "--population",
        "--coverage",
        "--coverage-min",
        "--operator-share",
        "--assume",
        "--hazard-where",
    }
)
"""Options that may be given several times."""

_ALSO_IN = {
    "reach": frozenset({"--column", "--cap", "--geocodes"}),
    "plan": frozenset(
        {
            "--channel",
            "--channel-min",
            "--column",
            "--cost",
            "--facts",
            "--from",
            "--gaps",
            "--hazard",
            "--hazard-weight",
            "--home",
            "--kind",
            "--reach",
            "--run",
            "--zone-weight",
        }
    ),
    "gaps": frozenset(
        {
            "--channel",
            "--channel-min",
            "--column",
            "--coverage-after",
            "--facilities",
            "--group",
            "--group-share",
            "--hazard",
        }
    ),
    "coverage": frozenset({"--landcover-class", "--column", "--technology"}),
    "exercise": frozenset({"--column"}),
    "target": frozenset(
        {
            "--landcover-class",
            "--column",
            "--technology",
            "--operator",
            "--geofence",
            "--cap",
            "--geocodes",
        }
    ),
    "alert": frozenset(
        {
            "--action",
            "--geocodes",
            "--language",
            "--place",
            "--previous",
            "--source",
            "--time",
            "--trust",
        }
    ),
    "data": frozenset(
        {
            "--allow-host",
            "--official-where",
            "--population-column",
            "--population-unit",
            "--refine",
            "--year",
            "--zones-where",
        }
    ),
    "outage": frozenset({"--hazard", "--observed", "--core", "--feeder-out", "--column"}),
}


def repeatable(arguments: Sequence[str]) -> frozenset[str]:
    """Return the options that may be given several times in the command that is called."""
    return REPEATABLE | _ALSO_IN.get(next(iter(arguments), ""), frozenset())


def must_be_text(arguments: Sequence[str]) -> None:
    """Refuse bytes that are not UTF-8: GDAL opens no file of such a name, and no result could tell it.

    Raises
    ------
    OptionError
        Shows the argument.
    """
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            shown = argument.encode("utf-8", "backslashreplace").decode()
            msg = f"{shown} is not UTF-8; write it in UTF-8, and rename a file of such a name"
            raise OptionError(msg) from error


def must_name_output(arguments: Sequence[str]) -> None:
    """Refuse ``--out ""``, as a script with an unset variable says it: a path made of it is the working folder.

    Raises
    ------
    OptionError
        Says what to write.
    """
    if "--out=" in arguments or ("--out", "") in pairwise(arguments):
        msg = "--out has no name (an empty text); name a place, . for the working folder, or leave it out"
        raise OptionError(msg)


def once_only(arguments: Sequence[str], repeatable: frozenset[str]) -> None:
    """Refuse an option that is given twice but takes one value: the first would be lost without a word.

    Raises
    ------
    OptionError
        Names the option.
    """
    seen: set[str] = set()
    for argument in arguments:
        if argument == "--":
            return
        name = argument.partition("=")[0]
        if not name.startswith("--"):
            continue
        if name in seen and name not in repeatable:
            msg = f"{name} was given twice, but takes one value; put several shapes into one file, or run twice"
            raise OptionError(msg)
        seen.add(name)
