"""What the rules of a profile can look at: values of an alert, an info block or an area, as texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ew4all.alerts.cap import Alert, Area, Info, NamedValue

__all__ = ["FIELDS", "Subject", "subjects"]


@dataclass(frozen=True)
class Subject:
    """An alert, one of its info blocks, or one area of that, with the path of the element."""

    path: str
    alert: Alert
    info: Info | None = None
    area: Area | None = None

    def infos(self) -> tuple[Info, ...]:
        """Return the info blocks in question."""
        return self.alert.infos if self.info is None else (self.info,)

    def areas(self) -> Iterator[Area]:
        """Return the areas in question."""
        if self.area is not None:
            yield self.area
            return
        for info in self.infos():
            yield from info.areas


def subjects(alert: Alert, scope: str) -> Iterator[Subject]:
    """Return what a rule on ``"alert"``, ``"info"`` or ``"area"`` looks at, one by one."""
    if scope == "alert":
        yield Subject("/alert", alert)
        return
    for k, info in enumerate(alert.infos, 1):
        path = f"/alert/info[{k}]"
        if scope == "info":
            yield Subject(path, alert, info)
            continue
        for n, area in enumerate(info.areas, 1):
            yield Subject(f"{path}/area[{n}]", alert, info, area)


Values: TypeAlias = "Callable[[Subject, str | None], list[str]]"


def _of_alert(read: Callable[[Alert], Iterable[str | None]]) -> Values:
    return lambda subject, _: [v for v in read(subject.alert) if v]


def _of_infos(read: Callable[[Info], Iterable[str | None]]) -> Values:
    return lambda subject, _: [v for info in subject.infos() for v in read(info) if v]


def _named(read: Callable[[Subject], Iterable[NamedValue]]) -> Values:
    """Values of a name, whatever its capitals: producers differ in them."""

    def values(subject: Subject, name: str | None) -> list[str]:
        return [p.value for p in read(subject) if name is None or _is_called(p.name, name)]

    return values


def _is_called(name: str, wanted: str) -> bool:
    name, wanted = name.casefold(), wanted.casefold()
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


def _parameters(subject: Subject) -> Iterator[NamedValue]:
    for info in subject.infos():
        yield from info.parameters


def _event_codes(subject: Subject) -> Iterator[NamedValue]:
    for info in subject.infos():
        yield from info.event_codes


def _geocodes(subject: Subject) -> Iterator[NamedValue]:
    for area in subject.areas():
        yield from area.geocodes


def _distinct(read: Values) -> Values:
    return lambda subject, name: list(dict.fromkeys(read(subject, name)))


FIELDS: Mapping[str, Values] = {
    "status": _of_alert(lambda a: [a.status]),
    "msg_type": _of_alert(lambda a: [a.msg_type]),
    "scope": _of_alert(lambda a: [a.scope]),
    "sender": _of_alert(lambda a: [a.sender]),
    "code": _of_alert(lambda a: a.codes),
    "note": _of_alert(lambda a: [a.note]),
    "reference": _of_alert(lambda a: [r.identifier for r in a.references]),
    "info": lambda subject, _: ["info"] * len(subject.infos()),
    "language": _of_infos(lambda i: [i.language]),
    "language_given": _of_infos(lambda i: [i.language] if i.language_given else []),
    "category": _of_infos(lambda i: i.categories),
    "distinct_event": _distinct(_of_infos(lambda i: [i.event])),
    "event": _of_infos(lambda i: [i.event]),
    "response_type": _of_infos(lambda i: i.response_types),
    "urgency": _of_infos(lambda i: [i.urgency]),
    "severity": _of_infos(lambda i: [i.severity]),
    "certainty": _of_infos(lambda i: [i.certainty]),
    "effective": _of_infos(lambda i: [i.effective.isoformat() if i.effective else None]),
    "onset": _of_infos(lambda i: [i.onset.isoformat() if i.onset else None]),
    "expires": _of_infos(lambda i: [i.expires.isoformat() if i.expires else None]),
    "sender_name": _of_infos(lambda i: [i.sender_name]),
    "headline": _of_infos(lambda i: [i.headline]),
    "description": _of_infos(lambda i: [i.description]),
    "instruction": _of_infos(lambda i: [i.instruction]),
    "web": _of_infos(lambda i: [i.web]),
    "contact": _of_infos(lambda i: [i.contact]),
    "parameter": _named(_parameters),
    "event_code": _named(_event_codes),
    "distinct_event_code": _distinct(_named(_event_codes)),
    "area": lambda subject, _: [a.description for a in subject.areas()],
    "geocode": _named(_geocodes),
    "drawn": lambda subject, _: [
        "shape" for area in subject.areas() for _shape in (*area.polygons, *area.circles)
    ],
    "polygon": lambda subject, _: ["polygon" for a in subject.areas() for _ring in a.polygons],
    "polygon_pairs": lambda subject, _: [
        str(len(ring.points)) for area in subject.areas() for ring in area.polygons
    ],
    "place": lambda subject, _: [
        "place"
        for area in subject.areas()
        for _one in (*area.polygons, *area.circles, *area.geocodes)
    ],
    "text": _of_infos(lambda i: [i.headline, i.description, i.instruction]),
}
"""From the name of a field to its values; ``name`` chooses among those that have one."""
