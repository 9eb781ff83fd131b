"""Hints to whoever writes a warning: long sentences, jargon, capitals, what it fails to say.

Hints, not errors: the author decides. Word lists are data (`data/templates/plain_language.toml`).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ew4all.alerts.message_text import sentences

__all__ = ["Hint", "hints"]

_FEWEST_CAPITALS = 12  # letters, before capitals count as shouting
_SHARE_OF_CAPITALS = 0.5
_TIME = re.compile(r"\d\s*(?:[:.h]\s*\d|am|pm|:|h\b|時|时|点|點)|\b\d{1,2}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Hint:
    """What could be plainer, with a stable code such as ``text.jargon``."""

    code: str
    message: str


def hints(
    text: str, language: str, *, place: str = "", time: str = "", action: str = "", source: str = ""
) -> tuple[Hint, ...]:
    """Return hints on a text that the public will read.

    Parameters
    ----------
    text
        The whole message.
    language
        A language tag; word lists exist for ar, en, es, fr, ru and zh.
    place, time, action, source
        What the text should say, where it is known: it is looked for as it is written here.
        Without them an action and a time are looked for by their words and digits.
    """
    words = _words().get(language.replace("_", "-").lower().partition("-")[0], {})
    found: list[Hint] = []
    for sentence in sentences(text):
        if (most := words.get("longest_signs")) is not None:
            length, unit = len(sentence), "signs"
        else:
            most, length, unit = words.get("longest_words", 20), len(sentence.split()), "words"
        if length > most:
            found.append(
                Hint(
                    "text.sentence_long",
                    f"a sentence of {length} {unit}, over {most}: {_short(sentence)!r}; cut it in two",
                )
            )
    folded = text.casefold()
    for word, plainer in words.get("jargon", {}).items():
        if _has(folded, word):
            found.append(Hint("text.jargon", f"{word!r} is hard to read; plainer: {plainer}"))
    letters = [c for c in text if c.lower() != c.upper()]
    capitals = sum(c.isupper() for c in letters)
    if len(letters) >= _FEWEST_CAPITALS and capitals > _SHARE_OF_CAPITALS * len(letters):
        found.append(
            Hint("text.all_caps", f"{capitals} of {len(letters)} letters are capitals; use few")
        )
    actions = words.get("actions", [])
    says_action = action.casefold().rstrip(".") in folded if action else None
    if says_action is None and actions:
        says_action = any(_has(folded, verb) for verb in actions)
    if says_action is False:
        found.append(Hint("text.no_action", "it does not say what to do"))
    says_time = time.casefold() in folded if time else _TIME.search(text) is not None
    if not says_time:
        found.append(Hint("text.no_time", "it does not say until when"))
    if place and place.casefold() not in folded:
        found.append(Hint("text.no_place", f"it does not name the place ({place})"))
    if not source or source.casefold() not in folded:
        found.append(Hint("text.no_source", "it does not say who warns"))
    return tuple(found)


def _has(folded: str, word: str) -> bool:
    word = word.casefold()
    if any("\u3000" <= c <= "\u9fff" for c in word):  # no blanks between words
        return word in folded
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded) is not None


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


@cache
def _words() -> dict[str, Any]:
    source = resources.files("ew4all.alerts") / "data" / "templates" / "plain_language.toml"
    return tomllib.loads(source.read_text("utf-8"))
