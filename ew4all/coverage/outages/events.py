"""What changes when, as one list, and what follows from it for every node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.coverage.outages.kernels import (
    BY_CELL,
    BY_GENSET,
    BY_SATELLITE,
    CELL,
    GENSET,
    SATELLITE,
    walk,
)
from ew4all.coverage.outages.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.kits import Deployment
    from ew4all.units import F64

__all__ = ["EventList", "walked"]

_SERVES = {
    "satellite": (SATELLITE, BY_SATELLITE),
    "cell": (CELL, BY_CELL),
    "generator": (GENSET, BY_GENSET),
}


@dataclass
class EventList:
    """Columns of events in any order, up to `horizon_s`; see `kernels.walk` for what they mean."""

    horizon_s: float
    _parts: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, what: int, index: Any, time_s: Any, delta: Any, label: Any) -> None:
        """Add events of one kind; columns or single values."""
        columns = np.broadcast_arrays(what, index, time_s, delta, label)
        soon = columns[2] <= self.horizon_s
        self._parts.append(tuple(np.atleast_1d(c)[np.atleast_1d(soon)] for c in columns))

    def add_span(self, what: int, index: Any, from_s: F64, until_s: F64, label: int) -> None:
        """Add a loss where `from_s` is finite, and its end where `until_s` is."""
        lost = np.isfinite(from_s)
        self.add(what, index[lost], from_s[lost], 1, 0)
        back = lost & np.isfinite(until_s)
        self.add(what, index[back], np.maximum(until_s[back], from_s[back]), -1, label)

    def add_deployments(self, sent: Iterable[Deployment]) -> None:
        """Add what kits bring that restore service; those for responders bring none to sites."""
        for one in sent:
            if one.role == "responders":
                continue
            what, label = _SERVES[one.kind]
            self.add(what, one.node, one.in_service_s, 1, label)

    def columns(self) -> tuple[Any, Any, Any, Any, Any]:
        """Return time, kind, index, delta and label, in order of time."""
        if not self._parts:
            none = np.zeros(0, np.int64)
            return np.zeros(0), none, none, none.astype(np.int8), none.astype(np.int8)
        what, index, time_s, delta, label = (
            np.concatenate(c) for c in zip(*self._parts, strict=True)
        )
        order = np.lexsort((index, what, delta, time_s))
        return (
            time_s[order].astype(np.float64),
            what[order].astype(np.int64),
            index[order].astype(np.int64),
            delta[order].astype(np.int8),
            label[order].astype(np.int8),
        )


def walked(backhaul: Backhaul, events: EventList) -> Timeline:
    """Return what happens to every node."""
    columns = events.columns()
    room = backhaul.id.size + 4 * columns[0].size
    while True:
        node, when_s = np.empty(room, np.int32), np.empty(room)
        state, returned = np.empty(room, np.int8), np.empty(room, np.int8)
        count = walk(
            backhaul.a,
            backhaul.b,
            backhaul.core,
            backhaul.relays,
            *columns,
            node,
            when_s,
            state,
            returned,
        )
        if count <= room:
            break
        room = count
    return Timeline(backhaul.id.size, when_s[:count], node[:count], state[:count], returned[:count])
