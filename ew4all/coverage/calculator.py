"""A radio planner's calculator: tables of known columns, and how the value of each of their rows is computed.

Each `Sheet` is a table that is recognised by its header. Numbers are in the units that the header names; a row outside the
range of its model gets NaN and a note, never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from ew4all.coverage.autonomy import share_up
from ew4all.coverage.propagation import MODELS
from ew4all.coverage.propagation.building_entry import entry_loss_db
from ew4all.coverage.propagation.clutter import height_gain_db, statistical_db
from ew4all.coverage.propagation.link import ENVIRONMENTS, Link, Range, beyond
from ew4all.coverage.propagation.tr38901 import rma_p_los, uma_p_los
from ew4all.coverage.reception import (
    indoor_probability,
    outdoor_probability,
    repeated_probability,
)
from ew4all.coverage.sound import REFERENCE_M, siren_level_dbc
from ew4all.errors import ColumnError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from ew4all.units import F64

__all__ = ["SHEETS", "Answer", "Sheet", "recognise"]

Columns: TypeAlias = "Mapping[str, NDArray[np.float64]]"
Words: TypeAlias = "Mapping[str, NDArray[np.str_]]"


@dataclass(frozen=True, eq=False)
class Answer:
    """Value of each row, NaN where the model does not hold, and a note on each, ``""`` where all is well."""

    value: F64
    note: list[str]

    @classmethod
    def of(cls, db: ArrayLike, flags: NDArray[np.uint8]) -> Answer:
        """Make NaN and words of flags."""
        flags = np.where(np.isfinite(db) | (flags != 0), flags, np.uint8(Range.NOT_A_NUMBER))
        said = {flag: Range(int(flag)) for flag in np.unique(flags)}
        outside = np.isin(flags, [flag for flag, meaning in said.items() if meaning.outside])
        return cls(np.where(outside, np.nan, db), [said[flag].words() for flag in flags])

    def but(self, wrong: NDArray[np.bool_], why: str) -> Answer:
        """Return the same with NaN and a note where a row is wrong."""
        note = [
            f"{old}, {why}" if old and bad else why if bad else old
            for old, bad in zip(self.note, wrong, strict=True)
        ]
        return Answer(np.where(wrong, np.nan, self.value), note)

    def remark(self, where: NDArray[np.bool_], what: str) -> Answer:
        """Return the same with a note, whose rows keep their values."""
        return Answer(self.value, self.but(where, what).note)


@dataclass(frozen=True)
class Sheet:
    """A table that the calculator knows.

    Attributes
    ----------
    name
        How it is called.
    numbers, words
        Columns that the header must have: of numbers, and of words with the words that may stand there.
    expected
        Column that holds somebody's own value, to compare with; it may be missing.
    blank
        Columns of numbers that may be empty in a row.
    source
        Where the model is published.
    compute
        Values of rows from their columns.
    """

    name: str
    numbers: tuple[str, ...]
    expected: str
    source: str
    compute: Callable[[Columns, Words], Answer]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blank: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the header must have."""
        return (*self.words, *self.numbers)


def recognise(header: Sequence[str]) -> Sheet:
    """Return the sheet that a header belongs to; the order of columns and further ones do not matter.

    Raises
    ------
    ColumnError
        No sheet has these columns, or one lacks few of them; the message names what is missing.
    """
    names = set(header)
    best = max(
        SHEETS.values(),
        key=lambda s: (len(names.intersection(s.columns)), names.issuperset(s.columns)),
    )
    missing = [name for name in best.columns if name not in names]
    if not missing:
        return best
    known = "; ".join(f"{s.name}: {','.join(s.columns)}" for s in SHEETS.values())
    found = len(best.columns) - len(missing)
    if 2 * found > len(best.columns):
        msg = (
            f"the header is nearly that of {best.name}, but lacks the column "
            f"{' and '.join(missing)}; it has {','.join(header)} and needs {','.join(best.columns)}"
        )
    else:
        msg = f"the header {','.join(header)} belongs to no table of the calculator; name the columns as one of these does: {known}"
    raise ColumnError(msg)


def _hata(columns: Columns, words: Words) -> Answer:
    link = Link(
        distance_m=columns["d_km"] * 1000.0,
        frequency_mhz=columns["f_mhz"],
        base_height_m=columns["hb_m"],
        mobile_height_m=columns["hm_m"],
        environment=np.array([ENVIRONMENTS.index(word) for word in words["environment"]], np.int64),
        large_city=words["city"] == "large",
    )
    hata, cost231 = MODELS["hata"].loss_db(link), MODELS["cost231"].loss_db(link)
    is_hata = words["model"] == "hata"
    return Answer.of(
        np.where(is_hata, hata.db, cost231.db), np.where(is_hata, hata.flags, cost231.flags)
    )


def _tr38901(columns: Columns, words: Words) -> Answer:
    buildings, streets = columns["h_bldg_m"], columns["w_street_m"]
    rural, sight = words["scenario"] == "rma", columns["los"]
    no_buildings, no_streets = rural & np.isnan(buildings), rural & np.isnan(streets)
    link = Link(
        distance_m=columns["d2d_m"],
        frequency_mhz=columns["f_ghz"] * 1000.0,
        base_height_m=columns["h_bs_m"],
        mobile_height_m=columns["h_ut_m"],
        building_height_m=np.where(np.isnan(buildings), 5.0, buildings),
        street_width_m=np.where(np.isnan(streets), 20.0, streets),
    )
    of = {
        name: MODELS[name].loss_db(link) for name in ("rma_los", "rma_nlos", "uma_los", "uma_nlos")
    }
    seen = sight == 1.0
    rma = np.where(seen, of["rma_los"].db, of["rma_nlos"].db)
    uma = np.where(seen, of["uma_los"].db, of["uma_nlos"].db)
    rma_flags = np.where(seen, of["rma_los"].flags, of["rma_nlos"].flags)
    uma_flags = np.where(seen, of["uma_los"].flags, of["uma_nlos"].flags)
    answer = Answer.of(np.where(rural, rma, uma), np.where(rural, rma_flags, uma_flags))
    answer = answer.but((sight != 0.0) & (sight != 1.0), "los is 0 or 1")
    answer = answer.remark(no_buildings, "buildings of 5 m assumed")
    return answer.remark(no_streets, "streets of 20 m assumed")


def _p_los(columns: Columns, words: Words) -> Answer:
    distance, mobile = columns["d2d_m"], columns["h_ut_m"]
    rural = words["scenario"] == "rma"
    p = np.where(rural, rma_p_los(distance), uma_p_los(distance, mobile))
    flags = beyond(Range.DISTANCE, distance, 0.0, np.where(rural, 10_000.0, 5000.0))
    low, high = np.where(rural, 1.0, 1.5), np.where(rural, 10.0, 22.5)
    return Answer.of(p, flags | beyond(Range.MOBILE_HEIGHT, mobile, low, high))


def _p2109(columns: Columns, words: Words) -> Answer:  # noqa: ARG001
    entry = entry_loss_db(
        columns["f_ghz"] * 1000.0,
        columns["p_percent"] / 100.0,
        columns["building_class_1_traditional_2_efficient"],
        columns["elevation_deg"],
    )
    return Answer.of(entry.db, entry.flags)


def _p2108_height_gain(columns: Columns, words: Words) -> Answer:  # noqa: ARG001
    clutter = height_gain_db(
        columns["f__ghz"] * 1000.0,
        columns["h__meter"],
        columns["R__meter"],
        columns["w_s__meter"],
        columns["clutter_type"],
    )
    return Answer.of(clutter.db, clutter.flags)


def _p2108_statistical(columns: Columns, words: Words) -> Answer:  # noqa: ARG001
    clutter = statistical_db(
        columns["f__ghz"] * 1000.0, columns["d__km"] * 1000.0, columns["p"] / 100.0
    )
    return Answer.of(clutter.db, clutter.flags)


def _battery(columns: Columns, words: Words) -> Answer:  # noqa: ARG001
    time, share = columns["t_h"], columns["generator_share"]
    up = share_up(
        time,
        columns["median_battery_h"],
        columns["beta_battery"],
        share,
        columns["median_fuel_h"],
        columns["beta_fuel"],
    )
    answer = Answer(up, [""] * up.size).but(time < 0.0, "a time is at least 0")
    answer = answer.but((share < 0.0) | (share > 1.0), "a share is 0 to 1")
    lives = ("median_battery_h", "beta_battery", "median_fuel_h", "beta_fuel")
    negative = np.any([columns[name] < 0.0 for name in lives], axis=0)
    return answer.but(negative, "medians and betas are at least 0")


def _reception(columns: Columns, words: Words) -> Answer:
    margin = columns["median_outdoor_rsrp_dbm"] - columns["threshold_dbm"]
    sigma, f_ghz, kind = columns["sigma_shadow_db"], columns["f_ghz"], columns["building_class"]
    indoor = words["place"] == "indoor"
    no_band = indoor & ~((f_ghz >= 0.08) & (f_ghz <= 100.0))
    no_kind = indoor & ~np.isin(kind, (1.0, 2.0))
    p = outdoor_probability(margin, np.where(sigma >= 0.0, sigma, np.nan))
    usable = indoor & ~no_band & ~no_kind & (sigma > 0.0)
    rows = np.stack([sigma, f_ghz, kind], axis=1)
    for case in np.unique(rows[usable], axis=0):
        here = usable & (rows == case).all(axis=1)
        spread, band, building = case.tolist()
        p[here] = indoor_probability(margin[here], spread, band * 1000.0, int(building))
    answer = Answer(p, [""] * p.size).but(sigma < 0.0, "a spread is at least 0")
    answer = answer.but(indoor & (sigma == 0.0), "indoors the spread must be more than 0")
    answer = answer.but(no_band, "indoors needs f_ghz, 0.08 to 100")
    return answer.but(no_kind, "indoors needs building_class, 1 traditional or 2 efficient")


def _repeats(columns: Columns, words: Words) -> Answer:  # noqa: ARG001
    margin, times = columns["mean_margin_db"], columns["n_broadcasts"]
    place, time = columns["sigma_location_db"], columns["sigma_time_db"]
    negative, no_count = (place < 0.0) | (time < 0.0), (times < 1.0) | (times != np.floor(times))
    p = np.full(margin.shape, np.nan)
    rows = np.stack([place, time, times], axis=1)
    usable = ~negative & ~no_count
    for case in np.unique(rows[usable], axis=0):
        here = usable & (rows == case).all(axis=1)
        p[here] = repeated_probability(margin[here], *case.tolist())
    answer = Answer(p, [""] * p.size).but(negative, "a spread is at least 0")
    return answer.but(no_count, "the number of broadcasts is a whole number, at least 1")


def _siren(columns: Columns, words: Words) -> Answer:  # noqa: ARG001
    distance = columns["distance_m"]
    level = siren_level_dbc(columns["spl_at_30_48m_dbc"], distance)
    near = "nearer than 30.48 m, where the level is given"
    return Answer(level, [""] * level.size).but(distance < REFERENCE_M, near)


SHEETS: Final[Mapping[str, Sheet]] = {
    sheet.name: sheet
    for sheet in (
        Sheet(
            "hata_cost231",
            ("f_mhz", "d_km", "hb_m", "hm_m"),
            "loss_db",
            f"{MODELS['hata'].source}; {MODELS['cost231'].source}",
            _hata,
            {
                "model": ("hata", "cost231"),
                "environment": ENVIRONMENTS,
                "city": ("small", "large"),
            },
        ),
        Sheet(
            "tr38901_rma_uma",
            ("los", "f_ghz", "d2d_m", "h_bs_m", "h_ut_m", "h_bldg_m", "w_street_m"),
            "loss_db",
            "3GPP TR 38.901 v19.4, table 7.4.1-1",
            _tr38901,
            {"scenario": ("rma", "uma")},
            ("h_bldg_m", "w_street_m"),
        ),
        Sheet(
            "tr38901_plos",
            ("d2d_m", "h_ut_m"),
            "p_los",
            "3GPP TR 38.901 v19.4, table 7.4.2-1",
            _p_los,
            {"scenario": ("rma", "uma")},
        ),
        Sheet(
            "p2109",
            ("f_ghz", "p_percent", "building_class_1_traditional_2_efficient", "elevation_deg"),
            "bel_db",
            "Recommendation ITU-R P.2109-2",
            _p2109,
        ),
        Sheet(
            "p2108_height_gain",
            ("f__ghz", "h__meter", "w_s__meter", "R__meter", "clutter_type"),
            "A_h__db",
            "Recommendation ITU-R P.2108-1, 3.1",
            _p2108_height_gain,
        ),
        Sheet(
            "p2108_statistical",
            ("f__ghz", "d__km", "p"),
            "L_ctt__db",
            "Recommendation ITU-R P.2108-1, 3.2",
            _p2108_statistical,
        ),
        Sheet(
            "battery_survival",
            (
                "t_h", "median_battery_h", "beta_battery", "generator_share", "median_fuel_h", "beta_fuel",
            ),
            "share_up",
            "lognormal lives of batteries and fuel",
            _battery,
        ),
        Sheet(
            "reception_static",
            (
                "median_outdoor_rsrp_dbm", "threshold_dbm", "sigma_shadow_db", "f_ghz", "building_class",
            ),
            "p_receive",
            "normal shadowing; indoors with Recommendation ITU-R P.2109-2",
            _reception,
            {"place": ("outdoor", "indoor")},
            ("f_ghz", "building_class"),
        ),
        Sheet(
            "reception_repeats",
            ("mean_margin_db", "sigma_location_db", "sigma_time_db", "n_broadcasts"),
            "p_received",
            "normal level over places, and from broadcast to broadcast",
            _repeats,
        ),
        Sheet(
            "siren_level",
            ("spl_at_30_48m_dbc", "distance_m"),
            "level_dbc",
            "FEMA CPG 1-17: 10 dB for each doubling of distance",
            _siren,
        ),
    )
}  # fmt: skip
"""Every table that the calculator knows, by its name."""
