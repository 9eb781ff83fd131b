"""Profiles of CAP: what a country or network demands of an alert beyond the standard, as data.

A profile is a TOML file. Each of its rules says what it looks at (the alert, each info block, or each area), on which of them
it bears (``when``), what must hold (``require``), and where that is from; a user's own file has the same form. Words of rules:

field
    What is looked at, see `ew4all.alerts.profile_fields`; ``name`` picks among parameters, event codes and geocodes (a ``*``
    at its end stands for any ending, such as a version).
at_least, at_most
    How many values that fit there may be; 1 and no limit by default.
one_of, matches
    Which values fit: a list, or a regular expression for the whole value.
all
    Whether every value has to fit, not one of them. It then asks for no value at all.
most
    Largest number that fits.
most_characters, gsm7
    Longest text that fits; whether each of its characters must be in the GSM 7-bit alphabet, which then counts characters
    of its extension table twice.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ew4all.alerts.findings import Finding, Level
from ew4all.alerts.gsm7 import foreign, length
from ew4all.alerts.profile_fields import FIELDS, Subject, subjects
from ew4all.errors import CapError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ew4all.alerts.cap import Alert

__all__ = ["NAMES", "Condition", "Profile", "Rule", "check", "load", "parse"]

NAMES = ("cap-cp", "eu-alert", "meteoalarm", "wea-ipaws")
"""The profiles that come with the package."""

_CONDITION_KEYS = {
    "field", "name", "at_least", "at_most", "one_of", "matches", "all", "most",
    "most_characters", "gsm7",
}  # fmt: skip
_RULE_KEYS = {
    "code", "level", "on", "when", "require", "message", "hint", "source", "status",
}  # fmt: skip
_SCOPES = ("alert", "info", "area")
_STATUS = {"V": "verified", "V2": "verified in two sources", "U": "from memory", "ours": "our rule"}


@dataclass(frozen=True)
class Condition:
    """What must be true of the values of a field."""

    field: str
    name: str | None = None
    at_least: int = 1
    at_most: int | None = None
    one_of: frozenset[str] | None = None
    matches: re.Pattern[str] | None = None
    every: bool = False
    most: int | None = None
    most_characters: int | None = None
    gsm7: bool = False

    def holds(self, subject: Subject) -> bool:
        """Whether it is true of an alert, info block or area."""
        values = FIELDS[self.field](subject, self.name)
        fitting = [value for value in values if self._fits(value)]
        if self.every:
            return len(fitting) == len(values)
        return self.at_least <= len(fitting) and (
            self.at_most is None or len(fitting) <= self.at_most
        )

    def _fits(self, value: str) -> bool:
        if self.one_of is not None and value not in self.one_of:
            return False
        if self.matches is not None and self.matches.fullmatch(value) is None:
            return False
        if self.most is not None and float(value) > self.most:
            return False
        if self.gsm7 and foreign(value):
            return False
        size = length(value) if self.gsm7 else len(value)
        return self.most_characters is None or size <= self.most_characters


@dataclass(frozen=True)
class Rule:
    """One demand. `status` says how sure we are of it: V, V2, U (as in the references of the project) or ours."""

    code: str
    level: Level
    on: str
    when: tuple[Condition, ...]
    require: tuple[Condition, ...]
    message: str
    hint: str
    source: str
    status: str


@dataclass(frozen=True)
class Profile:
    """What one network demands."""

    name: str
    title: str
    source: str
    rules: tuple[Rule, ...]


def load(name: str) -> Profile:
    """Return a profile that comes with the package.

    Raises
    ------
    CapError
        There is none of this name.
    """
    if name not in NAMES:
        msg = f"there is no profile {name!r}; there are {', '.join(NAMES)}, or give a file (.toml)"
        raise CapError(msg)
    data = files("ew4all.alerts").joinpath(f"data/profiles/{name}.toml").read_bytes()
    return parse(data, f"profile {name}")


def parse(data: bytes, label: str) -> Profile:
    """Return a profile from the bytes of its file; `label` begins messages.

    Raises
    ------
    CapError
        It is no TOML, lacks something, or has a word that no profile has.
    """
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{label} is no TOML file in UTF-8 ({error}); correct it"
        raise CapError(msg) from error
    _refuse_unknown(document, {"name", "title", "source", "rule"}, label)
    head = {key: _text(document, key, label) for key in ("name", "title", "source")}
    tables = document.get("rule")
    if not isinstance(tables, list) or not tables:
        msg = f"{label} has no [[rule]]; give one at least"
        raise CapError(msg)
    rules = tuple(_rule(t, f"{label}, rule {k}", head["name"]) for k, t in enumerate(tables, 1))
    codes = [rule.code for rule in rules]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        msg = f"{label} has two rules with the code {twice}; name each differently"
        raise CapError(msg)
    return Profile(head["name"], head["title"], head["source"], rules)


def check(
    alert: Alert, profile: Profile, line_of: Callable[[str], int | None] = lambda _: None
) -> tuple[Finding, ...]:
    """Return what a profile finds wanting in an alert, in the order of its rules.

    Parameters
    ----------
    line_of
        From the path of an element to its line in the file.
    """
    found = []
    for rule in profile.rules:
        for subject in subjects(alert, rule.on):
            if _all_hold(rule.when, subject) and not _all_hold(rule.require, subject):
                path = subject.path
                found.append(
                    Finding(rule.code, rule.level, path, line_of(path), rule.message, rule.hint)
                )
    return tuple(found)


def _all_hold(conditions: Iterable[Condition], subject: Subject) -> bool:
    return all(condition.holds(subject) for condition in conditions)


def _rule(table: Any, label: str, profile: str) -> Rule:
    if not isinstance(table, dict):
        msg = f"{label} is no table; write it as [[rule]]"
        raise CapError(msg)
    _refuse_unknown(table, _RULE_KEYS, label)
    texts = {k: _text(table, k, label) for k in ("code", "level", "on", "message", "hint", "source", "status")}  # fmt: skip
    for key, allowed in (("level", list(Level)), ("on", _SCOPES), ("status", _STATUS)):
        if texts[key] not in allowed:
            msg = f"{label}: {key} is {texts[key]!r}; it is one of {', '.join(allowed)}"
            raise CapError(msg)
    when, require = (_conditions(table.get(key, []), f"{label}, {key}") for key in ("when", "require"))  # fmt: skip
    if not require:
        msg = f"{label} requires nothing; say what must hold: require = [{{ field = ... }}]"
        raise CapError(msg)
    return Rule(
        code=f"profile.{profile}.{texts['code']}",
        level=Level(texts["level"]),
        on=texts["on"],
        when=when,
        require=require,
        message=texts["message"],
        hint=texts["hint"],
        source=texts["source"],
        status=texts["status"],
    )


def _conditions(tables: Any, label: str) -> tuple[Condition, ...]:
    if isinstance(tables, dict):
        tables = [tables]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        msg = f"{label} is no table or list of tables, such as [{{ field = 'expires' }}]"
        raise CapError(msg)
    return tuple(_condition(table, label) for table in tables)


def _condition(table: Mapping[str, Any], label: str) -> Condition:
    _refuse_unknown(table, _CONDITION_KEYS, label)
    field = _text(table, "field", label)
    if field not in FIELDS:
        msg = f"{label}: there is no field {field!r}; there are {', '.join(sorted(FIELDS))}"
        raise CapError(msg)
    kinds = {
        "name": str, "at_least": int, "at_most": int, "one_of": list, "matches": str, "all": bool,
        "most": int, "most_characters": int, "gsm7": bool,
    }  # fmt: skip
    for key, kind in kinds.items():
        if key in table and type(table[key]) is not kind:
            msg = f"{label}: {key} is {table[key]!r}, which is no {kind.__name__}"
            raise CapError(msg)
    try:
        matches = re.compile(table["matches"]) if "matches" in table else None
    except re.error as error:
        msg = f"{label}: {table['matches']!r} is no regular expression ({error})"
        raise CapError(msg) from error
    at_most = table.get("at_most")
    return Condition(
        field=field,
        name=table.get("name"),
        at_least=table.get("at_least", 0 if at_most is not None else 1),
        at_most=at_most,
        one_of=frozenset(map(str, table["one_of"])) if "one_of" in table else None,
        matches=matches,
        every=table.get("all", False),
        most=table.get("most"),
        most_characters=table.get("most_characters"),
        gsm7=table.get("gsm7", False),
    )


def _text(table: Mapping[str, Any], key: str, label: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        msg = f"{label} has no {key}; give it as a text"
        raise CapError(msg)
    return value


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str], label: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        msg = f"{label} has the word {unknown[0]!r}, which means nothing here; there are {', '.join(sorted(known))}"
        raise CapError(msg)
