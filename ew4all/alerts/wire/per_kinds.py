"""Types of ASN.1 as small objects that write and read themselves (ITU-T X.691).

Values are plain: numbers, octets, names of enumerations, lists, dicts of a sequence's fields,
(name, value) of a choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ew4all.alerts.wire.per import Reader, Writer
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Bits",
    "BitsBetween",
    "Choice",
    "Enumerated",
    "Field",
    "Kind",
    "Listed",
    "Octets",
    "Open",
    "Record",
    "Refused",
    "Whole",
    "decoded",
    "encoded",
]


class Kind(Protocol):
    """A type: how its values become bits and are read again."""

    def write(self, to: Writer, value: Any) -> None:
        """Append a value."""

    def read(self, source: Reader) -> Any:
        """Read a value, or raise DecodeError."""


def encoded(kind: Kind, value: Any, *, aligned: bool) -> bytes:
    """Return the whole octets of one value."""
    to = Writer(aligned=aligned)
    kind.write(to, value)
    return to.complete()


def decoded(kind: Kind, data: bytes, *, aligned: bool, name: str, start: int = 0) -> Any:
    """Return the one value that octets hold.

    Raises
    ------
    DecodeError
        They hold something else, or more; the message begins with `name` and says where.
    """
    source = Reader(data, aligned=aligned, name=name, start=start)
    value = kind.read(source)
    source.end()
    return value


@dataclass(frozen=True)
class Whole:
    """INTEGER between two bounds."""

    least: int
    most: int

    def write(self, to: Writer, value: int) -> None:
        """Append a number."""
        to.whole_number(value, self.least, self.most)

    def read(self, source: Reader) -> int:
        """Read a number."""
        return source.whole_number(self.least, self.most)


@dataclass(frozen=True)
class Bits:
    """BIT STRING of one size; its value is a number."""

    size: int

    def write(self, to: Writer, value: int) -> None:
        """Append the bits of a number."""
        if not 0 <= value < 1 << self.size:
            msg = f"{value} does not fit into {self.size} bits"
            raise MessageError(msg)
        if self.size > 16:
            to.align()
        to.bits(value, self.size)

    def read(self, source: Reader) -> int:
        """Read a number."""
        if self.size > 16:
            source.align()
        return source.bits(self.size)


@dataclass(frozen=True)
class BitsBetween:
    """BIT STRING of a size between two bounds; its value is (number, size)."""

    least: int
    most: int

    def write(self, to: Writer, value: tuple[int, int]) -> None:
        """Append a size and the bits of a number."""
        number, size = value
        to.whole_number(size, self.least, self.most)
        to.align()
        to.bits(number, size)

    def read(self, source: Reader) -> tuple[int, int]:
        """Read a number and its size."""
        size = source.whole_number(self.least, self.most)
        source.align()
        return source.bits(size), size


@dataclass(frozen=True)
class Octets:
    """OCTET STRING between two sizes, or without bounds where `most` is None."""

    least: int
    most: int | None

    def write(self, to: Writer, value: bytes) -> None:
        """Append octets."""
        if self.most is None:
            to.counted(value)
            return
        to.whole_number(len(value), self.least, self.most)
        if self.most > 2 or self.least < self.most:
            to.align()
        to.octets(value)

    def read(self, source: Reader) -> bytes:
        """Read octets."""
        if self.most is None:
            return source.counted()[0]
        size = source.whole_number(self.least, self.most)
        if self.most > 2 or self.least < self.most:
            source.align()
        return source.octets(size)


@dataclass(frozen=True)
class Enumerated:
    """ENUMERATED by names; with `extensible`, later versions may know more."""

    names: tuple[str, ...]
    extensible: bool = False

    def write(self, to: Writer, value: str) -> None:
        """Append a name."""
        if self.extensible:
            to.bits(0, 1)
        to.whole_number(self.names.index(value), 0, len(self.names) - 1)

    def read(self, source: Reader) -> str:
        """Read a name."""
        if self.extensible and source.bits(1):
            source.fail("a value of a later version of the standard")
        return self.names[source.whole_number(0, len(self.names) - 1)]


@dataclass(frozen=True)
class Refused:
    """A place that may not be used: to read or write it is an error that gives the reason."""

    reason: str

    def write(self, _: Writer, value: Any) -> None:
        """Refuse, before anything is appended.

        Raises
        ------
        MessageError
            Always; gives the reason.
        """
        msg = f"{value!r} cannot be sent: {self.reason}"
        raise MessageError(msg)

    def read(self, source: Reader) -> Any:
        """Refuse."""
        raise source.fault(self.reason)


@dataclass(frozen=True)
class Open:
    """An open type: a whole encoding behind its length."""

    kind: Kind

    def write(self, to: Writer, value: Any) -> None:
        """Append a value behind the octets that it takes."""
        to.counted(encoded(self.kind, value, aligned=to.aligned))

    def read(self, source: Reader) -> Any:
        """Read a value that fills its octets."""
        data, start = source.counted()
        return decoded(self.kind, data, aligned=source.aligned, name=source.name, start=start)


@dataclass(frozen=True)
class Listed:
    """SEQUENCE OF between two sizes."""

    kind: Kind
    least: int
    most: int

    def write(self, to: Writer, value: Sequence[Any]) -> None:
        """Append the items."""
        to.whole_number(len(value), self.least, self.most)
        for item in value:
            self.kind.write(to, item)

    def read(self, source: Reader) -> list[Any]:
        """Read the items."""
        size = source.whole_number(self.least, self.most)
        return [self.kind.read(source) for _ in range(size)]


@dataclass(frozen=True)
class Field:
    """A named part of a record or an alternative of a choice."""

    name: str
    kind: Kind
    optional: bool = False


@dataclass(frozen=True)
class Record:
    """SEQUENCE; an optional field that is absent is absent from the dict.

    `additions` are what later versions of the standard added (each a group or a field); more of
    them than are known here are passed over, as X.691 asks.
    """

    fields: tuple[Field, ...]
    extensible: bool = False
    additions: tuple[Field, ...] = ()

    def write(self, to: Writer, value: Mapping[str, Any]) -> None:
        """Append the fields."""
        added = [field for field in self.additions if field.name in value]
        if self.extensible:
            to.bits(bool(added), 1)
        for field in self.fields:
            if field.optional:
                to.bits(field.name in value, 1)
        for field in self.fields:
            if field.name in value:
                field.kind.write(to, value[field.name])
            elif not field.optional:
                msg = f"{field.name} is missing"
                raise MessageError(msg)
        if added:
            to.bits(len(self.additions) - 1, 7)  # a small number: below 64 it begins with a 0
            for field in self.additions:
                to.bits(field in added, 1)
            for field in added:
                Open(field.kind).write(to, value[field.name])

    def read(self, source: Reader) -> dict[str, Any]:
        """Read the fields."""
        extended = self.extensible and bool(source.bits(1))
        here = [not field.optional or bool(source.bits(1)) for field in self.fields]
        value = {
            field.name: field.kind.read(source)
            for field, present in zip(self.fields, here, strict=True)
            if present
        }
        if extended:
            self._read_additions(source, value)
        return value

    def _read_additions(self, source: Reader, value: dict[str, Any]) -> None:
        if source.bits(1):
            source.fail("more than 64 additions of later versions of the standard")
        count = source.bits(6) + 1
        for k, present in enumerate([source.bits(1) for _ in range(count)]):
            if present and k < len(self.additions):
                value[self.additions[k].name] = Open(self.additions[k].kind).read(source)
            elif present:
                source.counted()


@dataclass(frozen=True)
class Choice:
    """CHOICE; its value is (name of the alternative, value)."""

    fields: tuple[Field, ...]
    extensible: bool = False
    additions: tuple[Field, ...] = ()

    def write(self, to: Writer, value: tuple[str, Any]) -> None:
        """Append the alternative and its value."""
        name, content = value
        for k, field in enumerate(self.fields):
            if field.name == name:
                if self.extensible:
                    to.bits(0, 1)
                to.whole_number(k, 0, len(self.fields) - 1)
                field.kind.write(to, content)
                return
        k = [field.name for field in self.additions].index(name)
        to.bits(1, 1)
        to.bits(k, 7)  # a small number: below 64 it begins with a 0
        Open(self.additions[k].kind).write(to, content)

    def read(self, source: Reader) -> tuple[str, Any]:
        """Read the alternative and its value."""
        if self.extensible and source.bits(1):
            k = source.bits(7)
            if k >= len(self.additions):
                source.fail("an alternative of a later version of the standard")
            return self.additions[k].name, Open(self.additions[k].kind).read(source)
        field = self.fields[source.whole_number(0, len(self.fields) - 1)]
        return field.name, field.kind.read(source)
