"""What is wrong with a scenario, all of it at once, each with its place in the file."""

from __future__ import annotations

import difflib
import typing
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel

from ew4all.errors import FaultyFileError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["MOST_KEPT", "Finding", "error_of", "path_text", "short", "told"]

MOST_SHOWN: Final = 20
"""Findings that the message of an error shows."""

MOST_KEPT: Final = 200
"""Findings that an error holds; others are counted."""

_LONGEST: Final = 60
_LONGEST_MESSAGE: Final = 2000


class Finding(NamedTuple):
    """One fault: line and column from 1 (0 where there is no text), the path of keys, and what to do."""

    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return it as compilers do."""
        where = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{where}{self.path + ': ' if self.path else ''}{self.message}"


def path_text(path: Iterable[str | int]) -> str:
    """Return a path of keys as findings show it; a key that is no word is cut short."""
    return ".".join(_cut(str(part)) for part in path)


_Error = TypeVar("_Error", bound=FaultyFileError)


def error_of(
    name: str,
    findings: Sequence[Finding],
    more: int = 0,
    kind: type[_Error] = ScenarioError,  # type: ignore[assignment]
) -> _Error:
    """Return the error that holds findings, in the order of the text; its message shows the first of them.

    Parameters
    ----------
    more
        Faults that there are beside them.
    kind
        Class of the error.
    """
    distinct = sorted(set(findings))
    count = len(distinct) + more
    ordered = tuple(
        one._replace(message=_cut(one.message, _LONGEST_MESSAGE)) for one in distinct[:MOST_KEPT]
    )
    shown = [str(one) for one in ordered[:MOST_SHOWN]]
    if count > len(shown):
        shown.append(f"and {count - len(shown):,} more")
    head = f"{name} has {count:,} fault{'s' if count > 1 else ''}; nothing was computed:"
    return kind("\n  ".join([head, *shown]), ordered, count - len(ordered))


_KINDS: Final = {
    "float_type": "a number", "int_type": "a whole number", "bool_type": "true or false", "string_type": "a text",
    "list_type": "a list", "tuple_type": "a list", "dict_type": "a mapping of names to values",
    "model_type": "a section of keys and values", "model_attributes_type": "a section of keys and values",
    "finite_number": "a finite number", "int_from_float": "a whole number",
}  # fmt: skip


def told(
    root: type[BaseModel], error: Mapping[str, Any]
) -> tuple[tuple[str | int, ...], str, bool]:
    """Return the path of an error of pydantic, what it says in our words, and whether its key is at fault, not its value."""
    path = tuple(part for part in error["loc"] if part != "[key]")
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    last = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        known = keys_at(root, path[:-1])
        return path, f"there is no key {short(last)} here{_near(last, known)}", True
    if kind == "missing":
        return path, f"{last} is missing; add it", True
    if kind == "value_error":
        return path, str(context["error"]), False
    if kind == "literal_error":
        return path, f"{short(value)} is not possible; write one of {context['expected']}", False
    if kind in _KINDS:
        return path, f"{short(value)} is not possible; this is {_KINDS[kind]}", False
    bounds = {
        "greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt"),
        "less_than_equal": ("at most", "le"), "less_than": ("less than", "lt"),
    }  # fmt: skip
    if kind in bounds:
        word, key = bounds[kind]
        return path, f"{value:g} is not possible; it must be {word} {context[key]:g}", False
    said = str(error["msg"])
    return path, f"{short(value)} is not possible: {said[:1].lower()}{said[1:]}", False


def keys_at(root: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys that may stand in a section."""
    current: Any = root
    for part in path:
        current = _inside(current, part)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [one.alias or name for name, one in current.model_fields.items()]
    return []


def _inside(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, one in annotation.model_fields.items():
            if part == (one.alias or name):
                return _plain(one.annotation)
        return None
    inner = typing.get_args(annotation)
    return _plain(inner[-1]) if inner else None


def _plain(annotation: Any) -> Any:
    """Return an annotation without its ``| None`` and metadata."""
    inner = [one for one in typing.get_args(annotation) if one is not type(None)]
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain(inner[0])
    if type(None) in typing.get_args(annotation) and len(inner) == 1:
        return _plain(inner[0])
    return annotation


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name[:_LONGEST], names, 1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there may be {', '.join(names[:30])}" if names else ""


def short(value: Any) -> str:
    """Return a value as findings show it, cut where it is long."""
    return _cut(repr(value))


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
