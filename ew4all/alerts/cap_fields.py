"""The fields of one block of an alert, read one by one, with a finding for what is not as it must be."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ew4all.alerts import cap_values as values
from ew4all.alerts.cap import Certainty, NamedValue
from ew4all.alerts.cap_codes import RULES, finding
from ew4all.alerts.cap_grammar import SIGNATURE
from ew4all.alerts.cap_paths import Paths, local_name
from ew4all.alerts.findings import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from ew4all.alerts.cap_grammar import Block, Grammar
    from ew4all.alerts.findings import Finding

    Fields = dict[str, Any]
    Value = TypeVar("Value")
    Word = TypeVar("Word", bound=StrEnum)

__all__ = ["FieldReader"]

MOST_FINDINGS = 1_000

_DIGITAL_SIGNATURE = SIGNATURE[: SIGNATURE.index("}") + 1]


class FieldReader:
    """Reads fields of one alert. `findings` grows; `lost` becomes true where the model cannot hold something.

    `sound` says that the schema of CAP 1.2 allows the alert: what that has checked is not checked again.
    """

    def __init__(self, root: Any, grammar: Grammar, *, sound: bool = False) -> None:
        self.root = root
        self.grammar = grammar
        self.sound = sound
        self.old = grammar.version != "1.2"
        self.findings: list[Finding] = []
        self.lost = False
        self._pair_tags = tuple(grammar.pair.slots)
        self._paths = Paths(root)
        self._listed = {True: 0, False: 0}

    def report(self, code: str, element: Any, message: str) -> None:
        """Add a finding about an element.

        Errors are counted apart: however much else there is to say, none is left out unless a
        thousand of them are listed.
        """
        is_error = RULES[code].severity is Level.ERROR
        self._listed[is_error] += 1
        if self._listed[is_error] <= MOST_FINDINGS:
            path = self._paths.of(element)
            self.findings.append(finding(code, path, element.sourceline, message))
        elif self._listed[is_error] == MOST_FINDINGS + 1:
            what = "errors" if is_error else "warnings and infos"
            message = f"there are more than {MOST_FINDINGS:,} {what}; the others are not listed"
            self.findings.append(finding("limit.findings", "", None, message))

    def named(self, fields: Fields, name: str) -> tuple[NamedValue, ...]:
        """Return parameters, event codes or geocodes."""
        elements = fields.get(name)
        if elements is None:
            return ()
        if not self.grammar.named_values:
            return tuple([self._old_pair(element) for element in elements])
        found = []
        sound = self.sound
        for element in elements:
            if sound or self._is_plain_pair(element):
                first, second = element
                name_text, value = first.text, second.text
                if name_text and (key := name_text.strip()):
                    # An empty value is a value: producers leave a parameter blank on purpose.
                    found.append(NamedValue(key, value.strip() if value else ""))
                    continue
            pair = self.fields(element, self.grammar.pair)
            if len(pair) == 2:
                key = self.needed(pair, "valueName") or ""
                found.append(NamedValue(key, self.content(pair["value"])))
        return tuple(found)

    def _is_plain_pair(self, element: Any) -> bool:
        """Whether a pair is as it must be, which most elements of most alerts are."""
        if len(element) != 2:
            return False
        first, second = element
        return (first.tag, second.tag) == self._pair_tags and not len(first) and not len(second)

    def _old_pair(self, element: Any) -> NamedValue:
        text = self.content(element)
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            self.lose("cap.pair.form", element, f"{values.short(text)} is not NAME=value")
        return NamedValue(name.strip(), value.strip())

    def fields(self, element: Any, block: Block) -> Fields:
        """Return the children by local name: an element, or a list where it may be repeated."""
        slots = block.slots
        fields: Fields = {}
        sound = self.sound
        last = 0
        for child in element:
            slot = slots.get(child.tag)
            if slot is None:
                self._stranger(child, block)
                continue
            name, rank, many = slot
            if rank >= last or sound:
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
            elif not sound and name in fields:
                self.lose("cap.element.repeated", child, f"{name} occurs twice in {block.name}")
            else:
                fields[name] = child
        if self.old and (stray := _text_between(element)):
            # In CAP 1.2 the schema finds it.
            message = f"the text {values.short(stray)} stands between the elements of {block.name}"
            self.lose("cap.element.text", element, message)
        if not sound and not block.required <= fields.keys():
            for slot in block.slots.values():
                if slot.name in block.required and slot.name not in fields:
                    self.lose(
                        "cap.element.missing", element, f"{slot.name} is missing in {block.name}"
                    )
        return fields

    def _must_follow(self, block: Block, rank: int) -> str:
        follower = next(slot.name for slot in block.slots.values() if slot.rank == rank + 1)
        return f"it belongs before {follower}"

    def _stranger(self, child: Any, block: Block) -> None:
        if not isinstance(child.tag, str):  # an entity that was not resolved
            self.lose("cap.element.unknown", child.getparent(), "an entity is not resolved")
            return
        if child.tag.startswith(_DIGITAL_SIGNATURE) and block.name == "alert":
            return
        name = values.short(local_name(child))
        message = f"CAP {self.grammar.version} has no {name} in {block.name}"
        self.lose("cap.element.unknown", child, message)

    def lose(self, code: str, element: Any, message: str) -> None:
        """Report what the model cannot hold: there will be no alert."""
        self.lost = True
        self.report(code, element, message)

    def reporter(self, element: Any) -> Callable[[str, str], None]:
        """Return a report about one element, as the functions of `cap_values` take it."""
        return lambda code, message: self.report(code, element, message)

    def content(self, element: Any) -> str:
        """Return the text of an element without the blanks at its ends."""
        if not self.sound and len(element):
            self.lose("cap.element.content", element, "there are elements inside the text")
        text = element.text
        return text.strip() if text else ""

    def _filled(self, element: Any) -> str | None:
        text = self.content(element)
        if not text:
            self.report("cap.element.empty", element, "the element is empty")
            return None
        return text

    def text(self, fields: Fields, name: str) -> str | None:
        """Return an optional text; None where it is absent or empty."""
        element = fields.get(name)
        if element is None:
            return None
        # As in _filled, which this is called too often to call.
        text = element.text
        if text and (self.sound or not len(element)) and (text := text.strip()):
            return text  # type: ignore[no-any-return]
        return self._filled(element)

    def needed(self, fields: Fields, name: str) -> str | None:
        """Return a required text; None, and a finding, where it is empty."""
        element = fields.get(name)
        if element is None:
            return None
        text = self.content(element)
        if not text and not len(element):
            self.lose("cap.element.blank", element, f"{name} is empty")
        return text or None

    def read(
        self, fields: Fields, name: str, read: Callable[..., Value | None], **options: str
    ) -> Value | None:
        """Return an optional value as a function of `cap_values` reads it."""
        element = fields.get(name)
        if element is None or (text := self._filled(element)) is None:
            return None
        value = read(text, self.reporter(element), **options)
        if value is None:
            self.lost = True
        return value

    def number(self, fields: Fields, name: str, read: Callable[..., Value | None]) -> Value | None:
        """Return an optional number."""
        element = fields.get(name)
        if element is None:
            return None
        # The schema of CAP 1.2 forbids an empty one.
        if self.old and not self.content(element):
            return self.read(fields, name, read)
        value = read(self.content(element), self.reporter(element))
        if value is None:
            self.lost = True
        return value

    def time(self, fields: Fields, name: str) -> datetime | None:
        """Return a time."""
        element = fields.get(name)
        if element is None:
            return None
        text, version = self.content(element), self.grammar.version
        if self.sound:
            # The schema knows the same form of a time, and allows some that Python does not have.
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                pass
        moment = values.time(text, self.reporter(element), version=version)
        if moment is None:
            self.lost = True
        return moment

    def word(self, fields: Fields, name: str, words: Mapping[str, Word]) -> Word | None:
        """Return a word of an enumeration."""
        element = fields.get(name)
        return None if element is None else self._one_of(element, words)

    def words(self, fields: Fields, name: str, words: Mapping[str, Word]) -> tuple[Word, ...]:
        """Return the words of an element that may be repeated."""
        found = [self._one_of(element, words) for element in fields.get(name, ())]
        return tuple([word for word in found if word is not None])

    def _one_of(self, element: Any, words: Mapping[str, Word]) -> Word | None:
        word = words.get(element.text)
        if word is not None and (self.sound or not len(element)):
            return word
        text = self.content(element)
        word = words.get(text)
        if word is not None:
            self.report("cap.value.blanks", element, f"there are blanks around {text!r}")
        elif text == "Very Likely" and Certainty.LIKELY in words.values():
            self.report("cap.value.deprecated", element, "'Very Likely' is read as Likely")
            return words["Likely"]
        else:
            message = f"{values.short(text)} is not one of {', '.join(words)}"
            self.lose("cap.value.enumeration", element, message)
        return word


def _text_between(block: Any) -> str:
    texts = [block.text, *(child.tail for child in block)]
    return next((text.strip() for text in texts if text and text.strip()), "")
