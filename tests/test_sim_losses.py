"""How far a warning came with rows, and cohorts given back to the map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from ew4all.errors import GridMismatchError
from ew4all.sim.cohorts import Cohorts, explode, exploded
from ew4all.sim.losses import STAGES, Losses
from ew4all.sim.population import Exposure, Mixing, Population
from ew4all.sim.rows import Rows
from ew4all.sim.unfolding import share_of_cohorts, unfold


def rows_of(people: list[float], **columns: object) -> Rows:
    n = len(people)
    zero = np.zeros(n, np.int32)
    base = {
        "zone": zero, "group": zero, "in_area": np.ones(n, bool), "at_risk": np.ones(n, bool), "arrival_s": np.full(n, 60.0),
        "settlement": np.zeros(n, np.int8), "siren": zero - 1, "operator": zero, "service": np.arange(n, dtype=np.int32),
        "indoors": np.zeros(n, bool), "awake": np.ones(n, bool), "phone_on": np.ones(n, bool), "mains_lost": np.zeros(n, bool),
    }  # fmt: skip
    return Rows(people=np.array(people), **{**base, **columns})


def population_of(
    people: list[float],
    susceptible: list[list[float]],
    rng: np.random.Generator | None = None,
    mixing: Mixing | None = None,
) -> Population:
    rows = rows_of(people)
    kind = np.arange(len(people), dtype=np.int32)
    exposures = [Exposure(kind, np.array(share), kind.astype(np.intp)) for share in susceptible]
    made = Population(rows, (kind, len(people)), exposures, rng=rng, mixing=mixing)
    made.begin(0.0)
    return made


def test_two_channels_lose_people_at_the_stage_that_neither_passes() -> None:
    """By hand: on air for 0.8 and 0.5, receivers 0.5 and 1, half of those reached in the time, all of them notice."""
    found = population_of([1000.0], [[0.5], [1.0]])
    for c, on_air in enumerate((0.8, 0.5)):
        found.alert(c, np.array([on_air]))
        found.set_rates(c, np.array([np.log(2.0)]), 0.5)
    found.advance(1.0)
    losses = Losses.of(found)
    # Reached: 0.25 and 0.5; has a receiver on air: max(0.8 x 0.5, 0.25), max(0.5, 0.5); noticed: 0.125, 0.25.
    none = [0.2 * 0.5, 0.6 * 0.5, 0.75 * 0.5, 0.875 * 0.75]
    assert_allclose(losses.lost[0], 1000.0 * np.diff([0.0, *none]))
    assert_allclose(losses.missed, found.totals().none)


def test_word_of_mouth_is_on_air_nowhere() -> None:
    found = population_of([100.0], [[1.0]], mixing=Mixing(0))
    losses = Losses.of(found)
    assert losses.lost[0].tolist() == [100.0, 0.0, 0.0, 0.0]


@given(
    st.lists(st.tuples(*[st.floats(0.0, 1.0)] * 4), min_size=1, max_size=4),
    st.floats(0.0, 5.0),
    st.booleans(),
)
def test_losses_are_never_negative_and_add_up(
    channels: list[tuple[float, ...]], span_s: float, drawn: bool
) -> None:
    rng = np.random.default_rng(1) if drawn else None
    found = population_of([50.0, 7.0], [[s, 1.0 - s] for s, *_ in channels], rng)
    for c, (_, on_air, now, later) in enumerate(channels):
        found.alert(c, np.array([on_air, 1.0]))
        found.set_rates(c, np.array([0.3, 2.0]), now, later)
    found.advance(span_s)
    losses = Losses.of(found)
    assert losses.lost.shape == (2, len(STAGES))
    assert np.all(losses.lost >= 0.0)
    assert_allclose(losses.missed, found.totals().none, rtol=1e-9, atol=1e-9)
    assert np.all(losses.missed <= losses.people + 1e-9)


def cohorts_of(people: list[float], zone: list[int]) -> Cohorts:
    n = len(people)
    zero = np.zeros(n, np.int32)
    return Cohorts(
        people=np.array(people), zone=np.array(zone, np.int32), group=zero, in_area=np.ones(n, bool), at_risk=np.ones(n, bool),
        arrival_s=np.full(n, 60.0), settlement=np.zeros(n, np.int8), siren=zero - 1, operator=zero,
        service=np.arange(n, dtype=np.int32), service_indoors=zero + 9,
    )  # fmt: skip


def test_a_cohort_has_the_mean_of_its_rows() -> None:
    cohorts = cohorts_of([10.0, 30.0], [0, 1])
    shares = np.zeros((2, 16))
    shares[:, 0], shares[:, 1] = 0.25, 0.75
    rows = explode(cohorts, shares)
    share = np.where(rows.indoors, 0.4, 0.8) + 0.1 * (rows.zone == 1)
    found = share_of_cohorts(cohorts, shares, rows, share)
    assert_allclose(found, [0.25 * 0.8 + 0.75 * 0.4, 0.25 * 0.9 + 0.75 * 0.5])
    parts, cohort, weight = exploded(cohorts, shares)
    assert_allclose(np.bincount(cohort, weight), 1.0)
    assert_allclose(parts.people.sum(), cohorts.people.sum())


def test_a_cohort_whose_rows_were_taken_together_has_the_mean_of_its_place() -> None:
    cohorts = cohorts_of([10.0, 30.0], [0, 0])
    shares = np.zeros((2, 16))
    shares[:, 0] = 1.0
    merged = rows_of(
        [40.0], service=np.array([7], np.int32), phone_on=np.zeros(1, bool), awake=np.zeros(1, bool)
    )
    assert_allclose(share_of_cohorts(cohorts, shares, merged, np.array([0.3])), [0.3, 0.3])


def test_shares_that_do_not_fit_are_refused() -> None:
    cohorts = cohorts_of([10.0], [0])
    shares = np.eye(1, 16)
    with pytest.raises(GridMismatchError, match="2 shares"):
        share_of_cohorts(cohorts, shares, explode(cohorts, shares), np.zeros(2))


def test_cohorts_that_folding_did_not_make_have_no_place() -> None:
    from made_played import once

    places = once().places
    with pytest.raises(GridMismatchError, match="do not fit"):
        next(
            unfold(places.inputs.ground, places.result.prepared.folded, np.zeros(3), block=(64, 64))
        )
