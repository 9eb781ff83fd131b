"""From macroseismic intensity (MMI) to peak ground acceleration, by published relations and with their spread.

A ShakeMap of intensity was itself computed from ground motion, so going back loses what its makers knew. Prefer a raster of
PGA (``unit="g"``) where there is one.

References
----------
Worden, Gerstenberger, Rhoades and Wald (2012), Probabilistic relationships between ground-motion parameters and modified
Mercalli intensity in California, BSSA 102(1), 204-221: MMI = 1.78 + 1.55 log10 Y for log10 Y <= 1.57, else
-1.60 + 3.70 log10 Y, Y in cm/s2; sigma 0.66 MMI, 0.35 in log10 Y for the way back. Below MMI 2: 1.71 + 2.08 log10 Y.
Wald, Quitoriano, Heaton and Kanamori (1999), Earthquake Spectra 15(3), 557-564: MMI = 3.66 log10 Y - 1.66 from V on,
2.20 log10 Y + 1.00 below. Coefficients and spreads of both as in USGS ShakeMap, shakelib/gmice/wgrw12.py and wald99.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from ew4all.units import F64

__all__ = ["RELATIONS", "Relation", "pga_g"]

G_CM_S2: Final = 981.0


@dataclass(frozen=True, slots=True)
class Relation:
    """MMI = intercept + slope x log10(PGA in cm/s2), in pieces that begin at `from_mmi`.

    Attributes
    ----------
    pieces
        ``(from_mmi, intercept, slope)``, rising.
    sigma_mmi, sigma_log10
        Standard deviation of intensity given acceleration, and of log10 acceleration given intensity.
    """

    name: str
    pieces: tuple[tuple[float, float, float], ...]
    sigma_mmi: float
    sigma_log10: float
    source: str

    @property
    def sigma_ln(self) -> float:
        """Standard deviation of the natural logarithm of acceleration given intensity."""
        return self.sigma_log10 * math.log(10.0)


RELATIONS: Final = {
    "worden2012": Relation(
        "worden2012",
        ((-math.inf, 1.71, 2.08), (2.0, 1.78, 1.55), (4.22, -1.60, 3.70)),
        0.66,
        0.35,
        "Worden et al. (2012), BSSA 102(1), 204-221",
    ),
    "wald1999": Relation(
        "wald1999",
        ((-math.inf, 1.00, 2.20), (5.0, -1.66, 3.66)),
        1.08,
        0.295,
        "Wald et al. (1999), Earthquake Spectra 15(3), 557-564",
    ),
}


def pga_g(mmi: F64, relation: str = "worden2012") -> F64:
    """Return the median peak ground acceleration in g for an intensity; NaN stays NaN.

    Raises
    ------
    OptionError
        No such relation.
    """
    if relation not in RELATIONS:
        msg = f"there is no relation '{relation}' from intensity to acceleration; use one of {', '.join(RELATIONS)}"
        raise OptionError(msg)
    mmi = np.asarray(mmi, np.float64)
    log10 = np.full(mmi.shape, np.nan)
    for start, intercept, slope in RELATIONS[relation].pieces:
        here = mmi >= start
        log10[here] = (mmi[here] - intercept) / slope
    return 10.0**log10 / G_CM_S2
