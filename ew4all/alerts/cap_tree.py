"""The elements of one alert as the model, with a finding for everything that is not as it must be.

The model is built in one pass. Where a required part is absent, or a part cannot be read or has no
place in the model, the result is None: a model never lacks, without a word, what the file says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from ew4all.alerts import cap_values as values
from ew4all.alerts.cap import Alert, Area, Info, Polygon, Resource, Scope
from ew4all.alerts.cap_fields import FieldReader
from ew4all.alerts.cap_rules import alert_rules, area_rules, info_rules, resource_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ew4all.alerts.cap_grammar import Grammar

    Fields = dict[str, Any]
    Value = TypeVar("Value")

__all__ = ["TreeReader"]

MOST_INFOS = 1_000
MOST_AREAS = 10_000
MOST_VERTICES = 250_000

_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")


class TreeReader(FieldReader):
    """Reads one alert element."""

    def __init__(self, root: Any, grammar: Grammar, *, sound: bool = False) -> None:
        super().__init__(root, grammar, sound=sound)
        self._areas = 0
        self._vertices = 0

    def alert(self) -> Alert | None:
        """Return the alert; None where the model cannot hold it."""
        root, words = self.root, self.grammar
        fields = self.fields(root, words.alert)
        sent = self.time(fields, "sent")
        identifier = self.needed(fields, "identifier")
        sender = self.needed(fields, "sender")
        status = self.word(fields, "status", words.statuses)
        msg_type = self.word(fields, "msgType", words.msg_types)
        scope = self.word(fields, "scope", words.scopes)
        if scope is None and "scope" not in words.alert.required and "scope" not in fields:
            scope = Scope.PUBLIC
            self.report("cap.scope.default", root, "no scope is named: Public")
        if "password" in fields:
            self.report("cap.password", fields["password"], "the alert carries a password")
        references = self.read(fields, "references", values.references, version=words.version)
        addresses = self.read(fields, "addresses", values.quoted)
        incidents = self.read(fields, "incidents", values.quoted)
        blocks = fields.get("info", ())
        if len(blocks) > MOST_INFOS:
            self.lose("limit.infos", root, f"the alert has {len(blocks):,} info blocks")
            blocks = ()
        infos = [self._info(block, sent) for block in blocks]
        source, note = self.text(fields, "source"), self.text(fields, "note")
        restriction = self.text(fields, "restriction")
        codes = tuple(text for code in fields.get("code", ()) if (text := self._filled(code)))
        if (
            self.lost
            or sent is None
            or identifier is None
            or sender is None
            or status is None
            or msg_type is None
            or scope is None
        ):
            return None
        alert = Alert(
            identifier=identifier,
            sender=sender,
            sent=sent,
            status=status,
            msg_type=msg_type,
            source=source,
            scope=scope,
            restriction=restriction,
            addresses=addresses or (),
            codes=codes,
            note=note,
            references=references or (),
            incidents=incidents or (),
            infos=tuple(infos),
            version=words.version,
        )
        alert_rules(alert, fields, root, self.report)
        return alert

    def _info(self, element: Any, sent: datetime | None) -> Info:
        words = self.grammar
        fields = self.fields(element, words.info)
        language = self._language(fields, element)
        event = self.needed(fields, "event")
        urgency = self.word(fields, "urgency", words.urgencies)
        severity = self.word(fields, "severity", words.severities)
        certainty = self.word(fields, "certainty", words.certainties)
        categories = self.words(fields, "category", words.categories)
        response_types = self.words(fields, "responseType", words.response_types)
        info = Info(
            language=language or "en-US",
            language_given=language is not None,
            categories=categories,
            event=event or "",
            response_types=response_types,
            # What is absent was reported, and the alert is dropped; the rules see the rest.
            urgency=urgency,  # type: ignore[arg-type]
            severity=severity,  # type: ignore[arg-type]
            certainty=certainty,  # type: ignore[arg-type]
            audience=self.text(fields, "audience"),
            event_codes=self.named(fields, "eventCode"),
            effective=self.time(fields, "effective"),
            onset=self.time(fields, "onset"),
            expires=self.time(fields, "expires"),
            sender_name=self.text(fields, "senderName"),
            headline=self.text(fields, "headline"),
            description=self.text(fields, "description"),
            instruction=self.text(fields, "instruction"),
            web=self.text(fields, "web"),
            contact=self.text(fields, "contact"),
            parameters=self.named(fields, "parameter"),
            resources=tuple([self._resource(e) for e in fields.get("resource", ())]),
            areas=self._all_areas(fields),
        )
        info_rules(info, sent, fields, element, self.report)
        return info

    def _all_areas(self, fields: Fields) -> tuple[Area, ...]:
        elements = fields.get("area", ())
        self._areas += len(elements)
        if self._areas > MOST_AREAS:
            message = f"the alert has more than {MOST_AREAS:,} areas"
            self.lose("limit.areas", elements[0], message)
            return ()
        return tuple([self._area(element) for element in elements])

    def _area(self, element: Any) -> Area:
        fields = self.fields(element, self.grammar.area)
        area = Area(
            description=self.needed(fields, "areaDesc") or "",
            polygons=self._shapes(fields, "polygon", values.polygon),
            circles=self._shapes(fields, "circle", values.circle),
            geocodes=self.named(fields, "geocode"),
            altitude_ft=self.number(fields, "altitude", values.number),
            ceiling_ft=self.number(fields, "ceiling", values.number),
        )
        area_rules(area, fields, element, self.report)
        return area

    def _shapes(
        self, fields: Fields, name: str, read: Callable[[str, Any], Value | None]
    ) -> tuple[Value, ...]:
        elements = fields.get(name)
        if elements is None:
            return ()
        shapes = []
        for element in elements:
            text = self.content(element)
            if not text:
                # Nothing is lost. Before CAP 1.2 a whole weather service left it empty.
                code = f"cap.{name}.empty{'_old' if self.old else ''}"
                self.report(code, element, f"the {name} is empty")
                continue
            # There are no more commas than characters: few texts need be counted before they are read.
            if (
                len(text) > MOST_VERTICES - self._vertices
                and self._vertices + text.count(",") > MOST_VERTICES
            ):
                self._vertices += text.count(",")
                message = f"the alert has more than {MOST_VERTICES:,} vertices"
                self.lose("limit.vertices", element, message)
                return ()
            shape = read(text, self.reporter(element))
            # Counting commas takes a third of the time of reading them.
            if isinstance(shape, Polygon) and shape.is_array:
                self._vertices += shape.vertices
            else:
                self._vertices += text.count(",")
            if shape is None:
                self.lost = True
            else:
                shapes.append(shape)
        return tuple(shapes)

    def _resource(self, element: Any) -> Resource:
        fields = self.fields(element, self.grammar.resource)
        needs_type = "mimeType" in self.grammar.resource.required
        mime_type = (self.needed if needs_type else self.text)(fields, "mimeType")
        resource = Resource(
            description=self.needed(fields, "resourceDesc") or "",
            mime_type=mime_type,
            size=self.number(fields, "size", values.whole_number),
            uri=self.text(fields, "uri"),
            deref_uri=self.text(fields, "derefUri"),
            digest=self.text(fields, "digest"),
        )
        resource_rules(resource, fields, element, self.report)
        return resource

    def _language(self, fields: Fields, info: Any) -> str | None:
        element = fields.get("language")
        text = "" if element is None else self.content(element)
        if not text:
            # CAP 1.2 section 3.2.2: no language, or a null value, is en-US.
            where = info if element is None else element
            self.report("cap.language.default", where, "the language is not named: en-US")
            return None
        if not _LANGUAGE.fullmatch(text):
            self.report("cap.language.form", element, f"{values.short(text)} is no language tag")
        return text
