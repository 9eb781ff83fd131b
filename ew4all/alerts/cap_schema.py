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
# What the reader finds itself, and words better: content, words, patterns and types of elements.
_KNOWN = {
    "SCHEMAV_ELEMENT_CONTENT",
    "SCHEMAV_CVC_ENUMERATION_VALID",
    "SCHEMAV_CVC_PATTERN_VALID",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1",
    "SCHEMAV_CVC_TYPE_3_1_2",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that the schema does not allow; `known` if the reader reports its kind itself.

    `element` is what it is about.
    """

    element: Any
    line: int | None
    message: str
    known: bool


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
        return (Violation(alert, alert.sourceline, str(error), known=False),)
    found = [
        Violation(
            _element(alert, entry.message, entry.line),
            entry.line or None,
            entry.message.replace(_NAMESPACE, ""),
            known=entry.type_name in _KNOWN,
        )
        for entry in list(schema.error_log)[:MOST_VIOLATIONS]
    ]
    return tuple(found) or (
        Violation(alert, alert.sourceline, "the schema refuses it", known=False),
    )


def _element(alert: Any, message: str, line: int) -> Any:
    """Return the element that a message names, by its line; the alert if it is not found."""
    name = _NAMED.match(message)
    if name is None:
        return alert
    return next((e for e in alert.iter(name[1]) if e.sourceline == line), alert)
