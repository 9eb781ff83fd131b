"""Alerts of feeds that are not over, as features: which live alert reaches how many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.answers import tag_of
from ew4all.api.feeds.records import FeedAlert, live_alerts

if TYPE_CHECKING:
    from ew4all.api.features.table import Table
    from ew4all.api.service import Service

__all__ = ["live_table", "live_version"]

_FIELDS: Final = (
    "feed", "identifier", "sender", "sent", "status", "msg_type", "language", "event", "headline", "urgency", "severity",
    "certainty", "effective", "onset", "expires", "areas", "signature", "state", "received", "job", "job_status",
    "people_in_area", "people_total",
)  # fmt: skip


def _found(service: Service) -> list[FeedAlert]:
    with service.database.read() as connection:
        return live_alerts(connection)


def live_version(service: Service) -> str:
    """Return a text that differs where the alerts, their states or what is known of their reach do."""
    return tag_of("live", *(f"{a.id}:{a.state}:{a.job_status}" for a in _found(service)))


def live_table(service: Service) -> Table:
    """Return one feature for each live alert."""
    import numpy as np
    import shapely

    from ew4all.api.features.table import Table

    found = _found(service)
    shapes = np.empty(len(found), dtype=object)
    spans = np.full((len(found), 2), (-math.inf, math.inf))
    columns: dict[str, list[Any]] = {name: [] for name in _FIELDS}
    for k, alert in enumerate(found):
        shape = alert.facts.get("geometry")
        shapes[k] = None if shape is None else shapely.geometry.shape(shape)
        if alert.expires is not None:
            spans[k, 1] = alert.expires.timestamp()
        spans[k, 0] = min(alert.received.timestamp(), spans[k, 1])
        values = alert.properties()
        for name in _FIELDS:
            columns[name].append(values.get(name))
    return Table(tuple(a.id for a in found), shapes, columns, spans[:, 0], spans[:, 1])
