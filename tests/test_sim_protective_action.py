"""Curves of protective action against closed forms, published tables and naive twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.errors import GridMismatchError, InputError, OptionError
from ew4all.sim.audience import Audience
from ew4all.sim.in_time import acted, in_time, lead_times
from ew4all.sim.protective_action import FORMS, Response, rayleigh, sorensen_mileti, weibull

MINUTES_S = 60.0 * np.arange(0, 241)


def exponential(mean_s: float, acting: float = 1.0) -> Response:
    grid = np.concatenate([np.arange(0.0, 36000.0, 1.0), [1e7]])
    share = -np.expm1(-grid / mean_s)
    return Response.from_curve(acting, grid, share)


@pytest.mark.parametrize(
    ("scale", "shape", "median_min"), [(1.8, 1, 23), (1, 1, 42), (0.5, 1, 83), (0.5, 2.1, 70)]
)
def test_weibull_has_the_tabled_medians(scale: float, shape: float, median_min: float) -> None:
    """`reference/validation.md` 8.7."""
    half = 3600 * (math.log(2) / scale) ** (1 / shape)
    assert half / 60 == pytest.approx(median_min, abs=0.5)
    assert weibull(half, scale, shape) == pytest.approx(0.5)
    assert weibull([-5.0, 0.0, 1e9], scale, shape, 0.8).tolist() == pytest.approx([0.0, 0.0, 0.8])


def test_rayleigh_is_quickest_at_its_time() -> None:
    share = rayleigh(MINUTES_S, 1800.0, 0.9)
    assert np.argmax(np.diff(share)) in (29, 30)
    # Tweedie: 1 - exp(-t^2 / 1800), t in minutes
    assert share == pytest.approx(0.9 * (1 - np.exp(-((MINUTES_S / 60) ** 2) / 1800)))


def stepped(fastest_min: float, contagion: float, *, density: bool, per_min: int) -> np.ndarray:
    """Step as published code does, with any step: a naive twin."""
    share, out = 0.0, [0.0]
    for k in range(240 * per_min):
        t = (k + 0.5) / per_min
        h = t / fastest_min**2
        h *= math.exp(-(t**2) / (2 * fastest_min**2)) if density else 1.0
        share += (h + contagion * share) * (1 - share) / per_min
        if (k + 1) % per_min == 0:
            out.append(share)
    return np.array(out)


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize(
    ("fastest", "contagion"), [(5, 0.06), (10, 0.02), (20, 0.02), (40, 0.0), (95, 0.06)]
)
def test_sorensen_mileti_is_its_equation_stepped(
    fastest: float, contagion: float, *, density: bool
) -> None:
    exact = sorensen_mileti(MINUTES_S, 60 * fastest, contagion / 60, density=density)
    assert exact == pytest.approx(
        stepped(fastest, contagion, density=density, per_min=60), abs=2e-3
    )


@pytest.mark.parametrize(
    ("fastest", "contagion", "half", "most", "shares"),
    [
        (5, 0.06, 7, 31, (0.77, 0.90, 0.98, 1.0)),
        (10, 0.02, 14, 91, (0.55, 0.72, 0.83, 0.94)),
        (20, 0.02, 26, 101, (0.25, 0.57, 0.80, 0.93)),
        (40, 0.02, 47, 120, (0.08, 0.27, 0.64, 0.90)),
        (95, 0.06, 60, 91, (0.02, 0.09, 0.51, 0.99)),
    ],
)
def test_density_reproduces_the_published_table(
    fastest: float, contagion: float, half: float, most: float, shares: tuple[float, ...]
) -> None:
    """`reference/validation.md` 8.5, stepped by the minute there: within what such steps are off."""
    exact = sorensen_mileti(MINUTES_S, 60 * fastest, contagion / 60, density=True)
    assert exact[[15, 30, 60, 120]] == pytest.approx(shares, abs=0.025)
    assert np.interp([0.5, 0.9], exact, MINUTES_S / 60) == pytest.approx([half, most], abs=2.5)


def test_a_density_stops_at_63_percent_and_a_hazard_at_its_ceiling() -> None:
    late = np.array([1e6])
    assert sorensen_mileti(late, 600.0, 0.0, density=True) == pytest.approx(1 - math.exp(-1))
    assert sorensen_mileti(late, 600.0, 0.0, 0.7) == pytest.approx(0.7)
    assert sorensen_mileti(late, 600.0, 1e-3, 0.7) == pytest.approx(0.7)
    assert sorensen_mileti(MINUTES_S, 600.0, 0.0, 0.7) == pytest.approx(
        rayleigh(MINUTES_S, 600.0, 0.7), abs=1e-6
    )
    assert sorensen_mileti(late, 600.0, 1e-3, 0.0) == 0.0


@given(
    fastest=st.floats(10.0, 10_000.0),
    contagion=st.floats(0.0, 0.01),
    ceiling=st.floats(0.01, 1.0),
    more=st.floats(1.0, 3.0),
)
def test_telling_others_and_higher_ceilings_never_warn_fewer(
    fastest: float, contagion: float, ceiling: float, more: float
) -> None:
    share = sorensen_mileti(MINUTES_S, fastest, contagion, ceiling)
    assert np.all(np.diff(share) >= -1e-9)
    assert np.all(sorensen_mileti(MINUTES_S, fastest, contagion * more, ceiling) >= share - 1e-6)
    higher = min(1.0, ceiling * more)
    assert np.all(sorensen_mileti(MINUTES_S, fastest, contagion, higher) >= share - 1e-6)


@pytest.mark.parametrize("form", list(FORMS))
def test_a_response_is_a_delay_of_those_who_act(form: str) -> None:
    response = Response.of(Audience.usual(), ["en"], form)
    assert response.acting == pytest.approx(0.90 * 0.97 * 0.88)
    assert response.share[0] == 0.0
    assert response.share[-1] == pytest.approx(1.0, abs=1e-3)
    assert np.all(np.diff(response.share) >= 0)


def test_confirming_first_takes_its_time() -> None:
    """Against 200,000 people who draw both times."""
    values = {"confirming": 0.6, "confirming_median_s": 300.0, "confirming_sigma": 0.9}
    response = Response.of(Audience.usual({**values, "action_scale_per_h": 5.2}))
    rng = np.random.default_rng(3)
    n = 200_000
    confirm = np.where(rng.random(n) < 0.6, rng.lognormal(math.log(300.0), 0.9, n), 0.0)
    begin = confirm + rng.exponential(3600 / 5.2, n)
    for at in (60.0, 300.0, 900.0, 3600.0):
        assert response.begun(at) == pytest.approx((begin <= at).mean(), abs=4e-3)
    assert response.within_s(0.5) == pytest.approx(np.median(begin), rel=0.02)
    hasty = Response.of(Audience.usual({**values, "confirming": 0.0}))
    assert hasty.within_s(0.5) / 60 == pytest.approx(8.0, abs=0.1), "LifeSim's example"
    assert np.all(hasty.share >= response.share - 1e-12)


def test_who_does_not_understand_does_not_act() -> None:
    audience = Audience.usual(languages={"en": 0.5})
    assert Response.of(audience, ["en"]).acting == pytest.approx(0.5 * 0.9 * 0.88)
    assert Response.of(audience, ["fr"]).acting == 0.0
    assert Response.of(audience).acting == pytest.approx(0.97 * 0.9 * 0.88)


def test_acting_after_a_warning_to_all_at_once_is_the_delay_itself() -> None:
    warned = np.full((241, 1), 1000.0)
    done = acted(MINUTES_S, warned, exponential(600.0, 0.8))
    assert done[:, 0] == pytest.approx(800 * -np.expm1(-MINUTES_S / 600), abs=1e-2)
    by = in_time(MINUTES_S, warned, np.array([600.0]), exponential(600.0, 0.8))
    assert by == pytest.approx([1000 * -np.expm1(-1.0)], abs=1e-2)


def test_acting_after_a_constant_stream_is_its_integral() -> None:
    """Warned at a rate r, acting after an exponential: r (t - m (1 - exp(-t / m)))."""
    warned = MINUTES_S[:, None] * np.array([0.1, 0.5])
    done = acted(MINUTES_S, warned, exponential(600.0), np.array([1.0, 0.5]))
    exact = MINUTES_S - 600 * -np.expm1(-MINUTES_S / 600)
    assert done == pytest.approx(exact[:, None] * np.array([0.1, 0.25]), abs=1e-2)
    coarse = acted(MINUTES_S[::20], warned[::20], exponential(600.0), np.array([1.0, 0.5]))
    assert coarse == pytest.approx(done[::20], abs=1e-6), "ticks of any length"


def test_many_ticks_are_worked_out_in_blocks() -> None:
    times = 30.0 * np.arange(700)
    warned = 1000 * -np.expm1(-times / 900)[:, None]
    response = exponential(600.0)
    done = acted(times, warned, response)
    exact = 1000 * (1 - (900 * np.exp(-times / 900) - 600 * np.exp(-times / 600)) / 300)
    assert done[:, 0] == pytest.approx(exact, abs=0.5)


def test_in_time_is_whom_the_hazard_finds_moving() -> None:
    warned = np.repeat(MINUTES_S[:, None] * 0.1, 4, axis=1)
    arrival = np.array([3600.0, np.inf, 0.0, 4.5 * 3600])
    response = exponential(600.0, 0.5)
    found = in_time(MINUTES_S, warned, arrival, response)
    assert found[0] == pytest.approx(0.1 * (3600 - 600 * -np.expm1(-6.0)), abs=0.05)
    assert found[1] == warned[-1, 1]
    assert found[2] == 0.0
    # the run ends before the hazard arrives: those warned have time beyond its end
    late = 0.1 * (14400 - 600 * (np.exp(-3.0) - np.exp(-27.0)))
    assert found[3] == pytest.approx(late, abs=0.05)
    done = acted(MINUTES_S, warned, response)
    assert done[60, 0] == pytest.approx(0.5 * found[0], abs=1e-3)


@settings(max_examples=50)
@given(
    steps=st.lists(st.floats(0.0, 100.0), min_size=2, max_size=30),
    arrival=st.floats(-1e4, 1e5),
    sooner=st.floats(0.0, 1e4),
)
def test_nobody_acts_before_the_warning_and_an_earlier_hazard_finds_fewer(
    steps: list[float], arrival: float, sooner: float
) -> None:
    times = 60.0 * np.arange(len(steps))
    warned = np.cumsum(steps)[:, None]
    response = Response.of(Audience.usual())
    done = acted(times, warned, response)
    assert np.all(done <= warned * response.acting + 1e-9)
    assert np.all(np.diff(done[:, 0]) >= -1e-9)
    by = in_time(times, warned, np.array([arrival]), response)
    earlier = in_time(times, warned, np.array([arrival - sooner]), response)
    assert 0.0 <= earlier[0] <= by[0] + 1e-9 <= warned[-1, 0] + 2e-9


def test_lead_times_add_up_to_the_warned() -> None:
    warned = np.repeat(MINUTES_S[:, None] * 0.1, 2, axis=1)
    arrival = np.array([7200.0, np.inf])
    classes = lead_times(MINUTES_S, warned, arrival, [-np.inf, 0.0, 600.0, 3600.0, np.inf])
    assert classes[:, 0] == pytest.approx([720.0, 60.0, 300.0, 360.0])
    assert classes[:, 0].sum() == pytest.approx(warned[-1, 0])
    assert np.all(classes[:, 1] == 0.0)


def test_bad_curves_are_refused() -> None:
    response = exponential(600.0)
    with pytest.raises(
        OptionError, match="no form 'gompertz' of protective action; there are weibull"
    ):
        Response.of(Audience.usual(), form="gompertz")
    with pytest.raises(InputError, match="times that rise from 0"):
        Response.from_curve(0.5, np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    with pytest.raises(InputError, match="acting share"):
        Response.from_curve(1.5, np.array([0.0, 2.0]), np.array([0.0, 1.0]))
    with pytest.raises(GridMismatchError, match="do not fit 3 ticks"):
        acted([0.0, 1.0, 2.0], np.zeros((2, 1)), response)
    with pytest.raises(InputError, match="must rise"):
        acted([0.0, 2.0, 1.0], np.zeros((3, 1)), response)
    with pytest.raises(GridMismatchError, match="2 bins"):
        in_time([0.0, 1.0], np.zeros((2, 2)), np.zeros(3), response)
    with pytest.raises(InputError, match="bin 1 is not a number"):
        in_time([0.0, 1.0], np.zeros((2, 2)), np.array([0.0, np.nan]), response)
    with pytest.raises(InputError, match="edges that rise"):
        lead_times([0.0, 1.0], np.zeros((2, 1)), np.zeros(1), [1.0, 0.0])
