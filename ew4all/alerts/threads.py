"""Threads of messages: which alerts are in force at a time, after updates, cancellations and the end of their lives.

A message is known by sender, identifier and time of sending. An Update supersedes every alert that its references name, a
Cancel cancels them; Ack and Error change nothing. What a message ended stays ended, also when that message is ended in turn.
A reference that cannot be followed with certainty ends nothing: a warning too many is better than a warning lost.

References
----------
OASIS CAP 1.2, section 3.2.1 (references, msgType) and 3.2.2 (effective, expires).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ew4all.alerts.cap import Alert, Info, MsgType, ResponseType
from ew4all.alerts.thread_links import Links, resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime, timedelta

    from ew4all.alerts.cap import Reference
    from ew4all.alerts.findings import Finding

__all__ = ["State", "Thread", "state", "thread"]


class Message(Protocol):
    """What a reader gives: an alert, or None where it could not make one."""

    @property
    def alert(self) -> Alert | None:
        """The alert."""


@dataclass(frozen=True)
class State:
    """Every Alert and Update of a thread at the time `at`, in the order of sending; each stands in one place.

    Attributes
    ----------
    active
        In force: sent, effective, not expired, neither superseded nor cancelled.
    scheduled
        Sent, but none of its info blocks is effective yet, or not again. What it updates stays in force until then.
    later
        Sent only after `at`.
    superseded, cancelled, expired
        Ended by an Update, by a Cancel, or by `expires` of all info blocks.
    all_clear
        In force, but all that it says is that the danger is over (response type AllClear): no place is warned.
    findings
        What is doubtful about the thread as far as it was sent by then.
    """

    at: datetime
    active: tuple[Alert, ...] = ()
    scheduled: tuple[Alert, ...] = ()
    later: tuple[Alert, ...] = ()
    superseded: tuple[Alert, ...] = ()
    cancelled: tuple[Alert, ...] = ()
    expired: tuple[Alert, ...] = ()
    all_clear: tuple[Alert, ...] = ()
    findings: tuple[Finding, ...] = ()
    life: timedelta | None = None
    ended_by: Mapping[Reference, tuple[Reference, ...]] = field(default_factory=dict)
    """By which messages an alert was superseded or cancelled."""

    def warning_infos(self, alert: Alert) -> tuple[int, ...]:
        """Return the positions of the info blocks that warn at this time: effective, not expired, no all-clear."""
        return tuple(
            k
            for k, info in enumerate(alert.infos)
            if _begins(info, alert) <= self.at
            and not _is_over(info, alert, self.at, self.life)
            and not _is_all_clear(info)
        )


@dataclass(frozen=True)
class Thread:
    """Messages that belong together, each once, in the order of sending, and what their references come to."""

    alerts: tuple[Alert, ...]
    links: Links
    life: timedelta | None = None

    def state(self, at: datetime) -> State:
        """Return what is in force at a time; `at` is aware."""
        if at.tzinfo is None:
            msg = "the time of a state needs its zone (tzinfo), since those of alerts have one"
            raise ValueError(msg)
        ended: dict[Reference, list[Reference]] = defaultdict(list)
        cancelled: set[Reference] = set()
        for alert in self.alerts:
            if alert.sent > at:
                continue
            named = self.links.names[alert.reference]
            if alert.msg_type is MsgType.CANCEL:
                cancelled.update(named)
            elif alert.msg_type is not MsgType.UPDATE or _start(alert) > at:
                continue
            for target in named:
                ended[target].append(alert.reference)
        places: dict[str, list[Alert]] = defaultdict(list)
        for alert in self.alerts:
            if alert.msg_type in {MsgType.ALERT, MsgType.UPDATE}:
                places[self._place(alert, at, ended, cancelled)].append(alert)
        found = {place: tuple(alerts) for place, alerts in places.items()}
        doubts = self.links.findings_until(at)
        open_ends = self.links.open_ends(found.get("active", ()), cancelled)
        return State(
            at=at,
            findings=(*doubts, *open_ends),
            life=self.life,
            ended_by={target: tuple(by) for target, by in ended.items()},
            **found,
        )

    def _place(
        self,
        alert: Alert,
        at: datetime,
        ended: Mapping[Reference, list[Reference]],
        cancelled: set[Reference],
    ) -> str:
        """Return the name of the place in a `State` where an alert stands."""
        if alert.sent > at:
            return "later"
        if alert.reference in cancelled:
            return "cancelled"
        if alert.reference in ended:
            return "superseded"
        if not alert.infos:
            return "active"
        live = [i for i in alert.infos if not _is_over(i, alert, at, self.life)]
        begun = [i for i in live if _begins(i, alert) <= at]
        if begun:
            return "all_clear" if all(_is_all_clear(i) for i in begun) else "active"
        return "scheduled" if live else "expired"


def thread(
    messages: Iterable[Alert | Message],
    *,
    may_replace: Mapping[str, Collection[str]] | None = None,
    life: timedelta | None = None,
) -> Thread:
    """Put messages in order, each once, and follow their references.

    Parameters
    ----------
    messages
        Alerts, or what `ew4all.alerts.cap_xml.read_alerts` gives, in any order.
    may_replace
        From a sender to the other senders whose alerts it may update or cancel. By default nobody may do so for another.
    life
        How long an info block without `expires` is in force; the standard leaves that to the recipient. By default until it
        is superseded or cancelled.
    """
    read = [m if isinstance(m, Alert) else m.alert for m in messages]
    alerts, links = resolve(read, may_replace or {}, open_ended=life is None)
    return Thread(alerts, links, life)


def state(
    messages: Iterable[Alert | Message],
    at: datetime,
    *,
    may_replace: Mapping[str, Collection[str]] | None = None,
    life: timedelta | None = None,
) -> State:
    """Return what is in force of some messages at a time; see `thread`.

    Raises
    ------
    ValueError
        `at` has no zone.
    """
    return thread(messages, may_replace=may_replace, life=life).state(at)


def _begins(info: Info, alert: Alert) -> datetime:
    """`effective`, which by the standard is the time of sending where it is absent; never before that."""
    return alert.sent if info.effective is None else max(info.effective, alert.sent)


def _start(alert: Alert) -> datetime:
    return min((_begins(info, alert) for info in alert.infos), default=alert.sent)


def _is_over(info: Info, alert: Alert, at: datetime, life: timedelta | None) -> bool:
    if info.expires is not None:
        return info.expires <= at
    return life is not None and _begins(info, alert) + life <= at


def _is_all_clear(info: Info) -> bool:
    """Whether the block only says that the danger is over."""
    return bool(info.response_types) and set(info.response_types) == {ResponseType.ALL_CLEAR}
