"""Two runs side by side: B less A, replica by replica where they share their draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import InputError
from ew4all.run_results import (
    CHANNEL_KEYS,
    PEOPLE_KEYS,
    REASONS,
    TIME_SHARES,
    RunResults,
    Stats,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

__all__ = ["COMPARE_SCHEMA", "Comparison"]

COMPARE_SCHEMA: Final = "ew4all/compare/1"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs and what was measured of each replica of both.

    Raises
    ------
    InputError
        They differ in the number of replicas.
    """

    runs: tuple[RunResults, RunResults]
    outcomes: tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]

    def __post_init__(self) -> None:
        """Refuse runs that cannot be compared replica by replica."""
        first, second = (len(each) for each in self.outcomes)
        if first != second:
            msg = f"runs of {first} and {second} replicas cannot be compared one by one; give --replicas for both"
            raise InputError(msg)

    @property
    def replicas(self) -> int:
        """How many each was played."""
        return len(self.outcomes[0])

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels of either, in the order of the first."""
        first, second = self.runs
        return tuple(dict.fromkeys((*first.channels, *second.channels)))

    def less(self, key: str) -> Stats:
        """Return a count of everybody, B less A."""
        k = PEOPLE_KEYS.index(key)
        return self._less(lambda _, one: one["people_whole"][k])

    def less_by_channel(self, name: str, key: str = "warned") -> Stats:
        """Return a count of a channel, B less A; of a channel that a run does not have it is 0."""
        k = CHANNEL_KEYS.index(key)

        def of(run: RunResults, one: Mapping[str, Any]) -> Any:
            return one["by_channel"][run.channels.index(name), k] if name in run.channels else 0.0

        return self._less(of)

    def to_dict(self) -> dict[str, Any]:
        """Return compare.json."""
        first, second = self.runs
        out: dict[str, Any] = {
            "schema": COMPARE_SCHEMA,
            "version": first.version,
            "replicas": self.replicas,
            "runs": [one.to_dict() for one in self.runs],
            "difference": {key: self.less(key).band() for key in PEOPLE_KEYS},
            "channels": {
                name: {key: self.less_by_channel(name, key).band() for key in CHANNEL_KEYS}
                for name in self.channels
            },
            "missed_by_reason": {
                reason: self._less(lambda _, one, k=k: one["lost_whole"][k]).band()
                for k, reason in enumerate(REASONS)
            },
            "time_s": {
                f"p{share * 100:.0f}": _gap(float(first.times_s[k]), float(second.times_s[k]))
                for k, share in enumerate(TIME_SHARES)
            },
        }
        if [zone.id for zone in first.zones] == [zone.id for zone in second.zones]:
            each = self._less(lambda _, one: one["people_zone"])
            out["zones"] = [
                {
                    "id": zone.id,
                    "name": zone.name,
                    "people": {key: each.take(z, k).band() for k, key in enumerate(PEOPLE_KEYS)},
                }
                for z, zone in enumerate(first.zones)
            ]
        return out

    def _less(self, of: Any) -> Stats:
        pairs = zip(*self.outcomes, strict=True)
        each = np.array(
            [
                np.asarray(of(self.runs[1], b), np.float64)
                - np.asarray(of(self.runs[0], a), np.float64)
                for a, b in pairs
            ]
        )
        if len(each) == 1:
            return Stats.of_one(each[0])
        return Stats(each.mean(axis=0), *np.quantile(each, (0.05, 0.5, 0.95), axis=0))


def _gap(first: float, second: float) -> float | None:
    gap = second - first
    return gap if np.isfinite(gap) else None
