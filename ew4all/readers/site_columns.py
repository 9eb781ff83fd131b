"""Which column of a list of sites holds what: known names, and a column map where they are not enough."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from ew4all.errors import ColumnError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.readers.site_table import SiteTable
    from ew4all.units import F64

__all__ = ["FIELDS", "choose_columns", "parse_points"]

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "lon": ("lon", "longitude", "long", "lng", "x", "lon_deg", "longitude_deg"),
    "lat": ("lat", "latitude", "y", "lat_deg", "latitude_deg"),
    "point": ("geo_point_2d", "geo_point", "geo_shape", "geometry", "geom", "coordonnees", "coordinates", "wkt"),
    "technology": (
        "radio", "technology", "technologies", "tech", "radio_type", "rat", "radio_technology", "technologie", "tecnologia",
        "generation", "network_type", "standard", "type",
    ),
    "band": ("band", "bands", "frequency_band", "freq_band", "bande"),
    "frequency_mhz": (
        "downlink_frequency_mhz", "frequency_mhz", "freq_mhz", "frequency", "dl_frequency_mhz", "centre_frequency_mhz",
    ),
    "bandwidth_mhz": ("max_channel_bandwidth_mhz", "bandwidth_mhz", "channel_bandwidth_mhz", "bandwidth"),
    "mcc": ("mcc",),
    "mnc": ("mnc", "net"),
    "area": ("area", "lac", "tac", "lac_tac"),
    "cell": ("cell", "cid", "ci", "eci", "nci", "cellid"),
    "id": ("source_cell_id", "cell_id", "cell_name", "cellname", "ict_id", "id"),
    "site": (
        "source_ict_id", "site", "site_id", "siteid", "site_code", "code_site", "site_name", "station", "mast_id", "tower_id",
    ),
    "operator": ("operator", "operator_name", "operateur", "operador", "network", "carrier", "provider", "licensee"),
    "height_m": ("antenna_height", "antenna_height_m", "height_m", "height", "hauteur", "altura", "tower_height"),
    "azimuth_deg": ("azimuth_degrees", "azimuth_deg", "azimuth", "azimut", "bearing"),
    "beamwidth_deg": (
        "antenna_horizontal_beamwidth_degrees", "beamwidth_deg", "horizontal_beamwidth", "beamwidth", "hbw",
    ),
    "downtilt_deg": ("downtilt_deg", "tilt_deg", "downtilt", "tilt", "total_tilt"),
    "mechanical_tilt_deg": ("mechanical_tilt_degrees", "mechanical_tilt", "mtilt"),
    "electrical_tilt_deg": ("electrical_tilt_degrees", "electrical_tilt", "etilt"),
    "gain_dbi": ("antenna_gain", "antenna_gain_dbi", "gain_dbi", "gain"),
    "feeder_loss_db": ("feeder_loss_db", "feeder_loss"),
    "power_dbm": ("power_dbm", "tx_power_dbm", "transmit_power_dbm"),
    "power_w": ("power_w", "tx_power_w", "power_watts"),
    "eirp_dbm": ("eirp_dbm", "eirp"),
    "tai": ("tai", "tracking_area_identity"),
    "emergency_area": ("emergency_area", "emergency_area_id", "eai"),
    "samples": ("samples", "sam", "sample_count"),
    "updated": ("updated", "updated_at", "last_seen"),
}  # fmt: skip
"""What can be read of a list, and the names under which it is found by itself, the surest first; case is ignored."""


def choose_columns(table: SiteTable, columns: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return the column of each field that the list has.

    Parameters
    ----------
    columns
        Field of `FIELDS` to the name of its column, or None for "not in this list"; the others are found by their names.

    Raises
    ------
    OptionError
        A field that does not exist.
    ColumnError
        A column that does not exist, or no place at all.
    """
    names = {_plain(column): column for column in reversed(list(table.text))}
    chosen: dict[str, str] = {}
    given = {_field(name): column for name, column in (columns or {}).items()}
    for field, column in given.items():
        if field not in FIELDS:
            near = [f for f in FIELDS if f.startswith(f"{field}_")]
            near = near or difflib.get_close_matches(field, FIELDS, n=1)
            guess = f" (did you mean {' or '.join(near)}?)" if near else ""
            msg = f"a column map names {field!r}{guess}; what can be read is {', '.join(FIELDS)}"
            raise OptionError(msg)
        if column is None:
            continue
        found = column if column in table.text else names.get(_plain(column))
        if found is None:
            msg = f"{table.name} has no column {column!r} (for {field}); its columns are: {', '.join(table.text)}"
            raise ColumnError(msg)
        chosen[field] = found
    taken = set(chosen.values())
    for field, known in FIELDS.items():
        if field in given:
            continue
        here = [names[k] for k in known if k in names and names[k] not in taken]
        # A column that is there and empty says nothing: the next one may.
        filled = next((c for c in here if table.text[c].null_count < table.rows), None)
        if filled is not None:
            chosen[field] = filled
            taken.add(filled)
    if table.points is None and not ({"lon", "lat"} <= chosen.keys() or "point" in chosen):
        msg = (
            f"{table.name} has no columns of longitude and latitude (nor one of points) with a value; its columns are: "
            f"{', '.join(table.text)}. Name them: columns={{'lon': ..., 'lat': ...}}"
        )
        raise ColumnError(msg)
    return chosen


def _field(name: str) -> str:
    """Return the field that is meant: by its name, by the name without its unit where that is plain, or by one of its columns."""
    if name in FIELDS:
        return name
    near = [field for field in FIELDS if field.startswith(f"{name}_")]
    near = near or [field for field, known in FIELDS.items() if _plain(name) in known]
    return near[0] if len(near) == 1 else name


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", column.strip().lower()).strip("_")


_NUM = r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
_FORMS: Final = (
    (rf"(?i)['\"]lon(?:gitude)?['\"]\s*:\s*{_NUM}.*?['\"]lat(?:itude)?['\"]\s*:\s*{_NUM}", False),
    (rf"(?i)['\"]lat(?:itude)?['\"]\s*:\s*{_NUM}.*?['\"]lon(?:gitude)?['\"]\s*:\s*{_NUM}", True),
    (rf"(?i)['\"]coordinates['\"]\s*:\s*\[\s*{_NUM}\s*,\s*{_NUM}", False),
    (rf"(?i)^\s*(?:SRID=4326;)?POINT(?:\s*Z)?\s*\(\s*{_NUM}\s+{_NUM}", False),
    # As OpenDataSoft writes a geo point into CSV: latitude first.
    (rf"^\s*{_NUM}\s*,\s*{_NUM}\s*$", True),
)


def parse_points(table: SiteTable, column: str) -> tuple[F64, F64, NDArray[Any]]:
    """Return longitude and latitude of a column of points (NaN where a row has none), and the rows with something else.

    Known are ``{'lon': 2.28, 'lat': 48.86}``, GeoJSON, ``POINT (2.28 48.86)``, and ``48.86, 2.28`` with the latitude first.
    """
    lon, lat = np.full(table.rows, np.nan), np.full(table.rows, np.nan)
    values = table.strings(column)
    todo = np.flatnonzero(pc.is_valid(table.text[column]).to_numpy(zero_copy_only=False))
    for pattern, latitude_first in _FORMS:
        form, left = re.compile(pattern), []
        for k in todo:
            found = form.search(values[k])
            if found:
                a, b = float(found[1]), float(found[2])
                lon[k], lat[k] = (b, a) if latitude_first else (a, b)
            else:
                left.append(k)
        todo = np.array(left, dtype=np.intp)
    return lon, lat, todo
