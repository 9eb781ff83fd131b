"""Facts of a simulation that an exercise may ask for, and conditions on them."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FACTS", "Comparison", "Condition", "Fact", "Unit"]


class Unit(StrEnum):
    """What the value of a fact is."""

    SHARE = "share"
    """A fraction 0..1."""
    PEOPLE = "people"
    """A count of people."""
    NUMBER = "number"
    """A count of something else."""
    SECONDS = "s"
    """A time span, seconds."""
    YES_NO = "yes/no"
    """1 for yes, 0 for no."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the simulation knows at each moment of an exercise.

    Attributes
    ----------
    name
        By which conditions ask for it.
    unit
        What its value is.
    meaning
        In words, as the documentation shows it.
    by_zone
        It may be asked of one zone.
    by_channel
        It is asked of one channel, which the condition must name.
    needs_sites
        It is known only where the scenario has cell sites.
    """

    name: str
    unit: Unit
    meaning: str
    by_zone: bool = False
    by_channel: bool = False
    needs_sites: bool = False


_ALL: Final = (
    Fact("sites_out_share", Unit.SHARE, "cell sites that give no service, of all sites", by_zone=True, needs_sites=True),
    Fact("sites_out", Unit.NUMBER, "cell sites that give no service", by_zone=True, needs_sites=True),
    Fact(
        "mains_out_share", Unit.SHARE, "people whose homes have no electricity from the mains, of all people", by_zone=True
    ),
    Fact("people_at_risk", Unit.PEOPLE, "people inside the hazard footprint", by_zone=True),
    Fact(
        "hazard_arrived_share", Unit.SHARE, "people at risk where the hazard has arrived, of all people at risk", by_zone=True
    ),
    Fact(
        "time_to_hazard_s", Unit.SECONDS, "until the hazard reaches the first people at risk; 0 from then on; where it reaches nobody no condition on it holds", by_zone=True
    ),
    Fact("people_warned", Unit.PEOPLE, "people at risk who noticed a warning, through any channel", by_zone=True),
    Fact("people_warned_share", Unit.SHARE, "people at risk who noticed a warning, of all people at risk", by_zone=True),
    Fact(
        "people_alerted_share", Unit.SHARE,
        "people at risk where a warning was on air, sent or sounded, of all people at risk", by_zone=True,
    ),
    Fact(
        "people_missed", Unit.PEOPLE, "people at risk who have not noticed any warning", by_zone=True
    ),
    Fact(
        "warned_in_time_share", Unit.SHARE,
        "people at risk warned early enough to act before the hazard arrives, of all people at risk", by_zone=True,
    ),
    Fact("over_reach", Unit.PEOPLE, "people warned outside the warning area"),
    Fact("alert_issued", Unit.YES_NO, "whether an alert was issued in this exercise"),
    Fact("alerts_issued", Unit.NUMBER, "alerts and updates issued in this exercise"),
    Fact("time_since_issue_s", Unit.SECONDS, "since the latest alert or update was issued; before the first no condition on it holds"),
    Fact("channel_on", Unit.YES_NO, "whether a channel is in use", by_channel=True),
    Fact("channel_used", Unit.YES_NO, "whether an alert was issued to a channel", by_channel=True),
)  # fmt: skip

FACTS: Final[Mapping[str, Fact]] = MappingProxyType({fact.name: fact for fact in _ALL})
"""Facts by name, in the order of the documentation."""


class Comparison(StrEnum):
    """How the value of a fact is compared with that of a condition."""

    MORE = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    IS = "="
    IS_NOT = "!="

    def holds(self, found: float, wanted: float) -> bool:
        """Return whether a value that was found compares so with the one that is wanted."""
        return _COMPARED[self](found, wanted)


_COMPARED: Final[Mapping[Comparison, Callable[[float, float], bool]]] = {
    Comparison.MORE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.IS: operator.eq,
    Comparison.IS_NOT: operator.ne,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a fact with a value.

    Attributes
    ----------
    fact
        Name of one of `FACTS`.
    comparison
        How it is compared.
    value
        In the unit of the fact: a fraction 0..1, people, seconds, or 1 and 0 for yes and no.
    zone
        Identifier of the zone that is asked; all where None.
    channel
        Name of the channel that is asked, for facts that are of a channel.
    """

    fact: str
    comparison: Comparison
    value: float
    zone: str | None = None
    channel: str | None = None

    def holds(self, found: float) -> bool:
        """Return whether it holds where the fact has this value; never where it is not known (NaN)."""
        return not math.isnan(found) and self.comparison.holds(found, self.value)
