"""What went out in an exercise, as CAP 1.2 and cell-broadcast messages that cannot warn anybody.

The lock is in the types: `DrillAlert` has the status Exercise and no other here, `DrillMessage` the identifier of exercises. No
function of this module takes a status.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from ew4all.alerts.building import DEFAULT_SENDER
from ew4all.alerts.cap import (
    Area,
    Category,
    Certainty,
    Info,
    MsgType,
    Reference,
    Scope,
    Severity,
    Urgency,
)
from ew4all.alerts.cap_write import write
from ew4all.alerts.cbs import GeographicalScope, SerialAllocator
from ew4all.alerts.drill import DrillAlert, DrillMessage, DrillStatus, identifier_of
from ew4all.alerts.life import schedule
from ew4all.alerts.simplify import for_cap
from ew4all.exercises.areas import area_of
from ew4all.sim.exercise import STATUS, marked
from ew4all.sim.exercise_events import (
    AlertCancelled,
    AlertContent,
    AlertIssued,
    AlertUpdated,
    SirensOrdered,
    Words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

    from ew4all.exercises.session import Session
    from ew4all.sim.exercise_events import Event

__all__ = ["SentDrill", "sent_of"]

_LANGUAGE: Final = "en"


class SentDrill(NamedTuple):
    """What one event of the log sent: its number, the alert, its CAP text, and its messages by cell broadcast."""

    event: int
    alert: DrillAlert
    cap: bytes
    messages: tuple[DrillMessage, ...]


def sent_of(session: Session) -> list[SentDrill]:
    """Return everything that was issued, updated and cancelled, in the order of the log.

    Times are those of the room: that is when it was sent. An alert without a drawn area is described by the scenario's in words.
    """
    found: list[SentDrill] = []
    first: dict[str, tuple[Reference, AlertContent]] = {}
    serials = SerialAllocator()
    for event in session.log:
        p = event.payload
        if isinstance(p, AlertIssued | AlertUpdated):
            identifier, content = p.alert, p.content
        elif isinstance(p, SirensOrdered):
            identifier, content = p.order, AlertContent(p.area, duration_s=p.duration_s)
        elif isinstance(p, AlertCancelled) and p.alert in first:
            identifier, content = p.alert, first[p.alert][1]
        else:
            continue
        before = first.get(identifier)
        alert = _alert(session, event, identifier, content, None if before is None else before[0])
        first[identifier] = (Reference(alert.sender, alert.identifier, alert.sent), content)
        on_air = not isinstance(p, AlertCancelled | SirensOrdered)
        on_air &= not content.channels or "cell_broadcast" in content.channels
        messages = tuple(_messages(content.words, event, content, serials)) if on_air else ()
        found.append(SentDrill(event.sequence, alert, write(alert.alert), messages))
    return found


def _alert(
    session: Session, event: Event, identifier: str, content: AlertContent, before: Reference | None
) -> DrillAlert:
    sent = event.wall.replace(microsecond=0)
    kind = {AlertIssued: MsgType.ALERT, SirensOrdered: MsgType.ALERT, AlertUpdated: MsgType.UPDATE}.get(
        type(event.payload), MsgType.CANCEL
    )  # fmt: skip
    words = content.words or _no_words(identifier)
    title = session.exercise.title
    return DrillAlert(
        identifier=f"exercise-{session.exercise.identifier}-{event.sequence}",
        sender=DEFAULT_SENDER,
        sent=sent,
        status=DrillStatus(STATUS),
        msg_type=kind,
        scope=Scope.PUBLIC,
        note=marked(f"made in the exercise {title!r}; not a real alert"),
        references=() if before is None else (before,),
        infos=tuple(
            Info(
                language=one.language,
                categories=(Category.OTHER,),
                event=marked(content.hazard or "warning"),
                urgency=Urgency.UNKNOWN,
                severity=Severity.UNKNOWN,
                certainty=Certainty.UNKNOWN,
                effective=sent,
                expires=sent + timedelta(seconds=max(1.0, round(content.duration_s))),
                headline=marked(f"{identifier}"),
                description=marked(one.text, at_end=True),
                areas=(_area(content),),
            )
            for one in words
        ),
    )


def _area(content: AlertContent) -> Area:
    shape: BaseGeometry | None = area_of(content.area).shape
    if shape is None:
        return Area(description="the warning area of the scenario")
    polygons, _ = for_cap(shape)
    return Area(description="area drawn in the exercise", polygons=polygons)


def _messages(
    words: Iterable[Words], event: Event, content: AlertContent, serials: SerialAllocator
) -> Iterable[DrillMessage]:
    sent = event.wall.replace(microsecond=0)
    period_s, number = schedule(sent, sent + timedelta(seconds=max(1.0, round(content.duration_s))))
    for k, one in enumerate(words):
        identifier = identifier_of(DrillStatus(STATUS), additional=k > 0)
        assert identifier is not None
        serial = serials.start(identifier, GeographicalScope.PLMN, sent)
        yield DrillMessage(
            message_identifier=identifier,
            serial_number=serial.value,
            text=marked(one.text),
            language=one.language,
            repetition_s=period_s,
            broadcasts=number,
        )


def _no_words(identifier: str) -> tuple[Words, ...]:
    return (Words(_LANGUAGE, f"{identifier}: issued without a text"),)
