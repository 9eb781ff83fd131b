"""Sirens: who can hear them, outdoors, in vehicles and in buildings with windows open or closed, and in which soundings.

Levels at the place of each row come from `siren_levels` (the loudest siren counts), the chance to hear a level from
`ew4all.coverage.sound`. Reached is whoever could hear it, awake or not; noticed, whoever wakes up or knows what it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.sound import hearing_probability
from ew4all.errors import EmptyLayerError
from ew4all.sim.channels.receivers import Untaken, able_of_all, newest, rate_of
from ew4all.sim.parameters import Parameter, share
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.stage import Stage, Text
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

__all__ = ["PARAMETERS", "Siren"]


def _level(name: str, value: float, low: float, high: float, source: str, confidence: str = "recalled") -> Parameter:  # fmt: skip
    return Parameter(name, value, "dB", low, high, source, confidence, most=150.0)


PARAMETERS: Final = (
    share(
        "works", 0.98, 0.90, 0.995,
        "sirens that sound when they are told to: 99.5 % of 8,235 in Austria's test of 2016 (ORF), 98.7 % of 2,971 in Switzerland (Tages-"
        "Anzeiger), 95 % in Lower Austria 2018 (ORF)", "derived",
    ),
    share("battery_share", 0.5, 0.0, 1.0, "chosen: of the sirens, those that sound without mains; those with motors do not"),
    Parameter("battery_s", 72 * 3600.0, "s", 24 * 3600.0, 14 * 86400.0, "chosen: for so long after the mains failed", "judgement"),
    Parameter("start_from_s", 5.0, "s", 1.0, 60.0, "chosen: the first siren sounds, from the command on", "judgement"),
    Parameter("start_over_s", 30.0, "s", 5.0, 300.0, "chosen: the last one so much later, all times between alike", "judgement", least=1.0),
    Parameter(
        "sound_s", 60.0, "s", 15.0, 300.0,
        "one minute, rising and falling, in Germany, Austria and Switzerland; three to five minutes in the United States (a fire district's "
        "page)", "published", least=1.0,
    ),
    Parameter("soundings", 3.0, "1", 1.0, 10.0, "chosen: how often it sounds", "judgement", least=1.0, most=100.0),
    Parameter("pause_s", 300.0, "s", 30.0, 1800.0, "chosen: silence between two soundings", "judgement", least=1.0),
    _level("ambient_rural_db", 45.0, 35.0, 55.0, "noise outdoors by day (reference/radio.md 6)"),
    _level("ambient_suburban_db", 55.0, 45.0, 65.0, "noise outdoors by day (reference/radio.md 6)"),
    _level("ambient_urban_db", 65.0, 55.0, 72.0, "noise outdoors by day (reference/radio.md 6: 65 to 70 in cities)"),
    _level("night_quieter_db", 8.0, 3.0, 12.0, "chosen: less noise outdoors from 22 to 6 h", "judgement"),
    _level(
        "ambient_indoors_db", 32.0, 25.0, 50.0,
        "noise in buildings where people are awake, near the pitch of the siren: about 10 dB below all noise of a quiet room. So that 65 to "
        "79 % take note of the sirens of Nanticoke 1986, by how towns and sirens are placed (110 of them, near people; 76.5 % in the survey)", "fitted",
    ),
    _level("ambient_bedroom_db", 28.0, 20.0, 40.0, "chosen: noise where people sleep", "judgement"),
    _level("ambient_vehicle_db", 65.0, 55.0, 75.0, "chosen: noise in a moving car", "judgement"),
    _level(
        "loss_open_db", 13.0, 8.0, 17.0,
        "median of 102 dwellings in Switzerland, in dB(A): 10 with a window open, 16 tilted (Locher et al. 2018, abstract); the middle of both",
        "derived",
    ),
    _level("loss_closed_db", 28.0, 20.0, 33.0, "median of the same dwellings, windows closed", "published"),
    _level("loss_vehicle_db", 25.0, 15.0, 35.0, "chosen: car with its windows closed", "judgement"),
    share(
        "windows_open", 0.5, 0.05, 0.95,
        "chosen: of rooms, with a window open or tilted; 75 % of bedrooms in the Netherlands in nights from April to November (quoted by WHO "
        "2009), nearly all in warm countries, few in winter",
    ),
    _level("above_noise_db", 9.0, 5.0, 12.0, "by how much it must exceed the noise (reference/validation.md 8.4)"),
    _level("spread_db", 6.0, 4.0, 10.0, "over people, buildings and weather; wind adds or takes 5 to 10 dB (reference/radio.md 6)"),
    share("noticed_awake", 0.90, 0.6, 0.98, "chosen: of those awake who could hear it, takes note and knows it is a warning"),
    share("noticed_asleep", 0.50, 0.2, 0.7, "half as many asleep (reference/radio.md 6)", "recalled"),
    share("again", 0.5, 0.0, 1.0, "chosen: part of this chance that a further sounding has with those who took no note of one"),
    share(
        "outside_sounds", 0.15, 0.0, 1.0,
        "chosen: of people outside the warning area, those whose nearest siren sounds; 1 where all are switched together",
    ),
)  # fmt: skip

SETTLEMENTS: Final = ("rural", "suburban", "urban")

_NIGHT: Final = (22.0, 6.0)

_PIECES: Final = 6
"""Parts of the time over which sirens begin."""


@dataclass(frozen=True)
class Siren:
    """All sirens of a run, sounded together."""

    name: str = "siren"
    parameters: tuple[Parameter, ...] = PARAMETERS

    def exposure(self, world: World, _: Mapping[str, float]) -> Exposure:
        """Say how rows differ: by level, noise, building, sleep, and mains.

        Raises
        ------
        EmptyLayerError
            No siren carries to anybody.
        """
        rows = world.rows
        near = rows.siren >= 0
        if not near.any():
            msg = (
                f"{self.name}: no siren carries to anybody, so nothing can be heard; give sirens with their places and "
                "levels, or leave the channel out"
            )
            raise EmptyLayerError(msg)
        kind, row = rows.kinds(
            rows.siren, rows.settlement, rows.in_area, *world.columns("indoors", "mains")
        )
        return Exposure(kind, near[row].astype(np.float64), row)

    def play(self, stage: Stage, notice: Notice) -> Process:
        """Sound them some times; people wake up, go out and lose power between one sounding and the next."""
        values = stage.values
        over, _ = newest(stage, notice.identifier)
        text = stage.texts[notice.identifier]
        # Sirens that are in use again sound as often as was left.
        done: dict[Text, int] = stage.kept.setdefault("done", {})
        if done.get(text, 0) >= round(values["soundings"]):
            return
        stage.record("on_air")
        yield stage.env.timeout(values["start_from_s"])
        for _ in range(done.get(text, 0), round(values["soundings"])):
            if over():
                break
            yield from _sound(stage, over)
            if not over():
                done[text] = done.get(text, 0) + 1
            end_s = stage.now_s + values["pause_s"]
            while stage.now_s < end_s and not over():
                yield stage.wait(end_s - stage.now_s)
        stage.record("off_air")


def _sound(stage: Stage, over: Callable[[], bool]) -> Process:
    """Play one sounding: sirens begin one after the other, and all sound for the same time."""
    values, kinds = stage.values, stage.exposure.row.size
    untaken: Untaken = stage.kept.setdefault("untaken", Untaken.begin(kinds))
    sounding, (asleep, awake) = _sounding(stage), _audible(stage)
    stage.alert(sounding)
    able, part = able_of_all(stage, sounding * (asleep + awake))
    untaken.change(able)
    heard_by = part * untaken.left
    untaken.left -= heard_by
    people = np.bincount(stage.exposure.kind, stage.world.rows.people, kinds)
    stage.record("sounded", float(heard_by @ people))
    # Of those who can hear it, some sleep.
    noticed = asleep * values["noticed_asleep"] + awake * values["noticed_awake"]
    noticed /= np.maximum(asleep + awake, 1e-300)
    begins = stage.kept.get("soundings", 0)
    stage.kept["soundings"] = begins + 1
    length_s = values["start_over_s"] + values["sound_s"]
    further = rate_of(values["again"] * noticed * sounding, length_s) if begins else 0.0
    stage.notice(noticed, further)
    end_s, span_s, key = stage.now_s + length_s, values["start_over_s"] / _PIECES, object()
    for k in range(_PIECES):
        if over():
            untaken.give_back(heard_by * (1.0 - k / _PIECES), untaken.able)
            break
        stage.hold(key, rate_of(untaken.reach(heard_by / _PIECES), span_s))
        yield stage.env.timeout(span_s)
    stage.hold(key, None)
    while stage.now_s < end_s and not over():
        yield stage.wait(end_s - stage.now_s)
    if stage.kept["soundings"] == begins + 1:  # no other has begun
        stage.notice(noticed, 0.0)


def _sounding(stage: Stage) -> F64:
    """Return the chance that the siren of each kind sounds now; 0 where there is none."""
    rows, row, values = stage.world.rows, stage.exposure.row, stage.values
    without_s = np.where(rows.mains_lost, stage.mains.out_for_s(stage.now_s)[rows.zone], 0.0)[row]
    out = 1.0 - stage.world.mains_now(stage.now_s, stage.mains)[row]
    battery = np.where(without_s <= values["battery_s"], values["battery_share"], 0.0)
    chance = values["works"] * np.where(out > 0, battery, 1.0)
    chance *= np.where(rows.in_area[row], 1.0, values["outside_sounds"])
    return np.where(rows.siren[row] >= 0, chance, 0.0)


def _audible(stage: Stage) -> tuple[F64, F64]:
    """Return the shares of each kind who sleep, and who are awake, where they could hear a siren that sounds."""
    world, row, values, now_s = stage.world, stage.exposure.row, stage.values, stage.now_s
    level = np.concatenate([world.siren_db, [-np.inf]])[world.rows.siren[row]]
    outdoors_db = np.array([values[f"ambient_{name}_db"] for name in SETTLEMENTS])
    night = not _NIGHT[1] <= world.hour(now_s) < _NIGHT[0]
    outdoors_db = outdoors_db - values["night_quieter_db"] * night

    def hears(ambient_db: F64 | float, loss_db: float = 0.0) -> F64:
        return hearing_probability(
            level, ambient_db, loss_db, values["above_noise_db"], values["spread_db"]
        )

    def inside(ambient_db: float) -> F64:
        opened = values["windows_open"]
        return opened * hears(ambient_db, values["loss_open_db"]) + (1.0 - opened) * hears(
            ambient_db, values["loss_closed_db"]
        )

    awake, outside = world.awake_now(now_s)[row], 1.0 - world.indoors_now(now_s)[row]
    driving = np.minimum(outside, world.activity_now("driving", now_s)[row])
    up = (awake - outside) * inside(values["ambient_indoors_db"])
    up += driving * hears(values["ambient_vehicle_db"], values["loss_vehicle_db"])
    up += (outside - driving) * hears(outdoors_db[world.rows.settlement[row]])
    return (1.0 - awake) * inside(values["ambient_bedroom_db"]), np.maximum(0.0, up)
