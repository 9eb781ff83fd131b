"""What two alerts say differently, whatever their XML looks like.

Left aside, because the meaning is the same: the order of blocks, codes and areas; the corner that a
ring begins at and its direction; the offset that a moment is written with; the version of CAP; an
en-US that is written or left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ew4all.alerts.cap import (
        Alert,
        Area,
        Circle,
        Info,
        NamedValue,
        Polygon,
        Reference,
        Resource,
    )

__all__ = ["Change", "Difference", "differences"]

Part = TypeVar("Part", bound=Hashable)

_ALERT = {
    "identifier": "identifier",
    "sender": "sender",
    "sent": "sent",
    "status": "status",
    "msg_type": "msgType",
    "source": "source",
    "scope": "scope",
    "restriction": "restriction",
    "note": "note",
}
_INFO = {
    "language": "language",
    "event": "event",
    "urgency": "urgency",
    "severity": "severity",
    "certainty": "certainty",
    "audience": "audience",
    "effective": "effective",
    "onset": "onset",
    "expires": "expires",
    "sender_name": "senderName",
    "headline": "headline",
    "description": "description",
    "instruction": "instruction",
    "web": "web",
    "contact": "contact",
}
_RESOURCE = {
    "description": "resourceDesc",
    "mime_type": "mimeType",
    "size": "size",
    "uri": "uri",
    "deref_uri": "derefUri",
    "digest": "digest",
}
_AREA = {"description": "areaDesc", "altitude_ft": "altitude", "ceiling_ft": "ceiling"}


class Change(StrEnum):
    """How a part differs."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that differs: `before` and `after` are its texts, None where it is absent.

    `path` is that of the first alert, and of the second for what was added.
    """

    path: str
    change: Change
    before: str | None
    after: str | None


def differences(a: Alert, b: Alert) -> tuple[Difference, ...]:
    """Return what differs in meaning from the first alert to the second; nothing if they agree."""
    return tuple(_alerts(a, b))


def _alerts(a: Alert, b: Alert) -> Iterator[Difference]:
    path = "/alert"
    yield from _fields(a, b, path, _ALERT)
    yield from _bags(a.addresses, b.addresses, f"{path}/addresses", str)
    yield from _bags(a.codes, b.codes, f"{path}/code", str)
    yield from _bags(a.references, b.references, f"{path}/references", _reference)
    yield from _bags(a.incidents, b.incidents, f"{path}/incidents", str)
    yield from _blocks(
        a.infos, b.infos, f"{path}/info", lambda i: (i.language, i.event), lambda i: i.event, _infos
    )


def _infos(a: Info, b: Info, path: str) -> Iterator[Difference]:
    yield from _fields(a, b, path, _INFO)
    yield from _bags(a.categories, b.categories, f"{path}/category", str)
    yield from _bags(a.response_types, b.response_types, f"{path}/responseType", str)
    yield from _named(a.event_codes, b.event_codes, f"{path}/eventCode")
    yield from _named(a.parameters, b.parameters, f"{path}/parameter")

    def described(block: Resource | Area) -> str:
        return block.description

    yield from _blocks(
        a.resources, b.resources, f"{path}/resource", described, described, _resources
    )
    yield from _blocks(a.areas, b.areas, f"{path}/area", described, described, _areas)


def _resources(a: Resource, b: Resource, path: str) -> Iterator[Difference]:
    yield from _fields(a, b, path, _RESOURCE)


def _areas(a: Area, b: Area, path: str) -> Iterator[Difference]:
    yield from _fields(a, b, path, _AREA)
    yield from _bags(
        [_ring(p) for p in a.polygons], [_ring(p) for p in b.polygons], f"{path}/polygon", _pairs
    )
    yield from _bags(a.circles, b.circles, f"{path}/circle", _circle)
    yield from _named(a.geocodes, b.geocodes, f"{path}/geocode")


def _fields(a: Any, b: Any, path: str, names: dict[str, str]) -> Iterator[Difference]:
    for attribute, element in names.items():
        before, after = getattr(a, attribute), getattr(b, attribute)
        if before != after:
            where = f"{path}/{element}"
            if before is None:
                yield Difference(where, Change.ADDED, None, _text(after))
            elif after is None:
                yield Difference(where, Change.REMOVED, _text(before), None)
            else:
                yield Difference(where, Change.CHANGED, _text(before), _text(after))


def _bags(
    a: Iterable[Part], b: Iterable[Part], path: str, text: Callable[[Any], str]
) -> Iterator[Difference]:
    """Compare what has no order and may be repeated."""
    before, after = Counter(a), Counter(b)
    for part in (before - after).elements():
        yield Difference(path, Change.REMOVED, text(part), None)
    for part in (after - before).elements():
        yield Difference(path, Change.ADDED, None, text(part))


def _named(a: Iterable[NamedValue], b: Iterable[NamedValue], path: str) -> Iterator[Difference]:
    before, after = _by_name(a), _by_name(b)
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, Counter()), after.get(name, Counter())
        gone, come = list((old - new).elements()), list((new - old).elements())
        where = f"{path}[valueName={name!r}]"
        if len(gone) == len(come) == 1:
            yield Difference(where, Change.CHANGED, gone[0], come[0])
        else:
            yield from (Difference(where, Change.REMOVED, value, None) for value in gone)
            yield from (Difference(where, Change.ADDED, None, value) for value in come)


def _by_name(pairs: Iterable[NamedValue]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for pair in pairs:
        found.setdefault(pair.name, Counter())[pair.value] += 1
    return found


def _blocks(
    a: Sequence[Part],
    b: Sequence[Part],
    path: str,
    key: Callable[[Part], Hashable],
    title: Callable[[Part], str],
    compare: Callable[[Part, Part, str], Iterator[Difference]],
) -> Iterator[Difference]:
    """Compare blocks: the same ones first, then those of the same key, then the rest in order."""
    left, right = dict(enumerate(a)), dict(enumerate(b))
    pairs = [*_matched(left, right, lambda part: part), *_matched(left, right, key)]
    pairs += zip(list(left), list(right), strict=False)
    for k, other in sorted(pairs):
        left.pop(k, None)
        right.pop(other, None)
        yield from compare(a[k], b[other], f"{path}[{k + 1}]")
    for k, part in left.items():
        yield Difference(f"{path}[{k + 1}]", Change.REMOVED, title(part), None)
    for k, part in right.items():
        yield Difference(f"{path}[{k + 1}]", Change.ADDED, None, title(part))


def _matched(
    left: dict[int, Part], right: dict[int, Part], key: Callable[[Part], Hashable]
) -> list[tuple[int, int]]:
    """Take those of the same key out of both, in order, and return their numbers."""
    waiting: dict[Hashable, list[int]] = {}
    for k, part in right.items():
        waiting.setdefault(key(part), []).append(k)
    pairs = []
    for k, part in list(left.items()):
        others = waiting.get(key(part))
        if others:
            other = others.pop(0)
            del left[k], right[other]
            pairs.append((k, other))
    return pairs


def _ring(polygon: Polygon) -> tuple[tuple[float, float], ...]:
    """Return a ring in one form for all its beginnings and directions.

    A ring that is not closed stays as it is: what it means is not known.
    """
    points = polygon.points
    if len(points) < 4 or points[0] != points[-1]:
        return points
    # Adding 0 turns -0.0 into 0.0.
    corners = [(lat + 0.0, lon + 0.0) for lat, lon in points[:-1]]
    least = min(corners)
    turned = [
        (*ring[k:], *ring[:k])
        for ring in (corners, corners[::-1])
        for k, corner in enumerate(ring)
        if corner == least
    ]
    first = min(turned)
    return (*first, first[0])


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _pairs(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{lat},{lon}" for lat, lon in points)


def _circle(circle: Circle) -> str:
    return f"{circle.lat_deg},{circle.lon_deg} {circle.radius_km}"


def _reference(reference: Reference) -> str:
    return f"{reference.sender},{reference.identifier},{reference.sent.isoformat()}"
