"""Ranking of recommendations by hand and by its properties."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.errors import QuestionnaireError
from ew4all.planning.checklist import (
    ChecklistAnswers,
    answered,
    blank_checklist,
    checklist,
    read_checklist,
)
from ew4all.planning.costs import COSTS
from ew4all.planning.measures import KINDS
from ew4all.planning.recommendations import (
    Advice,
    Money,
    Readiness,
    money_of,
    ranked_advice,
    readiness_of,
)


def advice(
    name: str, people: float | None, cost: float | None, low: float = 0.0, high: float = 1.0
) -> Advice:
    return Advice("siren", name, people, people, Money(cost), Readiness(low, high, (), ()), "plan.json", (name,))  # fmt: skip


def test_places_by_hand() -> None:
    found = ranked_advice(
        [
            advice("many", 100.0, 1000.0, 0.2, 0.8),  # places 1, 2 (10 each), 3
            advice("cheap", 50.0, 100.0, 0.5, 0.5),  # places 2, 1 (2 each), 1
            advice("no price", 10.0, None, 0.2, 1.0),  # places 3, 3, 2
        ]
    )
    assert [(r.advice.name, r.by_people, r.by_cost, r.by_readiness) for r in found] == [
        ("cheap", 2, 1, 1),
        ("many", 1, 2, 3),
        ("no price", 3, 3, 2),
    ]
    assert [r.rank for r in found] == [1, 2, 3]


def test_equal_ones_share_the_better_place_and_go_by_name() -> None:
    found = ranked_advice([advice("b", 10.0, 20.0), advice("a", 10.0, 20.0), advice("c", 1.0, 2.0)])
    assert [(r.advice.name, r.by_people, r.by_cost) for r in found] == [("a", 1, 1), ("b", 1, 1), ("c", 3, 1)]  # fmt: skip


rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 4)), st.one_of(st.none(), st.integers(1, 4)), st.integers(0, 2), st.integers(0, 2)
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(rows, st.randoms())
def test_the_order_of_the_inputs_does_not_matter_and_better_never_comes_later(
    given_rows: list[tuple[int | None, int | None, int, int]], shuffled: object
) -> None:
    made = [
        advice(f"m{k}", p, c, low / 4, (low + more) / 4)
        for k, (p, c, low, more) in enumerate(given_rows)
    ]
    other = list(made)
    shuffled.shuffle(other)  # type: ignore[attr-defined]
    found = ranked_advice(made)
    assert found == ranked_advice(other)
    rank = {r.advice.name: r.rank for r in found}
    for a, b in itertools.permutations(made, 2):
        each = [float("inf") if x.cost_per_person is None else x.cost_per_person for x in (a, b)]
        ready = [(x.readiness.low, x.readiness.high) for x in (a, b)]
        no_worse = (a.people or 0) >= (b.people or 0) and each[0] <= each[1] and ready[0] >= ready[1]  # fmt: skip
        better = (a.people or 0) > (b.people or 0) or each[0] < each[1] or ready[0] > ready[1]
        if no_worse and better:
            assert rank[a.name] < rank[b.name]


def test_unknown_is_neither_yes_nor_no() -> None:
    needed = [item.id for item in checklist() if "battery" in item.measures]
    assert len(needed) == 5
    said = dict(zip(needed, ("yes", "partly", "no", "unknown"), strict=False))
    found = readiness_of("battery", answered(ChecklistAnswers(answers=said), {}, {}))
    # 1 + 0.5 of 5 for certain; the unknown two may be yes.
    assert (found.low, found.high) == (pytest.approx(1.5 / 5), pytest.approx(3.5 / 5))
    assert found.missing == (needed[1], needed[2])
    assert found.unknown == (needed[3], needed[4])
    assert readiness_of("of another version", answered(ChecklistAnswers(), {}, {})).low == 1.0


def test_answers_come_from_whoever_gave_one() -> None:
    given_ = ChecklistAnswers(answers={"cap": "no", "procedures": "unknown"})
    found = {one.item.id: one for one in answered(given_, {"cap": "yes", "procedures": "partly"}, {"authority": "yes"})}  # fmt: skip
    assert (found["cap"].answer, found["cap"].given_by) == ("no", "answers")
    assert (found["procedures"].answer, found["procedures"].given_by) == ("partly", "facts")
    assert (found["law_disaster"].answer, found["law_disaster"].given_by) == ("yes", "feasibility")
    assert (found["drills"].answer, found["drills"].given_by) == ("unknown", "")


def test_the_range_of_costs_is_that_of_the_table() -> None:
    used = {row.name: row.value for row in COSTS}
    # Five years of two batteries: 2 * (12,000 + 5 * 600), between 2 * (5,000 + 1,000) and 2 * (30,000 + 7,500).
    found = money_of("battery", [15_000.0, 15_000.0], used, 5.0)
    assert (found.value, found.low, found.high) == (30_000.0, 12_000.0, 75_000.0)
    own = money_of("battery", [15_000.0], {**used, "battery": 11_000.0}, 5.0)
    assert (own.value, own.low, own.high) == (15_000.0, None, None)
    assert money_of("battery", [1.0], used, 5.0, listed=True).low is None
    # A small country pays the least sum: 1.5 M and 5 years of 0.3 M, at the low end 0.5 M and 5 years of 0.1 M.
    small = money_of("cell_broadcast", [3e6], used, 5.0, people=1000.0)
    assert (small.low, small.high) == (pytest.approx(1e6), pytest.approx(1e7))
    assert money_of("siren", [25_783.0], used, 5.0).low == pytest.approx(25_783.0 * (10_850 + 1_500) / (17_350 + 4_500))  # fmt: skip


def test_the_checklist_is_well_formed_and_comes_back() -> None:
    ids = [item.id for item in checklist()]
    assert len(ids) == len(set(ids))
    assert {kind for item in checklist() for kind in item.measures} == set(KINDS)
    said = answered(ChecklistAnswers(answers={"cap": "yes"}, remarks={"cap": 'a "quoted" word'}), {}, {})  # fmt: skip
    back = read_checklist(blank_checklist(said, "Côte").encode(), "blank")
    assert back.country == "Côte"
    assert back.answers["cap"] == "yes"
    assert back.remarks == {"cap": 'a "quoted" word'}
    assert set(back.answers) == set(ids)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[answers]\ncaps = 'yes'", "did you mean cap?"), ("[answers]\ncap = 1", "is no text"), ("x", "is no TOML")],
)  # fmt: skip
def test_bad_answers(text: str, said: str) -> None:
    with pytest.raises(QuestionnaireError, match=said.replace("?", r"\?")):
        read_checklist(text.encode(), "f")
