"""Case files: what may be known, and nothing else."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ew4all.errors import InputError, ReadError
from ew4all.sim.channels.registry import CHANNELS
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "KNOWN", "Case", "Known", "Target", "load_case"]

BEHAVIOUR: Final = (
    "phone_owned", "phone_on_awake", "phone_on_asleep", "opted_out", *(f"capable_{t}" for t in TECHNOLOGIES),
)  # fmt: skip
"""Ownership, phones that are on, phones that can, opt-outs."""

OF_CHANNELS: Final = {
    "app_installed": ("app", "installed"),
    "web_push_subscribed": ("web_push", "subscribed"),
    "sms_enrolled": ("address_sms", "enrolled"),
    "sms_rate_per_s": ("location_sms", "rate_per_s"),
}
"""Who has a channel, and what a sending system of that place can do."""

KNOWN: Final = (
    "hour", "until_hour", "channels", "coverage", "people", "sirens", "sites_out", "channel_shares", *OF_CHANNELS, *BEHAVIOUR,
)  # fmt: skip
"""All that a case may say of its place and day."""

KINDS: Final = ("alert", "outage", "issuance")

_OUTCOMES: Final = {
    "any",
    "none",
    "two_or_more",
    "sites_out",
    "early_min",
    "median_min",
    "late_min",
}
_SHARES: Final = {"app_installed", "web_push_subscribed", "sms_enrolled", "sites_out", *BEHAVIOUR}
_TOP: Final = {"case", "kind", "place", "date", "known", "score", "check", "notes"}
_WITH: Final = {"value", "source", "date"}
_TARGET: Final = {"what", "group", "day", "published", "low", "high", "source", "date", "input_of_target"}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """One thing known of a place and day; `later` says that it was known of another day only."""

    value: Any
    source: str
    date: str


@dataclass(frozen=True)
class Target:
    """A published outcome, and the band that counts as met; shares 0..1, or seconds or minutes as `what` says.

    Attributes
    ----------
    what
        A channel's name, ``any``, ``none``, ``two_or_more``, ``sites_out``; ``median_s of CHANNEL``; ``last_min of CHANNEL``;
        ``early_min`` and ``late_min`` of issuance.
    group
        Ages; everybody without it.
    input_of_target
        Which numbers of the model come from this very outcome: then it shows consistency, not skill.
    """

    what: str
    low: float
    high: float
    published: str
    source: str
    date: str
    group: str = "all"
    day: float = 0.0
    input_of_target: str = ""
    scored: bool = True


@dataclass(frozen=True)
class Case:
    """What is known, and what was measured."""

    name: str
    kind: str
    title: str
    date: str
    known: Mapping[str, Known]
    targets: tuple[Target, ...]
    notes: str = ""

    def get(self, name: str, default: Any = None) -> Any:
        """Return a known value."""
        return self.known[name].value if name in self.known else default


def load_case(path: str | Path) -> Case:
    """Read a case.

    Raises
    ------
    ReadError
        The file cannot be read, or is no YAML.
    InputError
        A key that a case may not have, a value without source and date, or one that is not possible.
    """
    path = Path(path)
    try:
        document = YAML(typ="safe").load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        msg = f"case {path} cannot be read: {error}"
        raise ReadError(msg) from error
    if not isinstance(document, dict):
        msg = f"case {path} must hold keys and values, at least case, kind, place, date, known and score or check"
        raise InputError(msg)
    where = f"case {path.name}"
    _only(document, _TOP, where)
    for key in ("case", "kind", "place", "date", "known"):
        if key not in document:
            msg = f"{where} needs the key {key!r}"
            raise InputError(msg)
    if document["kind"] not in KINDS:
        msg = f"{where}: kind is {document['kind']!r}, but must be one of {', '.join(KINDS)}"
        raise InputError(msg)
    known = {}
    for name, said in (document["known"] or {}).items():
        if name not in KNOWN:
            msg = (
                f"{where} sets {name!r}, which no case may: all but what is known of a place and day is the frozen set of defaults; "
                f"known may be {', '.join(KNOWN)}"
            )
            raise InputError(msg)
        known[name] = _known(name, said, f"{where}: {name}")
    targets = [_target(said, where, scored=True) for said in document.get("score") or ()]
    targets += [_target(said, where, scored=False) for said in document.get("check") or ()]
    if document["kind"] == "alert" and not {"channels", "channel_shares"} & set(known):
        msg = f"{where} names no channel; give channels (those that were used) or channel_shares under known"
        raise InputError(msg)
    if not targets:
        msg = f"{where} compares with nothing; give score or check"
        raise InputError(msg)
    return Case(
        str(document["case"]),
        document["kind"],
        str(document["place"]),
        _date(document["date"], where),
        known,
        tuple(targets),
        str(document.get("notes") or ""),
    )


def _known(name: str, said: Any, where: str) -> Known:
    if not isinstance(said, dict) or set(said) != _WITH:
        msg = f"{where} needs value, source and date, and nothing else"
        raise InputError(msg)
    value, source = said["value"], str(said["source"] or "").strip()
    if not source:
        msg = f"{where} has no source; say where it was read, or that it is recalled"
        raise InputError(msg)
    if name in _SHARES:
        _share(value, where)
    elif name in {"coverage", "channel_shares"}:
        names = set(TECHNOLOGIES) if name == "coverage" else set(CHANNELS)
        if not isinstance(value, dict) or not set(value) <= names:
            msg = f"{where} maps {', '.join(sorted(names))} to shares"
            raise InputError(msg)
        for key, share in value.items():
            _share(share, f"{where}.{key}")
        if name == "coverage" and sum(value.values()) > 1.0 + 1e-9:
            msg = f"{where}: shares of people by the technology that serves them add up to more than 1"
            raise InputError(msg)
    elif name == "channels":
        if not isinstance(value, list):
            msg = f"{where} must be a list of channels, not {value!r}"
            raise InputError(msg)
        unknown = [one for one in value if one not in CHANNELS]
        if unknown:
            msg = f"{where}: there is no channel {unknown[0]!r}; there are {', '.join(CHANNELS)}"
            raise InputError(msg)
    elif name == "sirens":
        if not isinstance(value, dict) or set(value) != {"ratings", "area_km2"}:
            msg = f"{where} needs ratings (level at 30.48 m, dBC: how many) and area_km2"
            raise InputError(msg)
    elif not _is_number(value) or value < 0:
        msg = f"{where} must be a finite number of 0 or more, not {value!r}"
        raise InputError(msg)
    elif name in {"hour", "until_hour"} and value > 24:
        msg = f"{where} is {value!r}, but an hour of the day lies in 0..24"
        raise InputError(msg)
    return Known(value, source, _date(said["date"], where))


def _target(said: Any, where: str, *, scored: bool) -> Target:
    if not isinstance(said, dict):
        msg = f"{where}: a target needs what, low, high, published, source and date"
        raise InputError(msg)
    _only(said, _TARGET, f"{where}: a target")
    missing = [
        key for key in ("what", "low", "high", "published", "source", "date") if key not in said
    ]
    if missing:
        msg = f"{where}: a target needs {missing[0]!r}"
        raise InputError(msg)
    what = str(said["what"])
    if not _is_outcome(what):
        msg = (
            f"{where}: {what!r} is nothing that a case can be compared with; what is a channel ({', '.join(CHANNELS)}), any, none, "
            "two_or_more, sites_out, median_s of CHANNEL, last_min of CHANNEL, early_min, median_min or late_min"
        )
        raise InputError(msg)
    bounds = (said["low"], said["high"])
    if not all(_is_number(bound) for bound in bounds):
        msg = f"{where}: low and high of {what} must be numbers, not {said['low']!r} and {said['high']!r}"
        raise InputError(msg)
    is_share = " of " not in what and not what.endswith("_min")
    if is_share and not 0.0 <= max(bounds) <= 1.0:
        msg = f"{where}: the band of {what} is {bounds[0]} to {bounds[1]}, but shares lie in 0..1 (60 % is 0.6)"
        raise InputError(msg)
    if not said["low"] <= said["high"]:
        msg = f"{where}: the band {said['low']} to {said['high']} of {said['what']} is empty"
        raise InputError(msg)
    given = {**said, "published": str(said["published"]), "date": _date(said["date"], where)}
    return Target(**given, scored=scored)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_outcome(what: str) -> bool:
    """Say whether `playing.outcome` knows it."""
    time, of, channel = what.partition(" of ")
    if of:
        return time in {"median_s", "last_min"} and channel in CHANNELS
    return what in CHANNELS or what in _OUTCOMES


def _share(value: Any, where: str) -> None:
    if not (isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0):
        msg = f"{where} is {value!r}, but a share lies in 0..1"
        raise InputError(msg)


def _date(value: Any, where: str) -> str:
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    if not text[:4].isdecimal():
        msg = f"{where}: {text!r} is no date; write 2020-06-08, 2020-06 or 2020"
        raise InputError(msg)
    return text


def _only(said: Mapping[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(map(str, said)) - names)
    if unknown:
        msg = f"{where} has no key {unknown[0]!r}; it has {', '.join(sorted(names))}"
        raise InputError(msg)
