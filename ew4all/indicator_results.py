"""What `ew4all plan indicators` found: each indicator with its value, date, inputs, method and source, or why it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ew4all.planning.indicators import definitions, sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.planning.indicators import Definition
    from ew4all.results import InputFile

__all__ = ["SCHEMA", "Indicator", "Indicators", "Part", "Status"]

SCHEMA: Final = "ew4all/plan-indicators/1"


@dataclass(frozen=True)
class Indicator:
    """One indicator at one date.

    Attributes
    ----------
    value
        None where it cannot be told; `cannot` then says why.
    low, high
        Bounds, where only those are known.
    people, of
        The count behind the value, and of how many.
    inputs
        Positions of its inputs in `Indicators.inputs`.
    condition
        What the value takes as given, ``""`` where nothing.
    """

    definition: Definition
    date: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    people: float | None = None
    of: float | None = None
    inputs: tuple[int, ...] = ()
    condition: str = ""
    cannot: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is a value or at least bounds."""
        return self.value is not None or self.low is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON document; unknown numbers are absent."""
        made = self.definition
        numbers = ("value", "low", "high", "people", "of")
        return {
            "id": made.id,
            "view": made.view,
            "name": made.name,
            **{key: got for key in numbers if (got := getattr(self, key)) is not None},
            "unit": made.unit,
            "date": self.date,
            "inputs": list(self.inputs),
            "method": made.method,
            "source": made.source,
            **({"condition": self.condition} if self.condition else {}),
            **({"cannot": self.cannot} if self.cannot else {}),
        }


@dataclass(frozen=True)
class Status:
    """One fact of the country: ``yes``, ``partly``, ``no`` or ``unknown``, and who said so."""

    id: str
    part: str
    text: str
    answer: str
    date: str | None = None
    stated_by: str = ""
    input: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON document."""
        return {
            "id": self.id,
            "part": self.part,
            "text": self.text,
            "answer": self.answer,
            **({"date": self.date} if self.date else {}),
            **({"stated_by": self.stated_by} if self.stated_by else {}),
            **({} if self.input is None else {"inputs": [self.input]}),
        }


@dataclass(frozen=True)
class Part:
    """G-3 of a part of the people: a zone, a group or those at risk from one hazard."""

    kind: str
    id: str
    name: str
    people: float
    value: float | None
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON document."""
        known = {} if self.value is None else {"value": self.value}
        bounds = {} if self.value is not None else {"low": self.low, "high": self.high}
        return {"kind": self.kind, "id": self.id, "name": self.name, "people": self.people, **known, **bounds}  # fmt: skip


@dataclass(frozen=True)
class Indicators:
    """Result of `ew4all plan indicators`.

    Attributes
    ----------
    date
        The last of `dates`: of when the indicators on the page are.
    latest
        Every indicator as of its last date on which it is known; where it never is, why.
    series
        Every indicator at every date, in the order of dates.
    parts
        G-3 by zone, group and hazard at the last date with a gap analysis.
    """

    country: str
    date: str
    dates: tuple[str, ...]
    latest: tuple[Indicator, ...]
    series: tuple[Indicator, ...]
    parts: tuple[Part, ...]
    status: tuple[Status, ...]
    inputs: tuple[InputFile, ...]
    input_dates: tuple[str, ...]
    notes: tuple[str, ...]
    notice: str | None = None
    version: str = ""
    assumptions: Mapping[str, float] = field(default_factory=dict)

    def of(self, name: str) -> Indicator:
        """Return the latest of an indicator."""
        return next(one for one in self.latest if one.definition.id == name)

    def reasons(self) -> dict[str, list[str]]:
        """Return why indicators cannot be told, and the names of those for which it is so."""
        found: dict[str, list[str]] = {}
        for one in self.latest:
            if not one.is_known:
                found.setdefault(one.cannot, []).append(one.definition.name)
        return found

    def line(self, name: str) -> tuple[Indicator, ...]:
        """Return an indicator at every date at which it is known."""
        return tuple(one for one in self.series if one.definition.id == name and one.is_known)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document, schema ``ew4all/plan-indicators/1``."""
        used = {one.definition.source for one in self.latest}
        lines = [name for name, made in definitions().items() if made.series and self.line(name)]
        out: dict[str, Any] = {
            "schema": SCHEMA,
            "version": self.version,
            "country": self.country,
            "date": self.date,
            "dates": list(self.dates),
            "indicators": [one.to_dict() for one in self.latest],
            "status": [one.to_dict() for one in self.status],
            "parts": [one.to_dict() for one in self.parts],
            "series": {name: [_point(one) for one in self.line(name)] for name in lines},
            "sources": [
                {"id": s.id, "text": s.text, "read": s.read}
                for s in sources().values()
                if s.id in used
            ],
            "inputs": [
                {**one.to_dict(), "date": date}
                for one, date in zip(self.inputs, self.input_dates, strict=True)
            ],
            "notes": list(self.notes),
            "cannot": [f"{why}: {'; '.join(names)}" for why, names in self.reasons().items()],
        }
        if self.notice is not None:
            out["notice"] = self.notice
        return out


def _point(one: Indicator) -> dict[str, Any]:
    numbers = ("value", "low", "high", "people", "of")
    return {"date": one.date, **{k: got for k in numbers if (got := getattr(one, k)) is not None}}
