"""The basic channel of one cell of GSM: a page in every slot of 1.883 s.

Which message is next follows from its category and from when it is due. Notifications go out on
paging, beside the channel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ew4all.alerts.broadcast_record import MessageReference
from ew4all.alerts.cbs import GSM_UNIT_S, EtwsWarning, GsmPage, PrimaryNotification
from ew4all.alerts.wire.cbsp_elements import BroadcastType, Category, Cell
from ew4all.alerts.wire.cbsp_messages import CbsWriteReplace, EmergencyWriteReplace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.alerts.wire.cbsp_active import Broadcast

__all__ = ["CellChannel", "Held", "Key", "OnAir", "share"]

Key: TypeAlias = tuple[MessageReference, BroadcastType]

_URGENCY = {Category.HIGH_PRIORITY: 0, Category.NORMAL: 1, Category.BACKGROUND: 2}


@dataclass(frozen=True)
class OnAir:
    """A page, or a notification, as it leaves a cell."""

    at_s: float
    cell: Cell
    what: GsmPage | PrimaryNotification


@dataclass
class Held:
    """A message in a cell: since when, when its next broadcast is due, its next page, its count."""

    message: Broadcast
    since_s: float
    due_s: float
    page: int = 0
    broadcasts: int = 0


@dataclass
class CellChannel:
    """What a cell holds, whether it works, and the next slot of its channel."""

    cell: Cell
    slot: int
    operational: bool = True
    held: dict[Key, Held] = field(default_factory=dict)

    @classmethod
    def at(cls, cell: Cell, now_s: float) -> CellChannel:
        """Return the channel of a cell that starts now, and holds nothing."""
        return cls(cell, _next_slot(now_s))

    def hold(self, key: Key, message: Broadcast, now_s: float) -> None:
        """Take a message; its first broadcast is due at once."""
        self.held[key] = Held(message, now_s, now_s)

    def advance(self, now_s: float) -> list[OnAir]:
        """Return what leaves the cell until now."""
        on_air: list[OnAir] = []
        last = _next_slot(now_s)
        while self.slot < last:
            at_s = self.slot * GSM_UNIT_S
            if self.operational:
                on_air.extend(self._notifications(at_s))
                on_air.extend(self._page(at_s))
            self.slot += 1
        return on_air

    def _notifications(self, at_s: float) -> list[OnAir]:
        """Return the notifications that are paged in a slot, and drop those whose time is over."""
        on_air = []
        for key, held in list(self.held.items()):
            message = held.message
            if not isinstance(message, EmergencyWriteReplace):
                continue
            lasts_s = message.warning_period_s
            if lasts_s and at_s - held.since_s > lasts_s:
                del self.held[key]
                continue
            held.broadcasts += 1
            notification = PrimaryNotification(
                message.new_serial_number,
                message.message_identifier,
                EtwsWarning.from_value(message.warning_type),
                message.security,
            )
            on_air.append(OnAir(at_s, self.cell, notification))
        return on_air

    def _page(self, at_s: float) -> list[OnAir]:
        """Return the page of a slot: of the most urgent message that is due and has waited longest.

        A message that has begun goes on to its last page. One that was broadcast as often as it
        was asked for is dropped.
        """
        due = [
            (held.page == 0, _URGENCY[held.message.category], held.due_s, key)
            for key, held in self.held.items()
            if isinstance(held.message, CbsWriteReplace) and held.due_s <= at_s
        ]
        if not due:
            return []
        key = min(due)[3]
        held = self.held[key]
        message = held.message
        assert isinstance(message, CbsWriteReplace)
        page = GsmPage(
            message.new_serial_number,
            message.message_identifier,
            message.dcs,
            held.page + 1,
            len(message.pages),
            message.pages[held.page][1:],
        )
        held.page += 1
        if held.page == len(message.pages):
            held.page = 0
            held.broadcasts += 1
            held.due_s += message.repetition_period * GSM_UNIT_S
            if held.broadcasts == message.broadcasts:
                del self.held[key]
        return [OnAir(at_s, self.cell, page)]


def share(messages: Iterable[Broadcast]) -> float:
    """Return the share of a channel that texts need, 0..1 where they fit."""
    return sum(
        len(message.pages) / message.repetition_period
        for message in messages
        if isinstance(message, CbsWriteReplace)
    )


def _next_slot(now_s: float) -> int:
    """Return the first slot that begins after now."""
    return int(now_s // GSM_UNIT_S) + 1
