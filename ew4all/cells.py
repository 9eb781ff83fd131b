"""Radio cells as columns, and what is assumed where a list of sites does not say.

::

    cells = Cells.of([27.48], [-29.31], ["4g"])     # power, height, band, ... from `DEFAULTS`
    cells.assumed_counts()                          # {"frequency_mhz": 1, "power_dbm": 1, ...}

A site is a place with a mast or a roof; a cell is one carrier of one technology of one operator there, in one direction.
Several technologies and operators may share a site.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.cell_defaults import (
    DEFAULTS,
    ENVIRONMENTS,
    RadioDefault,
    bands_of,
    checked,
    default,
    default_values,
)
from ew4all.errors import InputError, UnknownTechnologyError
from ew4all.units import F64, I32, TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ASSUMABLE",
    "DEFAULTS",
    "ENVIRONMENTS",
    "TECHNOLOGIES",
    "Cells",
    "RadioDefault",
    "Sites",
    "default",
]

ASSUMABLE: Final = (
    "frequency_mhz",
    "bandwidth_mhz",
    "power_dbm",
    "gain_dbi",
    "feeder_loss_db",
    "height_m",
    "beamwidth_deg",
    "downtilt_deg",
)
"""Columns that `DEFAULTS` fills; bit k of `Cells.assumed` is set where column k of these was."""


@dataclass(frozen=True, eq=False)
class Sites:
    """Places of antennas; every array has shape (sites,).

    A site whose cells were all left out by `Cells.take` keeps its number, with 0 `cells` and NaN for its place.
    """

    id: NDArray[np.str_]
    lon_deg: F64
    lat_deg: F64
    cells: I32

    def __len__(self) -> int:
        """Return the number of sites."""
        return int(self.cells.size)


@dataclass(frozen=True, eq=False)
class Cells:
    """Radio cells as columns; every array has shape (cells,).

    Attributes
    ----------
    id
        Unique: ``mcc-mnc-area-cell``, or what the list gives.
    site
        Number of the site, 0..sites-1; `site_id` is its name.
    technology
        Index into `TECHNOLOGIES`.
    operator
        Name, or ``mcc-mnc``; ``""`` where unknown.
    lon_deg, lat_deg
        Place of the site.
    frequency_mhz, bandwidth_mhz
        Centre and width of the downlink carrier.
    power_dbm
        Power of the carrier into the feeder, all its resource elements together.
    gain_dbi, feeder_loss_db
        Peak gain of the antenna, and loss before it.
    height_m
        Antenna above ground.
    azimuth_deg
        Clockwise from true north; NaN: no direction is known, or none is meant.
    beamwidth_deg
        Horizontal half-power width; 360 without an azimuth.
    downtilt_deg
        Mechanical and electrical together, positive below the horizon.
    tai
        Tracking area ``mcc-mnc-tac`` (4g, 5g) or location area ``LAI mcc-mnc-lac`` (2g, 3g); ``""`` where unknown.
    emergency_area
        Emergency area identity; ``""`` where unknown.
    assumed
        Bits of `ASSUMABLE`: what the list did not give.
    """

    id: NDArray[np.str_]
    site: I32
    site_id: NDArray[np.str_]
    technology: NDArray[np.int8]
    operator: NDArray[np.str_]
    lon_deg: F64
    lat_deg: F64
    frequency_mhz: F64
    bandwidth_mhz: F64
    power_dbm: F64
    gain_dbi: F64
    feeder_loss_db: F64
    height_m: F64
    azimuth_deg: F64
    beamwidth_deg: F64
    downtilt_deg: F64
    tai: NDArray[np.str_]
    emergency_area: NDArray[np.str_]
    assumed: NDArray[np.uint16]

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        sizes = {f.name: np.shape(getattr(self, f.name)) for f in fields(self)}
        wrong = {name: shape for name, shape in sizes.items() if shape != (self.site.size,)}
        if wrong:
            name, shape = next(iter(wrong.items()))
            msg = f"column {name} of the cells has shape {shape}, but there are {self.site.size} cells"
            raise InputError(msg)

    def __len__(self) -> int:
        """Return the number of cells."""
        return int(self.site.size)

    @classmethod
    def of(
        cls,
        lon_deg: ArrayLike,
        lat_deg: ArrayLike,
        technology: ArrayLike,
        *,
        id: ArrayLike | None = None,  # noqa: A002 - the name of the column
        site: ArrayLike | None = None,
        site_id: ArrayLike | None = None,
        operator: ArrayLike = "",
        azimuth_deg: ArrayLike = np.nan,
        tai: ArrayLike = "",
        emergency_area: ArrayLike = "",
        environment: ArrayLike = "rural",
        assume: Mapping[str, float] | None = None,
        **known: ArrayLike,
    ) -> Cells:
        """Make cells of what is known, and fill the rest from `DEFAULTS`.

        Parameters
        ----------
        lon_deg, lat_deg
            Places, shape (cells,).
        technology
            Names of `TECHNOLOGIES` or their indices; one for all, or shape (cells,).
        id, site_id
            Names; numbered from 1 where not given.
        site
            Numbers of the sites, 0..sites-1. Without them, cells at the same place share a site.
        environment
            One of `ENVIRONMENTS`, or its index (0 rural, 1 suburban, 2 urban), for the defaults of heights and bands.
        assume
            Column of `ASSUMABLE` to the value that replaces the default wherever the list has none.
        known
            Columns of `ASSUMABLE`; NaN where a cell has no value.

        Raises
        ------
        InputError
            Columns of different lengths, or a column that does not exist.
        UnknownTechnologyError
            A technology that is not one of `TECHNOLOGIES`.
        AssumptionError
            An assumption about another column, or of a value that no antenna has.
        """
        _only_known(known)
        assume = checked(assume)
        lon = np.atleast_1d(np.asarray(lon_deg, dtype=np.float64))
        count = lon.size
        lat = _column(lat_deg, count, "lat_deg")
        if site is None:
            site = _by_place(lon, lat)
        number = np.asarray(site, dtype=np.int32)
        none = np.full(count, np.nan)
        made = cls(
            id=_names(id, "cell ", np.arange(count)),
            site=number,
            site_id=_names(site_id, "site ", number),
            technology=_technologies(technology, count),
            operator=_text(operator, count),
            lon_deg=lon,
            lat_deg=lat,
            azimuth_deg=_column(azimuth_deg, count, "azimuth_deg"),
            tai=_text(tai, count),
            emergency_area=_text(emergency_area, count),
            assumed=np.zeros(count, np.uint16),
            **{name: _column(known.get(name, none), count, name) for name in ASSUMABLE},
        )
        assumed = np.zeros(count, np.uint16)
        for bit, name in enumerate(ASSUMABLE):
            assumed |= np.isnan(getattr(made, name)).astype(np.uint16) << np.uint16(bit)
        return replace(made, assumed=assumed).in_environment(environment, assume)

    def in_environment(
        self, environment: ArrayLike, assume: Mapping[str, float] | None = None
    ) -> Cells:
        """Return the cells with every assumed value chosen anew for their surroundings.

        Parameters
        ----------
        environment
            One of `ENVIRONMENTS` or its index; one for all, or shape (cells,).
        assume
            Column of `ASSUMABLE` to the value that replaces the default.

        Raises
        ------
        AssumptionError
            Another column, or a value that no antenna has.
        """
        assume = checked(assume)
        codes = _environments(environment, len(self))
        found: dict[str, Any] = {}
        for bit, name in enumerate(ASSUMABLE):
            column = getattr(self, name).copy()
            missing = (self.assumed >> np.uint16(bit)) & np.uint16(1) > 0
            # The band comes first: power, gain and width depend on it.
            bands = bands_of(found["frequency_mhz"]) if found else np.zeros(len(self), np.int8)
            values = default_values(name, self.technology, codes, bands)
            if name in assume:
                values = np.full(len(self), assume[name])
            if name == "beamwidth_deg":
                values = np.where(np.isnan(self.azimuth_deg), 360.0, values)
            column[missing] = values[missing]
            found[name] = column
        return replace(self, **found)

    def take(self, index: Any) -> Cells:
        """Return some of the cells, by numbers or by a mask; sites keep their numbers."""
        return Cells(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    @property
    def sites(self) -> Sites:
        """Every site up to the highest number."""
        count = int(self.site.max(initial=-1)) + 1
        lon, lat = np.full(count, np.nan), np.full(count, np.nan)
        name = np.zeros(count, dtype=self.site_id.dtype)
        lon[self.site], lat[self.site], name[self.site] = self.lon_deg, self.lat_deg, self.site_id
        return Sites(name, lon, lat, np.bincount(self.site, minlength=count).astype(np.int32))

    def assumed_counts(self) -> dict[str, int]:
        """Return for how many cells each column of `ASSUMABLE` was assumed; columns that were given are absent."""
        counts = {
            name: int(((self.assumed >> np.uint16(bit)) & np.uint16(1)).sum())
            for bit, name in enumerate(ASSUMABLE)
        }
        return {name: count for name, count in counts.items() if count}


def split_assumed(assume: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the assumptions that are columns of cells (`ASSUMABLE`), and the others."""
    return (
        {name: value for name, value in assume.items() if name in ASSUMABLE},
        {name: value for name, value in assume.items() if name not in ASSUMABLE},
    )


def _only_known(names: Any) -> None:
    wrong = [name for name in names if name not in ASSUMABLE]
    if wrong:
        msg = f"cells have no column {wrong[0]!r} with a default; those are {', '.join(ASSUMABLE)}"
        raise InputError(msg)


def _column(values: ArrayLike, count: int, name: str) -> F64:
    array = np.asarray(values, dtype=np.float64)
    if array.shape not in {(), (1,), (count,)}:
        msg = f"column {name} of the cells has shape {array.shape}, but there are {count} cells"
        raise InputError(msg)
    return np.array(np.broadcast_to(array, (count,)))


def _text(values: ArrayLike, count: int) -> NDArray[np.str_]:
    return np.array(np.broadcast_to(np.asarray(values, dtype=np.str_), (count,)))


def _names(values: ArrayLike | None, prefix: str, numbers: NDArray[Any]) -> NDArray[np.str_]:
    if values is not None:
        return _text(values, numbers.size)
    return np.char.add(prefix, (numbers + 1).astype(np.str_)).astype(np.str_)


def _by_place(lon: F64, lat: F64) -> NDArray[np.intp]:
    """Return the number of each place, in the order in which they first appear."""
    _, first, inverse = np.unique(
        np.stack([lon, lat]), axis=1, return_index=True, return_inverse=True
    )
    rank = np.empty(first.size, np.intp)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[inverse.ravel()]


def _codes(values: ArrayLike, count: int, names: tuple[str, ...], what: str) -> NDArray[np.int8]:
    given = np.asarray(values)
    if given.dtype.kind in "US" or given.dtype == object:
        numbers = {name: code for code, name in enumerate(names)}
        unknown = sorted({str(v) for v in given.ravel()} - set(names))
        if unknown:
            msg = f"{what} {unknown[0]!r} is not one of {', '.join(names)}"
            raise (UnknownTechnologyError if what == "technology" else InputError)(msg)
        given = np.array([numbers[str(v)] for v in given.ravel()]).reshape(given.shape)
    if given.size and (given.min() < 0 or given.max() >= len(names)):
        wrong = given.ravel()[((given < 0) | (given >= len(names))).ravel()][0]
        msg = (
            f"{what} codes run from 0 to {len(names) - 1} ({', '.join(names)}), but one is {wrong}"
        )
        raise (UnknownTechnologyError if what == "technology" else InputError)(msg)
    return np.array(np.broadcast_to(given, (count,)), dtype=np.int8)


def _technologies(values: ArrayLike, count: int) -> NDArray[np.int8]:
    return _codes(values, count, TECHNOLOGIES, "technology")


def _environments(values: ArrayLike, count: int) -> NDArray[np.int8]:
    return _codes(values, count, ENVIRONMENTS, "environment")
