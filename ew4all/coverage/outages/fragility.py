"""Chance that a hazard takes a site, its mains, or a link: one lognormal curve a row, with its source.

P(fails) = ceiling x Phi(ln((x - offset) / median) / beta), x the intensity there; nothing fails up to `offset`.

Units of x: wind, gust in m/s (3-s; a 1-min or 10-min wind must be raised first); flood, depth at ground in m; shaking, peak
ground acceleration in g; fire, share of the place that burnt, 0 to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.outages.kernels import lognormal_shares
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.units import F64

__all__ = ["CURVES", "KINDS", "PARTS", "UNITS", "Curve", "curves_of", "markdown"]

KINDS: Final = ("wind", "flood", "shaking", "fire")
UNITS: Final = {"wind": "m/s", "flood": "m", "shaking": "g", "fire": "share"}
PARTS: Final = ("site", "mains", "fibre", "microwave")
"""What a curve is about: the site itself, its mains supply, or a link of that kind."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One row of the table; see the module for the formula."""

    hazard: str
    part: str
    median: float
    beta: float
    offset: float
    ceiling: float
    source: str
    confidence: str

    def __post_init__(self) -> None:
        """Refuse a curve that cannot be one."""
        numbers = (self.median, self.beta, self.offset, self.ceiling)
        if not (
            all(map(math.isfinite, numbers))
            and self.median > 0.0
            and self.beta > 0.0
            and self.offset >= 0.0
            and 0.0 <= self.ceiling <= 1.0
        ):
            msg = (
                f"the fragility curve of {self.part} under {self.hazard} has median {self.median:g}, beta {self.beta:g}, "
                f"offset {self.offset:g}, ceiling {self.ceiling:g}; median and beta must be above 0, ceiling 0 to 1"
            )
            raise OptionError(msg)

    def probability(self, intensity: F64) -> F64:
        """Return the chance of failure; NaN (no data) gives 0, so say beforehand what share that is."""
        x = np.ascontiguousarray(intensity, np.float64)
        out = np.empty(x.size)
        lognormal_shares(x.ravel(), self.median, self.beta, self.offset, self.ceiling, out)
        return out.reshape(x.shape)


_CHOSEN = "chosen for this project; no publication found"
_C = Curve

CURVES: Final[tuple[Curve, ...]] = (
    _C("wind", "site", 60.5, 0.2, 0.0, 1.0, "Miyamoto International (2019), damage ratio as used by open-rigbi: fit median 60.5 m/s, beta 0.115; beta widened to 0.2 for mixed design classes", "published"),
    _C("wind", "mains", 32.0, 0.3, 0.0, 1.0, _CHOSEN, "judgement"),
    _C("wind", "fibre", 60.0, 0.4, 0.0, 1.0, "aerial spans; " + _CHOSEN, "judgement"),
    _C("wind", "microwave", 45.0, 0.25, 0.0, 1.0, "dish turned by 1 to 2 degrees; " + _CHOSEN, "judgement"),
    _C("flood", "site", 0.5, 0.5, 0.3, 1.0, "depth above a plinth of 0.3 m; " + _CHOSEN + " (Kok et al. 2004 give damage ratios, not outage)", "judgement"),
    _C("flood", "mains", 0.7, 0.5, 0.0, 1.0, _CHOSEN, "judgement"),
    _C("flood", "fibre", 2.5, 0.6, 0.0, 1.0, "ducts at bridges; " + _CHOSEN, "judgement"),
    _C("flood", "microwave", 1.0, 0.5, 0.3, 1.0, "radio in the flooded cabinet; " + _CHOSEN, "judgement"),
    _C("shaking", "site", 0.46, 0.62, 0.0, 1.0, "Hazus communication facility, unanchored, extensive damage or worse (anchored: 0.60 g, 0.62); the manual could not be opened here", "recalled"),
    _C("shaking", "mains", 0.26, 0.5, 0.0, 1.0, "Hazus 5.1, low-voltage substation, unanchored, moderate damage or worse (read in NHERI-SimCenter's DamageAndLossModelLibrary)", "published"),
    _C("shaking", "fibre", 0.9, 0.7, 0.0, 1.0, _CHOSEN, "judgement"),
    _C("shaking", "microwave", 0.6, 0.62, 0.0, 1.0, "dish turned; " + _CHOSEN, "judgement"),
    _C("fire", "site", 0.01, 0.5, 0.0, 0.01, "1 % of outages were direct damage, Australian fires 2019-20 (ACMA)", "published"),
    _C("fire", "mains", 0.05, 0.5, 0.0, 0.6, _CHOSEN, "judgement"),
    _C("fire", "fibre", 0.05, 0.5, 0.0, 0.1, "aerial spans; " + _CHOSEN, "judgement"),
    _C("fire", "microwave", 0.05, 0.5, 0.0, 0.01, _CHOSEN, "judgement"),
)  # fmt: skip


def curves_of(hazard: str, replace: Sequence[Curve] = ()) -> Mapping[str, Curve]:
    """Return the curves of a hazard by part, the given ones in place of the defaults.

    Raises
    ------
    OptionError
        No such hazard, or a replacement of another hazard or of an unknown part.
    """
    if hazard not in KINDS:
        msg = f"there is no kind of hazard '{hazard}'; use one of {', '.join(KINDS)}"
        raise OptionError(msg)
    found = {curve.part: curve for curve in CURVES if curve.hazard == hazard}
    for curve in replace:
        if curve.hazard != hazard or curve.part not in PARTS:
            msg = f"a curve of '{curve.part}' under '{curve.hazard}' has no place in a run of {hazard}; parts are {', '.join(PARTS)}"
            raise OptionError(msg)
        found[curve.part] = curve
    return found


def markdown() -> str:
    """Return the table of curves as docs/outages.md has it."""
    lines = [
        "| hazard | part | median | beta | offset | ceiling | confidence | source |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {c.hazard} | {c.part} | {c.median:g} {UNITS[c.hazard]} | {c.beta:g} | {c.offset:g} | {c.ceiling:g} "
        f"| {c.confidence} | {c.source} |"
        for c in CURVES
    ]
    return "\n".join(lines) + "\n"
