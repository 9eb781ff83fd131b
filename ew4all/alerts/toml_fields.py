"""Values out of TOML tables, checked one by one; whatever is wrong is named with its place."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ew4all.errors import InputError

__all__ = ["Fields"]


@dataclass(frozen=True)
class Fields:
    """Reads values and raises `error` where one is not what it must be.

    `where` begins every message: the file, and the table or key in it.
    """

    error: type[InputError]

    def document(self, data: bytes, name: str) -> dict[str, Any]:
        """Return the tables of a TOML file; one that says nothing is a mistake."""
        try:
            document = tomllib.loads(data.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            msg = f"{name} is no TOML file: {error}"
            raise self.error(msg) from error
        if not document:
            msg = f"{name} holds nothing; fill it in, or leave it out"
            raise self.error(msg)
        return document

    def known(self, value: object, keys: Collection[str], where: str) -> Mapping[str, Any]:
        """Return a table that has no other keys than these."""
        table = self.table(value, where)
        for key in table:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1)
                there = (
                    f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(keys))}"
                )
                msg = f"{where}: there is no key {key!r}; {there}"
                raise self.error(msg)
        return table

    def needed(self, table: Mapping[str, Any], key: str, where: str) -> Any:
        """Return the value of a key that must be there."""
        if key not in table:
            msg = f"{where}: the key {str(key)!r} is missing"
            raise self.error(msg)
        return table[key]

    def table(self, value: object, where: str) -> Mapping[str, Any]:
        """Return a table."""
        if not isinstance(value, Mapping):
            msg = f"{where} is no table"
            raise self.error(msg)
        return value

    def many(self, value: object, where: str) -> Sequence[Any]:
        """Return a list of anything."""
        if not isinstance(value, list):
            msg = f"{where}: {value!r} is no list"
            raise self.error(msg)
        return value

    def tables(self, value: object, where: str) -> tuple[Mapping[str, Any], ...]:
        """Return a list of tables."""
        return tuple(self.table(item, where) for item in self.many(value, where))

    def text(self, value: object, where: str) -> str:
        """Return a text that is not empty."""
        if not isinstance(value, str) or not value.strip():
            msg = f"{where}: {value!r} is no text"
            raise self.error(msg)
        return value

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self.text(item, where) for item in self.many(value, where))

    def among(self, value: object, allowed: Collection[str], where: str) -> str:
        """Return a text that is one of those allowed."""
        text = self.text(value, where)
        if text not in allowed:
            msg = f"{where}: {text!r} is none of {', '.join(allowed)}"
            raise self.error(msg)
        return text

    def flag(self, table: Mapping[str, Any], key: str, where: str, *, default: bool) -> bool:
        """Return true or false."""
        value = table.get(key, default)
        if not isinstance(value, bool):
            msg = f"{where}: {key} is true or false, not {value!r}"
            raise self.error(msg)
        return value

    def whole(self, value: object, least: int, most: int, where: str) -> int:
        """Return a whole number in a range."""
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            msg = f"{where}: {value!r} is no whole number of {least} to {most}"
            raise self.error(msg)
        return value

    def member(self, enumeration: Any, value: object, where: str) -> Any:
        """Return the member of an enumeration of texts."""
        return enumeration(self.among(value, list(map(str, enumeration)), where))
