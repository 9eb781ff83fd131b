"""What `ew4all plan netp` put together: earlier results as they are, the checklist, and ranked recommendations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ew4all.planning.checklist import checklist_sources
from ew4all.planning.questionnaire import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.planning.checklist import Answer
    from ew4all.planning.recommendations import Ranked
    from ew4all.results import InputFile

__all__ = ["PARTS", "SCHEMA", "Netp", "Piece"]

SCHEMA: Final = "ew4all/plan-netp/1"

PARTS: Final = {
    "gaps": "ew4all gaps",
    "measures": "ew4all plan measures",
    "feasibility": "ew4all plan feasibility",
    "indicators": "ew4all plan indicators",
}
"""Parts of the annex and the commands that make them."""


@dataclass(frozen=True, eq=False)
class Piece:
    """One earlier result: what it says, and its pictures as PNG by name."""

    document: Mapping[str, Any]
    pictures: Mapping[str, bytes]


@dataclass(frozen=True)
class Netp:
    """Result of `ew4all plan netp`.

    Attributes
    ----------
    pieces
        Part to what was found for it; a part that is not there is missing.
    missing
        What is missing, each in a sentence that says what would bring it.
    """

    country: str
    pieces: Mapping[str, Piece]
    answers: tuple[Answer, ...]
    recommendations: tuple[Ranked, ...]
    missing: tuple[str, ...]
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    notice: str | None = None
    attribution: str | None = None
    version: str = ""
    assumptions: Mapping[str, float] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, Any] | None:
        """Return the document of a part; None where it is missing."""
        piece = self.pieces.get(name)
        return None if piece is None else piece.document

    def counts(self) -> dict[str, int]:
        """Return the number of items of the checklist by answer."""
        given = [one.answer for one in self.answers]
        return {answer: given.count(answer) for answer in ANSWERS}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document, schema ``ew4all/plan-netp/1``; what is not known is absent."""
        out: dict[str, Any] = {
            "schema": SCHEMA,
            "version": self.version,
            "country": self.country,
            "parts": list(self.pieces),
            "missing": list(self.missing),
            "checklist": {
                "counts": self.counts(),
                "items": [
                    {
                        "id": one.item.id,
                        "theme": one.item.theme,
                        "answer": one.answer,
                        **({"given_by": one.given_by} if one.given_by else {}),
                        "source": f"{checklist_sources()[one.item.source]}, {one.item.clause}",
                        "measures": list(one.item.measures),
                        **({"remark": one.remark} if one.remark else {}),
                    }
                    for one in self.answers
                ],
            },
            "recommendations": [_advice(one) for one in self.recommendations],
            "inputs": [one.to_dict() for one in self.inputs],
            "notes": list(self.notes),
        }
        if self.notice is not None:
            out["notice"] = self.notice
        return out


def _advice(one: Ranked) -> dict[str, Any]:
    made = one.advice
    numbers = {
        "people": made.people,
        "people_high": made.people_high if made.people_high != made.people else None,
        "cost": made.cost.value,
        "cost_low": made.cost.low,
        "cost_high": made.cost.high,
        "cost_per_person": made.cost_per_person,
    }
    return {
        "rank": one.rank,
        "kind": made.kind,
        "name": made.name,
        **{key: value for key, value in numbers.items() if value is not None},
        "priced": made.cost.value is not None,
        "readiness": {
            "certain": made.readiness.low,
            "at_most": made.readiness.high,
            "missing": list(made.readiness.missing),
            "unknown": list(made.readiness.unknown),
        },
        "places": {"people": one.by_people, "cost": one.by_cost, "readiness": one.by_readiness},
        "source": made.source,
        "rows": list(made.rows),
        **({"note": made.note} if made.note else {}),
    }
