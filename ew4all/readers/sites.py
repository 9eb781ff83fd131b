"""Lists of cell sites: from a table as it is found to clean cells, with an account of every row.

OpenCelliD and Mozilla (with and without their header, or under other names), lists of operators and regulators, ITU's
capacity tool. `range` of OpenCelliD is left alone: it tells where the cell may stand, not how far it reaches.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ew4all.cells import Cells
from ew4all.errors import EmptyLayerError, OptionError, SwappedAxesError
from ew4all.readers.site_account import AccountRow, Ledger, account_lines
from ew4all.readers.site_columns import choose_columns
from ew4all.readers.site_groups import SITE_DISTANCE_M, azimuths, put_on_sites
from ew4all.readers.site_names import ENODEB, FOUR_G, areas_of, names_of, site_names
from ew4all.readers.site_operators import operators_of_rows
from ew4all.readers.site_places import FAR_KM, km_outside, outline_of, places_of
from ew4all.readers.site_table import SiteTable, read_site_table
from ew4all.readers.site_values import (
    carriers,
    identities,
    loss_of_technology,
    number_of,
    power_of,
    seconds_of,
    tilt_of,
)
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.readers.site_values import Carrier
    from ew4all.units import F64

__all__ = ["MAX_AGE_YEARS", "AccountRow", "CellList", "account_lines", "operators_in", "read_cells"]

MAX_AGE_YEARS: Final = 5.0
"""Rows last seen so long before the newest of the list are dropped (radio.md 2.4)."""

_4G = TECHNOLOGIES.index("4g")
_DAY_S = 86400.0
_YEAR_S = 365.25 * _DAY_S
_LONG_YEARS = 100.0
_ANTENNA = (
    "height_m", "beamwidth_deg", "gain_dbi", "feeder_loss_db", "bandwidth_mhz",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class CellList:
    """Cells of a list; `account` has one row for each fate and reason, which add up to the rows of the list."""

    cells: Cells
    account: tuple[AccountRow, ...]
    notes: tuple[str, ...]


def read_cells(
    source: Any,
    *,
    columns: Mapping[str, str | None] | None = None,
    technology: str | None = None,
    country: Any = None,
    assume: Mapping[str, float] | None = None,
    max_age_years: float | None = MAX_AGE_YEARS,
    site_distance_m: float = SITE_DISTANCE_M,
    guess_azimuth: bool = True,
    layer: str | None = None,
) -> CellList:
    """Read a list of sites or cells.

    Parameters
    ----------
    source
        A table (``.csv``, ``.tsv``, ``.txt``, also ``.gz``), a vector file with points, or a GeoDataFrame of points.
    columns
        Field (``lon``, ``lat``, ``technology``, ``operator``, ``azimuth_deg``, ``height_m``, ``power_dbm``, ...; see
        `ew4all.readers.site_columns.FIELDS`) to its column, or None for "not in this list"; others are found by name.
    technology
        Of rows that do not say.
    country
        Polygons, or west, south, east and north of a box such as the extent of a population, degrees: cells more than `FAR_KM`
        outside are dropped.
    assume
        See `Cells.of`.
    max_age_years
        Rows last seen so long before the newest of the list are dropped; None or infinity: no row.
    site_distance_m
        Cells of a network so near each other share a site, unless the list names its sites.
    guess_azimuth
        Whether to take the direction of sectors of an eNodeB from where their phones were, where the list has none.
    layer
        Of a vector file with several.

    Raises
    ------
    ReadError, EmptyLayerError, ColumnError, TableValueError, UnknownTechnologyError, SwappedAxesError, OptionError
        The message says what, in which row, and what to do. A list of which no row is left is refused.
    """
    rows = _usable(source, columns, technology, country, max_age_years, layer)
    return _made(rows, assume, site_distance_m, guess_azimuth=guess_azimuth)


def operators_in(
    source: Any,
    *,
    columns: Mapping[str, str | None] | None = None,
    technology: str | None = None,
    max_age_years: float | None = MAX_AGE_YEARS,
) -> tuple[str, ...]:
    """Return the operators of the cells that `read_cells` reads, sorted, without putting cells on sites; ``""`` is unknown.

    Raises
    ------
    InputError, ReadError
        See `read_cells`.
    """
    rows = _usable(source, columns, technology, None, max_age_years, None)
    row = rows.carrier.row[rows.ledger.open[rows.carrier.row]]
    names, _ = operators_of_rows(rows.table, rows.chosen, rows.codes, row)
    return tuple(str(name) for name in np.unique(names))


class _Rows(NamedTuple):
    """Rows of a list, the ledger of those that are used, and what they say."""

    table: SiteTable
    chosen: Mapping[str, str]
    ledger: Ledger
    notes: list[str]
    lon: F64
    lat: F64
    carrier: Carrier
    codes: Mapping[str, NDArray[np.int64]]
    samples: F64


def _usable(
    source: Any,
    columns: Mapping[str, str | None] | None,
    technology: str | None,
    country: Any,
    max_age_years: float | None,
    layer: str | None,
) -> _Rows:
    if max_age_years is not None and not max_age_years > 0.0:
        msg = f"the greatest age of rows is a number of years above 0, but got {max_age_years:g}"
        raise OptionError(msg)
    table = read_site_table(source, "sites", layer=layer)
    chosen = choose_columns(table, columns)
    ledger = Ledger(table)
    notes = list(table.notes)
    lon, lat = places_of(table, chosen, ledger)
    carrier = carriers(table, chosen, technology, ledger)
    kind = _kinds(carrier, table.rows)
    codes = identities(table, chosen, kind, ledger)
    # The country comes before the age, so that whatever lies outside is told whichever age is asked for.
    if country is not None:
        notes += _drop_far(country, table, lon, lat, ledger)
    if max_age_years is not None and np.isfinite(max_age_years) and "updated" in chosen:
        notes += _drop_stale(seconds_of(table, chosen["updated"]), max_age_years, ledger)
    samples = number_of(table, chosen, "samples")
    samples = np.full(table.rows, np.nan) if samples is None else samples
    _merge_repeated(table, chosen, lon, lat, codes, kind, samples, ledger)
    if not ledger.open.any():
        fates = "; ".join(row.to_text() for row in ledger.account())
        msg = f"{table.name}: no row is left of {table.rows:,} ({fates}); correct the list, or keep old rows with a greater age"
        raise EmptyLayerError(msg)
    return _Rows(table, chosen, ledger, notes, lon, lat, carrier, codes, samples)


def _kinds(carrier: Carrier, rows: int) -> NDArray[np.int8]:
    """Return the technology of each row, -1 where it has none or several."""
    kind = np.full(rows, -1, np.int8)
    kind[carrier.row] = carrier.technology
    several = np.zeros(rows, np.bool_)
    several[carrier.row[carrier.technology != kind[carrier.row]]] = True
    return np.where(several, np.int8(-1), kind)


def _drop_stale(updated: F64, max_age_years: float, ledger: Ledger) -> list[str]:
    known = np.isfinite(updated) & (updated > 0.0)
    # A date to come is an error of the list, and would make every other row old.
    ahead = known & (updated > time.time() + _DAY_S)
    known &= ~ahead
    notes = []
    if ahead.any():
        notes.append(f"{ahead.sum():,} rows were last seen at a time to come; their age is taken as not known")  # fmt: skip
    if known.any():
        newest = float(updated[known].max())
        day = np.datetime64(int(newest), "s").astype("datetime64[D]")
        with np.errstate(invalid="ignore"):
            stale = known & (updated < newest - max_age_years * _YEAR_S)
        ledger.drop(
            stale, f"last seen more than {max_age_years:g} years before the newest row ({day})"
        )
        if stale.sum() * 2 > stale.size:
            notes.append(
                f"most rows of the list are old, and what the rest serves may be far too little: keep old rows with a greater age "
                f"(--max-age-years {_LONG_YEARS:g})"
            )
    return notes


def _drop_far(country: Any, table: SiteTable, lon: F64, lat: F64, ledger: Ledger) -> list[str]:
    rows = np.flatnonzero(ledger.open)
    outline = outline_of(country)
    away = km_outside(outline, lon[rows], lat[rows])
    far = rows[away > FAR_KM]
    # The other way round they would lie in the country.
    turned = far[np.abs(lon[far]) <= 90.0]
    turned = turned[km_outside(outline, lat[turned], lon[turned]) == 0.0]
    if turned.size * 2 > rows.size:
        msg = (
            f"{table.name}: {turned.size:,} of {rows.size:,} rows ({table.where(turned)}) lie in the country only with latitude and "
            "longitude exchanged; name the columns the other way round (columns={'lon': ..., 'lat': ...})"
        )
        raise SwappedAxesError(msg)
    ledger.drop(turned, "latitude and longitude are exchanged (the other way round they lie in the country)")  # fmt: skip
    ledger.drop(far, f"more than {FAR_KM:g} km outside the country")
    near = int(((away > 0.0) & (away <= FAR_KM)).sum())
    if not near:
        return []
    return [
        f"{near:,} rows lie outside the country and at most {FAR_KM:g} km from it; that alone is no reason to drop them, since they "
        "may serve people inside"
    ]


def _merge_repeated(
    table: SiteTable,
    chosen: Mapping[str, str],
    lon: F64,
    lat: F64,
    codes: Mapping[str, NDArray[np.int64]],
    kind: NDArray[np.int8],
    samples: F64,
    ledger: Ledger,
) -> None:
    """Of rows that are the same cell keep the one with the most samples, and of these the newest.

    What is still undecided goes by area and place, so that the order of the rows decides nothing.

    In 4g and 5g a cell identity is unique in its network (3GPP TS 23.003, 19.6 and 19.6A): under another tracking area it is the
    same cell after a change of plan, and the newest row stands for it. In 2g and 3g it is unique in its location area.
    """
    rows = np.flatnonzero(ledger.open)
    later = kind[rows] >= _4G
    numbered = np.all([codes[name][rows] >= 0 for name in ("mcc", "mnc", "cell")], axis=0)
    numbered &= later | (codes["area"][rows] >= 0)
    text: list[NDArray[Any]] = [
        table.distinct(column)[1][rows]
        for name, column in chosen.items()
        if name not in {"samples", "updated"}
    ]
    if table.points is not None:
        text += [np.unique(p, return_inverse=True)[1].ravel()[rows] for p in table.points]
    # A row with a whole identity is known by it, wherever it lies; one without only by everything it says.
    key: list[NDArray[Any]] = [kind[rows], numbered]
    key += [np.where(numbered, codes[name][rows], -1) for name in ("mcc", "mnc", "cell")]
    key.append(np.where(numbered & ~later, codes["area"][rows], -1))
    key += [np.where(numbered, -1, codes_) for codes_ in text]
    if not numbered.all() and not text:
        key.append(np.where(numbered, -1, np.arange(rows.size)))
    _, same = np.unique(np.stack([np.asarray(k, np.int64) for k in key]), axis=1, return_inverse=True)  # fmt: skip
    same = same.ravel()
    updated = seconds_of(table, chosen["updated"])[rows] if "updated" in chosen else np.zeros(rows.size)  # fmt: skip
    first_by, then_by = -np.nan_to_num(samples[rows]), -np.nan_to_num(updated)
    newest_first = numbered & later
    first_by, then_by = np.where(newest_first, then_by, first_by), np.where(newest_first, first_by, then_by)  # fmt: skip
    order = np.lexsort((rows, lat[rows], lon[rows], codes["area"][rows], then_by, first_by, same))
    first = np.ones(rows.size, np.bool_)
    first[1:] = same[order][1:] != same[order][:-1]
    ledger.merge(rows[order[~first]], "the same cell again: the row with the most samples (4g, 5g: the newest) stands for it")  # fmt: skip


def _made(
    rows: _Rows,
    assume: Mapping[str, float] | None,
    site_distance_m: float,
    *,
    guess_azimuth: bool,
) -> CellList:
    table, chosen, ledger, notes, lon, lat, carrier, codes, samples = rows
    here = ledger.open[carrier.row]
    row, kind, mhz = carrier.row[here], carrier.technology[here], carrier.mhz[here]
    operator, network = operators_of_rows(table, chosen, codes, row)
    group, is_named = _groups(table, chosen, codes, row, kind, network)
    sited = put_on_sites(
        lon[row], lat[row], group, network, samples[row], is_named=is_named, distance_m=site_distance_m,
    )  # fmt: skip
    azimuth = number_of(table, chosen, "azimuth_deg")
    if azimuth is not None:
        direction = azimuth[row] % 360.0
    elif guess_azimuth and not is_named:
        direction = azimuths(lon[row], lat[row], sited, group, samples[row])
    else:
        direction = np.full(row.size, np.nan)
    known = {
        name: found[row]
        for name in _ANTENNA
        if (found := number_of(table, chosen, name)) is not None
    }
    known |= power_of(table, chosen, row, known)
    tilt = tilt_of(table, chosen)
    if tilt is not None:
        known["downtilt_deg"] = tilt[row]
    names = names_of(table, chosen, codes, row, kind)
    cells = Cells.of(
        sited.lon_deg,
        sited.lat_deg,
        kind,
        id=names,
        site=sited.site,
        site_id=site_names(table, chosen, codes, row, kind, names, sited.leader)[sited.site],
        operator=operator,
        azimuth_deg=direction,
        tai=areas_of(table, chosen, codes, row, kind),
        emergency_area=table.strings(chosen["emergency_area"])[row].astype(np.str_)
        if "emergency_area" in chosen
        else "",
        assume=assume,
        frequency_mhz=mhz,
        **known,
    )
    read = table.rows
    ledger.close(ledger.open, "used")
    account = ledger.account()
    kept = sum(a.rows for a in account if a.fate == "kept")
    notes.append(
        f"{table.name}: {kept:,} of {read:,} rows are used, as {len(cells):,} cells on {len(sited.leader):,} sites"
    )
    notes += [f"{table.name}: {a.to_text()}" for a in account if a.fate != "kept"]
    notes += loss_of_technology(table, chosen, ledger)
    unclear = np.intersect1d(carrier.unclear, row)
    if unclear.size:
        notes.append(
            f"{table.name}, {table.where(unclear)}: several technologies and bands, and not which belongs to which; each technology is "
            "taken to have every band that it can have (write 4G800/5G3500 to say it)"
        )
    if "range" in (column.strip().lower() for column in table.text):
        notes.append(
            f"{table.name}: the column range is not used: it tells where a cell may stand, not how far it reaches"
        )
    thin = int((samples[np.unique(row)] < 2.0).sum())
    if thin:
        notes.append(
            f"{table.name}: {thin:,} of the rows used rest on fewer than 2 samples; their places are rough and weigh little where "
            "cells are put on one site"
        )
    if sited.stray:
        notes.append(
            f"{table.name}: {sited.stray:,} cells lie more than 5 km from the others of their eNodeB or site and stand alone"
        )
    if azimuth is None and (guessed := int(np.isfinite(direction).sum())):
        notes.append(
            f"{table.name}: the directions of {guessed:,} cells are guessed from where their phones were; the others are taken as "
            "omnidirectional"
        )
    return CellList(cells, account, tuple(notes))


def _groups(
    table: SiteTable,
    chosen: Mapping[str, str],
    codes: Mapping[str, NDArray[np.int64]],
    row: NDArray[np.intp],
    kind: NDArray[np.int8],
    network: NDArray[np.int64],
) -> tuple[NDArray[np.int64], bool]:
    """Return what is known to stand together: named sites, else eNodeBs; -1 elsewhere."""
    group = np.full(row.size, -1, np.int64)
    if "site" in chosen:
        values, of = table.distinct(chosen["site"])
        known = np.array([value != "" for value in values])[of[row]]
        key = np.stack([network, of[row].astype(np.int64)])
        group[known] = np.unique(key[:, known], axis=1, return_inverse=True)[1].ravel()
        return group, True
    is_table_of_sites = bool((codes["cell"][row] < 0).all())
    lte = (kind == FOUR_G) & (codes["cell"][row] >= ENODEB)
    key = np.stack([network, codes["cell"][row] // ENODEB])
    if lte.any():
        group[lte] = np.unique(key[:, lte], axis=1, return_inverse=True)[1].ravel()
    return group, is_table_of_sites
