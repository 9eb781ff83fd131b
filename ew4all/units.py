"""Array aliases and the conventions that every module keeps.

SI floats with the unit in the name (``_m _s _dbm _km2 _people``), fractions 0..1 (never percent), longitude before
latitude, times in seconds.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

F64: TypeAlias = NDArray[np.float64]
F32: TypeAlias = NDArray[np.float32]
I64: TypeAlias = NDArray[np.int64]
I32: TypeAlias = NDArray[np.int32]
Bits: TypeAlias = NDArray[np.unsignedinteger[Any]]
People: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

TECHNOLOGIES: Final = ("2g", "3g", "4g", "5g")
"""Radio access technologies, oldest first: GSM, UMTS, LTE, NR."""

PEOPLE_PER_KM2: Final = {"per_km2": 1.0, "per_ha": 100.0}
"""Factor from a density unit to people per square kilometre."""
