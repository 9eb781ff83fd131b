"""An alert as GeoJSON: a feature for each place of each info block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from ew4all.alerts.cap import Alert, Info
    from ew4all.alerts.cap_places import CapArea
    from ew4all.api.documents.records import Document

__all__ = ["geojson_of"]


def geojson_of(document: Document) -> str:
    """Return a FeatureCollection (RFC 7946); a block whose place is told in words or codes alone has no geometry."""
    from ew4all.alerts.cap_xml import read_alerts

    alert = read_alerts(document.body.encode(), "the alert")[0].alert
    assert alert is not None  # it was read when it was stored
    head = {
        "identifier": alert.identifier, "sender": alert.sender, "sent": alert.sent.isoformat(),
        "status": str(alert.status), "msg_type": str(alert.msg_type), "origin": document.facts.get("origin"),
    }  # fmt: skip
    features = [
        {
            "type": "Feature", "id": f"{document.id}.{number}", "geometry": geometry,
            "properties": {**head, **_of_info(alert.infos[k], k), **properties},
        }
        for number, (k, geometry, properties) in enumerate(_places(alert), 1)
    ]  # fmt: skip
    whole = {"type": "FeatureCollection", **head, "version": document.version, "features": features}
    return json.dumps(whole, ensure_ascii=False)


def _places(alert: Alert) -> Iterator[tuple[int, Any, dict[str, Any]]]:
    from ew4all.alerts.cap_areas import areas_of
    from ew4all.errors import EW4AllError

    for k, info in enumerate(alert.infos):
        try:
            areas = areas_of(alert, "the alert", infos=[k]).areas
        except EW4AllError:  # a Cancel, or a place in words or codes alone
            names = [area.description for area in info.areas]
            yield k, None, {"area": "; ".join(names) or None}
            continue
        for area in areas:
            codes = {name: code for name, code in area.geocodes}  # noqa: C416 - the last of a name
            yield k, _geometry(area), {"area": area.description, "geocodes": codes}


def _geometry(area: CapArea) -> Any:
    import numpy as np
    import shapely

    from ew4all.api.features.wrapping import wrapped

    parts = [*(shapely.Point(xy) for xy in area.points)]
    if area.geometry is not None:
        parts.append(area.geometry)
    if not parts:
        return None
    one = np.empty(1, dtype=object)
    one[0] = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    return json.loads(shapely.to_geojson(wrapped(one)[0]))


def _of_info(info: Info, number: int) -> dict[str, Any]:
    def text(time: dt.datetime | None) -> str | None:
        return None if time is None else time.isoformat()

    return {
        "info": number + 1, "language": info.language, "event": info.event, "headline": info.headline,
        "description": info.description, "instruction": info.instruction, "urgency": str(info.urgency),
        "severity": str(info.severity), "certainty": str(info.certainty), "effective": text(info.effective),
        "onset": text(info.onset), "expires": text(info.expires), "web": info.web,
    }  # fmt: skip
