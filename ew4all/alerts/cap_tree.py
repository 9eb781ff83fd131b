"""The elements of one alert as the model, with a finding for everything that is not as it must be.

The model is built in one pass. Where a required part is absent, or a part cannot be read or has no
place in the model, the result is None: a model never lacks, without a word, what the file says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from ew4all.alerts import cap_values as values
from ew4all.alerts.cap import Alert, Area, Certainty, Info, NamedValue, Resource, Scope
from ew4all.alerts.cap_codes import finding
from ew4all.alerts.cap_grammar import SIGNATURE
from ew4all.alerts.cap_paths import Paths, local_name
from ew4all.alerts.cap_rules import alert_rules, area_rules, info_rules, resource_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from enum import StrEnum

    from ew4all.alerts.cap_grammar import Block, Grammar
    from ew4all.alerts.findings import Finding

    Fields = dict[str, Any]
    Value = TypeVar("Value")
    Word = TypeVar("Word", bound=StrEnum)

__all__ = ["TreeReader"]

MOST_FINDINGS = 1_000
MOST_INFOS = 1_000
MOST_AREAS = 10_000
MOST_VERTICES = 250_000

_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_DIGITAL_SIGNATURE = SIGNATURE[: SIGNATURE.index("}") + 1]


class TreeReader:
    """Reads one alert element; `findings` grows on the way."""

    def __init__(self, root: Any, grammar: Grammar) -> None:
        self.root = root
        self.grammar = grammar
        self.findings: list[Finding] = []
        self._old = grammar.version != "1.2"
        self._paths = Paths(root)
        self._areas = 0
        self._vertices = 0
        self._lost = False

    def report(self, code: str, element: Any, message: str) -> None:
        """Add a finding about an element."""
        if len(self.findings) < MOST_FINDINGS:
            path = self._paths.of(element)
            self.findings.append(finding(code, path, element.sourceline, message))
        elif len(self.findings) == MOST_FINDINGS:
            message = f"there are more than {MOST_FINDINGS:,} findings; the others are not listed"
            self.findings.append(finding("limit.findings", "", None, message))

    def alert(self) -> Alert | None:
        """Return the alert; None where the model cannot hold it."""
        root, words = self.root, self.grammar
        fields = self._fields(root, words.alert)
        sent = self._time(fields, "sent")
        identifier = self._needed(fields, "identifier")
        sender = self._needed(fields, "sender")
        status = self._word(fields, "status", words.statuses)
        msg_type = self._word(fields, "msgType", words.msg_types)
        scope = self._word(fields, "scope", words.scopes)
        if scope is None and "scope" not in words.alert.required and "scope" not in fields:
            scope = Scope.PUBLIC
            self.report("cap.scope.default", root, "no scope is named: Public")
        if "password" in fields:
            self.report("cap.password", fields["password"], "the alert carries a password")
        references = self._read(fields, "references", values.references, old=self._old)
        addresses = self._read(fields, "addresses", values.quoted)
        incidents = self._read(fields, "incidents", values.quoted)
        blocks = fields.get("info", ())
        if len(blocks) > MOST_INFOS:
            self._lose("limit.infos", root, f"the alert has {len(blocks):,} info blocks")
            blocks = ()
        infos = [self._info(block, sent) for block in blocks]
        source, note = self._text(fields, "source"), self._text(fields, "note")
        restriction = self._text(fields, "restriction")
        codes = tuple(text for code in fields.get("code", ()) if (text := self._filled(code)))
        if (
            self._lost
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
            infos=tuple(info for info in infos if info is not None),
            version=words.version,
        )
        alert_rules(alert, fields, root, self.report)
        return alert

    def _info(self, element: Any, sent: datetime | None) -> Info | None:
        words = self.grammar
        fields = self._fields(element, words.info)
        language = self._language(fields, element)
        event = self._needed(fields, "event")
        urgency = self._word(fields, "urgency", words.urgencies)
        severity = self._word(fields, "severity", words.severities)
        certainty = self._word(fields, "certainty", words.certainties)
        categories = self._words(fields, "category", words.categories)
        response_types = self._words(fields, "responseType", words.response_types)
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
            audience=self._text(fields, "audience"),
            event_codes=self._named(fields, "eventCode"),
            effective=self._time(fields, "effective"),
            onset=self._time(fields, "onset"),
            expires=self._time(fields, "expires"),
            sender_name=self._text(fields, "senderName"),
            headline=self._text(fields, "headline"),
            description=self._text(fields, "description"),
            instruction=self._text(fields, "instruction"),
            web=self._text(fields, "web"),
            contact=self._text(fields, "contact"),
            parameters=self._named(fields, "parameter"),
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
            self._lose("limit.areas", elements[0], message)
            return ()
        return tuple([self._area(element) for element in elements])

    def _area(self, element: Any) -> Area:
        fields = self._fields(element, self.grammar.area)
        area = Area(
            description=self._needed(fields, "areaDesc") or "",
            polygons=self._shapes(fields, "polygon", values.polygon),
            circles=self._shapes(fields, "circle", values.circle),
            geocodes=self._named(fields, "geocode"),
            altitude_ft=self._number(fields, "altitude", values.number),
            ceiling_ft=self._number(fields, "ceiling", values.number),
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
            text = self._content(element)
            if not text:
                # Nothing is lost. Before CAP 1.2 a whole weather service left it empty.
                code = f"cap.{name}.empty{'_old' if self._old else ''}"
                self.report(code, element, f"the {name} is empty")
                continue
            self._vertices += text.count(",")
            if self._vertices > MOST_VERTICES:
                message = f"the alert has more than {MOST_VERTICES:,} vertices"
                self._lose("limit.vertices", element, message)
                return ()
            shape = read(text, self._reporter(element))
            if shape is None:
                self._lost = True
            else:
                shapes.append(shape)
        return tuple(shapes)

    def _resource(self, element: Any) -> Resource:
        fields = self._fields(element, self.grammar.resource)
        mime_type = self._text(fields, "mimeType")
        if mime_type is None and "mimeType" in self.grammar.resource.required:
            self._lost = True
        deref_uri = self._text(fields, "derefUri")
        resource = Resource(
            description=self._needed(fields, "resourceDesc") or "",
            mime_type=mime_type,
            size=self._number(fields, "size", values.whole_number),
            uri=self._text(fields, "uri"),
            deref_uri=deref_uri,
            digest=self._text(fields, "digest"),
        )
        resource_rules(resource, fields, element, self.report)
        return resource

    def _named(self, fields: Fields, name: str) -> tuple[NamedValue, ...]:
        elements = fields.get(name)
        if elements is None:
            return ()
        if not self.grammar.named_values:
            return tuple([self._old_pair(element) for element in elements])
        found = []
        for element in elements:
            pair = self._fields(element, self.grammar.pair)
            if len(pair) == 2:
                key = self._needed(pair, "valueName") or ""
                # An empty value is a value: producers leave a parameter blank on purpose.
                found.append(NamedValue(key, self._content(pair["value"])))
        return tuple(found)

    def _old_pair(self, element: Any) -> NamedValue:
        text = self._content(element)
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            self._lose("cap.pair.form", element, f"{values.short(text)} is not NAME=value")
        return NamedValue(name.strip(), value.strip())

    def _fields(self, element: Any, block: Block) -> Fields:
        """Return the children by local name: an element, or a list where it may be repeated."""
        slots = block.slots
        fields: Fields = {}
        last = 0
        for child in element:
            slot = slots.get(child.tag)
            if slot is None:
                self._stranger(child, block)
                continue
            name, rank, many = slot
            if rank >= last:
                last = rank
            else:
                message = (
                    f"{name} stands too late in {block.name}: {self._must_follow(block, rank)}"
                )
                self.report("cap.element.order", child, message)
            if many:
                if name in fields:
                    fields[name].append(child)
                else:
                    fields[name] = [child]
            elif name in fields:
                self._lose("cap.element.repeated", child, f"{name} occurs twice in {block.name}")
            else:
                fields[name] = child
        if self._old and (stray := _text_between(element)):
            # In CAP 1.2 the schema finds it.
            message = f"the text {values.short(stray)} stands between the elements of {block.name}"
            self._lose("cap.element.text", element, message)
        if not block.required <= fields.keys():
            for slot in block.slots.values():
                if slot.name in block.required and slot.name not in fields:
                    self._lose(
                        "cap.element.missing", element, f"{slot.name} is missing in {block.name}"
                    )
        return fields

    def _must_follow(self, block: Block, rank: int) -> str:
        follower = next(slot.name for slot in block.slots.values() if slot.rank == rank + 1)
        return f"it belongs before {follower}"

    def _stranger(self, child: Any, block: Block) -> None:
        if not isinstance(child.tag, str):  # an entity that was not resolved
            self._lose("cap.element.unknown", child.getparent(), "an entity is not resolved")
            return
        if child.tag.startswith(_DIGITAL_SIGNATURE) and block.name == "alert":
            return
        name = values.short(local_name(child))
        message = f"CAP {self.grammar.version} has no {name} in {block.name}"
        self._lose("cap.element.unknown", child, message)

    def _lose(self, code: str, element: Any, message: str) -> None:
        self._lost = True
        self.report(code, element, message)

    def _reporter(self, element: Any) -> Callable[[str, str], None]:
        return lambda code, message: self.report(code, element, message)

    def _content(self, element: Any) -> str:
        """Return the text of an element without the blanks at its ends."""
        if len(element):
            self._lose("cap.element.content", element, "there are elements inside the text")
        text = element.text
        return text.strip() if text else ""

    def _filled(self, element: Any) -> str | None:
        text = self._content(element)
        if not text:
            self.report("cap.element.empty", element, "the element is empty")
            return None
        return text

    def _text(self, fields: Fields, name: str) -> str | None:
        element = fields.get(name)
        if element is None:
            return None
        # As in _filled, which this is called too often to call.
        text = element.text
        if text and not len(element) and (text := text.strip()):
            return text  # type: ignore[no-any-return]
        return self._filled(element)

    def _needed(self, fields: Fields, name: str) -> str | None:
        element = fields.get(name)
        if element is None:
            return None
        text = self._content(element)
        if not text and not len(element):
            self._lose("cap.element.blank", element, f"{name} is empty")
        return text or None

    def _read(
        self, fields: Fields, name: str, read: Callable[..., Value | None], **options: bool
    ) -> Value | None:
        element = fields.get(name)
        if element is None or (text := self._filled(element)) is None:
            return None
        value = read(text, self._reporter(element), **options)
        if value is None:
            self._lost = True
        return value

    def _number(self, fields: Fields, name: str, read: Callable[..., Value | None]) -> Value | None:
        element = fields.get(name)
        if element is None:
            return None
        # The schema of CAP 1.2 forbids an empty one.
        if self._old and not self._content(element):
            return self._read(fields, name, read)
        value = read(self._content(element), self._reporter(element))
        if value is None:
            self._lost = True
        return value

    def _time(self, fields: Fields, name: str) -> datetime | None:
        element = fields.get(name)
        if element is None:
            return None
        moment = values.time(self._content(element), self._reporter(element), old=self._old)
        if moment is None:
            self._lost = True
        return moment

    def _language(self, fields: Fields, info: Any) -> str | None:
        element = fields.get("language")
        text = "" if element is None else self._content(element)
        if not text:
            # CAP 1.2 section 3.2.2: no language, or a null value, is en-US.
            where = info if element is None else element
            self.report("cap.language.default", where, "the language is not named: en-US")
            return None
        if not _LANGUAGE.fullmatch(text):
            self.report("cap.language.form", element, f"{values.short(text)} is no language tag")
        return text

    def _word(self, fields: Fields, name: str, words: Mapping[str, Word]) -> Word | None:
        element = fields.get(name)
        return None if element is None else self._one_of(element, words)

    def _words(self, fields: Fields, name: str, words: Mapping[str, Word]) -> tuple[Word, ...]:
        found = [self._one_of(element, words) for element in fields.get(name, ())]
        return tuple([word for word in found if word is not None])

    def _one_of(self, element: Any, words: Mapping[str, Word]) -> Word | None:
        word = words.get(element.text)
        if word is not None and not len(element):
            return word
        text = self._content(element)
        word = words.get(text)
        if word is not None:
            self.report("cap.value.blanks", element, f"there are blanks around {text!r}")
        elif text == "Very Likely" and Certainty.LIKELY in words.values():
            self.report("cap.value.deprecated", element, "'Very Likely' is read as Likely")
            return words["Likely"]
        else:
            message = f"{values.short(text)} is not one of {', '.join(words)}"
            self._lose("cap.value.enumeration", element, message)
        return word


def _text_between(block: Any) -> str:
    texts = [block.text, *(child.tail for child in block)]
    return next((text.strip() for text in texts if text and text.strip()), "")
