"""What `ew4all plan feasibility` found: whom cell broadcast would reach, across which border it is heard, what it costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ew4all.planning.questionnaire import ANSWERS, questions, regulatory_items, requirements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.planning.feasibility_costs import Channel, Figures, Range
    from ew4all.planning.questionnaire import Answers, Question
    from ew4all.results import InputFile, Reach

__all__ = [
    "Asked",
    "Border",
    "DeviceStep",
    "Feasibility",
    "NetworkFacts",
    "Spill",
    "Visitors",
]


@dataclass(frozen=True)
class DeviceStep:
    """One step from covered to received: its share, and people who receive if it alone is at its `low` or `high`."""

    step: str
    share: float
    low: float
    high: float
    people_low: float
    people_high: float


@dataclass(frozen=True)
class Visitors:
    """Visitors with a phone on a usual day, and how many of them would receive a warning."""

    people: float
    covered: float
    received: float


@dataclass(frozen=True)
class NetworkFacts:
    """Sites and cells of the country's networks, and cells by technology and by operator."""

    sites: int
    cells: int
    technologies: Mapping[str, int]
    operators: Mapping[str, int]


@dataclass(frozen=True)
class Spill:
    """People of one place by the side of the border on which the cell stands that serves them best.

    `home` + `abroad` + unserved = `people`. `only_abroad` are those of `abroad` whom no cell of the country serves.
    """

    id: str
    name: str
    people: float
    home: float
    abroad: float
    only_abroad: float

    @property
    def unserved(self) -> float:
        """People whom no cell serves."""
        return max(self.people - self.home - self.abroad, 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document."""
        return {**asdict(self), "unserved": self.unserved}


@dataclass(frozen=True)
class Border:
    """Who is served from the other side of the border.

    Attributes
    ----------
    inside
        People in the country.
    outside
        People abroad within reach of the country's cells; ``home`` of them would be warned too. None where the population
        ends at the border.
    zones
        People in the country by zone.
    cells_home, cells_abroad, sites_home, sites_abroad
        Of the network that was computed.
    decided_by
        How a cell was taken as the country's own.
    """

    inside: Spill
    outside: Spill | None
    zones: tuple[Spill, ...]
    cells_home: int
    cells_abroad: int
    sites_home: int
    sites_abroad: int
    decided_by: str

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document."""
        out: dict[str, Any] = {
            "inside": self.inside.to_dict(),
            "zones": [zone.to_dict() for zone in self.zones],
            "cells": {"home": self.cells_home, "abroad": self.cells_abroad},
            "sites": {"home": self.sites_home, "abroad": self.sites_abroad},
            "decided_by": self.decided_by,
        }
        if self.outside is not None:
            out["outside"] = self.outside.to_dict()
        return out


@dataclass(frozen=True)
class Asked:
    """One question as it was answered; `operator` where it is asked of each network."""

    question: Question
    operator: str | None
    answer: str
    remark: str


@dataclass(frozen=True)
class Feasibility:
    """Result of `ew4all.feasibility`.

    Attributes
    ----------
    reach
        People of the country: coverage by technology, operator and zone, the waterfall.
    received
        People whose phone gets the message, and the range when one device step alone is at its end; None without coverage.
    border, border_note
        Who is served from across the border, or why that was not computed.
    channels
        Cell broadcast beside other channels, with their cost.
    known
        Every figure of the comparison.
    operators
        Names of the networks that are asked.
    extent_deg
        Box of the country (of the people, where there is no outline): west, south, east and north in degrees, by which later
        commands tell whether results are of one country.
    """

    country: str
    reach: Reach
    steps: tuple[DeviceStep, ...]
    received: Range | None
    visitors: Visitors | None
    network: NetworkFacts | None
    border: Border | None
    border_note: str
    channels: tuple[Channel, ...]
    known: Figures
    answers: Answers
    operators: tuple[str, ...]
    notes: tuple[str, ...]
    notice: str | None = None
    attribution: str | None = None
    extent_deg: tuple[float, float, float, float] | None = None

    @property
    def people(self) -> float:
        """People of the country."""
        return self.reach.people.in_area

    @property
    def version(self) -> str:
        """Version of ew4all."""
        return self.reach.version

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """Inputs as they were read."""
        return self.reach.inputs

    @property
    def assumptions(self) -> Mapping[str, float]:
        """Values of what was assumed, costs with them."""
        return {**self.reach.assumptions, **self.known.to_dict()}

    def asked(self) -> tuple[Asked, ...]:
        """Return every question with its answer; those of networks once for each, where it has the technology."""
        found = []
        for question in questions():
            remark = self.answers.remarks.get(question.id, "")
            if not question.per_operator:
                found.append(Asked(question, None, self.answers.of(question), remark))
                continue
            for operator in self.operators or ("each operator",):
                if question.technology is None or self.has(operator, question.technology):
                    answer = self.answers.of(question, operator)
                    found.append(Asked(question, operator, answer, remark))
        return tuple(found)

    def has(self, operator: str, technology: str) -> bool:
        """Whether an operator has a technology, as far as is known; one without any coverage may have all of them."""
        found = next((o for o in self.reach.operators if o.name == operator), None)
        if found is None or not found.covered:
            covered = self.reach.people.covered
            return technology in covered or not covered
        return technology in found.covered

    def counts(self) -> dict[str, int]:
        """Return the number of questions of readiness by answer."""
        given = [one.answer for one in self.asked()]
        return {answer: given.count(answer) for answer in ANSWERS}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document, schema ``ew4all/feasibility/1``; what is not known is absent."""
        reach = self.reach.to_dict()
        out: dict[str, Any] = {
            "schema": "ew4all/feasibility/1",
            "version": self.version,
            "country": self.country,
            "people": reach["people"],
            "operators": reach["operators"],
            "zones": reach["zones"],
            "waterfall": reach["waterfall"],
        }
        if self.received is not None:
            out["received"] = self.received.to_dict()
            out["device_steps"] = [asdict(step) for step in self.steps]
        if self.network is not None:
            facts = self.network
            out["network"] = {
                "sites": facts.sites,
                "cells": facts.cells,
                "technologies": dict(facts.technologies),
                "operators": dict(facts.operators),
            }
        if self.visitors is not None:
            out["visitors"] = asdict(self.visitors)
        if self.border is not None:
            out["border"] = self.border.to_dict()
        out["economics"] = {
            "currency": "USD",
            "years": self.known["horizon_years"].value,
            "discount_rate": self.known["discount_rate"].value,
            "channels": [channel.to_dict() for channel in self.channels],
        }
        out["readiness"] = {
            "counts": self.counts(),
            "questions": [
                {"id": a.question.id, "operator": a.operator, "answer": a.answer, "critical": a.question.critical}
                for a in self.asked()
            ],
        }  # fmt: skip
        out["regulatory"] = [
            {"id": item.id, "answer": self.answers.regulatory.get(item.id, "unknown")}
            for item in regulatory_items()
        ]
        out["procurement"] = [
            {"id": row.id, "level": row.level, "text": self.filled(row.text)}
            for row in requirements()
        ]
        out["inputs"] = reach["inputs"]
        out["assumptions"] = dict(self.assumptions)
        out["notes"] = list(self.notes)
        if self.extent_deg is not None:
            out["extent_deg"] = list(self.extent_deg)
        if self.notice is not None:
            out["notice"] = self.notice
        return out

    def filled(self, text: str) -> str:
        """Return a requirement with the country's own numbers in it."""
        facts, zones = self.network, [z for z in self.reach.zones if z.geometry is not None]
        technologies = [t for t in self.reach.people.covered if t != "any"]
        border = ""
        if self.border is not None and self.border.inside.abroad >= 0.5:
            border = (
                f" ({self.border.inside.abroad:,.0f} people live where the best cell stands abroad)"
            )
        names = {
            "operators": _counted(len(self.operators), "mobile network"),
            "sites": _counted(facts.sites, "site") if facts else "all sites",
            "cells": _counted(facts.cells, "cell") if facts else "all cells",
            "growth": f"{2 * facts.cells:,} cells" if facts else "twice as many",
            "technologies": ", ".join(t.upper() for t in technologies) or "every technology in use",
            "zones": _counted(len(zones), "zone") if zones else "the administrative areas",
            "people": f"{_rounded(self.people)} people",
            "horizon": f"{self.known['horizon_years'].value:g} years",
            "border": border,
        }
        return text.format_map(names)


def _rounded(people: float) -> str:
    """Return people with three significant digits, which is more than a population grid is worth."""
    return f"{float(f'{people:.3g}'):,.0f}"


def _counted(number: int, what: str) -> str:
    if number == 0:
        return f"every {what}"
    return f"{number:,} {what}" + ("s" if number != 1 else "")
