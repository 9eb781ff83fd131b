"""The log of an exercise: events one after the other, never changed, from which everything else is derived.

Clock, injects, alerts, scores and the simulation itself are functions of the log: whoever has it has the exercise, at any moment.
A log is text, one JSON object a line::

    {"sequence": 1, "wall": "2026-11-27T08:00:00.000000+00:00", "time_s": 0.0, "kind": "started", "who": {...}, "payload": {...}}

Reading is strict. A line that cannot be read, a kind that is not known, a gap in the numbers or a time that goes back
stops it with the number of the line. One thing is forgiven, on purpose: a last line without its line end that is no JSON was
being written when power or process failed. Nobody was told that it happened, so it did not: it is dropped, and said so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from ew4all.errors import ExerciseLogError
from ew4all.sim.exercise_events import KINDS, Ended, Event, Started, Who
from ew4all.sim.exercise_plain import from_plain, to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ew4all.sim.exercise_events import Payload

__all__ = ["ExerciseLog", "ReadLog", "line_of", "read_line", "read_log"]

_FIELDS = ("sequence", "wall", "time_s", "kind", "who", "payload")

_AFTER_THE_END = frozenset({"message_sent", "message_read", "score_given", "note_written"})


class ExerciseLog(Sequence[Event]):
    """Events in their order; `append` is the only way to change it.

    Parameters
    ----------
    events
        That are there already.
    keep
        Called with each line before the event counts: where it raises, nothing happened. It must not return before the line is where
        a crash does not lose it.
    """

    def __init__(
        self, events: Iterable[Event] = (), *, keep: Callable[[str], None] | None = None
    ) -> None:
        self._events: list[Event] = []
        self._keep: Callable[[str], None] | None = None
        for event in events:
            self._add(event)
        self._keep = keep

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        """Return an event by its index (its number less 1), or some of them."""
        return self._events[index]

    @property
    def last_s(self) -> float:
        """Exercise time of the last event, seconds; 0 where there is none."""
        return self._events[-1].time_s if self._events else 0.0

    def append(self, wall: datetime, time_s: float, who: Who, payload: Payload) -> Event:
        """Let something happen.

        Parameters
        ----------
        wall
            Now, with its offset from UTC.
        time_s
            Exercise time.

        Raises
        ------
        ExerciseLogError
            It cannot follow: a time before that of the last event, anything before the start, a second start, or play after the end.
        """
        event = Event(len(self._events) + 1, _utc(wall), float(time_s), who, payload)
        self._add(event)
        return event

    def until(self, time_s: float) -> ExerciseLog:
        """Return the log as it was at the end of a moment: events at that very moment have happened."""
        return ExerciseLog(one for one in self._events if one.time_s <= time_s)

    def before(self, sequence: int) -> ExerciseLog:
        """Return the log as it was before an event, by its number."""
        return ExerciseLog(one for one in self._events if one.sequence < sequence)

    def text(self) -> str:
        """Return it as lines."""
        return "".join(f"{line_of(event)}\n" for event in self._events)

    def _add(self, event: Event) -> None:
        problem = self._problem(event)
        if problem is not None:
            msg = f"event {event.sequence} ({event.kind}): {problem}"
            raise ExerciseLogError(msg)
        if self._keep is not None:
            self._keep(f"{line_of(event)}\n")
        self._events.append(event)

    def _problem(self, event: Event) -> str | None:
        wanted = len(self._events) + 1
        if event.sequence != wanted:
            return f"it should have the number {wanted}; lines are missing, or were put in or exchanged"
        if not 0.0 <= event.time_s < float("inf"):
            return f"an exercise time is 0 or more, and not {event.time_s:g} s"
        if event.time_s < self.last_s:
            return (
                f"it lies at {event.time_s:g} s of exercise time, before the event before it at {self.last_s:g} s; exercise time never "
                "goes back"
            )
        is_start = isinstance(event.payload, Started)
        if is_start and self._events:
            return "the exercise has started already; begin a new log"
        if not is_start and not self._events and event.kind not in _AFTER_THE_END:
            return "the exercise has not started; a log begins with its start"
        if self._is_over and event.kind not in _AFTER_THE_END:
            return "the exercise has ended; only messages, scores and notes can follow"
        return None

    @property
    def _is_over(self) -> bool:
        for event in reversed(self._events):
            if isinstance(event.payload, Ended):
                return True
            if event.kind not in _AFTER_THE_END:
                return False
        return False


class ReadLog(NamedTuple):
    """What was read: the log, and the part of a last line that was dropped, None where none was."""

    log: ExerciseLog
    dropped: str | None


def line_of(event: Event) -> str:
    """Return an event as one line of JSON, without its line end."""
    body = {
        "sequence": event.sequence,
        "wall": event.wall.isoformat(timespec="microseconds"),
        "time_s": event.time_s,
        "kind": event.kind,
        "who": to_plain(event.who),
        "payload": to_plain(event.payload),
    }
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))


def read_log(text: str | bytes, *, keep: Callable[[str], None] | None = None) -> ReadLog:
    """Read a whole log.

    Parameters
    ----------
    keep
        Of the log that is returned; lines that were read are not kept again.

    Raises
    ------
    ExerciseLogError
        A line cannot be read, does not follow the one before it, or is of a kind that this version does not know.
    """
    raw = text.encode() if isinstance(text, str) else text
    lines = raw.split(b"\n")
    tail = lines.pop()
    events = []
    for number, line in enumerate(lines, 1):
        events.append(_read(line, number))
    dropped = None
    if tail.strip():
        try:
            json.loads(tail)
        except ValueError:
            dropped = tail.decode("utf-8", "replace")
        else:
            # Only the line end is missing: the event was written whole.
            events.append(_read(tail, len(lines) + 1))
    try:
        return ReadLog(ExerciseLog(events, keep=keep), dropped)
    except ExerciseLogError as error:
        msg = f"the log does not hold together: {error}; restore it from a copy, or play on from the events before it"
        raise ExerciseLogError(msg) from error


def read_line(line: str | bytes) -> Event:
    """Read one event.

    Raises
    ------
    ValueError
        The line is none; the message says why.
    """
    try:
        body = json.loads(line, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        msg = "it is no text in UTF-8"
        raise ValueError(msg) from error
    if not isinstance(body, dict) or sorted(body) != sorted(_FIELDS):
        msg = f"an event has the fields {', '.join(_FIELDS)}"
        raise ValueError(msg)
    kind = body["kind"]
    if kind not in KINDS:
        msg = f"the kind {kind!r:.60} is not known; the log is of a newer version of ew4all, or was changed"
        raise ValueError(msg)
    try:
        wall = datetime.fromisoformat(str(body["wall"]))
    except ValueError as error:
        msg = f"wall is {body['wall']!r:.60}, but must be a date and time in UTC"
        raise ValueError(msg) from error
    if wall.tzinfo is None:
        msg = f"wall is {body['wall']!r:.60}, which does not say its offset from UTC"
        raise ValueError(msg)
    return Event(
        from_plain(int, body["sequence"], "sequence"),
        wall.astimezone(UTC),
        from_plain(float, body["time_s"], "time_s"),
        from_plain(Who, body["who"], "who"),
        from_plain(KINDS[kind], body["payload"], "payload"),
    )


def _read(line: bytes, number: int) -> Event:
    try:
        return read_line(line)
    except ValueError as error:
        said = "it is no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        msg = f"line {number} of the log cannot be read: {said}; restore the log from a copy"
        raise ExerciseLogError(msg) from error


def _no_constant(name: str) -> Any:
    msg = f"{name} is no number that an event may hold"
    raise ValueError(msg)


def _utc(wall: datetime) -> datetime:
    if wall.tzinfo is None:
        msg = f"the wall time {wall.isoformat()} does not say its offset from UTC; give one with tzinfo, such as datetime.now(UTC)"
        raise ExerciseLogError(msg)
    return wall.astimezone(UTC)
