"""What people do at which hour: asleep, indoors, at the wheel, at the radio or television."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Audience:
    """Shares of people by hour; `hourly` maps a name to shares at 0, 1, ... 23 h, between which they run straight."""

    hourly: Mapping[str, F64]

    def at(self, name: str, hour: float) -> float:
        """Return a share at a time of day, hours."""
        return float(
            np.interp(
                hour % 24.0, np.arange(25.0), np.append(self.hourly[name], self.hourly[name][0])
            )
        )
