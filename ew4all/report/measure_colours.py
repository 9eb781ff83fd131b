"""One colour and one mark for each kind of measure, told apart without colour too."""

from __future__ import annotations

from typing import Final

__all__ = ["COLOURS", "MARKS"]

COLOURS: Final = {
    "new_site": "#c25a0a",
    "new_technology": "#e08a3c",
    "battery": "#2c6597",
    "generator": "#5b8db8",
    "second_backhaul": "#0b2f5b",
    "satellite_kit": "#7b2d8b",
    "siren": "#b3202c",
    "fm_transmitter": "#1b7a5a",
    "community_radio": "#5aa383",
    "warden": "#8a6d1b",
    "device_programme": "#555f68",
    "cell_broadcast": "#23303b",
}

MARKS: Final = {
    "new_site": "^",
    "new_technology": "v",
    "battery": "s",
    "generator": "D",
    "second_backhaul": "X",
    "satellite_kit": "P",
    "siren": "o",
    "fm_transmitter": "*",
    "community_radio": "p",
    "warden": "h",
    "device_programme": "d",
    "cell_broadcast": "8",
}
