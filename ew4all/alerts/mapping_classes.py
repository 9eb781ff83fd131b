"""What an info block is: the class of its event by a profile, and whose translation it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ew4all.alerts.cbs.coding import two_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.alerts.cap import Info, NamedValue, Status
    from ew4all.alerts.mapping_profile import EventClass, Named, Profile

__all__ = ["event_class", "first_language", "groups", "named_value", "tag"]


def event_class(status: Status, info: Info, rules: Profile) -> tuple[EventClass, str] | None:
    """Return the first class of the profile that fits, and what it was recognised by."""
    for kind in rules.classes:
        if status not in kind.statuses:
            continue
        if kind.always:
            return kind, f"status {status}"
        why = named_value(info.parameters, kind.parameters) or named_value(
            info.event_codes, kind.event_codes
        )
        if why:
            return kind, why
        for word in kind.events:
            if _has_word(info.event, word):
                return kind, f"event {info.event!r}"
    return None


def named_value(values: Sequence[NamedValue], wanted: Named) -> str:
    """Return the first name with a value that counts, in words; nothing where there is none."""
    for name, allowed in wanted:
        counting = {value.casefold() for value in allowed}
        for item in values:
            same = item.name.casefold() == name.casefold()
            if same and item.value.strip().casefold() in counting:
                return f"{item.name} {item.value.strip()}"
    return ""


def _has_word(text: str, word: str) -> bool:
    """Whether a text has a word; scripts without blanks between words are searched as they are."""
    folded = text.casefold()
    if word.isascii():
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded) is not None
    return word in folded


def groups(infos: Sequence[Info], rules: Profile) -> tuple[tuple[int, ...], ...]:
    """Return which info blocks are translations of each other, by their places.

    They are if severity, urgency, certainty and categories agree, the languages differ, and the
    event agrees: by its words, its codes, or the profile's `same_event` parameters.
    """
    found: list[list[int]] = []
    for k, info in enumerate(infos):
        for group in found:
            languages = {tag(infos[j].language) for j in group}
            if tag(info.language) not in languages and any(
                _same_warning(infos[j], info, rules) for j in group
            ):
                group.append(k)
                break
        else:
            found.append([k])
    return tuple(map(tuple, found))


def _same_warning(a: Info, b: Info, rules: Profile) -> bool:
    if (a.severity, a.urgency, a.certainty) != (b.severity, b.urgency, b.certainty):
        return False
    if set(a.categories) != set(b.categories):
        return False
    if a.event.split() and a.event.casefold().split() == b.event.casefold().split():
        return True
    if a.event_codes and set(a.event_codes) == set(b.event_codes):
        return True
    kinds = [
        {p for p in info.parameters if p.name.casefold() in rules.same_event} for info in (a, b)
    ]
    return bool(kinds[0]) and kinds[0] == kinds[1]


def first_language(infos: Sequence[Info], group: Sequence[int], rules: Profile) -> int:
    """Return which of the translations goes out under the plain identifier."""
    for language in rules.languages:
        for k in group:
            if language in (tag(infos[k].language), two_letters(infos[k].language)):
                return k
    return group[0]


def tag(language: str | None) -> str:
    """Return a language tag in the form in which tags are compared."""
    return (language or "").replace("_", "-").casefold()
