"""The waterfall adds up, and market shares act in one step only."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.assumptions import DEVICE_STEPS, resolve
from ew4all.coverage.waterfall import operator_factor, waterfall
from ew4all.errors import InputError, OptionError

HALF = dict.fromkeys(DEVICE_STEPS, 0.5)
FRACTION = st.floats(0.0, 1.0)


def test_hand_computed() -> None:
    steps = waterfall(1024.0, 512.0, HALF)
    assert [s.step for s in steps] == ["in_area", "covered", *DEVICE_STEPS]
    assert [s.people for s in steps] == [1024, 512, 256, 128, 64, 32, 16, 8, 4]
    assert [s.lost for s in steps] == [0, 512, 256, 128, 64, 32, 16, 8, 4]


@given(
    in_area=st.floats(0.0, 1e10),
    covered=FRACTION,
    factors=st.lists(FRACTION, min_size=len(DEVICE_STEPS), max_size=len(DEVICE_STEPS)),
    own=FRACTION,
)
def test_everybody_sits_in_one_row(in_area, covered, factors, own) -> None:
    steps = waterfall(
        in_area, in_area * covered, dict(zip(DEVICE_STEPS, factors, strict=True)), own
    )
    people = [s.people for s in steps]
    assert people == sorted(people, reverse=True)
    assert min(s.lost for s in steps) >= 0.0
    assert math.fsum(s.lost for s in steps) + people[-1] == pytest.approx(in_area, rel=1e-9)


def test_without_coverage_layers_nothing_is_known_beyond_the_area() -> None:
    assert waterfall(7.0, None, resolve({})) == (("in_area", 7.0, 0.0),)


def test_nobody_covered_is_zero_not_unknown() -> None:
    steps = waterfall(7.0, 0.0, resolve({}))
    assert steps[1] == ("covered", 0.0, 7.0)
    assert steps[-1] == ("noticed", 0.0, 0.0)


def test_operators_act_in_received_only() -> None:
    whole, shared = (
        {s.step: s for s in waterfall(100.0, 80.0, resolve({}), own)} for own in (1.0, 0.7)
    )
    before = ["in_area", "covered", *DEVICE_STEPS[:5]]
    assert [whole[name] for name in before] == [shared[name] for name in before]
    assert shared["received"].people == pytest.approx(0.7 * whole["received"].people)
    assert shared["noticed"].people == pytest.approx(0.7 * whole["noticed"].people)


def test_rounding_of_sums_is_no_fault_but_more_people_than_there_are_is() -> None:
    steps = waterfall(100.0, 100.0 + 1e-9, HALF)
    assert steps[1] == ("covered", 100.0, 0.0)
    with pytest.raises(InputError, match="a coverage layer exceeds 1"):
        waterfall(100.0, 101.0, HALF)


@pytest.mark.parametrize("people", [-1.0, math.nan, math.inf])
def test_numbers_that_count_nobody_are_refused(people) -> None:
    with pytest.raises(InputError, match="cannot be counted"):
        waterfall(people, 0.0, HALF)
    with pytest.raises(InputError, match="cannot be counted"):
        waterfall(1.0, people, HALF)


def test_own_operator_hand_computed() -> None:
    """0.6 x 80 + 0.4 x 50 = 68 of the 100 people whom anybody covers."""
    factor, notes = operator_factor({"A": 0.6, "B": 0.4}, {"A": 80.0, "B": 50.0}, 100.0)
    assert factor == pytest.approx(0.68)
    assert notes == ()


def test_subscribers_of_unknown_networks_count_as_covered_and_a_note_says_so() -> None:
    factor, notes = operator_factor({"A": 0.6}, {"A": 80.0, "B": 50.0}, 100.0)
    assert factor == pytest.approx(0.6 * 0.8 + 0.4)
    (note,) = notes
    assert "add up to 0.6" in note
    assert "40%" in note
    assert "(B among them)" in note


def test_without_shares_own_is_any() -> None:
    assert operator_factor({}, {}, 10.0) == (1.0, ())
    assert operator_factor({}, {"A": 5.0}, 10.0) == (1.0, ())
    factor, notes = operator_factor({}, {"A": 5.0, "B": 6.0}, 10.0)
    assert factor == 1.0
    assert "--operator-share" in notes[0]


def test_nobody_covered_gives_no_division_by_zero() -> None:
    assert operator_factor({"A": 1.0}, {"A": 0.0}, 0.0) == (1.0, ())


def test_factor_never_exceeds_one() -> None:
    assert operator_factor({"A": 1.0}, {"A": 100.0 + 1e-9}, 100.0)[0] == 1.0


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, math.inf, 55.0])
def test_share_out_of_range_is_refused(share) -> None:
    with pytest.raises(OptionError, match="market share of A is a fraction"):
        operator_factor({"A": share}, {"A": 1.0}, 1.0)


def test_shares_above_one_together_are_refused() -> None:
    with pytest.raises(OptionError, match=r"add up to 1.2, which is more than 1"):
        operator_factor({"A": 0.6, "B": 0.6}, {"A": 1.0, "B": 1.0}, 1.0)
    operator_factor(dict.fromkeys("ABC", 1 / 3 + 1e-9), dict.fromkeys("ABC", 1.0), 1.0)


def test_share_of_an_operator_without_a_layer_is_refused() -> None:
    with pytest.raises(OptionError, match=r"'Alpah'.*operators with one: Alpha, Beta"):
        operator_factor({"Alpah": 0.5}, {"Alpha": 1.0, "Beta": 1.0}, 1.0)
    with pytest.raises(OptionError, match=r"operators with one: none"):
        operator_factor({"Alpha": 0.5}, {}, 1.0)
