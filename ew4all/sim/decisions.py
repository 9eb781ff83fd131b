"""What people decide while a run goes on, and what happens to the network and the mains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Notice:
    """What is sent: the part of an alert that channels look at.

    Attributes
    ----------
    identifier
        Name of the alert; an update carries the name of what it replaces.
    national
        A level that nobody can opt out of.
    languages
        BCP 47 tags of the texts.
    pages
        Pages of the cell-broadcast message.
    duration_s
        How long it stays on air from its issue.
    device_geofenced
        Phones outside the warning area suppress it.
    area
        Name of its warning area in a run with several (`ew4all.sim.alert_areas`); empty: that of the run.
    """

    identifier: str = "alert"
    national: bool = False
    languages: tuple[str, ...] = ("en",)
    pages: int = 2
    duration_s: float = 1800.0
    device_geofenced: bool = False
    area: str = ""


@dataclass(frozen=True)
class Issue:
    """An alert goes to channels; to all that are on where none is named."""

    notice: Notice
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Update:
    """A new text in the place of one on air: whoever receives it is alerted again."""

    notice: Notice
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancel:
    """An alert goes off air; what was noticed stays so.

    Its identifier is used up: what follows is another alert. An alert that is cancelled before it is sent is never sent.
    """

    identifier: str


@dataclass(frozen=True)
class Switch:
    """A channel is put out of use, or back."""

    channel: str
    on: bool


@dataclass(frozen=True)
class NetworkChange:
    """A share of the service of some phones goes or comes back, beyond what the outage of the scenario does.

    Attributes
    ----------
    share
        Part of the service that is there from now on, 0..1.
    zone, technology, operator
        Where it holds; all where None.
    """

    share: float
    zone: str | None = None
    technology: str | None = None
    operator: str | None = None


@dataclass(frozen=True)
class PowerChange:
    """The mains of a zone, or of all, fail or come back; what a scenario plans for later comes all the same."""

    on: bool
    zone: str | None = None


Decision: TypeAlias = Issue | Update | Cancel | Switch | NetworkChange | PowerChange
