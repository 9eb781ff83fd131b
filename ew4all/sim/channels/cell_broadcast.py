"""Cell broadcast in 2G to 5G: one message to all phones in the cells addressed, repeated until it expires.

Load does not matter: a million phones take as long as ten. What takes time is in `cb_delay`, what happens on air in
`cb_on_air`, and the model as a whole in docs/channels.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.geofence import Geofence
from ew4all.coverage.reception_defaults import value
from ew4all.errors import EmptyLayerError
from ew4all.sim.channels.cb_on_air import OnAir
from ew4all.sim.channels.receivers import is_ever_served, phone_columns
from ew4all.sim.parameters import Parameter, share
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

__all__ = ["PARAMETERS", "CellBroadcast"]

_FENCE: Final = Geofence()


def _time(name: str, value: float, low: float, high: float, source: str, confidence: str = "judgement") -> Parameter:  # fmt: skip
    return Parameter(name, value, "s", low, high, source, confidence)


PARAMETERS: Final = (
    share(
        "network_broadcasts", 0.99, 0.93, 1.0,
        "as the row of this name in ew4all.assumptions: cells addressed that have the message on air. Low: United Kingdom, 23 April "
        "2023, mainly one operator's fault",
    ),
    Parameter(
        "core_median_s", 7.5, "s", 1.0, 30.0,
        "aggregator, broadcast centre and core: makes the median to a 4G phone 13 s, as in the county-wide test of San Diego 2019 "
        "(Minson et al. 2020, quoted in a later paper); fastest phones about 4 s (Oakland 2019)", "fitted", least=0.01,
    ),
    Parameter("core_sigma", 0.6, "log", 0.3, 1.0, "chosen (reference/validation.md 8.2): spread of its logarithm", "judgement", least=0.01),
    _time("fan_out_2g_s", 10.0, 2.0, 20.0, "all cells of a network within 10 s, as makers claim"),
    _time("fan_out_3g_s", 10.0, 2.0, 20.0, "as 2G"),
    _time("fan_out_4g_s", 5.0, 1.0, 10.0, "1 to 5 s, recalled", "recalled"),
    _time("fan_out_5g_s", 5.0, 1.0, 10.0, "1 to 5 s, recalled", "recalled"),
    _time("paging_cycle_s", 1.28, 0.32, 2.56, "3GPP TS 36.331: 0.32, 0.64, 1.28 or 2.56 s; the choice is ours"),
    _time("sib1_s", 0.16, 0.08, 0.32, "reading SIB1 after the page, uniform from 0", "recalled"),
    _time("si_period_s", 0.64, 0.08, 5.12, "3GPP TS 36.331: 80 ms to 5.12 s; the choice is ours"),
    Parameter("segment_octets_4g", 200.0, "octets", 100.0, 260.0, "217 or 277 octets of system information, less the fields of SIB12", "derived", least=1.0),
    Parameter("segment_octets_5g", 355.0, "octets", 200.0, 372.0, "2976 bits (TS 38.331), less the fields of SIB8", "derived", least=1.0),
    share("segment_received", 0.95, 0.7, 1.0, "chosen: a phone in service takes a segment; one that is missed comes again"),
    _time("page_3g_s", 1.0, 0.5, 2.0, "1 to 2 s for blocks on the CTCH, recalled", "recalled"),
    _time("ctch_period_s", 1.0, 0.2, 5.0, "chosen; up to 40.96 s by TS 25.331"),
    _time("show_s", 1.0, 0.2, 3.0, "chosen: from the last segment to sound and screen"),
    _time("repeat_s", 60.0, 10.0, 300.0, "chosen; 1 s to hours can be asked for. In 2G never less than the pages take"),
    share("decoded_2g", 0.90, 0.6, 0.98, "chosen: a phone in service takes a whole broadcast; in a call or a data transfer it does not"),
    share("decoded_3g", 0.90, 0.6, 0.98, "chosen: as 2G; not in CELL_DCH"),
    share("decoded_4g", 0.97, 0.8, 0.995, "chosen: idle and connected phones listen; lifts, tunnels and searches for a cell remain"),
    share("decoded_5g", 0.97, 0.8, 0.995, "chosen: as 4G"),
    _time("reload_s", 60.0, 5.0, 600.0, "chosen: a cell that restarts says so (PWS Restart), and the broadcast centre loads again what is on air"),
    Parameter("moves_per_h", 0.3, "1/h", 0.0, 1.0, "chosen: people without service who find themselves elsewhere in their zone, with the service that is usual there", "judgement"),
    share(
        "limited_service", value("limited_service_shown"), 0.3, 0.95,
        "as ew4all.coverage.reception_defaults: phones that show a warning on another operator's network after their own has failed",
    ),
    share("geofenced_share", _FENCE.share, 0.18, 0.95, "as ew4all.coverage.geofence: phones that compare their place with the warning area, where the alert carries it"),
    share("geofence_no_fix", _FENCE.no_fix, 0.10, 0.20, "as ew4all.coverage.geofence: without a place they show the alert"),
    share("geofence_inside_error", _FENCE.inside_error, 0.0, 0.05, "as ew4all.coverage.geofence"),
    share("geofence_near", 0.05, 0.0, 0.3, "chosen: of people outside the area on its cells, within the tolerance of 161 m"),
    _time("fix_warm_s", 10.0, 1.0, 15.0, "0 to 10 s with a recent place, recalled", "recalled"),
    _time("fix_cold_s", 45.0, 30.0, 60.0, "30 to 60 s indoors without one, recalled", "recalled"),
    share("fix_cold_share", 0.3, 0.1, 0.6, "chosen"),
    share("noticed_awake", 0.97, 0.90, 0.99, "as the row `noticed` of ew4all.assumptions: the sound cannot be missed near the phone"),
    share("noticed_asleep", 0.60, 0.30, 0.80, "chosen (reference/radio.md 5.4); 63 to 65 % sleep with the phone in reach (Pew 2010, Axios)"),
    Parameter("looks_every_s", 1200.0, "s", 300.0, 3600.0, "mean time until somebody awake who overheard it looks: 85 looks a day (Andrews et al. 2015, read at second hand) are one in 11 minutes awake, but they come in bursts", "derived", least=1.0),
)  # fmt: skip


@dataclass(frozen=True)
class CellBroadcast:
    """Cell broadcast in 2G to 5G."""

    name: str = "cell_broadcast"
    parameters: tuple[Parameter, ...] = PARAMETERS

    def exposure(self, world: World, _: Mapping[str, float]) -> Exposure:
        """Say how rows differ: by service, phone, place, and whether they are in the area.

        It can reach whose phone shows a broadcast on any of the technologies of this world, if it is on.

        Raises
        ------
        EmptyLayerError
            No cell ever serves anybody.
        """
        if not is_ever_served(world):
            msg = (
                f"{self.name}: no cell and no coverage layer serves anybody at any time, so nothing can be broadcast; "
                "give a network (cell sites or coverage layers), or leave the channel out"
            )
            raise EmptyLayerError(msg)
        rows = world.rows
        kind, row = rows.kinds(*phone_columns(world), rows.group, rows.in_area)
        used = np.unique(world.service.technology)
        capable = world.audience.capable(world.groups)[:, used[used >= 0]].max(axis=1)
        return Exposure(kind, capable[rows.group[row]], row)

    def play(self, stage: Stage, notice: Notice) -> Process:
        """Broadcast it until it expires or is cancelled, and let people notice it after that."""
        return OnAir(stage, notice).run()
