"""Fit the repair sets of `ew4all.coverage.outages.defaults` to published shares of sites out, and compare forms of them.

    python -m tools.fit_repair            # some minutes; prints the fits, what else was tried, and every residual

Only the first share of a series goes in. The mean ratio of later shares to the first, on a made network with that share of its
sites out, is compared with the published one. Least squares, each storm with equal weight (the shares of one series are one
observation of one repair, not several), among parameters that keep every fitted ratio within the pass mark of 0.15, with 0.005
to spare, if there are any. A band of validation/cases plays no part in it. In `restore` the mains and the queue of crews do not
touch, so the fit takes the mains in closed form and the queue from runs; what is printed of the values of the table comes from
`restore` alone. Draws are the same for all parameters, so the result is the same every time.

Forms of the mains: exponential; Weibull; exponential with a mean that grows with a power of the share of sites out; exponential
after a delay (roads) that grows with that share or its square. Each is fitted with the exponent of the crews of 0, 1/2 and 1. A
form with one number more than the exponential is taken if it lowers the misfit of all storms by a tenth. Each is also fitted to
all storms but one, and held against that one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.repair import restore
from tools.outage_series import CHECKED, ISLAND, MAINLAND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.outage_series import Series

SITES = 4000
REPLICAS = 24
PASS = 0.15
BOUND = 0.145  # what the fit keeps to, so that other draws still pass
DAY_S = 86400.0
ROUNDS = 4  # grids, each a third as wide as the one before

EXTRA: Final = {
    "exponential": (),
    "weibull": tuple(np.arange(0.45, 1.9, 0.15)),
    "grows": tuple(np.arange(0.0, 0.81, 0.1)),
    "delay": tuple(np.arange(0.0, 2.5, 0.3)),
    "delay, square": tuple(np.arange(0.0, 4.9, 0.6)),
}
"""Forms of the mains, and where the number that each has more than the exponential is looked for."""

TAUS: Final = {"mainland": np.arange(1.5, 8.01, 0.5), "island": np.arange(40.0, 401.0, 40.0)}
CREWS: Final = {
    ("mainland", 0.0): np.arange(0.002, 0.0301, 0.003),
    ("mainland", 0.5): np.arange(0.009, 0.0601, 0.006),
    ("mainland", 1.0): np.arange(0.02, 0.141, 0.015),
    ("island", 0.5): np.arange(0.0, 0.0141, 0.002),
}


@dataclass(frozen=True)
class Fit:
    """A form with its numbers, and how far it is from the published shares."""

    form: str
    exponent: float
    tau_d: float
    crews: float
    extra: float
    worst: float
    misfit: float

    def __str__(self) -> str:
        """Return a line to print."""
        extra = "" if self.form == "exponential" else f", number of the form {self.extra:.4g}"
        return (
            f"{self.form:13} crews^{self.exponent:g}: misfit {self.misfit:.5f}, worst {self.worst:.3f}; "
            f"tau {self.tau_d:.4g} d, crews {self.crews:.4g}{extra}"
        )


def ratios(
    series: Series, repair: str, assume: Mapping[str, float] | None = None, replicas: int = REPLICAS
) -> np.ndarray:
    """Return the modelled share over the first share at the days of a series."""
    return _out(series, repair, assume, replicas)[:, 1:4].sum(axis=1)


def _out(
    series: Series, repair: str, assume: Mapping[str, float] | None, replicas: int
) -> np.ndarray:
    """Return sites in each state over those out at first, at the days of a series; shape (days, states)."""
    down = np.zeros(SITES, np.bool_)
    down[: round(SITES * series.first / 100.0)] = True
    days = np.array([day for day, _ in series.later])
    order = np.argsort(days)
    out: np.ndarray | None = None
    for replica in range(replicas):
        timeline = restore(down, repair=repair, assume=assume, replica=replica)
        counts = timeline.counts(days[order] * DAY_S)
        out = np.zeros(counts.shape) if out is None else out
        out[order] += counts / down.sum() / replicas
    assert out is not None
    return out


@cache
def _queue(series: Series, repair: str, crews: float, exponent: float) -> np.ndarray:
    """Return the part of `ratios` that waits for crews: sites damaged and without transport."""
    assume = {f"{repair}_crews": crews, "crews_exponent": exponent}
    return _out(series, repair, assume, REPLICAS)[:, (1, 3)].sum(axis=1)


def _mains(series: Series, form: str, tau_d: float, extra: float) -> np.ndarray:
    """Return the part of `ratios` that waits for the mains, in closed form."""
    values, share = resolve(), series.first / 100.0
    days = np.array([day for day, _ in series.later]) - values["restart_h"] / 24.0
    shape = 1.0
    if form == "weibull":
        shape = extra
    elif form == "grows":
        tau_d *= share**extra
    elif form.startswith("delay"):
        days = np.maximum(days - extra * (share if form == "delay" else share**2), 0.0)
    part: np.ndarray = values["cause_power"] * np.exp(-((days / tau_d) ** shape))
    return part


def residuals(
    group: Sequence[Series],
    repair: str,
    assume: Mapping[str, float] | None = None,
    replicas: int = REPLICAS,
) -> dict[tuple[str, str], np.ndarray]:
    """Return modelled minus published ratios, by event and area."""
    return {(s.event, s.area): ratios(s, repair, assume, replicas) - _published(s) for s in group}


def misfit(found: Mapping[tuple[str, str], np.ndarray]) -> float:
    """Sum over storms of the mean square of their residuals."""
    storms: dict[str, list[np.ndarray]] = {}
    for (event, _), values in found.items():
        storms.setdefault(event, []).append(values)
    return float(sum(np.mean(np.concatenate(parts) ** 2) for parts in storms.values()))


def fit(repair: str, group: Sequence[Series], form: str, exponent: float) -> Fit:
    """Return the best fit of a form: a coarse grid, then finer ones around the best so far."""
    axes = [TAUS[repair], CREWS[repair, exponent], np.array(EXTRA[form] or (0.0,))]
    steps = [float(a[1] - a[0]) if a.size > 1 else 0.0 for a in axes]
    best: Fit | None = None
    for _ in range(ROUNDS):
        for tau_d, crews, extra in itertools.product(*axes):
            one = _judged(repair, group, form, exponent, (float(tau_d), float(crews), float(extra)))
            if best is None or _cost(one) < _cost(best):
                best = one
        assert best is not None
        steps = [step / 3.0 for step in steps]
        centre = (best.tau_d, best.crews, best.extra)
        lowest = (0.1, 0.0, 0.2 if form == "weibull" else 0.0)
        axes = [
            np.unique(np.maximum(c + step * np.arange(-3, 4), low))
            for c, step, low in zip(centre, steps, lowest, strict=True)
        ]
    return best


def _judged(
    repair: str,
    group: Sequence[Series],
    form: str,
    exponent: float,
    numbers: tuple[float, float, float],
) -> Fit:
    tau_d, crews, extra = numbers
    found = {
        (s.event, s.area): _mains(s, form, tau_d, extra)
        + _queue(s, repair, round(crews, 6), exponent)
        - _published(s)
        for s in group
    }
    worst = float(max(np.abs(v).max() for v in found.values()))
    return Fit(form, exponent, tau_d, crews, extra, worst, misfit(found))


def _cost(one: Fit) -> float:
    """Least squares; what is beyond the bound weighs more than any misfit."""
    return one.misfit + 10.0 * max(0.0, one.worst - BOUND)


def _published(series: Series) -> np.ndarray:
    return np.array([ratio for _, ratio in series.ratios])


def show(title: str, found: Mapping[tuple[str, str], np.ndarray], group: Sequence[Series]) -> None:
    """Print published and modelled ratios with their difference."""
    print(f"{title}: misfit {misfit(found):.5f}")
    for series in group:
        for (day, ratio), residual in zip(
            series.ratios, found[series.event, series.area], strict=True
        ):
            mark = "" if abs(residual) <= PASS else "   <-- beyond 0.15"
            print(
                f"  {series.event:14} {series.area:32} day {day:3.0f}: published {ratio:.3f}, "
                f"model {ratio + residual:.3f}, difference {residual:+.3f}{mark}"
            )


def left_out(form: str, exponent: float) -> dict[str, float]:
    """Return the mean square of each storm's residuals under the fit to the other storms."""
    found = {}
    for storm in dict.fromkeys(s.event for s in MAINLAND):
        one = fit("mainland", [s for s in MAINLAND if s.event != storm], form, exponent)
        held = [s for s in MAINLAND if s.event == storm]
        numbers = (one.tau_d, one.crews, one.extra)
        found[storm] = _judged("mainland", held, form, exponent, numbers).misfit
        if storm.startswith("Helene"):
            (helene,) = held
            out = _mains(helene, form, one.tau_d, one.extra)
            out = helene.first * (out + _queue(helene, "mainland", round(one.crews, 6), exponent))
            print(
                f"    fitted without Helene: {one}; her shares {np.array2string(out, precision=1)}"
            )
    return found


def main() -> None:
    """Fit, compare, and check."""
    for form in EXTRA:
        for exponent in (0.0, 0.5, 1.0):
            print(f"mainland, {fit('mainland', MAINLAND, form, exponent)}", flush=True)
    for form in EXTRA:
        found = left_out(form, resolve()["crews_exponent"])
        told = ", ".join(f"{storm} {value:.4f}" for storm, value in found.items())
        print(f"{form}, each storm under the fit to the others: {sum(found.values()):.4f} ({told})")
    for form in ("exponential", "weibull"):
        print(f"island, {fit('island', ISLAND, form, resolve()['crews_exponent'])}")
    show("mainland, values of the table", residuals(MAINLAND, "mainland", replicas=40), MAINLAND)
    show("island, values of the table", residuals(ISLAND, "island", replicas=40), ISLAND)
    for repair, series in CHECKED:
        show(f"not fitted, {repair}", residuals([series], repair, replicas=40), [series])


if __name__ == "__main__":
    main()
