"""The channels by name. Adding one is adding a file and a line here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ew4all.sim.channels.address_sms import AddressSms
from ew4all.sim.channels.app import app
from ew4all.sim.channels.cell_broadcast import CellBroadcast
from ew4all.sim.channels.location_sms import LocationSms
from ew4all.sim.channels.radio import radio
from ew4all.sim.channels.siren import Siren
from ew4all.sim.channels.tv import tv
from ew4all.sim.channels.web_push import web_push
from ew4all.sim.channels.word_of_mouth import WordOfMouth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.sim.channels.contract import Channel

_ALL: Final[tuple[Channel, ...]] = (
    CellBroadcast(),
    LocationSms(),
    AddressSms(),
    app(),
    web_push(),
    Siren(),
    radio(),
    tv(),
    WordOfMouth(),
)

CHANNELS: Final[Mapping[str, Channel]] = MappingProxyType(
    {channel.name: channel for channel in _ALL}
)
"""Channels in the order of results, by the name that scenarios give them."""
