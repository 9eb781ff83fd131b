"""Message templates: what a warning says, by hazard and language, with places to fill in.

The shipped texts are in `data/templates`: one file a hazard, and ``frames.toml``, which says how
the parts go together in a language. A user's own file adds hazards and languages or replaces
those that are shipped (docs/authoring.md). Whatever is made here is for drills.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap import Category, Certainty, ResponseType, Severity, Urgency
from ew4all.alerts.drill import DrillStatus
from ew4all.alerts.message_text import sentences
from ew4all.alerts.toml_fields import Fields
from ew4all.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable

__all__ = ["PLACES", "Filled", "Frame", "Hazard", "Templates", "Words", "read_templates", "shipped"]

PLACES = ("event", "place", "time", "danger", "action", "source")
"""What may stand in braces in a frame."""

_FIELDS = Fields(TemplateError)
_BRACES = re.compile(r"\{([^{}]*)\}")
_FRAME_KEYS = {"reviewed", "headline", "short", "message", "status"}
_WORDS_KEYS = {"reviewed", "event", "danger", "action", "headline", "short", "message"}
_HAZARD_KEYS = {"category", "response_types", "severity", "urgency", "certainty", "languages"}


@dataclass(frozen=True)
class Frame:
    """How the parts of a message go together in a language.

    `status` has the words that stand in front, since everything made here is a drill.
    """

    headline: str
    short: str
    message: str
    status: Mapping[DrillStatus, str]
    reviewed: bool = False


@dataclass(frozen=True)
class Words:
    """A hazard in one language: its name, what is dangerous, what to do.

    `headline`, `short` and `message` replace those of the frame. `reviewed` says whether a native
    speaker has read them.
    """

    event: str
    danger: str
    action: str
    headline: str | None = None
    short: str | None = None
    message: str | None = None
    reviewed: bool = False


@dataclass(frozen=True)
class Hazard:
    """A hazard: what a CAP alert says of it, and its words by language."""

    name: str
    category: Category
    response_types: tuple[ResponseType, ...]
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    languages: Mapping[str, Words]


@dataclass(frozen=True)
class Filled:
    """The texts of one alert in one language, the words for a drill in front of each."""

    language: str
    event: str
    headline: str
    short: str
    message: str
    description: str
    instruction: str
    reviewed: bool


@dataclass(frozen=True)
class Templates:
    """Hazards by name, frames by language."""

    hazards: Mapping[str, Hazard]
    frames: Mapping[str, Frame]

    def hazard(self, name: str) -> Hazard:
        """Return a hazard; ``flash flood``, ``flash-flood`` and ``flash_flood`` are the same.

        Raises
        ------
        TemplateError
            There is no template for it.
        """
        key = re.sub(r"[\s-]+", "_", name.strip().lower())
        if key in self.hazards:
            return self.hazards[key]
        near = difflib.get_close_matches(key, self.hazards, n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        msg = (
            f"there is no template for the hazard {name!r}{guess}; there are "
            f"{', '.join(self.hazards)}, or give a file of your own (--template)"
        )
        raise TemplateError(msg)

    def fill(
        self,
        hazard: str,
        language: str,
        status: DrillStatus,
        *,
        place: str,
        time: str,
        action: str | None = None,
        source: str = "",
    ) -> Filled:
        """Fill in a template.

        Parameters
        ----------
        hazard, language
            A language tag takes the words of its first part where it has none of its own:
            ``fr-CA`` those of ``fr``.
        status
            Says which words stand in front; there is none without.
        place, time
            Where, and until when, as the public says it in that language.
        action
            What to do; the template's own words where it is None.
        source
            Who warns.

        Raises
        ------
        TemplateError
            No template for the hazard or language, nothing to fill a place with, or words with
            braces or line breaks in them.
        """
        words, frame = self._in_language(self.hazard(hazard), language)
        given = {
            "event": words.event,
            "place": _given(place, "place"),
            "time": _given(time, "time"),
            "danger": words.danger,
            "action": _sentence(_given(action, "action") if action is not None else words.action),
            "source": _one_line(source, "source"),
        }
        drill = frame.status[DrillStatus(status)]

        def filled(pattern: str, **other: str) -> str:
            words_of = {**given, **other}
            text = _BRACES.sub(lambda match: words_of[match[1]], pattern)
            return f"{drill} {' '.join(text.split())}"

        # The short text is for 90 characters: what to do first is all that has room.
        first = sentences(given["action"])[0]

        return Filled(
            language=language,
            event=words.event,
            headline=filled(words.headline or frame.headline),
            short=filled(words.short or frame.short, action=first),
            message=filled(words.message or frame.message),
            description=f"{drill} {words.danger}",
            instruction=given["action"],
            reviewed=words.reviewed and frame.reviewed,
        )

    def _in_language(self, hazard: Hazard, language: str) -> tuple[Words, Frame]:
        tag = language.replace("_", "-").lower()
        for key in (tag, tag.partition("-")[0]):
            if key in hazard.languages and key in self.frames:
                return hazard.languages[key], self.frames[key]
        there = sorted(set(hazard.languages) & set(self.frames))
        msg = (
            f"the template {hazard.name} has no words in {language!r}; it has {', '.join(there)}. "
            f"Add the language in a file of your own (--template; docs/authoring.md)"
        )
        raise TemplateError(msg)

    def with_others(self, more: Templates) -> Templates:
        """Return these templates with others laid over them."""
        hazards = dict(self.hazards)
        for name, hazard in more.hazards.items():
            below = hazards[name].languages if name in hazards else {}
            hazards[name] = replace(hazard, languages={**below, **hazard.languages})
        return Templates(hazards, {**self.frames, **more.frames})


def shipped() -> Templates:
    """Return the templates of this package: eleven hazards in six languages."""
    folder = resources.files("ew4all.alerts") / "data" / "templates"
    files = {f.name.removesuffix(".toml"): f for f in folder.iterdir() if f.name.endswith(".toml")}
    frames = _frames(_toml(files.pop("frames")), "frames.toml")
    del files["plain_language"]
    return Templates(
        {name: _hazard(_toml(file), name, f"{name}.toml") for name, file in sorted(files.items())},
        frames,
    )


def read_templates(data: bytes, name: str, base: Templates | None = None) -> Templates:
    """Read a user's own file: tables ``frames.LANGUAGE`` and ``hazards.NAME``, both optional.

    A hazard that `base` has needs only what is new in it.

    Raises
    ------
    TemplateError
        No TOML, or a key or value that is unknown, missing or not of its kind; with its place.
    """
    document = _FIELDS.known(_FIELDS.document(data, name), {"frames", "hazards"}, name)
    hazards = {}
    known = {} if base is None else base.hazards
    for key, table in _FIELDS.table(document.get("hazards", {}), f"{name}: hazards").items():
        below = known.get(key)
        given = dict(_FIELDS.table(table, f"{name}: hazards.{key}"))
        if below is not None:
            given = {**_as_table(below), **given}
        hazards[key] = _hazard(given, key, f"{name}: hazards.{key}")
    frames = _frames(
        _FIELDS.table(document.get("frames", {}), f"{name}: frames"), f"{name}: frames"
    )
    own = Templates(hazards, frames)
    return own if base is None else base.with_others(own)


def _as_table(hazard: Hazard) -> dict[str, Any]:
    return {
        "category": str(hazard.category),
        "response_types": [str(r) for r in hazard.response_types],
        "severity": str(hazard.severity),
        "urgency": str(hazard.urgency),
        "certainty": str(hazard.certainty),
        "languages": {},
    }


def _toml(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _frames(document: Mapping[str, Any], where: str) -> dict[str, Frame]:
    frames = {}
    for language, item in document.items():
        here = f"{where}, {language}"
        table = _FIELDS.table(item, here)
        _FIELDS.known(table, _FRAME_KEYS, here)
        statuses = _FIELDS.table(_FIELDS.needed(table, "status", here), f"{here}, status")
        _FIELDS.known(statuses, {str(s) for s in DrillStatus}, f"{here}, status")
        frames[language.lower()] = Frame(
            headline=_pattern(_FIELDS.needed(table, "headline", here), here, ("event", "place")),
            short=_pattern(
                _FIELDS.needed(table, "short", here), here, ("event", "place", "action")
            ),
            message=_pattern(_FIELDS.needed(table, "message", here), here, PLACES[:5]),
            # Every status needs its words: a drill that does not say so could be taken for real.
            status={
                s: _FIELDS.text(_FIELDS.needed(statuses, s, f"{here}, status"), here)
                for s in DrillStatus
            },
            reviewed=_FIELDS.flag(table, "reviewed", here, default=False),
        )
    return frames


def _hazard(document: Mapping[str, Any], name: str, where: str) -> Hazard:
    _FIELDS.known(document, _HAZARD_KEYS, where)
    languages = {}
    for language, item in _FIELDS.table(
        _FIELDS.needed(document, "languages", where), where
    ).items():
        here = f"{where}, {language}"
        table = _FIELDS.table(item, here)
        _FIELDS.known(table, _WORDS_KEYS, here)
        own = {
            key: _pattern(table[key], here, ("event",))
            for key in ("headline", "short", "message")
            if key in table
        }
        languages[language.lower()] = Words(
            event=_FIELDS.text(_FIELDS.needed(table, "event", here), here),
            danger=_FIELDS.text(_FIELDS.needed(table, "danger", here), here),
            action=_FIELDS.text(_FIELDS.needed(table, "action", here), here),
            reviewed=_FIELDS.flag(table, "reviewed", here, default=False),
            **own,
        )
    here = f"{where}: response_types"
    responses = _FIELDS.many(_FIELDS.needed(document, "response_types", where), here)
    return Hazard(
        name=name,
        category=_FIELDS.member(Category, _FIELDS.needed(document, "category", where), where),
        response_types=tuple(_FIELDS.member(ResponseType, r, where) for r in responses),
        severity=_FIELDS.member(Severity, _FIELDS.needed(document, "severity", where), where),
        urgency=_FIELDS.member(Urgency, _FIELDS.needed(document, "urgency", where), where),
        certainty=_FIELDS.member(Certainty, _FIELDS.needed(document, "certainty", where), where),
        languages=languages,
    )


def _pattern(value: object, where: str, needed: Sequence[str]) -> str:
    text = _FIELDS.text(value, where)
    places = _BRACES.findall(text)
    for place in places:
        if place not in PLACES:
            near = difflib.get_close_matches(place, PLACES, n=1)
            guess = f"; did you mean {{{near[0]}}}?" if near else ""
            msg = f"{where}: {{{place}}} is none of {', '.join(f'{{{p}}}' for p in PLACES)}{guess}"
            raise TemplateError(msg)
    if "{" in _BRACES.sub("", text) or "}" in _BRACES.sub("", text):
        msg = f"{where}: a brace without its partner in {text!r}"
        raise TemplateError(msg)
    for place in needed:
        if place not in places:
            msg = f"{where}: {{{place}}} does not stand in {text!r}, so it would never be said"
            raise TemplateError(msg)
    return text


def _given(text: str, what: str) -> str:
    line = _one_line(text, what)
    if not line:
        msg = f"the {what} is empty; say it in the language of the message"
        raise TemplateError(msg)
    return line


def _one_line(text: str, what: str) -> str:
    if "{" in text or "}" in text:
        msg = f"the {what} {text!r} has braces; they mark places that are still to be filled"
        raise TemplateError(msg)
    return " ".join(text.split())


def _sentence(text: str) -> str:
    """End with a full stop, so that what follows is not read on."""
    return text if text[-1] in ".!?\u061f\u3002\uff01\uff1f" else text + "."
