"""From a CAP alert to the cell-broadcast messages that would carry it, by a profile.

The result is a plain description for analysis; nothing here can send. Every language of a warning
becomes one message, or a refusal that says why and which other channels are left (docs/mapping.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ew4all.alerts.cap import MsgType, Scope, Status
from ew4all.alerts.cbs.coding import two_letters
from ew4all.alerts.cbs.identifiers import IDENTIFIERS, describe
from ew4all.alerts.mapping_classes import event_class, first_language, groups, named_value, tag
from ew4all.alerts.mapping_profile import Profile
from ew4all.alerts.mapping_profile import profile as shipped_profile
from ew4all.alerts.message_text import choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.alerts.cap import Alert, Info
    from ew4all.alerts.mapping_profile import EventClass

__all__ = ["Action", "Mapped", "SerialRelation", "map_alert", "stopped"]


class Action(StrEnum):
    """What a cell-broadcast centre is asked to do."""

    WRITE_REPLACE = "write-replace"
    STOP = "stop"
    NONE = "none"


class SerialRelation(StrEnum):
    """How the serial number follows from that of the message on air."""

    NEW = "new"  # a message code that devices do not remember, update number 0
    UPDATE = "update"  # the same message code, the next update number
    SAME = "same"  # exactly that of the message on air, which is stopped
    NONE = "none"


@dataclass(frozen=True)
class Mapped:
    """One message of one language, or why there is none.

    Attributes
    ----------
    action, reason
        What to do, and why, in words.
    message_identifier
        TS 23.041 9.4.1.2.2; None where nothing is sent, and for a stop whose message is unknown.
    language
        As the alert writes it.
    text
        What is shown; empty for a stop.
    short_text
        The same for networks with a lower limit (WEA before LTE: 90 characters), where there is one.
    event_class
        The row of the profile that decided.
    serial
        Relation of the serial number to that of `previous`.
    warning_type
        ETWS: 0 earthquake, 1 tsunami, 2 both, 3 test, 4 other.
    additional
        Whether it has the identifier for additional languages.
    info
        Place of the info block in the alert, from 0.
    previous
        The message on air that this one replaces or stops.
    """

    action: Action
    reason: str
    message_identifier: int | None = None
    language: str | None = None
    text: str = ""
    short_text: str | None = None
    event_class: str | None = None
    serial: SerialRelation = SerialRelation.NONE
    other_channels: tuple[str, ...] = ()
    warning_type: int | None = None
    additional: bool = False
    info: int | None = None
    previous: Mapped | None = None
    notes: tuple[str, ...] = ()


def map_alert(
    alert: Alert, profile: str | Profile, *, previous: Sequence[Mapped] | None = None
) -> tuple[Mapped, ...]:
    """Map one alert.

    Parameters
    ----------
    alert
        Any alert; a status other than Actual can reach only identifiers of tests and exercises.
    profile
        Name of a shipped profile or country, or a profile.
    previous
        What this function gave for the messages that are on air and that an Update or Cancel refers
        to. None: not known.

    Raises
    ------
    MappingError
        There is no such profile.
    """
    rules = shipped_profile(profile) if isinstance(profile, str) else profile
    never = _never(alert)
    if never:
        return (_refused(rules, never),)
    on_air = [item for item in previous or () if item.action is Action.WRITE_REPLACE]
    if alert.msg_type is MsgType.CANCEL:
        return _cancelled(alert, rules, on_air, known=previous is not None)
    if not alert.infos:
        return (_refused(rules, "the alert has no info block, so there is nothing to say"),)
    messages = _warnings(alert, rules)
    if alert.msg_type is MsgType.UPDATE:
        return _updated(messages, on_air, known=previous is not None)
    return messages


def _never(alert: Alert) -> str:
    """Return why an alert is never broadcast, whatever it says."""
    if alert.msg_type in (MsgType.ACK, MsgType.ERROR):
        return f"a message of type {alert.msg_type} is between systems and never broadcast"
    if alert.status in (Status.SYSTEM, Status.DRAFT):
        return f"an alert of status {alert.status} is never broadcast"
    if alert.scope is not Scope.PUBLIC:
        return f"the scope is {alert.scope}, and cell broadcast reaches everybody"
    return ""


def _refused(rules: Profile, reason: str) -> Mapped:
    return Mapped(Action.NONE, reason, other_channels=rules.other_channels)


def _cancelled(
    alert: Alert, rules: Profile, on_air: Sequence[Mapped], *, known: bool
) -> tuple[Mapped, ...]:
    if known and not on_air:
        return (_refused(rules, "Cancel: the alert that it refers to has no message on air"),)
    if on_air:
        return tuple(stopped(item, "Cancel") for item in on_air)
    reason = "Cancel: what is shown stays shown; an all-clear is a new message"
    named = [item for item in _warnings(alert, rules) if item.message_identifier is not None]
    if not named:
        unknown = f"{reason}. Which message it stops is not known without the alert it refers to"
        return (Mapped(Action.STOP, unknown, serial=SerialRelation.SAME),)
    return tuple(
        replace(
            item,
            action=Action.STOP,
            reason=f"{reason}. Its identifier is taken from the Cancel itself: {item.reason}",
            text="",
            short_text=None,
            serial=SerialRelation.SAME,
        )
        for item in named
    )


def stopped(item: Mapped, why: str) -> Mapped:
    """Return the stop of a message on air; `why` begins its reason."""
    return replace(
        item,
        action=Action.STOP,
        reason=f"{why}: the message {item.message_identifier} on air is stopped; what is shown "
        f"stays shown",
        text="",
        short_text=None,
        serial=SerialRelation.SAME,
        previous=item,
        notes=(),
    )


def _updated(
    messages: tuple[Mapped, ...], on_air: Sequence[Mapped], *, known: bool
) -> tuple[Mapped, ...]:
    if not known:
        return tuple(
            replace(
                item,
                serial=SerialRelation.UPDATE,
                reason=f"{item.reason}. Update: the message on air is not known; it is taken to "
                f"have the same identifier",
            )
            if item.action is Action.WRITE_REPLACE
            else replace(item, notes=(*item.notes, "if an earlier version is on air, stop it"))
            for item in messages
        )
    left = list(on_air)
    out: list[Mapped] = []
    for item in messages:
        before = _on_air(item, left) if item.action is Action.WRITE_REPLACE else None
        if before is None:
            out.append(item)
            continue
        left.remove(before)
        if before.message_identifier == item.message_identifier:
            out.append(
                replace(
                    item,
                    serial=SerialRelation.UPDATE,
                    previous=before,
                    reason=f"{item.reason}. Update: it replaces the message on air",
                )
            )
        else:
            change = f"from {before.message_identifier} to {item.message_identifier}"
            out.append(stopped(before, f"Update that changes the identifier {change}"))
            out.append(replace(item, reason=f"{item.reason}. Update: identifier {change}"))
    out += [stopped(item, "Update that no longer has this message") for item in left]
    return tuple(out)


def _on_air(item: Mapped, candidates: Sequence[Mapped]) -> Mapped | None:
    """Return the message on air that a new one follows: same language, then same identifier."""
    same = [c for c in candidates if tag(c.language) == tag(item.language)]
    if not same:
        return None
    return max(
        same,
        key=lambda c: (
            c.message_identifier == item.message_identifier,
            c.event_class == item.event_class,
        ),
    )


def _warnings(alert: Alert, rules: Profile) -> tuple[Mapped, ...]:
    """Map every language of every warning of an alert."""
    out: list[Mapped] = []
    for group in groups(alert.infos, rules):
        first = first_language(alert.infos, group, rules)
        out += [
            _message(alert, k, rules, additional=k != first)
            for k in (first, *(k for k in group if k != first))
        ]
    return tuple(out)


def _message(alert: Alert, k: int, rules: Profile, *, additional: bool) -> Mapped:
    info = alert.infos[k]
    refused = Mapped(
        Action.NONE, "", language=info.language, info=k, other_channels=rules.other_channels
    )
    blocking = named_value(info.parameters, rules.blocked)
    if blocking:
        return replace(refused, reason=f"{blocking} keeps the alert away from cell broadcast")
    found = event_class(alert.status, info, rules)
    if found is None:
        reason = f"{rules.title} has no class for an alert of status {alert.status}"
        return replace(refused, reason=reason)
    kind, why = found
    refused = replace(refused, event_class=kind.name)
    triple = rules.triples.get((info.severity, info.urgency, info.certainty))
    if kind.listed and triple is None:
        return replace(refused, reason=_not_listed(info, rules, kind))
    identifier = kind.identifier
    if identifier is None and triple is not None:
        identifier = triple.identifier
        why = f"{info.severity}, {info.urgency}, {info.certainty}"
    if identifier is None:
        return replace(refused, reason=f"the class {kind.name} has no identifier")
    reason = f"{why}: {kind.name}, {describe(identifier)} ({rules.title})"
    if additional:
        twin = IDENTIFIERS[identifier].twin if identifier in IDENTIFIERS else None
        if twin is None or not rules.additional_languages:
            return replace(
                refused,
                reason=f"{identifier} has no identifier for an additional language, so "
                f"{info.language} goes by other channels",
            )
        identifier = twin
        reason += ", in an additional language"
    chosen = choose(info, rules.text)
    if not chosen.text:
        return replace(refused, reason="the info block has no text to show")
    return Mapped(
        Action.WRITE_REPLACE,
        reason,
        message_identifier=identifier,
        language=info.language,
        text=chosen.text,
        short_text=_short(info, rules),
        event_class=kind.name,
        serial=SerialRelation.NEW,
        warning_type=kind.warning_type,
        additional=additional,
        info=k,
        notes=(*_remarks(info, rules, kind, additional=additional), *chosen.notes),
    )


def _short(info: Info, rules: Profile) -> str | None:
    most = rules.text.short_characters
    return None if most is None else choose(info, replace(rules.text, most_characters=most)).text


def _remarks(info: Info, rules: Profile, kind: EventClass, *, additional: bool) -> list[str]:
    notes = [kind.note] if kind.note else []
    if kind.sure == "memory":
        notes.append(f"the class {kind.name} rests on memory, not on a text that was read")
    if rules.languages and not additional and two_letters(info.language) not in rules.languages:
        notes.append(
            f"no info block is in {' or '.join(rules.languages)}, so {info.language} takes the "
            f"plain identifier"
        )
    there = {
        "event": bool(info.event.strip()),
        "area": bool(info.areas),
        "response_type": bool(info.response_types),
        "expires": info.expires is not None,
        "sender_name": bool(info.sender_name),
    }
    lacking = [element for element in kind.wanted if not there[element]]
    if lacking:
        notes.append(f"{rules.title} asks for {', '.join(lacking)}, which the alert lacks")
    if rules.legacy_identifiers and not additional:
        also = ", ".join(map(str, rules.legacy_identifiers))
        notes.append(f"{rules.title} sends the same under {also} for older phones")
    return notes


def _not_listed(info: Info, rules: Profile, kind: EventClass) -> str:
    """Say which part of the triple keeps an alert away from cell broadcast."""
    if not rules.triples:
        return f"{rules.title} broadcasts only what is flagged for it, and {kind.name} is not"
    given = {"severity": info.severity, "urgency": info.urgency, "certainty": info.certainty}
    wrong, wanted = [], []
    for k, (name, value) in enumerate(given.items()):
        allowed = list(dict.fromkeys(str(key[k]) for key in rules.triples))
        wanted.append(f"{name} {' or '.join(allowed)}")
        if value not in allowed:
            wrong.append(f"{name} {value}")
    said = ", ".join(wrong) or "this combination of " + ", ".join(map(str, given.values()))
    return f"{said}: not for cell broadcast, which needs {', '.join(wanted)} ({rules.title})"
