"""Where in a request a fault lies: what pydantic says of it, as JSON Pointers (RFC 6901) into what the client sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["faults_of", "pointer_to", "step"]


def step(name: object) -> str:
    """Return a step of a pointer, with its slash."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def faults_of(errors: Iterable[Mapping[str, Any]], body: Any, root: str) -> list[dict[str, Any]]:
    """Return faults of a body with pointer, detail and code; of one place one, whichever of its kinds it might have been.

    Parameters
    ----------
    errors
        As pydantic lists them, with places within the body. Kinds that it tried are steps there, which no client has sent.
    root
        Pointer to the body.
    """
    found: dict[str, dict[str, Any]] = {}
    for error in errors:
        steps = _steps(error["loc"], body, is_missing=error["type"] == "missing")
        pointer = root + "".join(map(step, steps))
        before = found.setdefault(
            pointer, {"pointer": pointer, "detail": error["msg"], "code": error["type"]}
        )
        if error["msg"] not in before["detail"]:
            before["detail"] += f"; or: {error['msg']}"
    return list(found.values())


def _steps(location: Sequence[Any], value: Any, *, is_missing: bool) -> Iterator[Any]:
    for number, name in enumerate(location, 1):
        if (isinstance(value, Mapping) and name in value) or (
            isinstance(value, list) and isinstance(name, int) and name < len(value)
        ):
            value = value[name]
            yield name
        elif is_missing and number == len(location):
            yield name


def pointer_to(text: str, value: Any, root: str) -> str | None:
    """Return where a text stands in a document: the first place; None where it is only a part of others."""
    waiting = [(root, value)]
    while waiting:
        at, here = waiting.pop()
        if here == text:
            return at
        inner: Iterable[tuple[Any, Any]] = ()
        if isinstance(here, Mapping):
            inner = here.items()
        elif isinstance(here, list):
            inner = enumerate(here)
        waiting.extend((at + step(name), one) for name, one in reversed([*inner]))
    return None
