"""What the log of an exercise says of alerts, decisions, messages, notes, injects and scores: plain values, for the API. Runs in the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ew4all.alerts.drill import DrillStatus, identifier_of
from ew4all.exercises.injects import DECISION_OF
from ew4all.sim.exercise import marked
from ew4all.sim.exercise_events import (
    AlertApproved,
    AlertCancelled,
    AlertDrafted,
    AlertIssued,
    AlertUpdated,
    InjectEdited,
    InjectFired,
    InjectUndone,
    MessageRead,
    MessageSent,
    NoteWritten,
    RequestRefused,
    SirensOrdered,
)
from ew4all.sim.exercise_plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.exercises.session import Session
    from ew4all.sim.exercise_events import AlertContent, Event

__all__ = ["Books", "at_of", "by_of", "seconds"]

_STATUS: Final = {"planned": "pending", "held": "held", "fired": "fired", "skipped": "skipped"}
_EFFECTS: Final = {"NetworkChange": "network", "PowerChange": "power", "Switch": "switch"}
_DECISIONS: Final = {k: v for k, v in DECISION_OF.items() if v != "send_message"}
_REQUESTS: Final = frozenset({"power_requested", "satellite_requested", "roaming_requested"})


def seconds(value: float | None) -> float | None:
    """Return an exercise time as it is shown."""
    return None if value is None else round(value, 3)


def at_of(event: Event) -> str:
    """Return the time of day of an event as it is shown."""
    return event.wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by_of(event: Event) -> dict[str, Any] | None:
    """Return who did something; None where it was the exercise itself."""
    if event.who.role == "clock":
        return None
    return {"role": event.who.role, "team": event.who.team, "name": event.who.name}


def _head(event: Event) -> dict[str, Any]:
    return {
        "seq": event.sequence,
        "time_s": seconds(event.time_s),
        "at": at_of(event),
        "by": by_of(event),
    }


@dataclass
class _Alert:
    """What became of an alert: team, the moments of its states, and its last content."""

    team: str | None
    content: AlertContent
    version: int = 0
    moments: dict[str, float] = field(default_factory=dict)
    last: int = 0


class Books:
    """Folds of the log up to its last event; `versions` are those of injects that were edited before the start."""

    def __init__(self, session: Session, versions: Mapping[str, int] | None = None) -> None:
        self.session, self._versions = session, dict(versions or {})
        self._alerts: dict[str, _Alert] = {}
        self._undone = {
            e.payload.undoes for e in session.log if isinstance(e.payload, InjectUndone)
        }
        self._read: dict[int, set[str]] = {}
        self._edits: dict[str, Event] = {}
        for event in session.log:
            self._take(event)

    def _take(self, event: Event) -> None:
        p, time_s = event.payload, event.time_s
        if isinstance(p, AlertDrafted):
            one = self._alerts.setdefault(p.alert, _Alert(event.who.team, p.content))
            one.content, one.version, one.last = p.content, p.version + 1, event.sequence
            one.moments["drafted_s"] = time_s
        elif isinstance(p, AlertApproved):
            one = self._alerts[p.alert]
            one.moments["approved_s"], one.last = time_s, event.sequence
        elif isinstance(p, AlertIssued | AlertUpdated):
            one = self._alerts.setdefault(p.alert, _Alert(event.who.team, p.content))
            one.content, one.last = p.content, event.sequence
            one.moments.setdefault("issued_s", time_s)
            one.moments["sent_s"] = time_s
        elif isinstance(p, SirensOrdered):
            content = self.session.alerts.alert(p.order).content
            one = _Alert(event.who.team, content, last=event.sequence)
            one.moments = {"issued_s": time_s, "sent_s": time_s}
            self._alerts[p.order] = one
        elif isinstance(p, AlertCancelled) and p.alert in self._alerts:
            self._alerts[p.alert].moments["cancelled_s"] = time_s
            self._alerts[p.alert].last = event.sequence
        elif isinstance(p, MessageRead) and event.who.team is not None:
            self._read.setdefault(p.message, set()).add(event.who.team)
        elif isinstance(p, InjectEdited):
            self._edits[p.inject] = event

    def alerts(self, now_s: float, *, brief: bool = False) -> list[dict[str, Any]]:
        """Return all alerts and drafts, the oldest first."""
        return [self.alert(name, now_s, brief=brief) for name in self._alerts]

    def has_alert(self, identifier: str) -> bool:
        """Say whether there is an alert or draft."""
        return identifier in self._alerts

    def alert(self, identifier: str, now_s: float, *, brief: bool = False) -> dict[str, Any]:
        """Return an alert, or a draft; `brief`: without what states of an exercise do not hold."""
        one = self._alerts[identifier]
        m, content = one.moments, one.content
        state = "approved" if m.get("approved_s", -1.0) >= m.get("drafted_s", 0.0) else "draft"
        expires_s = m["sent_s"] + content.duration_s if "sent_s" in m else None
        if "issued_s" in m:
            state = "expired" if expires_s is not None and now_s >= expires_s else "issued"
        if "cancelled_s" in m:
            state = "cancelled"
        out: dict[str, Any] = {
            "id": identifier, "version": one.version, "state": state, "team": one.team,
            "headline": content.words[0].text[:100] if content.words else "",
            "issued_s": seconds(m.get("issued_s")), "expires_s": seconds(expires_s),
        }  # fmt: skip
        if brief:
            return out
        count = max(1, len(content.words))
        numbers = [
            identifier_of(DrillStatus.EXERCISE, additional=k > 0) for k in range(min(count, 2))
        ]
        return out | {
            "hazard": content.hazard, "contents": [to_plain(one) for one in content.words], "languages": list(content.languages),
            "channels": list(content.channels), "national": content.national, "area": to_plain(content.area),
            "duration_s": content.duration_s, "device_geofenced": content.device_geofenced, "status": str(DrillStatus.EXERCISE),
            "message_identifiers": [int(n) for n in numbers if n is not None], "pages": content.pages,
            "drafted_s": seconds(m.get("drafted_s")), "approved_s": seconds(m.get("approved_s")),
            "cancelled_s": seconds(m.get("cancelled_s")),
        }  # fmt: skip

    @property
    def changed(self) -> dict[str, int]:
        """The number of the last event of each alert and draft."""
        return {name: one.last for name, one in self._alerts.items()}

    def decisions(self, now_s: float) -> list[dict[str, Any]]:
        """Return what was decided, the newest first."""
        found = [self.decision(e, now_s) for e in self.session.log if is_decision(e)]
        return found[::-1]

    def decision(self, event: Event, now_s: float) -> dict[str, Any]:
        """Return a decision."""
        p = event.payload
        kind = "refuse_request" if isinstance(p, RequestRefused) else _DECISIONS[event.kind]
        out = {
            **_head(event),
            "id": event.sequence,
            "kind": kind,
            "team": event.who.team,
            "state": "done",
        }
        alert = getattr(p, "alert", getattr(p, "order", None))
        if alert is not None:
            out["alert"] = {"id": alert}
        if isinstance(p, SirensOrdered):
            out |= {"area": to_plain(p.area), "duration_s": p.duration_s}
        if event.kind in _REQUESTS:
            request = self.session.requests.requests[p.request]  # type: ignore[union-attr]
            state = "done" if now_s >= request.comes_s else "asked"
            state = "refused" if request.refused_s is not None else state
            out |= {
                "request": request.identifier,
                "zone": request.zone,
                "state": state,
                "effect_s": seconds(request.comes_s),
            }
            out["number"] = getattr(p, "number", 1)
        if isinstance(p, RequestRefused):
            out |= {"request": p.request, "note": p.reason}
        return out

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        """Return messages and injects that fired, in their order."""
        return [
            self.message(e)
            for e in self.session.log[after:]
            if isinstance(e.payload, MessageSent | InjectFired)
        ]

    def message(self, event: Event) -> dict[str, Any]:
        """Return a message, or an inject as players get it."""
        p = event.payload
        out = {**_head(event), "id": event.sequence, "withdrawn": event.sequence in self._undone}
        out["read_by"] = sorted(self._read.get(event.sequence, ()))
        if isinstance(p, InjectFired):
            inject = self.session.injects.states[p.inject].inject
            return out | {
                "from": {"team": None, "name": inject.sender}, "to": list(inject.audience), "channel": str(inject.channel),
                "title": inject.shown_title, "text": inject.shown_text,
                "attachments": [{"title": a.title, "file": a.file} for a in inject.attachments], "reply_to": None,
                "is_inject": True, "inject": p.inject,
            }  # fmt: skip
        assert isinstance(p, MessageSent)
        sender = {"team": event.who.team, "name": event.who.name}
        if p.sender:
            sender = {"team": None, "name": p.sender}
        return out | {
            "from": sender, "to": list(p.to), "channel": "message", "title": marked(p.title) if p.title else "", "text": marked(p.text, at_end=True),
            "attachments": [], "reply_to": p.answers, "is_inject": False,
        }  # fmt: skip

    def notes(self) -> list[dict[str, Any]]:
        """Return notes and lessons, in their order."""
        return [self.note(e) for e in self.session.log if isinstance(e.payload, NoteWritten)]

    def note(self, event: Event) -> dict[str, Any]:
        """Return a note."""
        assert isinstance(event.payload, NoteWritten)
        return {**_head(event), "id": event.sequence, **to_plain(event.payload)}

    def injects(self, now_s: float, *, brief: bool = False) -> list[dict[str, Any]]:
        """Return all injects, in the order of the exercise."""
        return [self.inject(name, now_s, brief=brief) for name in self.session.injects.states]

    def inject(self, identifier: str, now_s: float, *, brief: bool = False) -> dict[str, Any]:
        """Return an inject; `brief`: as states of an exercise hold it."""
        state = self.session.injects.states[identifier]
        inject = state.inject
        shown = _STATUS[state.status]
        if shown == "pending" and inject.until_s is not None and now_s > inject.until_s:
            shown = "expired"
        out: dict[str, Any] = {
            "id": identifier, "version": 1 + self._versions.get(identifier, 0) + state.version, "state": shown,
            "time_s": seconds(inject.time_s), "fired_s": seconds(state.fired_s),
        }  # fmt: skip
        if brief:
            return out
        plain = to_plain(inject)
        plain.pop("identifier")
        edit = self._edits.get(identifier)
        effects = [{"kind": _EFFECTS[type(e).__name__], **to_plain(e)} for e in inject.effects]
        return {
            **plain, **out, "channel": str(inject.channel), "effects": effects,
            "conditions": [{**to_plain(c), "comparison": str(c.comparison)} for c in inject.conditions],
            "due_s": seconds(self.session.injects.due_s(identifier)),
            "changed": None if edit is None else {"by": edit.who.name, "at": at_of(edit)},
        }  # fmt: skip

    @property
    def versions(self) -> Mapping[str, int]:
        """How often injects were edited before the start."""
        return self._versions


def is_decision(event: Event) -> bool:
    """Say whether an event is a decision of players, a message aside."""
    return event.kind in _DECISIONS or isinstance(event.payload, RequestRefused)
