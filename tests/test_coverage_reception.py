"""Margin to probability: quadrature against brute force, and what must always hold."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from ew4all.coverage import reception
from ew4all.coverage.normal import NODES, WEIGHTS, cdf, quantile
from ew4all.coverage.propagation.building_entry import entry_loss_db
from ew4all.coverage.reception import (
    any_of,
    indoor_probability,
    indoors,
    mean_cycles,
    moving_probability,
    outdoor_probability,
    person_probability,
    reception_curve,
    reception_probability,
    repeated_probability,
    roaming_share,
    segments_probability,
)
from ew4all.coverage.reception_defaults import RECEPTION_DEFAULTS, markdown, value
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

margins = st.floats(-60.0, 120.0)
shares = st.floats(0.0, 1.0)


# -------------------------------------------------------------------------------- the normal distribution


def test_normal_distribution_to_rounding() -> None:
    x = np.linspace(-8.0, 8.0, 401)
    assert_allclose(cdf(x), [0.5 * math.erfc(-v / math.sqrt(2.0)) for v in x], rtol=1e-15)
    p = np.array([1e-12, 1e-4, 0.02425, 0.3, 0.5, 0.7, 0.97575, 1.0 - 1e-9])
    assert_allclose(cdf(quantile(p)), p, rtol=1e-13)
    assert quantile([0.0, 1.0]).tolist() == [-np.inf, np.inf]
    assert np.isnan(quantile([-0.1, 1.1, np.nan])).all()
    assert_allclose(
        [WEIGHTS.sum(), WEIGHTS @ NODES, WEIGHTS @ NODES**2], [1.0, 0.0, 1.0], atol=1e-8
    )


# ----------------------------------------------------------------------------------------------- one look


def test_outdoors_with_and_without_spread() -> None:
    assert_allclose(
        outdoor_probability([-8.0, 0.0, 8.0], 8.0), [0.158655, 0.5, 0.841345], atol=1e-6
    )
    assert outdoor_probability([-0.1, 0.0, 0.1], 0.0).tolist() == [0.0, 1.0, 1.0]
    assert np.isnan(outdoor_probability([np.nan, 1.0], [8.0, -1.0])).all()
    assert outdoor_probability(3.0).shape == ()


@pytest.mark.parametrize("sigma", [0.2, 8.0])
@pytest.mark.parametrize("kind", [1, 2])
def test_indoors_is_the_mean_over_many_walls(kind: int, sigma: float) -> None:
    """Against as many places as there are midpoints of the distribution, by another function."""
    share = (np.arange(20_000) + 0.5) / 20_000
    loss = entry_loss_db(800.0, share, kind).db
    for margin in (-10.0, 10.0, 30.0, 60.0):
        wanted = outdoor_probability(margin - loss, sigma).mean()
        assert indoor_probability(margin, sigma, 800.0, kind) == pytest.approx(wanted, abs=1e-5)


def test_shape_is_kept_and_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    margin = np.linspace(-20.0, 80.0, 60).reshape(5, 12)
    whole = indoor_probability(margin, 6.0, 1800.0, 2)
    monkeypatch.setattr(reception, "_AT_ONCE", 7)
    assert_allclose(indoor_probability(margin, 6.0, 1800.0, 2), whole, rtol=1e-13)
    assert_allclose(
        repeated_probability(margin, 8.0, 3.0, 4)[2, 3],
        repeated_probability(margin[2, 3], 8.0, 3.0, 4),
    )


def test_mix_of_people_and_buildings() -> None:
    margin = np.array([0.0, 20.0, 40.0])
    out, old, new = (
        outdoor_probability(margin, 8.0),
        indoor_probability(margin, 8.0, 800.0, 1),
        indoor_probability(margin, 8.0, 800.0, 2),
    )
    assert_allclose(reception_probability(margin, 8.0, 800.0, 0.0), out)
    assert_allclose(reception_probability(margin, 8.0, 800.0, 1.0), 0.7 * old + 0.3 * new)
    mix = {"efficient": 1.0}
    assert_allclose(reception_probability(margin, 8.0, 800.0, 0.8, mix), 0.2 * out + 0.8 * new)
    assert (out >= old).all()
    assert (old >= new).all()


def test_curve_of_the_maps_is_the_closed_form() -> None:
    for sigma in (3.0, 8.0):
        at, p = reception_curve(sigma, 800.0, 0.7)
        assert (np.diff(p) >= 0.0).all()
        assert p[0] < 1e-9
        assert p[-1] > 1.0 - 1e-9
        margin = np.linspace(-40.0, 100.0, 997)
        wanted = reception_probability(margin, sigma, 800.0, 0.7)
        assert_allclose(np.interp(margin, at, p), wanted, atol=5e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: reception_probability(0.0, 8.0, 800.0, 70.0), "for 70 % write 0.7"),
        (lambda: reception_probability(0.0, 8.0, 800.0, 0.5, {"brick": 1.0}), "no type of building 'brick'"),
        (lambda: reception_probability(0.0, 8.0, 800.0, 0.5, {"traditional": 0.7}), "add up to 1"),
        (lambda: indoors(cdf, 0.0, 800.0, 3), "building classes are 1"),
        (lambda: repeated_probability(0.0, -1.0, 3.0, 2), "are at least 0, but got -1.0 dB"),
        (lambda: repeated_probability(0.0, 8.0, 3.0, math.nan), "are at least 0"),
        (lambda: moving_probability([[0.5]], 1.5), "fraction, 0 to 1, but got 1.5"),
        (lambda: person_probability([0.5], [0.5], "any"), "no regime 'any'; there are own, limited, roaming"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call: object, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        call()  # type: ignore[operator]


# ---------------------------------------------------------------------------------------------- repetition


@pytest.mark.parametrize(
    ("place_db", "time_db"),
    [(8.0, 3.0), (3.0, 8.0), (8.0, 0.05), (0.05, 8.0), (8.0, 1e-3), (5.0, 5.0), (0.0, 4.0)],
)
@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_repeats_against_plain_sums(place_db: float, time_db: float, n: int) -> None:
    """Against a fine sum over the best of n deviations, whatever is the wider spread."""
    for margin in (-12.0, 0.0, 7.0):
        best = np.linspace(-9.0, 9.0, 40_001)
        chance = np.diff(np.asarray(cdf(best)) ** n)
        middle = 0.5 * (best[1:] + best[:-1])
        wanted = chance @ outdoor_probability(margin + time_db * middle, place_db)
        assert repeated_probability(margin, place_db, time_db, n) == pytest.approx(wanted, abs=1e-4)


@given(margin=margins, place=st.floats(0.0, 12.0), time=st.floats(0.0, 12.0), n=st.integers(1, 50))
def test_one_more_broadcast_never_hurts(margin: float, place: float, time: float, n: int) -> None:
    fewer = repeated_probability(margin, place, time, n)
    more = repeated_probability(margin, place, time, n + 1)
    assert -1e-12 <= fewer <= more + 1e-9 <= 1.0 + 1e-8


def test_repeats_at_the_ends() -> None:
    assert repeated_probability([5.0, np.nan], 8.0, 3.0, 0).tolist()[0] == 0.0
    assert repeated_probability(5.0, 8.0, 0.0, 30) == outdoor_probability(5.0, 8.0)
    assert repeated_probability(5.0, 8.0, 6.0, 1) == outdoor_probability(5.0, 10.0)


def test_repeats_indoors_beat_fading_not_walls() -> None:
    def repeated(n: int) -> float:
        return float(
            indoors(
                lambda m: repeated_probability(m.ravel(), 8.0, 3.0, n).reshape(m.shape),
                20.0,
                800.0,
                2,
            )
        )

    assert repeated(1) == pytest.approx(
        float(indoor_probability(20.0, math.hypot(8.0, 3.0), 800.0, 2)), abs=1e-9
    )
    assert repeated(1) < repeated(10) < 0.5


def brute_moving(missed: list[float], move: float) -> float:
    """Try every pattern of moves between broadcasts."""
    n = len(missed)
    total = 0.0
    for pattern in itertools.product([False, True], repeat=n - 1):
        chance, stays = 1.0, [1]
        for moves in pattern:
            chance *= move if moves else 1.0 - move
            if moves:
                stays.append(1)
            else:
                stays[-1] += 1
        total += chance * math.prod(missed[stay - 1] for stay in stays)
    return 1.0 - total


@given(q=st.lists(shares, min_size=1, max_size=7), move=shares)
def test_moving_against_every_pattern_of_moves(q: list[float], move: float) -> None:
    missed = sorted(q, reverse=True)
    assert moving_probability(missed, move) == pytest.approx(brute_moving(missed, move), abs=1e-12)


def test_moving_lifts_what_repeats_cannot() -> None:
    missed = [
        1.0 - repeated_probability(np.array([-5.0, 0.0, 5.0]), 8.0, 3.0, n) for n in range(1, 31)
    ]
    still, some, always = (moving_probability(missed, move) for move in (0.0, 0.1, 1.0))
    assert_allclose(still, 1.0 - missed[-1])
    assert_allclose(always, 1.0 - missed[0] ** 30)
    assert (still < some).all()
    assert (some < always).all()


@pytest.mark.parametrize("segments", [1, 2, 5, 12])
@pytest.mark.parametrize("p", [0.0011, 0.02, 0.5, 0.9, 1.0])
def test_mean_cycles_is_inclusion_and_exclusion(segments: int, p: float) -> None:
    wanted = sum(
        (-1) ** (k + 1) * math.comb(segments, k) / (1.0 - (1.0 - p) ** k)
        for k in range(1, segments + 1)
    )
    assert mean_cycles(p, segments) == pytest.approx(wanted, rel=1e-7)


def test_cycles_at_the_ends() -> None:
    found = mean_cycles([0.0, 9.99e-4, 1.001e-3, 1.0], 64)
    assert found[0] == np.inf
    assert found[1] > found[2]
    assert found[1] == pytest.approx(found[2] * 1.001 / 0.999, rel=1e-4)
    assert np.isnan(mean_cycles(1.5, 2))
    cycles = np.arange(2000.0)
    left = 1.0 - np.array([segments_probability(0.05, 4, n) for n in cycles])
    assert mean_cycles(0.05, 4) == pytest.approx(left.sum(), rel=1e-9)


# ------------------------------------------------------------------------------------ SIMs and networks


@given(
    own=st.lists(shares, min_size=1, max_size=3), others=st.lists(shares, max_size=3), shown=shares
)
def test_regimes_stand_in_order(own: list[float], others: list[float], shown: float) -> None:
    mine, limited, roaming = (
        float(person_probability(own, others, regime, shown=shown))
        for regime in ("own", "limited", "roaming")
    )
    assert 0.0 <= mine <= limited + 1e-12
    assert limited <= roaming + 1e-12 <= 1.0 + 2e-12
    assert mine == pytest.approx(float(any_of(own)))
    assert roaming == pytest.approx(float(any_of([*own, *others])), abs=1e-12)
    assert mine >= max(own) - 1e-12


def test_limited_service_by_hand() -> None:
    assert person_probability([0.5, 0.2], [0.5], "limited") == pytest.approx(0.6 + 0.4 * 0.7 * 0.5)
    assert person_probability(
        [0.0], [0.9], "roaming", searched=roaming_share(75.0)
    ) == pytest.approx(0.45)
    assert roaming_share([0.0, 30.0, 75.0, 120.0, 500.0]).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    blocks = person_probability(np.full((2, 3, 4), 0.5), np.zeros((1, 3, 4)), "limited")
    assert blocks.shape == (3, 4)


# ------------------------------------------------------------------------------------------- defaults


def test_defaults_have_sources_and_stand_in_the_documents(repository: Path) -> None:
    assert all(row.source and row.unit and row.confidence for row in RECEPTION_DEFAULTS)
    assert value("traditional_share") + value("efficient_share") == pytest.approx(1.0)
    assert markdown() in (repository / "docs/radio.md").read_text(encoding="utf-8")
