"""Recommendations read out of earlier results: the chosen measures by kind, those without a price, and cell broadcast itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ew4all.planning.indicators import union
from ew4all.planning.measures import KINDS
from ew4all.planning.recommendations import Advice, Money, label, money_of, readiness_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.planning.checklist import Answer

__all__ = ["advice_of"]

_CB: Final = "cell_broadcast"
_TOO_MANY: Final = "seems to reach more people than it would"
"""Words of `ew4all plan measures` where whole settlements stand in single cells."""


def advice_of(
    gaps: Mapping[str, Any] | None,
    plan: Mapping[str, Any] | None,
    feasibility: Mapping[str, Any] | None,
    answers: Sequence[Answer],
    in_service: str,
) -> list[Advice]:
    """Return recommendations, not yet ranked.

    Parameters
    ----------
    gaps, plan, feasibility
        Documents of earlier results; None where they are missing.
    in_service
        What is stated of cell broadcast: ``yes``, ``partly``, ``no`` or ``unknown``.
    """
    found = [] if plan is None else [*_chosen(plan, answers), *_unpriced(plan, answers)]
    kinds = {one.kind for one in found}
    if _CB not in kinds and in_service != "yes" and feasibility is not None:
        found.append(_cell_broadcast(gaps, feasibility, answers))
    return found


def _by_kind(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(row["kind"]), []).append(row)
    order = [*KINDS, *sorted(set(groups) - set(KINDS))]
    return {kind: groups[kind] for kind in order if kind in groups}


def _chosen(plan: Mapping[str, Any], answers: Sequence[Answer]) -> list[Advice]:
    """Return one recommendation a kind: people of the plan's rows add up, each is new after those before it."""
    found = []
    for kind, rows in _by_kind(plan["chosen"]).items():
        people = float(sum(row["people_added"] for row in rows))
        money = money_of(
            kind,
            [float(row["cost"]) for row in rows],
            plan["costs"],
            float(plan["years"]),
            people=float(plan["people"]["total"]),
            listed=not all(row["proposed_here"] for row in rows),
        )
        found.append(
            Advice(
                kind, _named(kind, len(rows)), people, people, money, readiness_of(kind, answers),
                "plan.json, chosen", tuple(str(row["id"]) for row in rows), _warned_of(plan, kind),
            )
        )  # fmt: skip
    return found


def _warned_of(plan: Mapping[str, Any], kind: str) -> str:
    """Return what the plan says against its own numbers of a kind: a reader of the ranking must not miss it."""
    return " ".join(said for said in plan.get("notes", ()) if _TOO_MANY in said and kind in said)


def _unpriced(plan: Mapping[str, Any], answers: Sequence[Answer]) -> list[Advice]:
    """Return measures without a price, one recommendation a kind: the largest alone is the least that they bring together."""
    found = []
    for kind, rows in _by_kind(plan["unpriced"]).items():
        alone = [float(row["people_alone"]) for row in rows]
        found.append(
            Advice(
                kind, f"{_named(kind, len(rows))}, without a price", max(alone), None if len(rows) > 1 else alone[0],
                Money(None), readiness_of(kind, answers), "plan.json, unpriced", tuple(str(row["id"]) for row in rows),
                "people are those of the largest alone, before the plan; give a price with --cost or in the list",
            )
        )  # fmt: skip
    return found


def _cell_broadcast(
    gaps: Mapping[str, Any] | None, feasibility: Mapping[str, Any], answers: Sequence[Answer]
) -> Advice:
    """Return cell broadcast itself: whom it alone reaches of the channels of the gap analysis, its cost of the feasibility study."""
    economics = feasibility.get("economics", {})
    row = next((c for c in economics.get("channels", ()) if c["id"] == _CB), None)
    whole = None if row is None else row.get("whole")
    money = Money(None) if whole is None else Money(whole["value"], whole["low"], whole["high"])
    low, high = _only_cell_broadcast(gaps)
    note = f"cost over {economics.get('years', 0):g} years, discounted, of the feasibility study; "
    if low is None:
        note += (
            "people newly reached cannot be told without a gap analysis that counts cell broadcast"
        )
    else:
        note += "people are those whom no other channel of the gap analysis reaches"
    if high != low:
        note += ": between bounds, since overlaps of the others are not known"
    rows = (
        "feasibility.json, economics, cell_broadcast",
        *(("gaps.json, total",) if low is not None else ()),
    )
    return Advice(
        _CB,
        "Introduce cell broadcast",
        low,
        high,
        money,
        readiness_of(_CB, answers),
        "feasibility.json",
        rows,
        note,
    )


def _only_cell_broadcast(gaps: Mapping[str, Any] | None) -> tuple[float | None, float | None]:
    total = {} if gaps is None else gaps["total"]
    by_channel = total.get("by_channel", {})
    if _CB not in by_channel:
        return None, None
    reached = max(float(total["people"]) - float(total["channels"]["none"]), 0.0)
    others = union(by_channel, reached, [c for c in by_channel if c != _CB])
    most = min(reached - others.low, float(by_channel[_CB]))
    return min(max(reached - others.high, 0.0), most), most


def _named(kind: str, number: int) -> str:
    words = label(kind)
    return words[0].upper() + words[1:] if number == 1 else f"{number:,} × {words}"
