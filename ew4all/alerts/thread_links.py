"""What the references of messages come to: which can be followed, and what is doubtful about the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.alerts.cap import Alert, MsgType, Reference
from ew4all.alerts.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

__all__ = ["CODES", "Links", "resolve"]

CODES: Mapping[str, str] = {
    "thread.unreadable": "A message of the thread could not be read.",
    "thread.repeated": "The same message was given twice; it counts once.",
    "thread.conflict": "Two messages of one identity (sender, identifier, sent) differ.",
    "thread.identifier.reused": "A sender used one identifier for messages sent at different times.",
    "thread.reference.self": "A message names itself.",
    "thread.reference.repeated": "A message names another one twice.",
    "thread.reference.unknown": "A message names one that was not given.",
    "thread.reference.sent": "A reference has another time of sending than the message of that identifier.",
    "thread.reference.sender": "A reference has another sender than the message of that identifier.",
    "thread.reference.foreign": "A message would update or cancel that of another sender.",
    "thread.reference.status": "A message would update or cancel one of another status, such as a test an actual one.",
    "thread.reference.later": "A message names one that was sent after it.",
    "thread.reference.cycle": "Messages of one moment name each other.",
    "thread.reference.idle": "A message of type Alert has references, which end nothing.",
    "thread.reference.ended": "A Cancel names an alert that was superseded, and not the Update that is in force.",
    "thread.status.mixed": "Messages of different status, such as a test and an actual alert, are in force together.",
    "thread.fork": "Several messages in force update the same alert.",
    "thread.expires.absent": "An info block has no expires: it is in force until it is superseded or cancelled.",
}
"""Every finding about a thread, with its meaning."""

_ENDS = {MsgType.UPDATE, MsgType.CANCEL}


@dataclass(frozen=True)
class Links:
    """`names`: the alerts that a message ends, by reference. `findings`: each with the time from which on it holds."""

    names: Mapping[Reference, tuple[Reference, ...]]
    findings: tuple[tuple[datetime | None, Finding], ...]

    def findings_until(self, at: datetime) -> tuple[Finding, ...]:
        """Return the findings about messages sent by a time."""
        return tuple(f for since, f in self.findings if since is None or since <= at)

    def open_ends(
        self,
        active: Sequence[Alert],
        cancelled: Collection[Reference],
    ) -> Iterator[Finding]:
        """Find alerts that stay in force although somebody may have meant to end them, or that must not stand together."""
        updates: dict[Reference, list[Reference]] = defaultdict(list)
        statuses = {alert.status: alert.reference for alert in active}
        if len(statuses) > 1:
            told = ", ".join(f"{_name(one)} is {status}" for status, one in statuses.items())
            yield _finding(
                "thread.status.mixed",
                Level.ERROR,
                f"messages of different status are in force together: {told}",
                "keep exercises, tests and drafts apart from actual alerts, and from each other",
                "/alert/status",
            )
        for alert in active:
            for target in self._all_before(alert.reference):
                updates[target].append(alert.reference)
        for target in cancelled:
            if target in updates:
                yield _finding(
                    "thread.reference.ended",
                    Level.WARNING,
                    f"a Cancel names {_name(target)}, which was superseded, and not {_names(updates[target])}, which stays "
                    "in force",
                    "if the whole event is over, cancel that message too",
                )
        for target, by in updates.items():
            direct = [one for one in by if target in self.names[one]]
            if len(direct) > 1:
                yield _finding(
                    "thread.fork",
                    Level.WARNING,
                    f"{_names(direct)} both update {_name(target)} and are in force together",
                    "if one replaces the other, it must name it in its references",
                )

    def _all_before(self, start: Reference) -> list[Reference]:
        """Return whatever a message supersedes, at first or at second hand."""
        found: dict[Reference, None] = {}
        todo = list(self.names.get(start, ()))
        while todo:
            one = todo.pop()
            if one not in found:
                found[one] = None
                todo += self.names.get(one, ())
        return list(found)


def resolve(
    read: Sequence[Alert | None], may_replace: Mapping[str, Collection[str]], *, open_ended: bool
) -> tuple[tuple[Alert, ...], Links]:
    """Return messages in the order of sending, each once, and what their references come to."""
    found: list[tuple[datetime | None, Finding]] = []
    alerts = _each_once(read, found)
    known = {alert.reference: alert for alert in alerts}
    called: dict[str, list[Alert]] = defaultdict(list)
    by_name: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_name[alert.sender, alert.identifier].append(alert)
        called[alert.identifier].append(alert)
    for (sender, identifier), same in by_name.items():
        if len(same) > 1:
            message = f"{sender} used the identifier {identifier} for {len(same)} messages, sent at different times"
            hint = "get the messages from their source again: an identifier may be used once only"
            found.append((same[1].sent, _finding("thread.identifier.reused", Level.ERROR, message, hint)))  # fmt: skip
    names: dict[Reference, tuple[Reference, ...]] = {}
    for alert in alerts:
        targets: dict[Reference, None] = {}
        for reference in alert.references:
            if reference in targets:
                message = f"{_name(alert.reference)} names {_name(reference)} twice"
                found.append((alert.sent, _finding("thread.reference.repeated", Level.INFO, message, "once is enough")))  # fmt: skip
                continue
            target = known.get(reference)
            if target is None:
                finding: Finding | None = _stranger(alert, reference, called[reference.identifier])
            else:
                finding = _doubt(alert, target, may_replace)
            if finding is not None:
                found.append((alert.sent, finding))
            elif alert.msg_type in _ENDS:
                targets[reference] = None
        names[alert.reference] = tuple(targets)
        absent = any(info.expires is None for info in alert.infos)
        if open_ended and absent and alert.msg_type in {MsgType.ALERT, MsgType.UPDATE}:
            message = f"{_name(alert.reference)} has an info block without expires"
            hint = "it is taken to be in force until it is superseded or cancelled"
            found.append((alert.sent, _finding("thread.expires.absent", Level.INFO, message, hint, "/alert/info/expires")))  # fmt: skip
    names = _without_cycles(names, found)
    return alerts, Links(names, tuple(found))


def _each_once(
    read: Sequence[Alert | None], found: list[tuple[datetime | None, Finding]]
) -> tuple[Alert, ...]:
    kept: dict[Reference, Alert] = {}
    for place, alert in enumerate(read, 1):
        if alert is None:
            message = f"message {place} of the thread could not be read"
            found.append((None, _finding("thread.unreadable", Level.ERROR, message, "check it by itself", "")))  # fmt: skip
            continue
        first = kept.setdefault(alert.reference, alert)
        if first is alert:
            continue
        if first == alert:
            message = f"{_name(alert.reference)} was given more than once"
            finding = _finding("thread.repeated", Level.INFO, message, "it counts once", "/alert")
        else:
            message = f"two messages say that they are {_name(alert.reference)}, and their contents differ"
            hint = "one of them is false or was changed on the way: get it from its source again"
            finding = _finding("thread.conflict", Level.ERROR, message, hint, "/alert")
        found.append((alert.sent, finding))
    # Ties are ordered by name, so that the order in which files are given changes nothing.
    return tuple(sorted(kept.values(), key=lambda a: (a.sent, a.sender, a.identifier)))


def _doubt(
    alert: Alert, target: Alert, may_replace: Mapping[str, Collection[str]]
) -> Finding | None:
    """Say why a reference to a message ends nothing, if it does not."""
    own, other = _name(alert.reference), _name(target.reference)
    if target is alert:
        hint = "correct its references"
        return _finding("thread.reference.self", Level.ERROR, f"{own} names itself", hint)
    if alert.msg_type is MsgType.ALERT:
        message = f"{own} is of type Alert and names {other}; a new alert ends nothing"
        hint = "if it replaces that message, it must be of type Update"
        return _finding("thread.reference.idle", Level.WARNING, message, hint)
    if alert.msg_type not in _ENDS:
        return None
    if target.sender != alert.sender and target.sender not in may_replace.get(alert.sender, ()):
        message = f"{own} would {_verb(alert)} {other}, which is of another sender"
        hint = f"if {alert.sender} acts for {target.sender}, say so (may_replace); otherwise leave the message out"
        return _finding("thread.reference.foreign", Level.ERROR, message, hint)
    if target.status is not alert.status:
        message = f"{own} has the status {alert.status} and would {_verb(alert)} {other}, whose status is {target.status}"
        hint = "keep exercises and tests apart from actual alerts"
        return _finding("thread.reference.status", Level.ERROR, message, hint)
    if target.sent > alert.sent:
        message = f"{own} names {other}, which was sent after it"
        return _finding("thread.reference.later", Level.ERROR, message, "correct its references")
    return None


def _stranger(alert: Alert, reference: Reference, namesakes: Sequence[Alert]) -> Finding:
    """Say what is the matter with a reference to a message that was not given; `namesakes` have its identifier."""
    own, other = _name(alert.reference), _name(reference)
    # One of the same sender says more.
    for one in sorted(namesakes, key=lambda a: a.sender != reference.sender)[:1]:
        if one.sender == reference.sender:
            message = f"{own} names {other}, but that message was sent at {one.sent.isoformat()}; it ends nothing"
            hint = "correct the time in its references if that message is meant"
            return _finding("thread.reference.sent", Level.WARNING, message, hint)
        message = f"{own} names {other}, but that message is of {one.sender}; it ends nothing"
        hint = "correct the sender in its references if that message is meant"
        return _finding("thread.reference.sender", Level.WARNING, message, hint)
    # A Cancel without what it cancels has no effect at all.
    level = Level.WARNING if alert.msg_type is MsgType.CANCEL else Level.INFO
    message = f"{own} names {other}, which was not given"
    return _finding("thread.reference.unknown", level, message, "give that message too if it may still be in force")  # fmt: skip


def _without_cycles(
    names: Mapping[Reference, tuple[Reference, ...]],
    found: list[tuple[datetime | None, Finding]],
) -> dict[Reference, tuple[Reference, ...]]:
    """Drop the references inside a ring of messages that name each other: all of them would be superseded, and nobody warned.

    References go back in time, so that a ring has one time of sending.
    """
    ring_of = _rings(names)
    left = {}
    for source, targets in names.items():
        ring = {t: None for t in targets if ring_of[t] == ring_of[source]}
        for target in ring:
            message = (
                f"{_name(source)} and {_name(target)} were sent at one moment and name each other"
            )
            finding = _finding("thread.reference.cycle", Level.ERROR, message, "correct their references")  # fmt: skip
            found.append((source.sent, finding))
        left[source] = tuple(t for t in targets if t not in ring)
    return left


def _rings(names: Mapping[Reference, tuple[Reference, ...]]) -> dict[Reference, int]:
    """Return a number for each message, the same for those that can be reached from each other.

    Tarjan's strongly connected components (SIAM J. Computing 1, 1972), without recursion.
    """
    order: dict[Reference, int] = {}
    lowest: dict[Reference, int] = {}
    ring: dict[Reference, int] = {}
    open_ones: list[Reference] = []
    for start in names:
        if start in order:
            continue
        path = [(start, iter(names[start]))]
        order[start] = lowest[start] = len(order)
        open_ones.append(start)
        while path:
            at, targets = path[-1]
            target = next(targets, None)
            if target is None:
                path.pop()
                if path:
                    before = path[-1][0]
                    lowest[before] = min(lowest[before], lowest[at])
                if lowest[at] == order[at]:
                    while at not in ring:
                        ring[open_ones.pop()] = order[at]
            elif target not in order:
                order[target] = lowest[target] = len(order)
                open_ones.append(target)
                path.append((target, iter(names[target])))
            elif target not in ring:
                lowest[at] = min(lowest[at], order[target])
    return ring


def _finding(
    code: str, level: Level, message: str, hint: str, path: str = "/alert/references"
) -> Finding:
    return Finding(code, level, path, None, message, hint)


def _verb(alert: Alert) -> str:
    return "cancel" if alert.msg_type is MsgType.CANCEL else "update"


def _name(reference: Reference) -> str:
    return f"{reference.identifier} ({reference.sender}, {reference.sent.isoformat()})"


def _names(references: Sequence[Reference]) -> str:
    return " and ".join(_name(one) for one in references)
