"""What a run found, as plain numbers: people by zone, group, channel and reason, and over time, with bands over replicas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.results import InputFile
    from ew4all.sim.records import Events

    F64 = NDArray[np.float64]

__all__ = [
    "ALL", "ANY", "CHANNEL_KEYS", "CURVE_STAGES", "LEAD_EDGES_S", "PEOPLE_KEYS", "REASONS", "RUN_SCHEMA", "STATISTICS", "STEPS",
    "TIME_SHARES", "RunResults", "Stats", "Zone",
]  # fmt: skip

RUN_SCHEMA: Final = "ew4all/run/1"

ALL: Final = "all"
"""Zone of curves that is everybody at risk."""

ANY: Final = "any"
"""Channel of curves that is all of them together."""

PEOPLE_KEYS: Final = (
    "total", "at_risk", "in_area", "at_risk_in_area", "warned", "in_time", "missed", "over_reach",
)  # fmt: skip
"""Counts of a place or group. Warned, in time and missed are of the people at risk; over-reach is warned outside the area."""

CHANNEL_KEYS: Final = ("alerted", "reached", "warned", "first", "only")
"""Counts of a channel, of the people at risk: at the end of the run."""

CURVE_STAGES: Final = ("alerted", "reached", "warned")
"""Stages over time that are known by channel."""

REASONS: Final = (
    "outside_area", "no_signal", "not_on_air", "no_receiver", "not_received", "not_noticed",
)  # fmt: skip
"""Why somebody at risk was not warned; each is missed for one reason."""

STEPS: Final = (
    "at_risk", "in_area", "has_signal", "on_air", "has_receiver", "received", "noticed", "in_time",
)  # fmt: skip
"""Steps of the waterfall; the k-th reason is lost at step k + 1, and at the last step those who were warned too late."""

STATISTICS: Final = ("mean", "p05", "p50", "p95")

TIME_SHARES: Final = (0.10, 0.50, 0.90, 0.95)

_MINUTE_S: Final = 60.0

LEAD_EDGES_S: Final = tuple(
    _MINUTE_S * m for m in (-1e6, 0.0, 15.0, 30.0, 60.0, 120.0, 180.0, 360.0, 720.0, 1e6)
)
"""Classes of lead time, seconds before the hazard arrives; below 0 the warning comes after it."""


class Stats(NamedTuple):
    """Mean and quantiles over replicas, arrays of one shape; of one run all are the same."""

    mean: F64
    p05: F64
    p50: F64
    p95: F64

    @classmethod
    def of_one(cls, value: Any) -> Stats:
        """Take the value of a run that was played once."""
        only = np.asarray(value, np.float64)
        return cls(only, only, only, only)

    def take(self, *index: Any) -> Stats:
        """Return a part of each."""
        return Stats(*(np.asarray(one[index], np.float64) for one in self))

    def band(self) -> dict[str, float]:
        """Return one number as JSON has it."""
        return {"mean": float(self.mean), "p05": float(self.p05), "p95": float(self.p95)}


class Zone(NamedTuple):
    """A zone; `geometry` in lon/lat, None for the one called ``outside``."""

    id: str
    name: str
    geometry: BaseGeometry | None = None


@dataclass(frozen=True, eq=False)
class RunResults:
    """Results of a run, or of its replicas.

    Attributes
    ----------
    people
        Of everybody, shape (people keys,); by zone and by group with one row each.
    lost
        Missed people by reason, with the same three shapes.
    by_channel
        Shape (channels, channel keys). `several`: people at risk warned by two channels or more.
    waterfall
        People left at each of `STEPS`.
    lead
        People at risk warned by class of lead time, shape (classes,); None where nobody knows when the hazard arrives.
    curves
        Over `time_s`: people at risk, by stage. ``"warned"`` and ``"acted"`` of any channel, shape (ticks, zones + 1), the
        whole last; ``"alerted"``, ``"reached"`` and ``"noticed"`` by channel, shape (ticks, zones + 1, channels), or
        (ticks, 1, channels), the whole alone. ``"arrived"``: those whom the hazard has reached, shape (ticks, 1).
    times_s
        Seconds from the issue until `TIME_SHARES` of the people at risk are warned, shape (shares,), infinite where never: the
        median over replicas.
    issued_s, issued_range_s
        When the first alert was sent, seconds after the scenario's zero; NaN where none was. The middle one of the replicas, and
        5 and 95 %.
    events
        Of the central run: every number at its default or as the scenario sets it.
    """

    version: str
    title: str
    channels: tuple[str, ...]
    zones: tuple[Zone, ...]
    groups: tuple[str, ...]
    replicas: int
    seed: int
    people: Mapping[str, Stats]
    lost: Mapping[str, Stats]
    by_channel: Stats
    several: Stats
    waterfall: Stats
    lead: Stats | None
    time_s: F64
    curves: Mapping[str, Stats]
    times_s: F64
    issued_s: float
    issued_range_s: tuple[float, float]
    zero_hour: float
    events: Events
    inputs: tuple[InputFile, ...]
    assumptions: Mapping[str, float]
    notes: tuple[str, ...]
    sizes: Mapping[str, Any] = field(default_factory=dict)
    notice: str | None = None
    attribution: str | None = None
    story: str | None = None
    sources: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def is_issued_at_once(self) -> bool:
        """Whether all replicas send the alert at nearly the same time."""
        low, high = self.issued_range_s
        return bool(high - low < 60.0)

    def count(self, key: str) -> Stats:
        """Return one count of everybody."""
        return self.people["whole"].take(PEOPLE_KEYS.index(key))

    def channel(self, name: str, key: str) -> Stats:
        """Return one count of a channel."""
        return self.by_channel.take(self.channels.index(name), CHANNEL_KEYS.index(key))

    def falls(self) -> list[tuple[str, float, float]]:
        """Return the waterfall: step, people left and people lost there, means. What is lost and the last add up to the first."""
        left = self.waterfall.mean
        lost = np.concatenate([[0.0], left[:-1] - left[1:]])
        return list(zip(STEPS, left.tolist(), lost.tolist(), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return summary.json. Numbers of people are means over replicas; ``bands`` holds quantiles where there are several."""
        mean = {key: float(self.count(key).mean) for key in PEOPLE_KEYS}
        out: dict[str, Any] = {
            "schema": RUN_SCHEMA,
            "version": self.version,
            "title": self.title,
            "replicas": self.replicas,
            "denominator": {"at_risk": mean["at_risk"], "in_area": mean["in_area"]},
            "warned": {
                "any": self.count("warned").band(),
                "two_or_more": float(self.several.mean),
                "none": mean["missed"],
                "channels": {
                    name: {
                        key: float(self.channel(name, key).mean)
                        for key in ("reached", "warned", "first", "only")
                    }
                    for name in self.channels
                },
            },
            "time_s": {
                f"p{share * 100:.0f}": float(value) if np.isfinite(value) else None
                for share, value in zip(TIME_SHARES, self.times_s, strict=True)
            },
            "in_time": mean["in_time"],
            "over_reach": mean["over_reach"],
            "waterfall": [
                {"step": step, "people": people, "lost": lost}
                for step, people, lost in self.falls()
            ],
            "zones": [
                {"id": zone.id, "name": zone.name, **self._counts("zone", k)}
                for k, zone in enumerate(self.zones)
            ],
            "groups": [
                {"name": name, **self._counts("group", k)} for k, name in enumerate(self.groups)
            ],
        }
        if self.replicas > 1:
            keys = ("in_time", "missed", "over_reach")
            out["bands"] = {key: self.count(key).band() for key in keys}
            out["bands"]["two_or_more"] = self.several.band()
        if self.notice is not None:
            out["notice"] = self.notice
        return out

    def _counts(self, kind: str, k: int) -> dict[str, Any]:
        people, lost = self.people[kind].mean[k], self.lost[kind].mean[k]
        return {
            "people": dict(zip(PEOPLE_KEYS, people.tolist(), strict=True)),
            "missed_by_reason": dict(zip(REASONS, lost.tolist(), strict=True)),
        }


def of_replicas(outcomes: Sequence[Mapping[str, Any]], name: str) -> Stats:
    """Return statistics of one measure over replicas; one replica stands for itself."""
    if len(outcomes) == 1:
        return Stats.of_one(outcomes[0][name])
    each = np.stack([np.asarray(one[name], np.float64) for one in outcomes])
    low, middle, high = np.quantile(each, (0.05, 0.5, 0.95), axis=0)
    return Stats(each.mean(axis=0), low, middle, high)
