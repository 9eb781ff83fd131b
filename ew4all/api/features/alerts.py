"""Stored alerts as features."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from ew4all.api.answers import tag_of
from ew4all.api.store.tables import DOCUMENTS

if TYPE_CHECKING:
    import datetime as dt

    from ew4all.alerts.cap import Alert, Info
    from ew4all.api.features.table import Table
    from ew4all.api.service import Service

__all__ = ["alerts_table", "alerts_version", "feature_of"]

_FIELDS: Final = (
    "identifier", "sender", "sent", "status", "msg_type", "language", "event", "headline", "urgency", "severity",
    "certainty", "effective", "onset", "expires", "areas", "version",
)  # fmt: skip


def _latest(*columns: Any) -> Any:
    return (
        select(*columns)
        .where(
            DOCUMENTS.c.kind == "alert", DOCUMENTS.c.is_latest, DOCUMENTS.c.is_deleted.is_(False)
        )
        .order_by(DOCUMENTS.c.id)
    )


def alerts_version(service: Service) -> str:
    """Return a text that differs where the stored alerts do."""
    with service.database.read() as connection:
        rows = connection.execute(_latest(DOCUMENTS.c.id, DOCUMENTS.c.version)).all()
    return tag_of(*(f"{row.id}:{row.version}" for row in rows))


def alerts_table(service: Service) -> Table:
    """Return one feature for each alert: where it applies, what its first info block says, and when it is in force."""
    import numpy as np

    from ew4all.api.features.table import Table

    with service.database.read() as connection:
        rows = connection.execute(
            _latest(DOCUMENTS.c.id, DOCUMENTS.c.version, DOCUMENTS.c.body)
        ).all()
    columns: dict[str, list[Any]] = {name: [] for name in _FIELDS}
    shapes = np.empty(len(rows), dtype=object)
    spans = np.full((len(rows), 2), (-math.inf, math.inf))
    for k, row in enumerate(rows):
        facts, shapes[k], spans[k] = feature_of(row.body)
        for name in _FIELDS:
            columns[name].append(row.version if name == "version" else facts.get(name))
    return Table(tuple(row.id for row in rows), shapes, columns, spans[:, 0], spans[:, 1])


def feature_of(text: str) -> tuple[dict[str, Any], Any, tuple[float, float]]:
    """Return values, shape and span of an alert; nothing but a place in the list of one that cannot be read."""
    from ew4all.alerts.cap_xml import read_alerts

    alert = read_alerts(text.encode(), "alert")[0].alert
    if alert is None:
        return {}, None, (-math.inf, math.inf)
    info = alert.infos[0] if alert.infos else None
    facts: dict[str, Any] = {
        "identifier": alert.identifier, "sender": alert.sender, "sent": alert.sent.isoformat(),
        "status": str(alert.status), "msg_type": str(alert.msg_type),
    }  # fmt: skip
    if info is not None:
        facts |= _of_info(info)
    return facts, _shape(alert), _span(alert, info)


def _of_info(info: Info) -> dict[str, Any]:
    def text(time: dt.datetime | None) -> str | None:
        return None if time is None else time.isoformat()

    return {
        "language": info.language, "event": info.event, "headline": info.headline, "urgency": str(info.urgency),
        "severity": str(info.severity), "certainty": str(info.certainty), "effective": text(info.effective),
        "onset": text(info.onset), "expires": text(info.expires), "areas": [a.description for a in info.areas],
    }  # fmt: skip


def _shape(alert: Alert) -> Any:
    import numpy as np
    import shapely

    from ew4all.alerts.cap_areas import areas_of
    from ew4all.api.features.wrapping import wrapped
    from ew4all.errors import EW4AllError

    try:
        areas = areas_of(alert, "alert").areas
    except EW4AllError:  # a Cancel, or a place in words or codes alone: it is told, and nowhere
        return None
    found = [shape for area in areas if (shape := area.geometry) is not None]
    # A circle without a radius is a point: it is shown where no area is.
    found = found or [shapely.Point(place) for area in areas for place in area.points]
    if not found:
        return None
    one = np.empty(1, dtype=object)
    one[0] = shapely.union_all(found)
    return wrapped(one)[0]


def _span(alert: Alert, info: Info | None) -> tuple[float, float]:
    begins = (info and (info.onset or info.effective)) or alert.sent
    ends = math.inf if info is None or info.expires is None else info.expires.timestamp()
    return min(begins.timestamp(), ends), ends
