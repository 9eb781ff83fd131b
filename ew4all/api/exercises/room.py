"""A room: one exercise that is played in this process. Its engine, its clock's tick, and those who listen.

Whatever happens goes the same way: the engine works it out, it is written down in one transaction with the clock, and then everybody is
told. Where it cannot be written down it did not happen: the engine is thrown away and played again from the log.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ew4all.api.exercises import records
from ew4all.api.exercises.access import unknown_exercise
from ew4all.api.exercises.invitations import list_seats
from ew4all.api.exercises.process import EngineLost, EngineProcess
from ew4all.api.exercises.records import Entry, Overtaken, Stands
from ew4all.api.problems import Problem
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ew4all.api.exercises.broadcast import Broadcast
    from ew4all.api.exercises.invitations import Seat
    from ew4all.api.exercises.records import Stored
    from ew4all.api.service import Service

__all__ = ["Room", "wall_now"]

_AWAY_S: Final = 2.0
"""A clock that was written down longer ago than this stood still: nobody was there to let it run."""
_STANDS_S: Final = 5.0
"""How often a room is looked at whose clock stands still."""
_AGAIN_S: Final = 2.0
_IDLE_S: Final = 600.0
"""After what time a room in which nothing runs, and to which nobody listens, gives its memory back."""
_QUIET_S: Final = 20.0
_TURN_S: Final = 20.0
_MOST_WAITING: Final = 12
"""How many may wait for their turn: each holds a thread of the service."""
_TRIES: Final = 3

_LOG = structlog.get_logger("ew4all.exercises")


def wall_now() -> str:
    """Return the time of day, as the log has it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


class Room:
    """An exercise that is open.

    Attributes
    ----------
    phase
        ``opening``, ``ready``, ``broken`` (with `problem`) or ``ended``; the engine answers in the second and fourth.
    state
        How it stands, whole; None while it was never ready.
    about
        What its document tells besides what is stored: zones, operators, where it is.
    """

    def __init__(self, service: Service, stored: Stored, broadcast: Broadcast) -> None:
        self._service, self.stored, self.broadcast = service, stored, broadcast
        self.phase = "opening"
        self.problem: str | None = None
        self.state: dict[str, Any] | None = None
        self.about: dict[str, Any] = {}
        self._engine: EngineProcess | None = None
        self._opening: EngineProcess | None = None
        self._known = self._revision = 0
        self._turn = threading.Lock()
        self._waiting = 0
        self._failures = 0
        self._used_s = time.monotonic()
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(
            target=self._live, name=f"ew4all-exercise-{stored.id}", daemon=True
        )

    def start(self) -> None:
        """Begin to open it."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it is open, or being opened."""
        return self._thread.is_alive() and not self._stopping

    def stop(self) -> None:
        """Close it; nothing is lost."""
        self._stopping = True
        self._woken.set()
        if (opening := self._opening) is not None:
            opening.kill()  # people are folded for nobody
        self._thread.join()

    @property
    def is_spare(self) -> bool:
        """Whether nothing runs in it, and nobody listens or has asked a moment ago: it may close, to be opened again when somebody looks."""
        is_quiet = not self._is_running() and not len(self.broadcast) and self._waiting == 0
        return is_quiet and self._engine is not None and self.idle_s > _QUIET_S

    @property
    def idle_s(self) -> float:
        """For how long nobody has asked."""
        return time.monotonic() - self._used_s

    def known(self) -> dict[str, Any]:
        """Return how it stands.

        Raises
        ------
        Problem
            503: it was never open yet.
        """
        self._used_s = time.monotonic()
        if self.state is None:
            raise self._closed()
        return self.state

    def ask(self, what: str, **given: Any) -> dict[str, Any]:
        """Ask the engine something that changes nothing.

        Raises
        ------
        Problem
            What is asked for is not there, or 503: it is not open yet, or too busy.
        """
        with self._taking_turn() as engine:
            try:
                found: dict[str, Any] = engine.ask(what, wall=wall_now(), **given)["result"]
            except EngineLost as error:
                raise self._lost() from error
        return found

    def act(self, seat: Seat, what: str, **given: Any) -> dict[str, Any]:
        """Let something happen, by somebody; return what the engine says of it.

        Raises
        ------
        Problem
            It cannot be, and did not happen; 503 as above.
        """
        limits = self._service.settings.limits
        if seat.id is not None:
            self._service.rates.act(seat.id)
        if seat.role != "facilitator" and self._known >= limits.exercise_events:
            told = f"this exercise has {limits.exercise_events:,} events, which is as many as it keeps of players: ask a facilitator"
            raise Problem(409, "exercise-full", told)
        with self._taking_turn() as engine:
            answer = self._kept(engine, "act", do=what, by=seat.by, **given)
        self._woken.set()
        result: dict[str, Any] = answer["result"]
        return result

    @contextmanager
    def _taking_turn(self, *, is_use: bool = True) -> Iterator[EngineProcess]:
        if is_use:
            self._used_s = time.monotonic()
        if self._waiting >= _MOST_WAITING:
            raise _busy()
        self._waiting += 1
        try:
            is_mine = self._turn.acquire(timeout=_TURN_S)
        finally:
            self._waiting -= 1
        if not is_mine:
            raise _busy()
        try:
            if self._engine is None:
                raise self._closed()
            self._follow(self._engine)
            yield self._engine
        except (DBAPIError, PoolTimeout):
            # The engine may know of something that is not written down.
            self._throw_away()
            raise
        finally:
            self._turn.release()

    def _closed(self) -> Problem:
        if self.phase == "broken" and self.problem is not None:
            return Problem(503, "broken", f"the exercise cannot be opened: {self.problem}")
        told = "the exercise is being opened: its people are counted, and its log is played; ask again in a moment"
        return Problem(503, "opening", told, headers={"Retry-After": "2"})

    def _lost(self) -> Problem:
        self._throw_away()
        told = "the simulation of this exercise has ended unexpectedly, and is played again from the log; ask again in a moment"
        return Problem(503, "engine-lost", told, headers={"Retry-After": "5"})

    def _throw_away(self) -> None:
        if self._engine is not None:
            self._engine.clear()
            self._engine = None
        self._enter("opening")
        self._woken.set()

    def _enter(self, phase: str, problem: str | None = None) -> None:
        if (phase, problem) == (self.phase, self.problem):
            return
        self.phase, self.problem = phase, problem
        told = {"phase": phase} if problem is None else {"phase": phase, "problem": problem}
        self.broadcast.tell("phase", told)

    def _kept(self, engine: EngineProcess, what: str, **given: Any) -> dict[str, Any]:
        """Ask the engine for something that changes the exercise, and write it down; once more where somebody else was quicker."""
        for _ in range(_TRIES):
            try:
                answer = engine.ask(what, wall=wall_now(), **given)
                self._keep(answer)
            except EngineLost as error:
                raise self._lost() from error
            except Overtaken:
                self._follow(engine, is_behind=True)
                continue
            return answer
        raise _busy()

    def _keep(self, answer: dict[str, Any]) -> None:
        """Write down what happened, then tell.

        Raises
        ------
        Overtaken
            Somebody else has written: nothing of this happened.
        """
        state = answer["state"]
        entries = [Entry(**one) for one in answer.get("entries", ())]
        before = None if self.state is None else self.state["clock"]
        clock = state["clock"]
        if entries or clock != before or "definition" in answer:
            database = self._service.database
            seen = None if database.is_sqlite else Stands(self._known, self._revision)
            with database.begin() as connection:
                records.append(database, connection, self.stored.id, entries, clock, seen=seen)
                if "definition" in answer:
                    records.redefine(connection, self.stored.id, answer["definition"])
            self._revision += "definition" in answer
        self._known += len(entries)
        phase = "ended" if clock["state"] == "ended" else "ready"
        state["phase"] = phase
        self.state = state
        self.broadcast.publish(entries, state)
        self._enter(phase)

    def _follow(self, engine: EngineProcess, *, is_behind: bool = False) -> None:
        """Take over what another process of the service has written: with PostgreSQL there may be several.

        Raises
        ------
        Problem
            503: the exercise itself was changed before its start, and is opened anew; 404: it was removed.
        """
        if self._service.database.is_sqlite and not is_behind:
            return
        with self._service.database.read() as connection:
            stands = records.stands(connection, self.stored.id)
        if stands is None:
            self._stopping = True
            self._woken.set()
            raise unknown_exercise(self.stored.id)
        if stands.revision != self._revision:
            self._throw_away()
            raise self._closed()
        if is_behind or stands.last != self._known:
            self._reload(engine)

    def _reload(self, engine: EngineProcess) -> None:
        """Let the engine begin again from the log as it is stored, and tell what is new in it."""
        with self._service.database.read() as connection:
            log = records.entries(connection, self.stored.id)
        try:
            answer = engine.ask("reload", log=[e.line for e in log], wall=wall_now())
        except EngineLost as error:
            raise self._lost() from error
        new = log[self._known :]
        self._known = len(log)
        phase = "ended" if answer["state"]["clock"]["state"] == "ended" else "ready"
        self.state = {**answer["state"], "phase": phase}
        self.broadcast.publish(new, self.state)
        self._enter(phase)

    def _live(self) -> None:
        try:
            self._go_on()
        finally:
            # Whatever ended it: no process stays behind, and nobody listens to a room that is not there.
            self._stopping = True
            self.broadcast.drop()
            with self._turn:
                if self._engine is not None:
                    self._engine.clear()
                    self._engine = None

    def _go_on(self) -> None:
        seats_s = time.monotonic()
        while not self._stopping:
            try:
                if self._engine is None:
                    self._open()
                elif self._is_moving():
                    self._tick()
                elif not self._service.database.is_sqlite:
                    # What happens in another process is told here, too, also while the clock stands.
                    with self._taking_turn(is_use=False):
                        pass
            except Problem as error:
                self._failed(error.detail)
            except (DBAPIError, PoolTimeout, ReadError, OSError) as error:
                _LOG.warning("exercise waits", exercise=self.stored.id, error=str(error))
                self._failures += 1
            if time.monotonic() - seats_s > _STANDS_S:
                seats_s = time.monotonic()
                try:
                    self._put_out()
                except (DBAPIError, PoolTimeout) as error:
                    _LOG.warning("exercise waits", exercise=self.stored.id, error=str(error))
                if self._is_idle():
                    break
            self._woken.wait(self._pause_s())
            self._woken.clear()

    def _open(self) -> None:
        database, mine = self._service.database, self.stored.id
        with database.read() as connection:
            stored = records.find(connection, mine)
            log = records.entries(connection, mine)
        if stored is None:
            self._stopping = True
            self.broadcast.drop()
            return
        self._enter("opening")
        engine = self._opening = EngineProcess(self._service, stored)
        try:
            answer = engine.open([e.line for e in log], wall=wall_now())
            about = answer["about"]
            mark = self._stood_still()
            if mark is not None:
                answer = engine.ask("tick", mark=mark, wall=wall_now())
        except (EngineLost, Problem) as error:
            engine.clear()
            told = (
                error.detail
                if isinstance(error, Problem)
                else "the simulation ended while it was opened"
            )
            raise Problem(503, "broken", told) from error
        finally:
            self._opening = None
        with self._turn:
            self._engine, self._known, self._failures = engine, len(log), 0
            self._revision = int(stored.options.get("revision", 0))
            self.state = None
            try:
                self._keep(answer)
            except Overtaken:
                self._follow(engine, is_behind=True)
            except (DBAPIError, PoolTimeout):
                self._throw_away()
                raise
        self._tell_about(about)

    def _tell_about(self, about: dict[str, Any]) -> None:
        """Keep what is known of it since it was opened: its document tells that also while it is closed."""
        self.about = about
        if any(self.stored.facts.get(name) != value for name, value in about.items()):
            with self._service.database.begin() as connection:
                records.add_facts(connection, self.stored.id, about)

    def _stood_still(self) -> dict[str, Any] | None:
        """Return how the clock was written down last, where it should run and nobody has let it: it goes on from there."""
        with self._service.database.read() as connection:
            stored = records.find(connection, self.stored.id)
        if stored is None or stored.state != "running":
            return None
        away_s = (dt.datetime.now(dt.UTC) - stored.clock_at).total_seconds()
        if away_s <= _AWAY_S:
            return None
        return {"time_s": stored.clock["time_s"], "at": stored.clock["at"]}

    def _tick(self) -> None:
        with self._taking_turn() as engine:
            self._kept(engine, "tick")

    def _failed(self, told: str) -> None:
        self._failures += 1
        if self._engine is None and self._failures >= _TRIES:
            self._enter("broken", told)
        _LOG.error("exercise failed", exercise=self.stored.id, error=told, times=self._failures)

    def _pause_s(self) -> float:
        if self._engine is None:
            return min(60.0, _AGAIN_S * 2**self._failures) if self._failures else 0.01
        settings = self._service.settings
        return (
            settings.exercise_tick_s if self._is_moving() or not settings.is_sqlite else _STANDS_S
        )

    def _is_moving(self) -> bool:
        """Say whether there is anything new to tell: the clock runs, or numbers are being worked out."""
        return self._is_running() or (self.state is not None and self.state["is_late"])

    def _is_running(self) -> bool:
        return self.state is not None and self.state["clock"]["state"] == "running"

    def _is_idle(self) -> bool:
        return not self._is_running() and not len(self.broadcast) and self.idle_s > _IDLE_S

    def _put_out(self) -> None:
        """End the streams of seats that were ended, and the room of an exercise that was removed, by another process too."""
        with self._service.database.read() as connection:
            is_there = records.stands(connection, self.stored.id) is not None
            good = {one["id"] for one in list_seats(connection, self.stored.id)}
        if not is_there:
            self._stopping = True
        self.broadcast.drop(self.broadcast.seats - good)


def _busy() -> Problem:
    told = "the simulation of this exercise has much to do at the moment: try again"
    return Problem(503, "busy", told, headers={"Retry-After": "2"})
