"""The alerts of an exercise as its log has them: drafts, approvals, what is on air, and the notices that the simulation gets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ew4all.errors import ConflictError, OptionError
from ew4all.exercises.areas import DrawnArea, area_of
from ew4all.sim.decisions import Cancel, Issue, Notice, Update
from ew4all.sim.exercise_events import (
    AlertApproved,
    AlertCancelled,
    AlertContent,
    AlertDrafted,
    AlertIssued,
    AlertUpdated,
    SirensOrdered,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ew4all.sim.decisions import Decision
    from ew4all.sim.exercise_events import Event, Payload

__all__ = ["SIREN", "AlertBook", "AlertState", "decision_of"]

SIREN: Final = "siren"
"""Channel that an order to sound sirens goes to."""


@dataclass(frozen=True, slots=True)
class AlertState:
    """One alert, or order of sirens.

    Attributes
    ----------
    version
        Number of its drafts; 0 where it was issued without one.
    content
        Of its newest draft.
    approved
        Version that may go out; None where none is approved.
    sent
        What went out last; None where nothing did.
    issued_s, cancelled_s
        Exercise time, seconds.
    """

    identifier: str
    version: int = 0
    content: AlertContent = field(default_factory=AlertContent)
    approved: int | None = None
    sent: AlertContent | None = None
    issued_s: float | None = None
    cancelled_s: float | None = None

    @property
    def is_on_air(self) -> bool:
        """It was issued and not cancelled; its time may be over."""
        return self.issued_s is not None and self.cancelled_s is None


@dataclass(frozen=True)
class AlertBook:
    """All alerts after some events, and the areas, times and channels of what went out, in their order; no channels are all of them."""

    alerts: Mapping[str, AlertState] = field(default_factory=dict)
    areas: tuple[DrawnArea, ...] = ()
    issues_s: tuple[float, ...] = ()
    sent_to: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, events: Iterable[Event]) -> AlertBook:
        """Fold a log."""
        book = cls()
        for event in events:
            book = book.after(event)
        return book

    def after(self, event: Event) -> AlertBook:
        """Return the book after one more event."""
        p, time_s = event.payload, event.time_s
        if isinstance(p, AlertDrafted):
            before = self.alert(p.alert)
            return self._with(replace(before, version=p.version + 1, content=p.content))
        if isinstance(p, AlertApproved):
            return self._with(replace(self.alert(p.alert), approved=p.version))
        if isinstance(p, AlertIssued | AlertUpdated):
            before = self.alert(p.alert)
            first = time_s if before.issued_s is None else before.issued_s
            sent = replace(before, sent=p.content, issued_s=first)
            return self._with(sent)._issued(area_of(p.content.area), time_s, p.content.channels)
        if isinstance(p, SirensOrdered):
            content = AlertContent(p.area, (SIREN,), duration_s=p.duration_s)
            sent = replace(self.alert(p.order), content=content, sent=content, issued_s=time_s)
            return self._with(sent)._issued(area_of(p.area), time_s, content.channels)
        if isinstance(p, AlertCancelled):
            return self._with(replace(self.alert(p.alert), cancelled_s=time_s))
        return self

    def alert(self, identifier: str) -> AlertState:
        """Return an alert; one that nobody has written is empty."""
        return self.alerts.get(identifier, AlertState(identifier))

    def check(self, payload: Payload) -> None:
        """Refuse what cannot be done with an alert now.

        Raises
        ------
        ConflictError
            Somebody else changed the draft first.
        OptionError
            An alert that is not there, or whose name is used up.
        """
        if isinstance(payload, AlertDrafted | AlertApproved):
            self._check_draft(payload)
        elif isinstance(payload, AlertIssued | SirensOrdered):
            name = payload.alert if isinstance(payload, AlertIssued) else payload.order
            if self.alert(name).issued_s is not None:
                msg = f"{name!r} was issued already; update it, or issue this under another identifier (CAP 1.2, 3.2.1)"
                raise OptionError(msg)
        elif (
            isinstance(payload, AlertUpdated | AlertCancelled)
            and not self.alert(payload.alert).is_on_air
        ):
            known = ", ".join(a.identifier for a in self.alerts.values() if a.is_on_air)
            msg = f"there is no alert {payload.alert!r} on air; there {f'are {known}' if known else 'is none'}"
            raise OptionError(msg)

    def _check_draft(self, payload: AlertDrafted | AlertApproved) -> None:
        before = self.alert(payload.alert)
        if payload.version != before.version:
            msg = (
                f"the draft of {payload.alert!r} is in version {before.version}, and this is about version {payload.version}: somebody "
                "changed it meanwhile, and nothing was overwritten; look at it and try again"
            )
            raise ConflictError(msg)
        if isinstance(payload, AlertApproved) and payload.version == 0:
            msg = f"there is no draft {payload.alert!r} to approve; draft it first"
            raise OptionError(msg)

    def _with(self, alert: AlertState) -> AlertBook:
        return replace(self, alerts={**self.alerts, alert.identifier: alert})

    def _issued(self, area: DrawnArea, time_s: float, channels: tuple[str, ...]) -> AlertBook:
        known = {one.name for one in self.areas}
        areas = self.areas if area.name in known else (*self.areas, area)
        return replace(
            self,
            areas=areas,
            issues_s=(*self.issues_s, time_s),
            sent_to=(*self.sent_to, channels),
        )


def decision_of(payload: Payload) -> Decision | None:
    """Return what the simulation does at the moment of an event; None for events that change nothing in it."""
    if isinstance(payload, AlertIssued | AlertUpdated):
        notice, channels = _notice(payload.alert, payload.content), payload.content.channels
        return (Issue if isinstance(payload, AlertIssued) else Update)(notice, channels)
    if isinstance(payload, SirensOrdered):
        content = AlertContent(payload.area, duration_s=payload.duration_s)
        return Issue(_notice(payload.order, content), (SIREN,))
    if isinstance(payload, AlertCancelled):
        return Cancel(payload.alert)
    return None


def _notice(identifier: str, content: AlertContent) -> Notice:
    return Notice(
        identifier,
        content.national,
        content.languages,
        content.pages,
        content.duration_s,
        content.device_geofenced,
        area_of(content.area).name,
    )
