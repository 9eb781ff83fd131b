"""Mapping profiles: which CAP alert gets which message identifier, as data.

A profile is a TOML file. Three are shipped (``wea``, ``eu-alert``, ``etws``), and countries that
extend one of them; a user's own file has the same form (docs/mapping.md). A file with a key that
nobody knows, or one by which a test could reach a live identifier, is refused.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap import Certainty, Severity, Status, Urgency
from ew4all.alerts.drill import DrillIdentifier
from ew4all.alerts.toml_fields import Fields
from ew4all.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "EventClass",
    "Profile",
    "TextRule",
    "Triple",
    "profile",
    "profile_names",
    "read_profile",
]

_FIELDS = Fields(MappingError)
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
    `short_characters` is the limit of older networks, where there is another one.
    """

    parameters: tuple[str, ...]
    most_characters: int
    transliterate: bool
    short_characters: int | None = None


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
    return _profile(_extended(_FIELDS.document(data, name), name), name)


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
        below = _document(_FIELDS.text(own["extends"], "extends"), depth + 1)
    except MappingError as error:
        msg = f"{name}: {error}"
        raise MappingError(msg) from error
    dropped = _FIELDS.texts(own.get("drop", []), f"{name}: drop")
    classes = {item["name"]: item for item in below["class"]}
    for gone in dropped:
        if classes.pop(gone, None) is None:
            msg = f"{name}: drop names {gone!r}, which is no class of {own['extends']}"
            raise MappingError(msg)
    mine = _FIELDS.tables(own.get("class", []), f"{name}: class")
    names = [_FIELDS.text(item.get("name"), f"{name}: name of a class") for item in mine]
    new = [item for item in mine if item.get("name") not in classes]
    classes.update({key: item for key, item in zip(names, mine, strict=True) if key in classes})
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
_TEXT_KEYS = {"parameters", "most_characters", "short_characters", "transliterate"}
_TRIPLE_KEYS = {"severity", "urgency", "certainty", "identifier"}


def _profile(document: Mapping[str, Any], name: str) -> Profile:
    _FIELDS.known(document, _KEYS, name)
    wanted = _elements(document.get("wanted", []), f"{name}: wanted")
    triples = {}
    for k, item in enumerate(_FIELDS.tables(document.get("triples", []), f"{name}: triples"), 1):
        triple = _triple(item, f"{name}: triple {k}")
        key = (triple.severity, triple.urgency, triple.certainty)
        if key in triples:
            msg = f"{name}: triple {k} repeats {', '.join(key)}"
            raise MappingError(msg)
        triples[key] = triple
    tables = _FIELDS.tables(_FIELDS.needed(document, "class", name), f"{name}: class")
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
    return Profile(
        name=name,
        title=_FIELDS.text(_FIELDS.needed(document, "title", name), f"{name}: title"),
        source=_FIELDS.text(_FIELDS.needed(document, "source", name), f"{name}: source"),
        sure=_sure(document, name),
        languages=tuple(t.lower() for t in _FIELDS.texts(document.get("languages", []), name)),
        additional_languages=_FIELDS.flag(document, "additional_languages", name, default=True),
        other_channels=_FIELDS.texts(document.get("other_channels", []), f"{name}: other_channels"),
        blocked=_named(document.get("blocked", {}), f"{name}: blocked"),
        same_event=tuple(t.casefold() for t in _FIELDS.texts(document.get("same_event", []), name)),
        legacy_identifiers=tuple(
            _identifier(value, f"{name}: legacy_identifiers")
            for value in _FIELDS.many(
                document.get("legacy_identifiers", []), f"{name}: legacy_identifiers"
            )
        ),
        classes=classes,
        triples=triples,
        text=_text_rule(_FIELDS.needed(document, "text", name), f"{name}: text"),
    )


def _text_rule(value: object, where: str) -> TextRule:
    table = _FIELDS.known(value, _TEXT_KEYS, where)
    short = table.get("short_characters")
    return TextRule(
        tuple(t.casefold() for t in _FIELDS.texts(table.get("parameters", []), where)),
        _FIELDS.whole(_FIELDS.needed(table, "most_characters", where), 1, 1395, where),
        _FIELDS.flag(table, "transliterate", where, default=False),
        None if short is None else _FIELDS.whole(short, 1, 1395, where),
    )


def _triple(item: Mapping[str, Any], where: str) -> Triple:
    _FIELDS.known(item, _TRIPLE_KEYS, where)
    identifier = item.get("identifier")
    return Triple(
        _FIELDS.member(Severity, _FIELDS.needed(item, "severity", where), where),
        _FIELDS.member(Urgency, _FIELDS.needed(item, "urgency", where), where),
        _FIELDS.member(Certainty, _FIELDS.needed(item, "certainty", where), where),
        None if identifier is None else _identifier(identifier, where),
    )


def _class(item: Mapping[str, Any], wanted: tuple[str, ...], where: str) -> EventClass:
    _FIELDS.known(item, _CLASS_KEYS, where)
    number = item.get("identifier")
    identifier = None if number is None else _identifier(number, where)
    statuses = frozenset(
        _FIELDS.member(Status, text, where)
        for text in _FIELDS.texts(item.get("statuses", ["Actual"]), where)
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
        name=_FIELDS.text(_FIELDS.needed(item, "name", where), where),
        identifier=identifier,
        listed=triple == "listed",
        statuses=statuses,
        always=_FIELDS.flag(item, "always", where, default=False),
        parameters=_named(item.get("parameters", {}), f"{where}: parameters"),
        event_codes=_named(item.get("event_codes", {}), f"{where}: event_codes"),
        events=tuple(text.casefold() for text in _FIELDS.texts(item.get("events", []), where)),
        warning_type=None if warning_type is None else _FIELDS.whole(warning_type, 0, 127, where),
        wanted=_elements(item["wanted"], where) if "wanted" in item else wanted,
        note=_FIELDS.text(item["note"], where) if "note" in item else None,
        sure=_sure(item, where),
        source=_FIELDS.text(_FIELDS.needed(item, "source", where), where),
    )
    if rule.always == bool(rule.parameters or rule.event_codes or rule.events):
        msg = f"{where}: give either always = true or what it is recognised by"
        raise MappingError(msg)
    return rule


def _named(value: object, where: str) -> Named:
    table = _FIELDS.table(value, where)
    return tuple((name, _FIELDS.texts(texts, where)) for name, texts in table.items())


def _elements(value: object, where: str) -> tuple[str, ...]:
    return tuple(_FIELDS.among(element, _ELEMENTS, where) for element in _FIELDS.many(value, where))


def _sure(table: Mapping[str, Any], where: str) -> str:
    return _FIELDS.among(_FIELDS.needed(table, "sure", where), _SURE, f"{where}: sure")


def _identifier(value: object, where: str) -> int:
    return _FIELDS.whole(value, 0, _MOST_IDENTIFIER, where)
