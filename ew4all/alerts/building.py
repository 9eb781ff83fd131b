"""A CAP alert out of a template, for drills: its texts, area, lengths, and hints to its author.

What comes out is a `DrillAlert` and `DrillMessage`, whose types have no real status and no live
identifier (`ew4all.alerts.drill`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ew4all.alerts.cap import Area, Info, MsgType, NamedValue, Scope
from ew4all.alerts.cbs import (
    GeographicalScope,
    SerialAllocator,
)
from ew4all.alerts.drill import DrillAlert, DrillMessage, DrillStatus, identifier_of
from ew4all.alerts.lengths import WEA_LONG, WEA_SHORT, Length, length_of
from ew4all.alerts.life import schedule
from ew4all.alerts.plain_language import Hint, hints
from ew4all.alerts.simplify import CAP_VERTICES, Simplified, for_cap
from ew4all.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from ew4all.alerts.cap import Polygon
    from ew4all.alerts.templates import Filled, Templates

__all__ = ["DEFAULT_SENDER", "EVENT_CODE", "Built", "InLanguage", "Said", "build"]

DEFAULT_SENDER = "drill@example.org"
"""A sender that cannot exist (RFC 2606)."""

EVENT_CODE = "ew4all:hazard"
"""Name of the event code that says which template an alert is made from, in every language."""


@dataclass(frozen=True)
class InLanguage:
    """What an author says in one language: place, until when, what to do (None: the template's)."""

    language: str
    place: str
    time: str
    action: str | None = None
    source: str = ""


@dataclass(frozen=True)
class Said:
    """The texts of one language, how long they are on air, and hints on the longer one."""

    texts: Filled
    short: Length
    message: Length
    hints: tuple[Hint, ...]


@dataclass(frozen=True)
class Built:
    """A made alert. `messages` are empty for a draft, which is never broadcast."""

    alert: DrillAlert
    said: tuple[Said, ...]
    messages: tuple[DrillMessage, ...]
    area: Simplified | None
    notes: tuple[str, ...]


def build(
    templates: Templates,
    hazard: str,
    contents: Sequence[InLanguage],
    status: DrillStatus,
    *,
    sent: datetime,
    expires: datetime,
    area: BaseGeometry | None = None,
    sender: str = DEFAULT_SENDER,
    identifier: str | None = None,
    most_vertices: int = CAP_VERTICES,
) -> Built:
    """Build an alert of a template.

    Parameters
    ----------
    templates, hazard
        `templates.shipped()`, or with a user's own laid over them; the name of a hazard.
    contents
        One for each language; the first is the main one.
    status
        Exercise, Test or Draft.
    sent, expires
        Times with their zones; a fraction of a second is left out, as CAP has none.
    area
        Polygons in degrees, longitude before latitude; simplified outward to `most_vertices`.
    sender, identifier
        As CAP wants them: without blanks, commas, ``<`` and ``&``. The identifier is made of the
        content where none is given.

    Raises
    ------
    TemplateError
        No template, no language or one twice, a time without a zone, or an end before the beginning.
    GeometryError
        The area cannot be written.
    MessageError
        A text is too long for any message.
    """
    status = DrillStatus(status)
    _check(contents, sent, expires)
    sent, expires = sent.replace(microsecond=0), expires.replace(microsecond=0)
    kind = templates.hazard(hazard)
    polygons: tuple[Polygon, ...] = ()
    simplified = None
    notes: list[str] = []
    if area is not None:
        polygons, simplified = for_cap(area, most_vertices)
        notes += simplified.notes
    else:
        notes.append("the area is named in words only: nobody can tell where it lies; give one")
    said, infos = [], []
    for content in contents:
        texts = templates.fill(
            hazard,
            content.language,
            status,
            place=content.place,
            time=content.time,
            action=content.action,
            source=content.source,
        )
        one = _said(texts, content)
        if not texts.reviewed:
            notes.append(f"the words in {content.language} were read by no native speaker; let one")
        said.append(one)
        infos.append(
            Info(
                language=content.language,
                categories=(kind.category,),
                event=texts.event,
                response_types=kind.response_types,
                urgency=kind.urgency,
                severity=kind.severity,
                certainty=kind.certainty,
                event_codes=(NamedValue(EVENT_CODE, kind.name),),
                effective=sent,
                expires=expires,
                sender_name=content.source or None,
                headline=texts.headline,
                description=texts.description,
                instruction=texts.instruction,
                parameters=_parameters(one),
                areas=(Area(description=content.place, polygons=polygons),),
            )
        )
    alert = DrillAlert(
        identifier="",
        sender=sender,
        sent=sent,
        status=status,
        msg_type=MsgType.ALERT,
        scope=Scope.PUBLIC,
        note=f"{status}: made from the template {kind.name}; not a real alert",
        infos=tuple(infos),
    )
    made = identifier or "drill-" + hashlib.sha256(repr(alert).encode()).hexdigest()[:16]
    alert = replace(alert, identifier=made)
    messages = _messages(said, status, sent, expires)
    return Built(alert, tuple(said), messages, simplified, tuple(dict.fromkeys(notes)))


def _check(contents: Sequence[InLanguage], sent: datetime, expires: datetime) -> None:
    if not contents:
        msg = "an alert needs a language at least"
        raise TemplateError(msg)
    tags = [content.language.lower() for content in contents]
    if len(set(tags)) < len(tags):
        msg = f"a language is given twice: {', '.join(tags)}"
        raise TemplateError(msg)
    for name, moment in (("sent", sent), ("expires", expires)):
        if moment.utcoffset() is None:
            msg = f"{name} {moment.isoformat()} does not say its offset from UTC"
            raise TemplateError(msg)
    if expires - sent < timedelta(seconds=1):
        msg = (
            f"the alert expires at {expires.isoformat()}, not after it is sent ({sent.isoformat()})"
        )
        raise TemplateError(msg)


def _said(texts: Filled, content: InLanguage) -> Said:
    found = hints(
        texts.message,
        content.language,
        place=content.place,
        time=content.time,
        action=texts.instruction,
        source=content.source,
    )
    return Said(
        texts,
        length_of(texts.short, content.language),
        length_of(texts.message, content.language),
        found,
    )


def _parameters(said: Said) -> tuple[NamedValue, ...]:
    """Return the texts for phones as IPAWS names them, where they are as short as it asks for."""
    found = []
    if said.short.characters <= WEA_SHORT:
        found.append(NamedValue("CMAMtext", said.texts.short))
    if said.message.characters <= WEA_LONG:
        found.append(NamedValue("CMAMlongtext", said.texts.message))
    return tuple(found)


def _messages(
    said: Sequence[Said], status: DrillStatus, sent: datetime, expires: datetime
) -> tuple[DrillMessage, ...]:
    serials = SerialAllocator()
    period_s, number = schedule(sent, expires)
    out = []
    for k, one in enumerate(said):
        identifier = identifier_of(status, additional=k > 0)
        if identifier is None:
            continue
        serial = serials.start(identifier, GeographicalScope.PLMN, sent)
        out.append(
            DrillMessage(
                message_identifier=identifier,
                serial_number=serial.value,
                text=one.texts.message,
                language=one.texts.language,
                repetition_s=period_s,
                broadcasts=number,
            )
        )
    return tuple(out)
