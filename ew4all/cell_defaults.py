"""What a cell is assumed to be where its list does not say: one table, every row with its source.

A row without a technology, an environment or a band holds for all of them. Bands are ``low`` (below 1 GHz), ``mid`` and
``high`` (2.3 GHz and above, where 5G uses antennas with many elements).
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import AssumptionError, InputError
from ew4all.units import F64, TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

__all__ = [
    "BANDS",
    "DEFAULTS",
    "ENVIRONMENTS",
    "RANGES",
    "RadioDefault",
    "bands_of",
    "checked",
    "default",
    "default_values",
    "markdown",
    "markdown_of",
]

ENVIRONMENTS: Final = ("rural", "suburban", "urban")
"""Surroundings of a site; their codes 0, 1, 2 are those of the propagation models (open, suburban, urban)."""

BANDS: Final = ("low", "mid", "high")
_BAND_EDGES_MHZ = (1000.0, 2300.0)


@dataclass(frozen=True, slots=True)
class RadioDefault:
    """One row of the table.

    Attributes
    ----------
    name, value, unit
        The parameter and what it is taken to be.
    technology, environment, band
        Where the row holds; ``""``: everywhere.
    source
        Where the value comes from.
    confidence
        ``"published"`` (read in the named source), ``"practice"`` (what planners commonly use, from general knowledge; no
        publication was read) or ``"judgement"`` (chosen for this project).
    """

    name: str
    value: float
    unit: str
    technology: str = ""
    environment: str = ""
    band: str = ""
    source: str = ""
    confidence: str = "practice"


_PRACTICE = "common practice of planners"
_TYPICAL = "typical macro cell"
_PYTAL = "carriers of Oughton's pytal (700, 800, 1800, 3500 MHz)"
_COVERAGE_BAND = "the band of the coverage layer; suburbs are taken to have it too"

DEFAULTS: Final[tuple[RadioDefault, ...]] = (
    # Carriers.
    RadioDefault("frequency_mhz", 900.0, "MHz", "2g", "rural", source=_COVERAGE_BAND),
    RadioDefault("frequency_mhz", 900.0, "MHz", "2g", "suburban", source=_COVERAGE_BAND),
    RadioDefault("frequency_mhz", 1800.0, "MHz", "2g", "urban", source=_PRACTICE),
    RadioDefault("frequency_mhz", 900.0, "MHz", "3g", "rural", source=_COVERAGE_BAND),
    RadioDefault("frequency_mhz", 900.0, "MHz", "3g", "suburban", source=_COVERAGE_BAND),
    RadioDefault("frequency_mhz", 2100.0, "MHz", "3g", "urban", source=_PRACTICE),
    RadioDefault(
        "frequency_mhz", 800.0, "MHz", "4g", "rural", source=_PYTAL, confidence="published"
    ),
    RadioDefault(
        "frequency_mhz",
        800.0,
        "MHz",
        "4g",
        "suburban",
        source=_COVERAGE_BAND,
        confidence="judgement",
    ),
    RadioDefault(
        "frequency_mhz", 1800.0, "MHz", "4g", "urban", source=_PYTAL, confidence="published"
    ),
    RadioDefault(
        "frequency_mhz", 700.0, "MHz", "5g", "rural", source=_PYTAL, confidence="published"
    ),
    RadioDefault(
        "frequency_mhz",
        700.0,
        "MHz",
        "5g",
        "suburban",
        source=_COVERAGE_BAND,
        confidence="judgement",
    ),
    RadioDefault(
        "frequency_mhz", 3500.0, "MHz", "5g", "urban", source=_PYTAL, confidence="published"
    ),
    RadioDefault(
        "bandwidth_mhz",
        0.2,
        "MHz",
        "2g",
        source="GSM carrier spacing, 3GPP TS 45.005",
        confidence="published",
    ),
    RadioDefault(
        "bandwidth_mhz",
        5.0,
        "MHz",
        "3g",
        source="UTRA channel spacing, 3GPP TS 25.104",
        confidence="published",
    ),
    RadioDefault("bandwidth_mhz", 10.0, "MHz", "4g", band="low", source=_TYPICAL),
    RadioDefault("bandwidth_mhz", 20.0, "MHz", "4g", band="mid", source=_TYPICAL),
    RadioDefault("bandwidth_mhz", 20.0, "MHz", "4g", band="high", source=_TYPICAL),
    RadioDefault("bandwidth_mhz", 10.0, "MHz", "5g", band="low", source=_TYPICAL),
    RadioDefault("bandwidth_mhz", 20.0, "MHz", "5g", band="mid", source=_TYPICAL),
    RadioDefault("bandwidth_mhz", 100.0, "MHz", "5g", band="high", source=_TYPICAL),
    # Power and antennas.
    RadioDefault("power_dbm", 43.0, "dBm", "2g", source=_PRACTICE),
    RadioDefault("power_dbm", 43.0, "dBm", "3g", source=_PRACTICE),
    RadioDefault("power_dbm", 46.0, "dBm", "4g", source=_PRACTICE),
    RadioDefault("power_dbm", 46.0, "dBm", "5g", band="low", source=_PRACTICE),
    RadioDefault("power_dbm", 46.0, "dBm", "5g", band="mid", source=_PRACTICE),
    RadioDefault("power_dbm", 53.0, "dBm", "5g", band="high", source=_PRACTICE),
    RadioDefault("gain_dbi", 15.0, "dBi", "2g", source=_PRACTICE),
    RadioDefault("gain_dbi", 17.0, "dBi", "3g", source=_PRACTICE),
    RadioDefault("gain_dbi", 17.0, "dBi", "4g", source=_PRACTICE),
    RadioDefault("gain_dbi", 17.0, "dBi", "5g", band="low", source=_PRACTICE),
    RadioDefault("gain_dbi", 17.0, "dBi", "5g", band="mid", source=_PRACTICE),
    RadioDefault("gain_dbi", 24.0, "dBi", "5g", band="high", source=_PRACTICE),
    RadioDefault("feeder_loss_db", 2.0, "dB", "2g", source=_PRACTICE),
    RadioDefault("feeder_loss_db", 2.0, "dB", "3g", source=_PRACTICE),
    RadioDefault("feeder_loss_db", 2.0, "dB", "4g", source=f"{_PRACTICE}; 0.5 with a remote radio"),
    RadioDefault("feeder_loss_db", 0.5, "dB", "5g", band="low", source=_PRACTICE),
    RadioDefault("feeder_loss_db", 0.5, "dB", "5g", band="mid", source=_PRACTICE),
    RadioDefault("feeder_loss_db", 0.0, "dB", "5g", band="high", source="radio in the antenna"),
    RadioDefault(
        "height_m",
        40.0,
        "m",
        environment="rural",
        source="chosen; RMa has 35 m",
        confidence="judgement",
    ),
    RadioDefault(
        "height_m", 30.0, "m", environment="suburban", source="chosen", confidence="judgement"
    ),
    RadioDefault(
        "height_m",
        25.0,
        "m",
        environment="urban",
        source="UMa, 3GPP TR 38.901 Table 7.2-1",
        confidence="published",
    ),
    RadioDefault(
        "beamwidth_deg",
        65.0,
        "deg",
        source="3GPP TR 38.901 Table 7.3-1; 360 without an azimuth",
        confidence="published",
    ),
    RadioDefault(
        "downtilt_deg",
        0.0,
        "deg",
        source="chosen: a tilt that is not known is not invented",
        confidence="judgement",
    ),
    # Reception.
    RadioDefault(
        "decode_level_dbm", -102.0, "dBm", "2g", source=f"RxLev, {_PRACTICE}; -94 in planning"
    ),
    RadioDefault(
        "decode_level_dbm", -110.0, "dBm", "3g", source=f"RSCP, {_PRACTICE}, with Ec/Io -16 dB"
    ),
    RadioDefault(
        "decode_level_dbm", -122.0, "dBm", "4g", source=f"RSRP, {_PRACTICE}, with SINR -4 dB"
    ),
    RadioDefault("decode_level_dbm", -120.0, "dBm", "5g", source=f"SS-RSRP, {_PRACTICE}"),
    RadioDefault(
        "shadowing_sd_db",
        8.0,
        "dB",
        source="3GPP TR 38.901 Table 7.4.1-1: 4 to 8",
        confidence="published",
    ),
    RadioDefault(
        "body_loss_db", 3.0, "dB", source=f"{_PRACTICE}, in the hand; 8 at the head at 900 MHz"
    ),
    RadioDefault(
        "mobile_height_m", 1.5, "m", source="3GPP TR 38.901 Table 7.2-1", confidence="published"
    ),
)
"""Every default of a cell and of the phones that listen to it."""


RANGES: Final[Mapping[str, tuple[float, float, str]]] = {
    "frequency_mhz": (300.0, 100_000.0, "MHz"),
    "bandwidth_mhz": (0.1, 2000.0, "MHz"),
    "power_dbm": (-20.0, 70.0, "dBm"),
    "gain_dbi": (-10.0, 45.0, "dBi"),
    "feeder_loss_db": (0.0, 30.0, "dB"),
    "height_m": (1.0, 500.0, "metres above ground"),
    "beamwidth_deg": (1.0, 360.0, "degrees"),
    "downtilt_deg": (-30.0, 45.0, "degrees below the horizon"),
}
"""Least and greatest value that a cell may have, and the unit; what lies beyond has another unit or is an error."""


def checked(assume: Mapping[str, float] | None) -> dict[str, float]:
    """Return replacements of defaults of cells as numbers.

    Raises
    ------
    AssumptionError
        A name that is not one of `RANGES`, or a value that no antenna has.
    """
    found: dict[str, float] = {}
    for name, value in (assume or {}).items():
        if name not in RANGES:
            near = difflib.get_close_matches(name, RANGES, n=1)
            guess = f" (did you mean {near[0]}?)" if near else ""
            msg = f"cells have no default called {name!r}{guess}; the names are {', '.join(RANGES)}"
            raise AssumptionError(msg)
        low, high, unit = RANGES[name]
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not low <= number <= high:
            msg = f"{name} is {low:g} to {high:g} {unit}, but {value!r} was to be assumed"
            raise AssumptionError(msg)
        found[name] = number
    return found


def default(name: str, technology: str = "", environment: str = "", band: str = "") -> RadioDefault:
    """Return the row of a parameter.

    Raises
    ------
    InputError
        No such row.
    """
    for row in DEFAULTS:
        if (
            row.name == name
            and row.technology in {"", technology}
            and row.environment in {"", environment}
            and row.band in {"", band}
        ):
            return row
    names = ", ".join(dict.fromkeys(row.name for row in DEFAULTS))
    where = " ".join(part for part in (technology, environment, band) if part)
    msg = (
        f"there is no default of {name!r}{' for ' + where if where else ''}; the names are {names}"
    )
    raise InputError(msg)


def bands_of(frequency_mhz: F64) -> NDArray[np.int8]:
    """Return the index into `BANDS` of each frequency."""
    return np.searchsorted(_BAND_EDGES_MHZ, frequency_mhz, side="right").astype(np.int8)


@cache
def _lattice(name: str) -> F64:
    """Return the values of a parameter by technology, environment and band."""
    return np.array(
        [
            [[default(name, t, e, b).value for b in BANDS] for e in ENVIRONMENTS]
            for t in TECHNOLOGIES
        ]
    )


def default_values(
    name: str,
    technology: NDArray[np.integer],
    environment: NDArray[np.integer],
    band: NDArray[np.integer],
) -> F64:
    """Return the default of each cell, shape (cells,), by the codes of its technology, environment and band."""
    values: F64 = _lattice(name)[technology, environment, band]
    return values


def markdown_of(rows: Iterable[RadioDefault]) -> str:
    """Return rows that hold everywhere as a table in Markdown; it ends with a line break."""
    lines = ["| parameter | value | source | confidence |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{row.name}` | {row.value:g} {row.unit} | {row.source} | {row.confidence} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """Return the table in Markdown, for documents; it ends with a line break."""
    lines = [
        "| parameter | where | value | source | confidence |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {' '.join(p for p in (row.technology, row.environment, row.band) if p) or 'all'} | "
        f"{row.value:g} {row.unit} | {row.source} | {row.confidence} |"
        for row in DEFAULTS
    ]
    return "\n".join(lines) + "\n"
