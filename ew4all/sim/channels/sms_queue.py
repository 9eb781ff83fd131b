"""A queue of messages to numbers: one server of finite rate, first attempts in random order, failures tried again.

The server takes messages in the order in which they came in, so tries again come behind all first attempts. Its work is
followed by kind of people, not message by message: while it works at a steady rate, the share it has worked through grows
straight with time. A message to a phone that is off or without service fails and takes its turn all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.sim.channels.receivers import Noticing, mass, people_of, phones_on, rate_of
from ew4all.sim.world import HOUR_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import simpy
    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.stage import Stage

    F64 = NDArray[np.float64]


def _edges(pieces: int) -> tuple[float, ...]:
    # A constant rate bends what is straight by the square of a piece over 8 times what is left: the same in all of these.
    return tuple((1.0 - (1.0 - np.arange(1, pieces + 1) / pieces) ** 2).tolist())


FIRST_EDGES: Final = _edges(20)
"""Parts of the first attempts between which people are reached at a constant rate.

The queue itself is straight in time: the difference is below a quarter of a percent of its people.
"""

LATER_EDGES: Final = _edges(5)
"""The same for tries again, of which there are few."""

_TINY: Final = 1e-15
_DONE: Final = 1e-9


@dataclass(eq=False)
class Batch:
    """Messages that wait for the same attempt: shares of each kind, shape (kinds,).

    Attributes
    ----------
    able
        Phone on and in service, not reached.
    dark, never
        Not now, of those who were and of those who never were since the alert came.
    again
        Reached by an earlier alert.
    """

    able: F64
    dark: F64
    never: F64
    again: F64

    @classmethod
    def empty(cls, kinds: int) -> Batch:
        """Begin without a message."""
        return cls(*(np.zeros((4, kinds))))

    def take(self, part: float) -> Batch:
        """Take a part of the messages away, of all alike."""
        taken = Batch(part * self.able, part * self.dark, part * self.never, part * self.again)
        for name in ("able", "dark", "never", "again"):
            setattr(self, name, getattr(self, name) - getattr(taken, name))
        return taken

    def change(self, gone: F64, back: F64, new: F64) -> None:
        """Move people by parts: of the able who lost service, of those who got it back, of those who have it at last."""
        lost, found, fresh = gone * self.able, back * self.dark, new * self.never
        self.able = self.able - lost + found + fresh
        self.dark = self.dark + lost - found
        self.never = self.never - fresh


@dataclass(frozen=True, eq=False)
class Plan:
    """What a queue is given.

    Attributes
    ----------
    selected
        Share of each kind whose numbers are among the messages, shape (kinds,).
    known
        Part of these whose phone exists and takes a message's time, whether on or not.
    rate_per_s
        Messages that the server can send.
    tries, retry_s
        Most attempts, and the pause before the second; each later pause is twice as long.
    delivered
        Chance of an attempt at a phone that is on and in service.
    start_s
        From now until the first message arrives at a phone.
    """

    selected: F64
    known: F64
    rate_per_s: float
    tries: int
    retry_s: float
    delivered: float
    start_s: float


class Queue:
    """One server with its messages.

    Parameters
    ----------
    stage
        Of the channel; `kept` holds `unreached`, the share of each kind not reached yet.
    plan
        What is sent, and how fast.
    able_now
        Gives the share of each kind that has a phone on and in service, of all, shape (kinds,).
    is_over
        Whether to stop.
    goes_on
        The channel is in use again: whoever has a message is sent no other.
    """

    def __init__(
        self,
        stage: Stage,
        plan: Plan,
        able_now: Callable[[], F64],
        is_over: Callable[[], bool],
        *,
        goes_on: bool = False,
    ) -> None:
        self.stage, self.plan, self.is_over, self.goes_on = stage, plan, is_over, goes_on
        self._able_now = able_now
        kinds = plan.selected.size
        self.people = people_of(stage)
        self.unreached: F64 = stage.kept.setdefault("unreached", np.ones(kinds))
        self.able = self.ever = np.zeros(kinds)
        self.never_known = np.zeros(kinds)
        self.batches: list[Batch] = []
        self._rate, self._since_s = np.zeros(kinds), stage.now_s
        self._others: list[Queue] = stage.kept.setdefault("queues", [])

    def run(self) -> Process:
        """Work until all tries are done: a SimPy process."""
        yield from self._wait_until(self.stage.now_s + self.plan.start_s)
        if self.is_over():
            return
        batch = self._first()
        self.stage.record("queued", self._messages(batch))
        begin_s = end_s = self.stage.now_s
        for attempt in range(self.plan.tries):
            failed = Batch.empty(self.plan.selected.size)
            self.batches = [batch, failed]
            pause_s = self.plan.retry_s * 2.0 ** (attempt - 1) if attempt else 0.0
            # What failed first may be tried first: some wait for the server, some for their pause.
            last_s = end_s + pause_s
            yield from self._wait_until(max(end_s, begin_s + pause_s))
            begin_s = self.stage.now_s
            messages = self._messages(batch)
            if self.is_over() or messages < _DONE:
                return
            span_s = max(messages / self.plan.rate_per_s, last_s - begin_s, 1.0)
            yield from self._serve(batch, failed, span_s, first=attempt == 0)
            if self.is_over():
                return
            end_s, batch = self.stage.now_s, failed

    def settle(self) -> None:
        """Count whom the rate of this moment has reached until now."""
        passed_s = self.stage.now_s - self._since_s
        self.unreached *= np.exp(-self._rate * passed_s)
        self._since_s = self.stage.now_s

    def _first(self) -> Batch:
        """Put all numbers that were selected into the queue."""
        # An earlier text may still be under way, or end at this very moment.
        for other in self._others:
            other.settle()
        self._others.append(self)
        selected = self.plan.selected
        reached = np.minimum(selected, 1.0 - self.unreached)
        self.able = self.ever = np.minimum(selected, selected * self._able_now())
        again = np.minimum(reached, self.able)
        never = np.maximum(0.0, selected - np.maximum(self.able, reached))
        known = selected * self.plan.known
        with_phone = np.maximum(0.0, known - np.maximum(self.able, reached))
        self.never_known = np.minimum(1.0, with_phone / np.maximum(never, _TINY))
        once_more = np.zeros(selected.size) if self.goes_on else again
        return Batch(self.able - again, np.zeros(selected.size), never, once_more)

    def _messages(self, batch: Batch) -> float:
        """Return how many messages a batch is."""
        share = batch.able + batch.again + batch.dark + self.never_known * batch.never
        return mass(self.people, share)

    def _serve(self, batch: Batch, failed: Batch, span_s: float, *, first: bool) -> Process:
        stage, delivered, key = self.stage, self.plan.delivered, self
        done = 0.0
        for edge in FIRST_EDGES if first else LATER_EDGES:
            if first:
                known = np.minimum(1.0, self.plan.known) * self.plan.selected
                stage.alert(edge * known)
            while done < edge - _DONE:
                part, piece_s = (edge - done) / (1.0 - done), (edge - done) * span_s
                hit = part * delivered * batch.able / np.maximum(self.unreached, _TINY)
                self._rate = rate_of(np.clip(hit, 0.0, 1.0), piece_s)
                begin_s = self._since_s = stage.now_s
                stage.hold(key, self._rate)
                yield stage.wait(piece_s)
                now = min(1.0, (stage.now_s - begin_s) / piece_s)
                self.settle()
                self._rate = np.zeros(hit.size)
                self._attempt(batch, failed, part * now)
                done = edge if now > 1.0 - _DONE else done + (edge - done) * now
                self._look()
                if self.is_over():
                    stage.hold(key, None)
                    return
        stage.hold(key, None)

    def _attempt(self, batch: Batch, failed: Batch, part: float) -> None:
        tried = batch.take(part)
        delivered = self.plan.delivered
        people = self.people * self.stage.exposure.susceptible * delivered
        self.stage.record("delivered", mass(people, tried.able + tried.again))
        failed.able = failed.able + (1.0 - delivered) * tried.able
        failed.again = failed.again + (1.0 - delivered) * tried.again
        failed.dark = failed.dark + tried.dark
        failed.never = failed.never + tried.never

    def _wait_until(self, time_s: float) -> Iterator[simpy.Event]:
        while self.stage.now_s < time_s - _DONE and not self.is_over():
            yield self.stage.wait(time_s - self.stage.now_s)
            self._look()

    def _look(self) -> None:
        """See whose phone is on and in service now."""
        able = np.minimum(self.plan.selected, self.plan.selected * self._able_now())
        gone = np.clip(1.0 - able / np.maximum(self.able, _TINY), 0.0, 1.0)
        again = np.minimum(able, self.ever) - self.able
        back = np.clip(again / np.maximum(self.ever - self.able, _TINY), 0.0, 1.0)
        rest = self.plan.selected - self.ever
        new = np.clip((able - self.ever) / np.maximum(rest, _TINY), 0.0, 1.0)
        for batch in self.batches:
            batch.change(gone, back, new)
        self.ever, self.able = np.maximum(self.ever, able), able


def known_phones(stage: Stage) -> F64:
    """Return the share of each kind whose phone the network knows, on or not, shape (kinds,)."""
    world, row = stage.world, stage.exposure.row
    rows, audience = world.rows, world.audience
    owned = audience.of_groups("phone_owned", world.groups)[rows.group[row]]
    habit = np.where(
        rows.awake[row], audience.values["phone_on_awake"], audience.values["phone_on_asleep"]
    )
    # Of those whose phone is not on: they have one that is off, or none.
    off = owned * (1.0 - habit) / np.maximum(1.0 - owned * habit, _TINY)
    return np.where(rows.phone_on[row], 1.0, np.minimum(1.0, off))


def served_now(stage: Stage) -> F64:
    """Return the share of each kind with a phone that is on and in service of any cell, shape (kinds,)."""
    world, row = stage.world, stage.exposure.row
    service = world.service.technology_at(stage.now_s)[world.rows.service[row]] >= 0
    return np.where(service, phones_on(stage) * stage.service_share()[row], 0.0)


def send(
    stage: Stage,
    plans: list[Plan],
    is_over: Callable[[], bool],
    noticing: Noticing,
    *,
    goes_on: bool = False,
    sounds_again: bool = False,
) -> Process:
    """Let queues work beside each other, and keep what people notice up to the hour: a SimPy process.

    Parameters
    ----------
    goes_on
        As for `Queue`.
    sounds_again
        Whoever has an earlier message and has not seen it hears the new one as its turn comes.
    """
    if sounds_again:
        people, served = people_of(stage), served_now(stage)
        longest_s = max(mass(people, p.selected * p.known) / p.rate_per_s for p in plans)
        reached = 1.0 - stage.kept.get("unreached", np.ones(people.size))
        able = np.minimum(1.0, served / np.maximum(reached, _TINY))
        noticing.sound_again(able, max(1.0, longest_s))
    for plan in plans:
        queue = Queue(stage, plan, lambda: served_now(stage), is_over, goes_on=goes_on)
        stage.env.process(queue.run())
    while not is_over():
        noticing.refresh()
        yield stage.wait(HOUR_S)


def operators_of(stage: Stage) -> NDArray[Any]:
    """Return the operator of each kind."""
    return stage.world.rows.operator[stage.exposure.row]
