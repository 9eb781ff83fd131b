"""What a list of sites says of its rows beside their place: identities, numbers within reason, technologies and bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ew4all.cell_defaults import RANGES
from ew4all.errors import ColumnError, TableValueError, UnknownTechnologyError
from ew4all.readers.radio_words import carriers_of
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.readers.site_account import Ledger
    from ew4all.readers.site_table import SiteTable
    from ew4all.units import F64

__all__ = [
    "CELL_BITS",
    "LIMITS",
    "Carrier",
    "carriers",
    "identities",
    "loss_of_technology",
    "number_of",
    "power_of",
    "seconds_of",
    "tilt_of",
]

LIMITS: Final[Mapping[str, tuple[float, float, str]]] = {
    **RANGES,
    "azimuth_deg": (-180.0, 360.0, "degrees clockwise from north"),
    "mechanical_tilt_deg": RANGES["downtilt_deg"],
    "electrical_tilt_deg": RANGES["downtilt_deg"],
    "power_w": (1e-4, 10_000.0, "W"),
    "eirp_dbm": (-20.0, 95.0, "dBm"),
}
"""Least and greatest value that an antenna may have, and the unit; a list beyond them has another unit or an error."""

CELL_BITS: Final = {"2g": 16, "3g": 28, "4g": 28, "5g": 36}
"""Length of a cell identity: CI (2g), UTRAN cell identity, E-UTRAN cell identity, NR cell identity (3GPP TS 23.003)."""

_AREA_BITS: Final = {"2g": 16, "3g": 16, "4g": 16, "5g": 24}
_ZERO_IS_UNKNOWN: Final = {"height_m", "frequency_mhz", "bandwidth_mhz", "beamwidth_deg", "power_w"}
_HIGHEST_MHZ: Final = {"2g": 2000.0, "3g": 2200.0, "4g": 6000.0, "5g": 100_000.0}
_MILLISECONDS = 1e11
_NO_TECHNOLOGY = "no technology"
_UNKNOWN = "unknown technology"
_MOST_WORDS = 10
_OTHER_UNIT: Final = {
    "frequency_mhz": ((1e-3, "GHz"), (1e6, "Hz"), (1e3, "kHz")),
    "height_m": ((3.2808399, "feet"),),
}


class Carrier(NamedTuple):
    """Cells: the row of each, its technology, and its frequency in MHz (NaN where the list does not say).

    `unclear` holds the rows whose bands are not assigned to one of their several technologies.
    """

    row: NDArray[np.intp]
    technology: NDArray[np.int8]
    mhz: F64
    unclear: NDArray[np.intp]


def number_of(table: SiteTable, chosen: Mapping[str, str], field: str) -> F64 | None:
    """Return a column of numbers, shape (rows,), NaN where a row has none; None where the list has no such column.

    Raises
    ------
    TableValueError
        A value that is no number, or absurd for an antenna; the message names its row.
    """
    if field not in chosen:
        return None
    values, wrong = table.numbers(chosen[field])
    column = f"column {chosen[field]!r}"
    if wrong.size:
        shown = table.strings(chosen[field])[wrong[0]]
        msg = f"{table.name}, {table.where(wrong)}: {column} holds {shown!r}, which is no number; correct it, or leave it empty"
        raise TableValueError(msg)
    values = values.copy()
    if field in _ZERO_IS_UNKNOWN:
        values[values == 0.0] = np.nan
    if field not in LIMITS:
        return values
    low, high, unit = LIMITS[field]
    with np.errstate(invalid="ignore"):
        absurd = np.flatnonzero((values < low) | (values > high))
    if absurd.size:
        first = values[absurd[0]]
        units = [
            name for factor, name in _OTHER_UNIT.get(field, ()) if low <= first / factor <= high
        ]
        guess = f" ({units[0]}?)" if units else ""
        msg = (
            f"{table.name}, {table.where(absurd)}: {column} holds {first:g}{guess}, but {field} is {low:g} to {high:g} {unit}; "
            "correct it, leave it empty for the default, or name another column"
        )
        raise TableValueError(msg)
    return values


def seconds_of(table: SiteTable, column: str) -> F64:
    """Return times as seconds since 1970, NaN where a row has none that can be read: Unix time or ISO 8601."""
    values, wrong = table.numbers(column)
    seconds = np.where(np.abs(values) > _MILLISECONDS, values / 1000.0, values)
    text = table.strings(column)
    for k in wrong.tolist():
        try:
            seconds[k] = np.datetime64(text[k].rstrip("Zz").strip()).astype("datetime64[s]").astype(np.int64)  # fmt: skip
        except ValueError:
            seconds[k] = np.nan
    return seconds


def carriers(
    table: SiteTable, chosen: Mapping[str, str], technology: str | None, ledger: Ledger
) -> Carrier:
    """Return one cell for each technology and band that a row names; rows without a technology are dropped.

    Parameters
    ----------
    technology
        Of rows that do not say.

    Raises
    ------
    ColumnError
        No column of technologies, and none told.
    UnknownTechnologyError
        No row has a technology that is known, or the one told is not.
    TableValueError
        A frequency that is absurd.
    """
    told: tuple[int, ...] = ()
    if technology is not None:
        told = carriers_of(technology).technologies
        if not told:
            msg = f"there is no technology {technology!r}; use one of {', '.join(TECHNOLOGIES)}"
            raise UnknownTechnologyError(msg)
    elif not {"technology", "band"} & chosen.keys():
        msg = (
            f"{table.name} does not say of which technology its rows are; its columns are: {', '.join(table.text)}. Name the "
            "column (--column technology=NAME, columns={'technology': NAME}), or tell one for all (--sites-technology 4g, "
            "technology='4g')"
        )
        raise ColumnError(msg)
    found: list[list[tuple[int, float]]] = [[] for _ in range(table.rows)]
    named = _distinct(table, chosen.get("technology"))
    bands = _distinct(table, chosen.get("band"))
    numbers: F64 | None = None
    if "frequency_mhz" in chosen:
        numbers = number_of(table, chosen, "frequency_mhz")
    reasons: dict[str, list[int]] = {}
    unclear: list[int] = []
    for row in np.flatnonzero(ledger.open).tolist():
        first, second = named(row), bands(row)
        kinds = first.technologies or second.technologies or told
        if not kinds:
            reasons.setdefault(_why(first.unsupported, first.unknown), []).append(row)
            continue
        pairs = [*first.mhz, *second.mhz]
        if len(kinds) > 1 and any(k < 0 for k, _ in pairs):
            unclear.append(row)
        mhz = np.nan if numbers is None else float(numbers[row])
        for kind in kinds:
            if mhz == mhz:  # noqa: PLR0124 - NaN
                found[row].append((kind, mhz))
                continue
            own = {f for k, f in pairs if k == kind or (k < 0 and _may(kind, f, len(kinds)))}
            found[row] += [(kind, f) for f in sorted(own)] or [(kind, np.nan)]
    for reason, rows in _gathered(reasons).items():
        ledger.drop(np.array(rows, np.intp), reason)
    if not ledger.open.any():
        fates = "; ".join(row.to_text() for row in ledger.account())
        msg = f"{table.name}: no row has a technology that is known ({fates}); tell one for all (technology='4g')"
        raise UnknownTechnologyError(msg)
    row_of = np.repeat(np.arange(table.rows), [len(f) for f in found])
    flat = [pair for pairs in found for pair in pairs]
    return Carrier(
        row_of,
        np.array([kind for kind, _ in flat], np.int8),
        np.array([mhz for _, mhz in flat], np.float64),
        np.array(unclear, np.intp),
    )


def _may(kind: int, mhz: float, kinds: int) -> bool:
    """Whether a band that is named beside several technologies can be one of this technology."""
    return kinds == 1 or mhz <= _HIGHEST_MHZ[TECHNOLOGIES[kind]]


def _why(unsupported: bool, unknown: tuple[str, ...]) -> str:
    if unsupported:
        return "a technology without cell broadcast to phones here (CDMA, NB-IoT, TETRA, ...)"
    if unknown:
        return f"{_UNKNOWN} {' '.join(unknown)!r}"
    return _NO_TECHNOLOGY


def _gathered(reasons: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Put all but the commonest unknown words together, so that a column of free text does not fill the account."""
    words = [reason for reason in reasons if reason.startswith(_UNKNOWN)]
    rare = sorted(words, key=lambda word: -len(reasons[word]))[_MOST_WORDS:]
    if len(rare) < 2:
        return dict(reasons)
    others = set(rare)
    found = {reason: rows for reason, rows in reasons.items() if reason not in others}
    found[f"{_UNKNOWN} ({len(rare):,} other words)"] = [k for word in rare for k in reasons[word]]
    return found


def loss_of_technology(table: SiteTable, chosen: Mapping[str, str], ledger: Ledger) -> list[str]:
    """Return a note on rows that were dropped because they do not say their technology, and on whom they belong to."""
    rows = ledger.dropped(_NO_TECHNOLOGY)
    if not rows.size:
        return []
    whose = ""
    if "operator" in chosen:
        names, of = table.distinct(chosen["operator"])
        missing = np.bincount(of[rows], minlength=len(names))
        whole = [
            names[k]
            for k in np.flatnonzero(
                (missing > 0) & (missing == np.bincount(of, minlength=len(names)))
            )
        ]
        if whole:
            whose = f", among them every row of {', '.join(name or '(no operator)' for name in sorted(whole)[:5])}"
    return [
        f"{table.name}: {rows.size:,} of {table.rows:,} rows do not say their technology and are left out{whose}; if it is known, tell "
        "it for all such rows (--sites-technology 2g/3g/4g, or technology='2g/3g/4g')"
    ]


def _distinct(table: SiteTable, column: str | None) -> Any:
    if column is None:
        nothing = carriers_of("")
        return lambda _row: nothing
    values, of = table.distinct(column)
    read = [carriers_of(value) for value in values]
    return lambda row: read[of[row]]


def identities(
    table: SiteTable, chosen: Mapping[str, str], kind: NDArray[np.int8], ledger: Ledger
) -> dict[str, NDArray[np.int64]]:
    """Return mcc, mnc, area and cell of each row, -1 where it has none; rows with impossible ones are dropped.

    Parameters
    ----------
    kind
        Technology of each row, -1 where it has several.
    """
    found = {name: np.full(table.rows, -1, np.int64) for name in ("mcc", "mnc", "area", "cell")}
    for name in found.keys() & chosen.keys():
        values, wrong = table.numbers(chosen[name])
        ledger.drop(wrong, f"{name} is no number")
        known = np.isfinite(values)
        odd = known & ((values < 0.0) | (values != np.floor(values)) | (values >= 2.0**53))
        ledger.drop(odd, f"{name} is no whole number from 0 on")
        known &= ~odd
        found[name][known] = values[known].astype(np.int64)
    for name in ("mcc", "mnc"):
        ledger.drop(found[name] > 999, f"{name} has more than three digits")
    for code, technology in enumerate(TECHNOLOGIES):
        mine = kind == code
        for name, table_of_bits in (("cell", CELL_BITS), ("area", _AREA_BITS)):
            bits = table_of_bits[technology]
            beyond = mine & (found[name] >= 2**bits)
            ledger.drop(beyond, f"{name} identity out of {bits} bits ({technology})")
    return found


def power_of(
    table: SiteTable,
    chosen: Mapping[str, str],
    row: NDArray[np.intp],
    known: Mapping[str, F64],
) -> dict[str, F64]:
    """Return power, and gain and loss where the list gives the power that is radiated."""
    power = number_of(table, chosen, "power_dbm")
    watts = number_of(table, chosen, "power_w")
    eirp = number_of(table, chosen, "eirp_dbm")
    found = np.full(row.size, np.nan) if power is None else power[row].copy()
    if watts is not None:
        with np.errstate(invalid="ignore"):
            found = np.where(np.isnan(found), 30.0 + 10.0 * np.log10(watts[row]), found)
    if eirp is None:
        return {} if power is None and watts is None else {"power_dbm": found}
    radiated = np.isnan(found) & np.isfinite(eirp[row])
    none = np.full(row.size, np.nan)
    return {
        "power_dbm": np.where(radiated, eirp[row], found),
        "gain_dbi": np.where(radiated, 0.0, known.get("gain_dbi", none)),
        "feeder_loss_db": np.where(radiated, 0.0, known.get("feeder_loss_db", none)),
    }


def tilt_of(table: SiteTable, chosen: Mapping[str, str]) -> F64 | None:
    """Return the tilt of each row, mechanical and electrical together where the list has these; None where it has none."""
    whole = number_of(table, chosen, "downtilt_deg")
    parts = [number_of(table, chosen, f"{kind}_tilt_deg") for kind in ("mechanical", "electrical")]
    given = [part for part in parts if part is not None]
    if not given:
        return whole
    # One of the two alone is the tilt; without either nothing is known.
    stacked = np.stack(given)
    total = np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))
    return total if whole is None else np.where(np.isnan(whole), total, whole)
