"""The normal distribution on arrays: numpy has neither its cumulative distribution nor the inverse of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["NODES", "WEIGHTS", "cdf", "cdf_of", "quantile"]


@njit(nogil=True, cache=True)
def cdf_of(x):
    """Probability that a standard normal variable is at most x; a scalar, for kernels."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@njit(nogil=True, cache=True)
def _cdf_into(x, out):
    for i in range(x.size):
        out[i] = cdf_of(x[i])


def cdf(x: ArrayLike) -> Any:
    """Return the probability that a standard normal variable is at most x.

    Parameters
    ----------
    x
        Any shape; infinities give 0 and 1, NaN stays NaN.

    Returns
    -------
    float64 of the shape of `x`
    """
    values = np.asarray(x, np.float64)
    out = np.empty(values.size)
    _cdf_into(values.ravel(), out)
    return out.reshape(values.shape)


# Acklam's rational approximation, relative error below 1.2e-9; one step of Halley's method makes it exact to rounding.
_CENTRE = np.array(
    [
        [-39.69683028665376, -54.47609879822406],
        [220.9460984245205, 161.5858368580409],
        [-275.9285104469687, -155.6989798598866],
        [138.3577518672690, 66.80131188771972],
        [-30.66479806614716, -13.28068155288572],
        [2.506628277459239, 1.0],
    ]
).T
_TAIL = np.array(
    [
        [-0.007784894002430293, 0.0],
        [-0.3223964580411365, 0.007784695709041462],
        [-2.400758277161838, 0.3224671290700398],
        [-2.549732539343734, 2.445134137003756],
        [4.374664141464968, 3.754408661907416],
        [2.938163982698783, 1.0],
    ]
).T
_TAIL_BELOW = 0.02425


def quantile(probability: ArrayLike) -> Any:
    """Return the value that a standard normal variable does not exceed with this probability.

    Parameters
    ----------
    probability
        Any shape; 0 and 1 give infinities, anything outside 0..1 NaN.

    Returns
    -------
    float64 of the shape of `probability`
    """
    p = np.asarray(probability, np.float64)
    inside = (p > 0.0) & (p < 1.0)
    upper = p > 0.5
    # The lower half only: there small probabilities keep all of their digits.
    q = np.where(inside, np.where(upper, 1.0 - p, p), 0.5)
    centre = q - 0.5
    r = centre * centre
    low = np.sqrt(-2.0 * np.log(q))
    z = np.where(
        q < _TAIL_BELOW,
        np.polyval(_TAIL[0], low) / np.polyval(_TAIL[1], low),
        centre * np.polyval(_CENTRE[0], r) / np.polyval(_CENTRE[1], r),
    )
    error = (cdf(z) - q) * np.sqrt(2.0 * np.pi) * np.exp(0.5 * z * z)
    z = z - error / (1.0 + 0.5 * z * error)
    limits = np.select([p == 0.0, p == 1.0], [-np.inf, np.inf], np.nan)
    return np.where(inside, np.where(upper, -z, z), limits)


# A mean over a standard normal variable as a sum: the trapezoidal rule, which converges faster than any power of the
# spacing for integrands as smooth as those of this package. Steps are no such integrands; callers treat them apart.
NODES = np.linspace(-6.5, 6.5, 1301)
WEIGHTS = np.exp(-0.5 * NODES * NODES)
WEIGHTS /= WEIGHTS.sum()
