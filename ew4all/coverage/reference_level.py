"""Which part of a carrier's power a phone measures: the reference level of each technology.

2g measures the whole carrier (RxLev of the BCCH), 3g the pilot channel (RSCP of the CPICH), 4g and 5g one resource element
(RSRP, SS-RSRP).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.units import F64, TECHNOLOGIES

if TYPE_CHECKING:
    from ew4all.cells import Cells

__all__ = ["QUANTITIES", "eirp_dbm", "resource_blocks"]

QUANTITIES: Final = {
    "2g": "received level of the BCCH carrier (RxLev)",
    "3g": "received level of the pilot channel (CPICH RSCP)",
    "4g": "reference signal received power (RSRP)",
    "5g": "synchronisation signal received power (SS-RSRP)",
}

PILOT_DB: Final = 10.0
"""The pilot of 3g is a tenth of the carrier: common practice of planners."""

# Width of a carrier in MHz to its resource blocks: 3GPP TS 36.104 table 5.6-1; TS 38.104 table 5.3.2-1, spacing of 15 kHz up
# to 50 MHz and 30 kHz for 40 MHz and more above 2.3 GHz, as macro networks have it.
_LTE: Final = ((1.4, 3.0, 5.0, 10.0, 15.0, 20.0), (6, 15, 25, 50, 75, 100))
_NR_15: Final = (
    (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0),
    (25, 52, 79, 106, 133, 160, 216, 270),
)
_NR_30: Final = (
    (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 80.0, 90.0, 100.0),
    (11, 24, 38, 51, 65, 78, 106, 133, 162, 217, 245, 273),
)
_NR_30_FROM_MHZ: Final = 2300.0


def resource_blocks(technology: int, bandwidth_mhz: F64, frequency_mhz: F64) -> F64:
    """Return the resource blocks of carriers of 4g or 5g; widths between those of the standard are interpolated."""
    if TECHNOLOGIES[technology] == "4g":
        return np.interp(bandwidth_mhz, *_LTE)
    return np.where(
        frequency_mhz >= _NR_30_FROM_MHZ,
        np.interp(bandwidth_mhz, *_NR_30),
        np.interp(bandwidth_mhz, *_NR_15),
    )


def eirp_dbm(cells: Cells) -> F64:
    """Return the reference level of each cell at the antenna, in its main beam, shape (cells,)."""
    share_db = np.zeros(len(cells))
    for code, name in enumerate(TECHNOLOGIES):
        mine = cells.technology == code
        if name == "3g":
            share_db[mine] = PILOT_DB
        elif name in {"4g", "5g"}:
            blocks = resource_blocks(code, cells.bandwidth_mhz[mine], cells.frequency_mhz[mine])
            share_db[mine] = 10.0 * np.log10(12.0 * blocks)
    level: F64 = cells.power_dbm - share_db + cells.gain_dbi - cells.feeder_loss_db
    return level
