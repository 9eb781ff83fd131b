"""The frame that SBc-AP, S1AP and NGAP share: a procedure, an outcome and numbered elements.

Each element carries its number, what the receiver must do if it does not know it, and its value
behind a length (clause 9.4 of TS 29.168, TS 36.413 and TS 38.413).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ew4all.alerts.wire.per import Reader, Writer
from ew4all.alerts.wire.per_kinds import Enumerated, Field, Kind, Open, Record, decoded, encoded
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CRITICALITY",
    "EXTENSIONS",
    "FLAG",
    "IGNORE",
    "OUTCOMES",
    "REJECT",
    "Element",
    "Interface",
    "Message",
    "record",
]

REJECT, IGNORE = "reject", "ignore"
CRITICALITY = Enumerated((REJECT, IGNORE, "notify"))
OUTCOMES = ("initiating-message", "successful-outcome", "unsuccessful-outcome")
FLAG = Enumerated(("true",))
_MOST = 65_535  # elements of a message, maxProtocolIEs


@dataclass(frozen=True)
class Element:
    """An element of a message: its number, name here, criticality and type."""

    number: int
    name: str
    criticality: str
    kind: Kind
    mandatory: bool = False


@dataclass(frozen=True)
class Message:
    """A message: its procedure, outcome, criticality and elements in their order."""

    name: str
    procedure_code: int
    outcome: str
    criticality: str
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class Extensions:
    """The container of later extensions inside an element: what may be ignored is ignored."""

    def write(self, _: Writer, value: Any) -> None:
        """Refuse, before anything is appended: a message that is made here carries no extension.

        Raises
        ------
        MessageError
            Always.
        """
        msg = f"extensions of an element ({value!r}) cannot be sent; leave them out"
        raise MessageError(msg)

    def read(self, source: Reader) -> None:
        """Pass over the extensions, unless one of them must be understood."""
        for _ in range(source.whole_number(1, _MOST)):
            number, criticality, _, _ = _read_element(source)
            if criticality == REJECT:
                source.fail(f"extension {number} must be understood and is not known")


EXTENSIONS = Field("extensions", Extensions(), optional=True)


def record(*fields: Field, extensible: bool = True) -> Record:
    """Return a sequence with the container of extensions that the standards put behind each."""
    return Record((*fields, EXTENSIONS), extensible=extensible)


@dataclass(frozen=True)
class _Body:
    """The elements of one message, as a type."""

    name: str
    message: Message
    with_extensions: bool

    def write(self, to: Writer, value: Mapping[str, Any]) -> None:
        """Append the elements for which there is a value, in the order of the standard."""
        known = {element.name for element in self.message.elements}
        for name in value:
            if name not in known:
                msg = f"{self.name} {self.message.name} has no {name.replace('_', ' ')}"
                raise MessageError(msg)
        to.bits(0, 2 if self.with_extensions else 1)
        present = [element for element in self.message.elements if element.name in value]
        to.whole_number(len(present), 0, _MOST)
        for element in present:
            to.whole_number(element.number, 0, 65_535)
            CRITICALITY.write(to, element.criticality)
            try:
                Open(element.kind).write(to, value[element.name])
            except MessageError as error:
                msg = f"{self.name}, {element.name.replace('_', ' ')}: {error}"
                raise MessageError(msg) from error

    def read(self, source: Reader) -> dict[str, Any]:
        """Read the elements; those that are unknown and may be ignored are passed over."""
        extended = bool(source.bits(1))
        extensions = self.with_extensions and bool(source.bits(1))
        value: dict[str, Any] = {}
        places = {element.number: k for k, element in enumerate(self.message.elements)}
        reached = -1
        for _ in range(source.whole_number(0, _MOST)):
            number, criticality, data, start = _read_element(source)
            place = places.get(number)
            if place is None:
                if criticality == REJECT:
                    source.fail(f"element {number} must be understood and is not known")
                continue
            element = self.message.elements[place]
            if place <= reached:
                what = "twice" if element.name in value else "in the wrong place"
                source.fail(f"element {number} ({element.name}) stands {what}")
            reached = place
            name = f"{source.name}, {element.name.replace('_', ' ')}"
            value[element.name] = decoded(element.kind, data, aligned=True, name=name, start=start)
        for element in self.message.elements:
            if element.mandatory and element.name not in value:
                source.fail(f"element {element.number} ({element.name}) is missing")
        if extensions:
            EXTENSIONS.kind.read(source)
        if extended:
            source.fail("additions of a later version of the standard")
        return value


def _read_element(source: Reader) -> tuple[int, str, bytes, int]:
    number = source.whole_number(0, 65_535)
    criticality = CRITICALITY.read(source)
    return (number, criticality, *source.counted())


@dataclass(frozen=True)
class Interface:
    """A protocol between two nodes: its name and messages.

    Parameters
    ----------
    name
        For error messages.
    messages
        Those that are known here.
    with_extensions
        Whether a message may end with a container of extensions (SBc-AP).
    """

    name: str
    messages: tuple[Message, ...]
    with_extensions: bool = False

    def encode(self, name: str, value: Mapping[str, Any]) -> bytes:
        """Return the PDU of a message with the elements for which there is a value.

        Raises
        ------
        MessageError
            A value does not fit into its element, or the message has no such element.
        """
        found = [message for message in self.messages if message.name == name]
        if not found:
            msg = f"{self.name} has no {name}"
            raise MessageError(msg)
        message = found[0]
        to = Writer(aligned=True)
        to.bits(0, 1)  # no outcome of a later version
        to.bits(OUTCOMES.index(message.outcome), 2)
        to.whole_number(message.procedure_code, 0, 255)
        CRITICALITY.write(to, message.criticality)
        body = _Body(self.name, message, self.with_extensions)
        to.counted(encoded(body, value, aligned=True))
        return to.complete()

    def decode(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """Return the name of the message that a PDU holds, and the values of its elements.

        Raises
        ------
        DecodeError
            The octets are not a PDU of this interface, or one of a message that is not known.
        """
        source = Reader(data, aligned=True, name=self.name)
        if source.bits(1):
            source.fail("an outcome of a later version of the standard")
        place = source.bits(2)
        if place >= len(OUTCOMES):
            source.fail("neither a request nor its outcome")
        code = source.whole_number(0, 255)
        message = self._message(code, OUTCOMES[place], source)
        CRITICALITY.read(source)
        content, start = source.counted()
        source.end()
        name = f"{self.name} {message.name}"
        body = _Body(self.name, message, self.with_extensions)
        return message.name, decoded(body, content, aligned=True, name=name, start=start)

    def _message(self, code: int, outcome: str, source: Reader) -> Message:
        for message in self.messages:
            if message.procedure_code == code and message.outcome == outcome:
                return message
        known = ", ".join(
            f"{message.procedure_code} ({message.name})"
            for message in self.messages
            if message.outcome == outcome
        )
        msg = f"procedure {code} as {outcome} is not one of those that are read here: {known}"
        raise source.fault(msg)
