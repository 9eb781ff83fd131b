"""Mapping profiles: which CAP alert gets which message identifier, as data.

A profile is a TOML file. Three are shipped (``wea``, ``eu-alert``, ``etws``), and countries that
extend one of them; a user's own file has the same form (docs/mapping.md). A file with a key that
nobody knows, or one by which a test could reach a live identifier, is refused.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from ew4all.alerts.cap import Certainty, Severity, Status, Urgency
from ew4all.alerts.drill import DrillIdentifier
from ew4all.errors import MappingError

__all__ = [
    "EventClass",
    "Profile",
    "TextRule",
    "Triple",
    "profile",
    "profile_names",
    "read_profile",
]

_SURE = ("verified", "memory")
_ELEMENTS = ("event", "area", "response_type", "expires", "sender_name")
_MOST_IDENTIFIER = 0xFFFF
_DEEPEST = 5  # profiles that extend each other
# System and Draft are never broadcast, so no class may name them.
_STATUSES = {Status.ACTUAL, Status.EXERCISE, Status.TEST}

Named = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of parameters or event codes with the values that count; compared without case."""


@dataclass(frozen=True)
class Triple:
    """Severity, urgency and certainty for which there is a message, and its identifier."""

    severity: Severity
    urgency: Urgency
    certainty: Certainty
    identifier: int | None


@dataclass(frozen=True)
class EventClass:
    """A class of events with the same identifier, or (`identifier` None) that of the triple.

    It fits an info block if one of `parameters`, `event_codes` and `events` does, or `always`.
    With `listed` the triple must be one of the profile's as well.
    """

    name: str
    identifier: int | None
    listed: bool
    statuses: frozenset[Status]
    always: bool
    parameters: Named
    event_codes: Named
    events: tuple[str, ...]
    warning_type: int | None
    wanted: tuple[str, ...]
    note: str | None
    sure: str
    source: str


@dataclass(frozen=True)
class TextRule:
    """Where the text comes from: parameters in this order, else a shortened description.

    `most_characters` counts as the coding does: septets of GSM-7, 16-bit units of UCS-2.
    """

    parameters: tuple[str, ...]
    most_characters: int
    transliterate: bool


@dataclass(frozen=True)
class Profile:
    """What one system or country does with a CAP alert.

    `languages` are in order of precedence: the first that an alert has goes out under the plain
    identifier, the others under the one for additional languages. `same_event` are parameters that
    say that two info blocks are translations. `legacy_identifiers` are sent in parallel.
    """

    name: str
    title: str
    source: str
    sure: str
    languages: tuple[str, ...]
    additional_languages: bool
    other_channels: tuple[str, ...]
    blocked: Named
    same_event: tuple[str, ...]
    legacy_identifiers: tuple[int, ...]
    classes: tuple[EventClass, ...]
    triples: Mapping[tuple[Severity, Urgency, Certainty], Triple] = field(hash=False)
    text: TextRule


def profile_names() -> tuple[str, ...]:
    """Return the names of the shipped profiles: systems first, then countries."""
    return tuple(name for folder in ("mapping", "countries") for name in sorted(_shipped(folder)))


def profile(name: str) -> Profile:
    """Return a shipped profile.

    Raises
    ------
    MappingError
        There is none of that name.
    """
    return _profile(_document(name), name)


def read_profile(data: bytes, name: str) -> Profile:
    """Read a profile from the bytes of a TOML file; `name` is how messages name it.

    Raises
    ------
    MappingError
        It is no TOML, a key or value is unknown or missing, an identifier is out of range, or a
        status other than Actual could reach an identifier that is not one of tests and exercises.
    """
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{name} is no TOML file: {error}"
        raise MappingError(msg) from error
    return _profile(_extended(document, name), name)


def _shipped(folder: str) -> dict[str, Any]:
    files = (resources.files("ew4all.alerts") / "data" / folder).iterdir()
    return {f.name.removesuffix(".toml"): f for f in files if f.name.endswith(".toml")}


def _document(name: str, depth: int = 0) -> dict[str, Any]:
    shipped = {**_shipped("countries"), **_shipped("mapping")}
    if name not in shipped:
        near = difflib.get_close_matches(name, shipped, n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        msg = (
            f"there is no mapping profile {name!r}{guess}; there are {', '.join(profile_names())}, "
            f"or give a file that ends in .toml"
        )
        raise MappingError(msg)
    return _extended(tomllib.loads(shipped[name].read_text("utf-8")), name, depth)


def _extended(own: dict[str, Any], name: str, depth: int = 0) -> dict[str, Any]:
    """Lay a file over the profile that it extends: its keys win, its classes replace by name."""
    if "extends" not in own:
        if "drop" in own:
            msg = f"{name}: drop is for a profile that extends another"
            raise MappingError(msg)
        return own
    if depth >= _DEEPEST:
        msg = f"{name}: profiles extend each other more than {_DEEPEST} times"
        raise MappingError(msg)
    try:
        below = _document(_text(own["extends"], "extends"), depth + 1)
    except MappingError as error:
        msg = f"{name}: {error}"
        raise MappingError(msg) from error
    dropped = _texts(own.get("drop", []), f"{name}: drop")
    classes = {item["name"]: item for item in below["class"]}
    for gone in dropped:
        if classes.pop(gone, None) is None:
            msg = f"{name}: drop names {gone!r}, which is no class of {own['extends']}"
            raise MappingError(msg)
    mine = _tables(own.get("class", []), f"{name}: class")
    new = [item for item in mine if item.get("name") not in classes]
    classes.update({item["name"]: item for item in mine if item.get("name") in classes})
    kept = {key: value for key, value in own.items() if key not in ("extends", "drop", "class")}
    # A class of its own comes first: those below end with one that takes everything.
    return {**below, **kept, "class": [*new, *classes.values()]}


_KEYS = {
    "title", "source", "sure", "languages", "additional_languages", "other_channels", "blocked",
    "same_event", "legacy_identifiers", "wanted", "triples", "text", "class",
}  # fmt: skip
_CLASS_KEYS = {
    "name", "identifier", "triple", "statuses", "always", "parameters", "event_codes", "events",
    "warning_type", "wanted", "note", "sure", "source",
}  # fmt: skip
_TEXT_KEYS = {"parameters", "most_characters", "transliterate"}
_TRIPLE_KEYS = {"severity", "urgency", "certainty", "identifier"}


def _profile(document: Mapping[str, Any], name: str) -> Profile:
    _known(document, _KEYS, name)
    wanted = _elements(document.get("wanted", []), f"{name}: wanted")
    triples = {}
    for k, item in enumerate(_tables(document.get("triples", []), f"{name}: triples"), 1):
        triple = _triple(item, f"{name}: triple {k}")
        key = (triple.severity, triple.urgency, triple.certainty)
        if key in triples:
            msg = f"{name}: triple {k} repeats {', '.join(key)}"
            raise MappingError(msg)
        triples[key] = triple
    tables = _tables(_needed(document, "class", name), f"{name}: class")
    classes = tuple(
        _class(item, wanted, f"{name}: class {item.get('name', k)}")
        for k, item in enumerate(tables, 1)
    )
    names = [kind.name for kind in classes]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        msg = f"{name}: two classes are called {twice!r}"
        raise MappingError(msg)
    for kind in classes:
        if kind.identifier is None and any(t.identifier is None for t in triples.values()):
            msg = f"{name}: class {kind.name} takes the identifier of its triple, and one has none"
            raise MappingError(msg)
    text = _needed(document, "text", name)
    _known(text, _TEXT_KEYS, f"{name}: text")
    return Profile(
        name=name,
        title=_text(_needed(document, "title", name), f"{name}: title"),
        source=_text(_needed(document, "source", name), f"{name}: source"),
        sure=_sure(document, name),
        languages=tuple(t.lower() for t in _texts(document.get("languages", []), name)),
        additional_languages=_flag(document, "additional_languages", name, default=True),
        other_channels=_texts(document.get("other_channels", []), f"{name}: other_channels"),
        blocked=_named(document.get("blocked", {}), f"{name}: blocked"),
        same_event=tuple(t.casefold() for t in _texts(document.get("same_event", []), name)),
        legacy_identifiers=tuple(
            _identifier(value, f"{name}: legacy_identifiers")
            for value in document.get("legacy_identifiers", [])
        ),
        classes=classes,
        triples=triples,
        text=TextRule(
            tuple(t.casefold() for t in _texts(text.get("parameters", []), f"{name}: text")),
            _whole(_needed(text, "most_characters", f"{name}: text"), 1, 1395, f"{name}: text"),
            _flag(text, "transliterate", f"{name}: text", default=False),
        ),
    )


def _triple(item: Mapping[str, Any], where: str) -> Triple:
    _known(item, _TRIPLE_KEYS, where)
    identifier = item.get("identifier")
    return Triple(
        _member(Severity, _needed(item, "severity", where), where),
        _member(Urgency, _needed(item, "urgency", where), where),
        _member(Certainty, _needed(item, "certainty", where), where),
        None if identifier is None else _identifier(identifier, where),
    )


def _class(item: Mapping[str, Any], wanted: tuple[str, ...], where: str) -> EventClass:
    _known(item, _CLASS_KEYS, where)
    number = item.get("identifier")
    identifier = None if number is None else _identifier(number, where)
    statuses = frozenset(
        _member(Status, text, where) for text in _texts(item.get("statuses", ["Actual"]), where)
    )
    if not statuses <= _STATUSES:
        msg = f"{where}: only the statuses {', '.join(sorted(_STATUSES))} can be broadcast"
        raise MappingError(msg)
    # A test that could reach a live identifier would be the worst fault of all.
    drills = set(DrillIdentifier)
    if statuses != {Status.ACTUAL} and identifier not in drills:
        msg = (
            f"{where}: a status other than Actual may reach the identifiers "
            f"{', '.join(str(int(d)) for d in DrillIdentifier)} only, not {number}"
        )
        raise MappingError(msg)
    triple = item.get("triple", "listed" if identifier is None else "any")
    if triple not in ("any", "listed") or (identifier is None and triple == "any"):
        msg = f'{where}: triple is "any" or "listed"; "any" needs an identifier'
        raise MappingError(msg)
    warning_type = item.get("warning_type")
    rule = EventClass(
        name=_text(_needed(item, "name", where), where),
        identifier=identifier,
        listed=triple == "listed",
        statuses=statuses,
        always=_flag(item, "always", where, default=False),
        parameters=_named(item.get("parameters", {}), f"{where}: parameters"),
        event_codes=_named(item.get("event_codes", {}), f"{where}: event_codes"),
        events=tuple(text.casefold() for text in _texts(item.get("events", []), where)),
        warning_type=None if warning_type is None else _whole(warning_type, 0, 127, where),
        wanted=_elements(item["wanted"], where) if "wanted" in item else wanted,
        note=_text(item["note"], where) if "note" in item else None,
        sure=_sure(item, where),
        source=_text(_needed(item, "source", where), where),
    )
    if rule.always == bool(rule.parameters or rule.event_codes or rule.events):
        msg = f"{where}: give either always = true or what it is recognised by"
        raise MappingError(msg)
    return rule


def _known(table: object, keys: set[str], where: str) -> None:
    if not isinstance(table, Mapping):
        msg = f"{where} is no table"
        raise MappingError(msg)
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            guess = (
                f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(keys))}"
            )
            msg = f"{where}: there is no key {key!r}{guess}"
            raise MappingError(msg)


def _needed(table: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in table:
        msg = f"{where}: the key {key!r} is missing"
        raise MappingError(msg)
    return table[key]


def _tables(value: object, where: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        msg = f"{where} is no list of tables"
        raise MappingError(msg)
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        msg = f"{where}: {value!r} is no text"
        raise MappingError(msg)
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        msg = f"{where}: {value!r} is no list of texts"
        raise MappingError(msg)
    return tuple(_text(item, where) for item in value)


def _named(value: object, where: str) -> Named:
    if not isinstance(value, Mapping):
        msg = f"{where}: {value!r} is no table of names with their values"
        raise MappingError(msg)
    return tuple((name, _texts(texts, where)) for name, texts in value.items())


def _elements(value: object, where: str) -> tuple[str, ...]:
    elements = _texts(value, where)
    for element in elements:
        if element not in _ELEMENTS:
            msg = f"{where}: {element!r} is none of {', '.join(_ELEMENTS)}"
            raise MappingError(msg)
    return elements


def _sure(table: Mapping[str, Any], where: str) -> str:
    sure = _text(_needed(table, "sure", where), where)
    if sure not in _SURE:
        msg = f"{where}: sure is {' or '.join(_SURE)}, not {sure!r}"
        raise MappingError(msg)
    return sure


def _flag(table: Mapping[str, Any], key: str, where: str, *, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        msg = f"{where}: {key} is true or false, not {value!r}"
        raise MappingError(msg)
    return value


def _whole(value: object, least: int, most: int, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        msg = f"{where}: {value!r} is no whole number of {least} to {most}"
        raise MappingError(msg)
    return value


def _identifier(value: object, where: str) -> int:
    return _whole(value, 0, _MOST_IDENTIFIER, where)


def _member(enumeration: Any, value: object, where: str) -> Any:
    try:
        return enumeration(value)
    except ValueError as error:
        msg = f"{where}: {value!r} is none of {', '.join(enumeration)}"
        raise MappingError(msg) from error
