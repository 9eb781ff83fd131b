"""What players are told in the course of an exercise, when, and what it changes in the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from ew4all.sim.decisions import NetworkChange, PowerChange, Switch
from ew4all.sim.exercise_mark import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ew4all.sim.exercise_conditions import Condition

__all__ = ["DECISIONS", "After", "Attachment", "Effect", "Inject", "InjectChannel", "earliest_s"]

Effect: TypeAlias = NetworkChange | PowerChange | Switch
"""What an inject changes in the simulation at the moment that it fires."""

DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "draft_alert": "an alert is drafted",
        "approve_alert": "a draft is approved",
        "issue_alert": "an alert is issued",
        "update_alert": "a new text is issued for an alert on air",
        "cancel_alert": "an alert is cancelled",
        "order_sirens": "sirens are sounded",
        "request_power": "generators or fuel are asked for",
        "request_satellite": "satellite kits are asked for",
        "request_roaming": "operators are asked to let each other's customers roam",
        "send_message": "a message is sent to another team",
    }
)
"""Decisions of players, to what they are: cascades and expectations name them."""


class InjectChannel(StrEnum):
    """How an inject comes to the players."""

    EMAIL = "email"
    RADIO = "radio"
    PHONE = "phone"
    IN_PERSON = "in person"
    MEDIA = "media"
    SOCIAL = "social"
    DASHBOARD = "dashboard"


@dataclass(frozen=True, slots=True)
class After:
    """What sets an inject off: another inject that fired, or the first decision of a kind.

    Attributes
    ----------
    inject
        Identifier of the other inject. One that is skipped sets nothing off.
    decision
        One of `DECISIONS`; exactly one of both is given.
    team
        The decision counts where this team took it; any team where None.
    delay_s
        From that moment on, seconds of exercise time.
    """

    inject: str | None = None
    decision: str | None = None
    team: str | None = None
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with an inject: its title, and its path relative to the exercise's file."""

    title: str
    file: str


@dataclass(frozen=True, slots=True)
class Inject:
    """One row of the master scenario events list.

    An inject with `time_s` fires then; one with `after`, when that is over; with conditions too, at the first moment from
    then on at which all of them hold. With conditions alone it fires when they hold; with none of the three a facilitator
    fires it by hand. Each fires once.

    Attributes
    ----------
    identifier
        By which cascades and expectations name it.
    title, text
        What players get.
    time_s
        Planned time, seconds of exercise time.
    after
        What sets it off in the place of a time.
    conditions
        On facts of the simulation; all must hold.
    until_s
        A conditional inject that has not fired by then never does; None: to the end.
    sender
        From whom it seems to come.
    audience
        Identifiers of the teams that get it; all where empty.
    channel
        How it comes.
    expected_action
        What players should do: for facilitators and evaluators.
    attachments
        Files that come with it.
    effects
        What it changes in the simulation.
    hazard
        The hazard or failure that it belongs to, such as ``hurricane``, ``power`` or ``landslide``: rows of one chain.
    discussion_s
        The clock stops when it fires, and the room is planned to talk for so long; 0: the clock goes on.
    notes
        For facilitators: how to play it.
    """

    identifier: str
    title: str
    text: str
    time_s: float | None = None
    after: After | None = None
    conditions: tuple[Condition, ...] = ()
    until_s: float | None = None
    sender: str = ""
    audience: tuple[str, ...] = ()
    channel: InjectChannel = InjectChannel.EMAIL
    expected_action: str = ""
    attachments: tuple[Attachment, ...] = ()
    effects: tuple[Effect, ...] = ()
    hazard: str = ""
    discussion_s: float = 0.0
    notes: str = ""

    @property
    def is_by_hand(self) -> bool:
        """Nothing but a facilitator fires it."""
        return self.time_s is None and self.after is None and not self.conditions

    @property
    def shown_title(self) -> str:
        """Its title as players see it, marked as an exercise."""
        return marked(self.title)

    @property
    def shown_text(self) -> str:
        """Its text as players see it, marked as an exercise at both ends."""
        return marked(self.text, at_end=True)


def earliest_s(injects: Iterable[Inject]) -> dict[str, float | None]:
    """Return the earliest exercise time at which each inject could fire, seconds; None where no plan can tell.

    Conditions and decisions may come at once. Injects that are fired by hand, follow one that is, name one that is not
    there, or stand in a cycle have None.
    """
    known = {inject.identifier: inject for inject in injects}
    found: dict[str, float | None] = {}
    for start in known:
        chain: list[str] = []
        at = start
        while at not in found and at not in chain:
            chain.append(at)
            after = known[at].after
            if known[at].time_s is not None or after is None or after.inject not in known:
                break
            at = after.inject
        if at in chain and at != chain[-1]:  # a cycle: nothing in it or after it can be told
            found.update(dict.fromkeys(chain, None))
            continue
        for name in reversed(chain):
            if name not in found:
                found[name] = _earliest(known[name], found)
    return found


def _earliest(inject: Inject, found: Mapping[str, float | None]) -> float | None:
    if inject.time_s is not None:
        return inject.time_s
    if inject.after is None:
        return 0.0 if inject.conditions else None
    if inject.after.inject is None:
        return inject.after.delay_s
    before = found.get(inject.after.inject)
    return None if before is None else before + inject.after.delay_s
