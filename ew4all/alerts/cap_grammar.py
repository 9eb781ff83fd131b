"""Which elements CAP 1.0, 1.1 and 1.2 have, in which order and how often, and their words.

References
----------
The XML schemas of CAP 1.0, 1.1 and 1.2 (OASIS).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple, TypeVar

from ew4all.alerts.cap import (
    Category,
    Certainty,
    MsgType,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)

__all__ = ["NAMESPACES", "SIGNATURE", "Block", "Grammar", "Slot", "grammar", "vocabulary"]

NAMESPACES = {
    "http://www.incident.com/cap/1.0": "1.0",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
    "urn:oasis:names:tc:emergency:cap:1.2": "1.2",
}
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"

# "!" required, "*" any number, "+" at least one; else at most one.
_ALERT = (
    "identifier! sender! sent! status! msgType! source scope! restriction addresses code* note "
    "references incidents info*"
)
_INFO = (
    "language category+ event! responseType* urgency! severity! certainty! audience eventCode* "
    "effective onset expires senderName headline description instruction web contact parameter* "
    "resource* area*"
)
_RESOURCE = "resourceDesc! mimeType! size uri derefUri digest"
_AREA = "areaDesc! polygon* circle* geocode* altitude ceiling"
_PAIR = "valueName! value!"

_OF_VERSION = {
    # CAP 1.0 may leave out scope, though the text of the alert then says nothing of its audience.
    "1.0": {
        "alert": _ALERT.replace("source", "password source").replace("scope!", "scope"),
        "info": _INFO.replace("category+", "category*").replace("responseType* ", ""),
        "resource": _RESOURCE.replace("mimeType!", "mimeType").replace("derefUri ", ""),
        "area": _AREA,
        "pair": _PAIR,
    },
    "1.1": {
        "alert": _ALERT,
        "info": _INFO,
        "resource": _RESOURCE.replace("mimeType!", "mimeType"),
        "area": _AREA,
        "pair": _PAIR,
    },
    "1.2": {
        "alert": _ALERT,
        "info": _INFO,
        "resource": _RESOURCE,
        "area": _AREA,
        "pair": _PAIR,
    },
}

# Words that an older version lacks.
_LATER: dict[str, dict[type[StrEnum], set[StrEnum]]] = {
    "1.0": {
        Status: {Status.DRAFT},
        Category: {Category.CBRNE},
        Certainty: {Certainty.OBSERVED},
    },
    "1.1": {ResponseType: {ResponseType.AVOID, ResponseType.ALL_CLEAR}},
    "1.2": {},
}


class Slot(NamedTuple):
    """Place of an element: its local name, its rank in the order, whether it may be repeated."""

    name: str
    rank: int
    many: bool


@dataclass(frozen=True)
class Block:
    """The elements of a block, by qualified name, and the local names of those it must have."""

    name: str
    slots: dict[str, Slot]
    required: frozenset[str]


@dataclass(frozen=True)
class Grammar:
    """One version of CAP. `named_values` is false for 1.0, which writes NAME=value."""

    version: str
    namespace: str
    alert: Block
    info: Block
    resource: Block
    area: Block
    pair: Block
    named_values: bool
    statuses: dict[str, Status]
    msg_types: dict[str, MsgType]
    scopes: dict[str, Scope]
    categories: dict[str, Category]
    response_types: dict[str, ResponseType]
    urgencies: dict[str, Urgency]
    severities: dict[str, Severity]
    certainties: dict[str, Certainty]


Word = TypeVar("Word", bound=StrEnum)


def vocabulary(version: str, kind: type[Word]) -> dict[str, Word]:
    """Return the words of an enumeration that a version of CAP knows."""
    later = _LATER[version].get(kind, set())
    return {str(word): word for word in kind if word not in later}


@cache
def grammar(namespace: str) -> Grammar:
    """Return the grammar of the version of CAP that has this namespace."""
    version = NAMESPACES[namespace]
    lines = _OF_VERSION[version]
    blocks = {name: _block(name, line, namespace) for name, line in lines.items()}
    certainties = vocabulary(version, Certainty)
    if version == "1.0":
        certainties["Very Likely"] = Certainty.LIKELY
    return Grammar(
        version=version,
        namespace=namespace,
        named_values=version != "1.0",
        statuses=vocabulary(version, Status),
        msg_types=vocabulary(version, MsgType),
        scopes=vocabulary(version, Scope),
        categories=vocabulary(version, Category),
        response_types=vocabulary(version, ResponseType),
        urgencies=vocabulary(version, Urgency),
        severities=vocabulary(version, Severity),
        certainties=certainties,
        **blocks,
    )


def _block(name: str, line: str, namespace: str) -> Block:
    slots, required = {}, set()
    for rank, word in enumerate(line.split()):
        local = word.rstrip("!*+")
        slots[f"{{{namespace}}}{local}"] = Slot(local, rank, word[-1] in "*+")
        if word[-1] in "!+":
            required.add(local)
    return Block(name, slots, frozenset(required))
