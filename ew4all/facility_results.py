"""Facilities with and without each signal and channel: schools, health sites, shelters, hotels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.coverage.queries import ANY
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.units import F64

    Flags = NDArray[np.bool_]

__all__ = ["Facilities", "Reached"]


@dataclass(frozen=True, eq=False)
class Reached:
    """Which signals and channels there are at places; arrays of shape (places,).

    Attributes
    ----------
    signal
        By technology, and ``any``; empty where no signal layer is known.
    channels
        By channel.
    """

    signal: Mapping[str, Flags]
    channels: Mapping[str, Flags]

    @property
    def ways(self) -> NDArray[np.intp] | None:
        """How many channels there are at each place; None where no channel is known."""
        if not self.channels:
            return None
        found: NDArray[np.intp] = np.sum(list(self.channels.values()), axis=0)
        return found

    def counts(self, chosen: Flags) -> dict[str, Any]:
        """Return the numbers of the JSON contract for the places that are chosen."""
        out: dict[str, Any] = {}
        if self.signal:
            there = {name: int(np.count_nonzero(has & chosen)) for name, has in self.signal.items()}
            out["signal"] = {**there, "none": int(chosen.sum()) - there[ANY]}
        ways = self.ways
        if ways is not None:
            ways = ways[chosen]
            out["channels"] = {
                "none": int(np.count_nonzero(ways == 0)),
                "one": int(np.count_nonzero(ways == 1)),
                "two_or_more": int(np.count_nonzero(ways >= 2)),
            }
            out["by_channel"] = {
                name: {
                    "with": int(np.count_nonzero(has & chosen)),
                    "without": int(np.count_nonzero(~has & chosen)),
                }
                for name, has in self.channels.items()
            }
        return out


@dataclass(frozen=True, eq=False)
class Facilities:
    """Facilities of one kind in the study area; arrays of shape (facilities,).

    Attributes
    ----------
    beyond
        How many more there are outside the study area, which are not counted.
    lon_deg, lat_deg
        Where they stand.
    zone
        Identifier of the zone of each, ``outside`` where it lies in none; None without zones.
    reached
        What there is at each.
    at_risk
        By hazard, whether each lies in it.
    degraded
        What there is with the network degraded, where that is known.
    """

    kind: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    lon_deg: F64
    lat_deg: F64
    beyond: int
    zone: tuple[str, ...] | None
    reached: Reached
    at_risk: Mapping[str, Flags] = field(default_factory=dict)
    degraded: Reached | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON contract; single facilities stand in `table`."""
        everywhere = np.ones(len(self.ids), np.bool_)
        out: dict[str, Any] = {
            "kind": self.kind,
            "count": len(self.ids),
            "outside": self.beyond,
            **self.reached.counts(everywhere),
        }
        if self.at_risk:
            out["hazards"] = {name: int(has.sum()) for name, has in self.at_risk.items()}
        if self.degraded is not None:
            out["degraded"] = self.degraded.counts(everywhere)
        if self.zone is not None:
            zones = np.array(self.zone, dtype=object)
            found = sorted(set(self.zone), key=lambda i: (i == OUTSIDE, i))
            out["zones"] = [
                {"id": i, "count": int((zones == i).sum()), **self.reached.counts(zones == i)}
                for i in found
            ]
        return out

    def table(self) -> dict[str, Any]:
        """Return columns with one row a facility, 1 where it has a signal or channel."""
        columns: dict[str, Any] = {
            "kind": [self.kind] * len(self.ids),
            "id": list(self.ids),
            "name": list(self.names),
            "lon": self.lon_deg.tolist(),
            "lat": self.lat_deg.tolist(),
        }
        if self.zone is not None:
            columns["zone"] = list(self.zone)
        named = [
            ("", self.reached),
            *([("degraded_", self.degraded)] if self.degraded is not None else []),
        ]
        for prefix, reached in named:
            columns |= {f"{prefix}signal_{t}": _digits(has) for t, has in reached.signal.items()}
            columns |= {f"{prefix}channel_{n}": _digits(has) for n, has in reached.channels.items()}
        columns |= {f"hazard_{name}": _digits(has) for name, has in self.at_risk.items()}
        return columns


def _digits(has: Flags) -> list[int]:
    return has.astype(int).tolist()  # type: ignore[no-any-return]
