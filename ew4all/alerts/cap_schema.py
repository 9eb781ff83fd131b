"""The OASIS schema of CAP 1.2, and what it says against an alert."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

__all__ = ["Violation", "schema_bytes", "violations"]

MOST_VIOLATIONS = 100

_NAMED = re.compile(r"Element '([^']+)'")

_NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
_CONTENT = "SCHEMAV_ELEMENT_CONTENT"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that the schema does not allow.

    `element` is what it is about; `of_content` whether it is about which elements a block has, and
    not about a value. The schema then often points to the neighbour of what is wrong.
    """

    element: Any
    line: int | None
    message: str
    of_content: bool


class _OfThread(threading.local):
    """A schema for each thread: its log of errors belongs to one validation at a time."""

    schema: Any = None


_of_thread = _OfThread()


def schema_bytes() -> bytes:
    """Return the schema as OASIS published it."""
    return (files("ew4all.alerts") / "data" / "schema" / "CAP-v1.2-schema.xsd").read_bytes()


def violations(alert: Any) -> tuple[Violation, ...]:
    """Return what the schema does not allow in an alert element; nothing if it is valid."""
    from lxml import etree

    schema = _of_thread.schema
    if schema is None:
        schema = _of_thread.schema = etree.XMLSchema(etree.fromstring(schema_bytes()))
    try:
        if schema.validate(alert):
            return ()
    except etree.XMLSchemaError as error:
        # libxml2 gives up on a tree with an entity that was not resolved.
        return (Violation(alert, alert.sourceline, str(error), of_content=False),)
    entries = list(schema.error_log)[:MOST_VIOLATIONS]
    wanted = {(entry.line, _name(entry.message)) for entry in entries}
    places: dict[tuple[int, str | None], Any] = {}
    for element in alert.iter("*"):
        place = (element.sourceline, element.tag)
        if place in wanted:
            places.setdefault(place, element)
    found = [
        Violation(
            places.get((entry.line, _name(entry.message)), alert),
            entry.line or None,
            entry.message.replace(_NAMESPACE, ""),
            of_content=entry.type_name == _CONTENT,
        )
        for entry in entries
    ]
    return tuple(found) or (
        Violation(alert, alert.sourceline, "the schema refuses it", of_content=False),
    )


def _name(message: str) -> str | None:
    """Return the name of the element that a message is about."""
    found = _NAMED.match(message)
    return None if found is None else found[1]
