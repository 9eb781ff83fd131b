"""One exercise in its engine: what is asked of it, and what happens. Everything that is told is made here of the log and of pictures."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.exercises import acting
from ew4all.api.exercises.books import Books, seconds
from ew4all.api.exercises.branching import branched
from ew4all.api.exercises.definition import Definition
from ew4all.api.exercises.drawing import Drawing, curves_shown
from ew4all.api.exercises.people_map import PeopleMap
from ew4all.api.exercises.picture import Painter
from ew4all.api.exercises.previewing import Previews, cap_text
from ew4all.api.exercises.telling import entry_of
from ew4all.api.problems import Problem
from ew4all.errors import EW4AllError
from ew4all.exercises.converting import content_of
from ew4all.exercises.scores import held_of, sheet
from ew4all.exercises.session import Session
from ew4all.exercises.worlds import Worlds
from ew4all.sim.exercise_events import NOBODY, Paused, Resumed, Who
from ew4all.sim.exercise_log import ExerciseLog, read_line
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ew4all.sim.exercise_events import Payload

__all__ = ["Play"]

_QUICK_S: Final = 0.15
"""How long a tick waits for its picture; where that takes longer, the one before is told again."""
_OUTAGE: Final = "the service was away"
_DECISIONS_SHOWN: Final = 50


class Play:
    """An exercise that is open."""

    def __init__(
        self,
        text: str,
        files: Mapping[str, str],
        scenario: str,
        options: Mapping[str, Any],
        log: Sequence[str],
        wall: str,
    ) -> None:
        del scenario
        self.options = dict(options)
        self.definition = Definition(text, files, options)
        exercise = self.definition.exercise
        worlds = Worlds.of(exercise, self.definition.scenario)
        self._begin(Session(exercise, worlds, _read(log)))
        now = _wall(wall)
        self.painter = Painter(self.session, float(options["report_delay_s"]))
        people = PeopleMap(worlds)
        self.drawing = Drawing(self.session, self.painter, people)
        self.previews = Previews(self.session, self.painter, people)
        # What held before the service was away counts; where nothing was, it costs nothing.
        self.held_s: dict[str, float] = held_of(self.session) if log else {}
        self.painter.ask(self.session.now_s(now), self.session.log[:])
        self.painter.wait(1e6)
        if self.painter.latest is None:
            raise Problem(
                400, "unplayable", self.painter.problem or "the exercise cannot be played"
            )
        self._opened = self._answer(now, {})

    def opened(self) -> dict[str, Any]:
        """Return the answer to opening it."""
        return {**self._opened, "about": self._about()}

    def answer(self, what: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a question.

        Raises
        ------
        Problem
            It cannot be; nothing happened.
        """
        self.previews.prepare()
        given = dict(asked)
        now = _wall(given.pop("wall")) if "wall" in given else dt.datetime.now(dt.UTC)
        if what == "tick":
            return self._tick(now, given.get("mark"))
        if what == "act":
            return self._act(now, given)
        if what == "reload":
            # Somebody else has written: what is here and not there did not happen.
            self._begin(Session(self.session.exercise, self.session.worlds, _read(given["log"])))
            return self._answer(now, {})
        if what == "branch":
            return {"result": branched(self.session, given["changes"], given.get("until_s"))}
        if what == "report":
            return {"result": self._report(given["folder"])}
        looks: dict[str, Callable[..., Any]] = {
            "injects": lambda: {"injects": self._books().injects(self._now_s(now))},
            "inject": lambda inject: self._inject(inject, now),
            "alerts": lambda: {"alerts": self._books().alerts(self._now_s(now))},
            "alert": lambda alert: self._alert(alert, now),
            "cap": lambda alert: {"cap": cap_text(self._alert(alert, now), self.session, now)},
            "decisions": lambda: {"decisions": self._books().decisions(self._now_s(now))},
            "messages": lambda after: {"messages": self._books().messages(after)},
            "notes": lambda: {"notes": self._books().notes()},
            "scores": lambda: sheet(self.session, self._now_s(now), self.held_s),
            "preview": self.previews.preview,
            "geo": lambda layer: self.drawing.layer(layer, self._books(), self._now_s(now)),
            "curves": lambda after_s, zone: curves_shown(self.session, self.painter, after_s, zone),
            "export": lambda ending: {"file": base64.b64encode(self._exported(ending)).decode()},
            "preview_import": lambda **g: self.definition.imported(**g)[1],
        }  # fmt: skip
        return {"result": looks[what](**given)}

    def _exported(self, ending: str) -> bytes:
        """Return the exercise as it stands, its injects as they were edited, as a file that can be brought in again."""
        exercise, states = self.session.exercise, self.session.injects.states
        injects = tuple(states[one.identifier].inject for one in exercise.injects)
        return content_of(replace(exercise, injects=injects), ending)

    def _report(self, folder: str) -> dict[str, Any]:
        from ew4all.exercises.after_action import after_action
        from ew4all.report.document_files import possible_formats
        from ew4all.report.exercise_outputs import write_report

        found = after_action(self.session)
        write_report(folder, found, formats=possible_formats(), settings={})
        return {}

    def _begin(self, session: Session) -> None:
        self.session = session
        self._told = len(session.log)
        self._made: Books | None = None
        self._made_of = -1

    def _books(self) -> Books:
        if self._made is None or self._made_of != len(self.session.log):
            self._made, self._made_of = (
                Books(self.session, self.definition.versions),
                len(self.session.log),
            )
        return self._made

    def _now_s(self, now: dt.datetime) -> float:
        return self.session.now_s(now)

    def _tick(self, now: dt.datetime, mark: Mapping[str, Any] | None) -> dict[str, Any]:
        if mark is not None:
            self._stood_still(now, mark)
        # Conditions ask the simulation: while it folds people anew they wait, and with them the clock, so that nothing happens late.
        if not (self.painter.is_busy and self.session.injects.may_wait):
            self.session.advance(now)
        return self._answer(now, {})

    def _stood_still(self, now: dt.datetime, mark: Mapping[str, Any]) -> None:
        """Take the time out in which nobody was there to let the clock run: it goes on from where it was shown last."""
        log, clock = self.session.log, self.session.clock
        if not clock.is_running:
            return
        stopped_s = max(log.last_s, float(mark["time_s"]))
        stopped = max(log[-1].wall, _wall(mark["at"]))
        log.append(stopped, stopped_s, NOBODY, Paused(_OUTAGE))
        log.append(now, stopped_s, NOBODY, Resumed())

    def _act(self, now: dt.datetime, given: dict[str, Any]) -> dict[str, Any]:
        do, by = given.pop("do"), given.pop("by")
        who = Who(by["role"], self._team(given.pop("team", None)) or by["team"], by["name"] or "")
        try:
            result = self._done(now, who, do, given)
        except EW4AllError as error:
            raise acting.refused(error, do, given, self._books(), self._now_s(now)) from error
        return {**self._answer(now, result), **self._redefined(do)}

    def _team(self, name: str | None) -> str | None:
        """Return the team on whose behalf somebody acts, which must be one of this exercise."""
        teams = [team.identifier for team in self.session.exercise.teams]
        if name is None or name in teams:
            return name
        told = f"there is no team {name!r}; there are {', '.join(teams)}"
        fault = {"pointer": "#/team", "detail": told, "code": "unknown-team"}
        raise Problem(400, "unknown-team", told, errors=[fault])

    def _done(
        self, now: dt.datetime, who: Who, do: str, given: dict[str, Any]
    ) -> Callable[[], Any]:
        """Do it, and return what gives the answer once the log holds it."""
        session, books = self.session, self._books()
        if do == "clock":
            asked = {**given["given"], "seed": self.options["seed"]}
            if asked["do"] == "start" and "speed" not in asked and self.options.get("speed"):
                asked["speed"] = self.options["speed"]
            for payload in acting.clock_payloads(session, asked):
                session.do(now, who, payload)
            session.advance(now)
            return lambda: self._clock(now)
        if do in {"add_inject", "import_injects"} or (
            do == "edit_inject" and not session.clock.has_started
        ):
            return self._define(do, who, given)
        if do.endswith("_inject"):
            self._log(now, who, acting.inject_payload(session, books, do, given))
            note = self._note(do, given["inject"])
            return lambda: {**self._books().inject(given["inject"], self._now_s(now)), **note}
        if do == "decide":
            acting.must_be_theirs(books, who, given["decision"])
            event = self._log(now, who, acting.decision_payload(session, books, given["decision"]))
            return lambda: self._decision(event, now)
        if do == "send_message":
            event = self._log(now, who, acting.talk_payload(given["message"]))
            return lambda: self._books().message(session.log[event - 1])
        if do == "read_message":
            self._log(now, who, acting.read_payload(given["message"]))
            return lambda: {}
        if do == "write_note":
            event = self._log(now, who, acting.note_payload(given["note"]))
            return lambda: self._books().note(session.log[event - 1])
        assert do == "score", do
        current = self._score(given["expectation"], now)
        self._log(now, who, acting.score_payload(given, current))
        return lambda: self._score(given["expectation"], now)

    def _log(self, now: dt.datetime, who: Who, payload: Payload) -> int:
        if not self.session.clock.has_started:
            told = "the exercise has not begun: start its clock first"
            raise Problem(409, "clock-state", told)
        return self.session.do(now, who, payload).sequence

    def _define(self, do: str, who: Who, given: dict[str, Any]) -> Callable[[], Any]:
        """Change the exercise itself, which is possible before it begins."""
        if self.session.clock.has_started:
            told = "the exercise has begun: injects can be edited, fired, held and skipped, and no others be added; write a message instead"
            raise Problem(409, "clock-state", told)
        result = self.definition.changed(do, who.name, given, self._books())
        self._begin(Session(self.definition.exercise, self.session.worlds, ExerciseLog()))
        self.drawing.session = self.previews.session = self.session
        self.painter.follow(self.session)
        if isinstance(result, str):
            return lambda: self._books().inject(result, 0.0)
        return lambda: result

    def _redefined(self, do: str) -> dict[str, Any]:
        if do not in {"add_inject", "import_injects", "edit_inject"} or len(self.session.log):
            return {}
        return {"definition": self.definition.stored()}

    def _note(self, do: str, name: str) -> dict[str, Any]:
        inject = self.session.injects.states[name].inject
        if do == "undo_inject" and inject.effects:
            return {"note": "what it did to network and mains stays"}
        return {}

    def _decision(self, sequence: int, now: dt.datetime) -> dict[str, Any]:
        books, now_s = self._books(), self._now_s(now)
        made = books.decision(self.session.log[sequence - 1], now_s)
        alert = made.get("alert")
        if alert is not None:
            made["alert"] = books.alert(alert["id"], now_s)
        return made

    def _score(self, name: str, now: dt.datetime) -> dict[str, Any]:
        for one in sheet(self.session, self._now_s(now), self.held_s)["scores"]:
            if one["expectation"] == name:
                found: dict[str, Any] = one
                return found
        raise Problem(
            404, "unknown-expectation", f"there is no expectation {name!r} in this exercise"
        )

    def _inject(self, name: str, now: dt.datetime) -> dict[str, Any]:
        if name not in self.session.injects.states:
            raise Problem(404, "unknown-inject", f"there is no inject {name!r} in this exercise")
        return self._books().inject(name, self._now_s(now))

    def _alert(self, name: str, now: dt.datetime) -> dict[str, Any]:
        if not self._books().has_alert(name):
            raise Problem(404, "unknown-alert", f"there is no alert {name!r} in this exercise")
        return self._books().alert(name, self._now_s(now))

    def _answer(self, now: dt.datetime, result: Any) -> dict[str, Any]:
        # Also what happened by itself before something that was then refused: the log has it, and nobody was told yet.
        events = self.session.log[self._told :]
        self._told = len(self.session.log)
        now_s = self._now_s(now)
        if self._is_late(now):
            if not self.painter.is_busy:
                self.painter.ask(now_s, self.session.log[:])
            self.painter.wait(_QUICK_S)
        books, clock = self._books(), self._clock(now)
        self._look_at_conditions()
        out = {"state": self._state(now), "entries": [entry_of(e, books, clock) for e in events]}
        return {**out, "result": result() if callable(result) else result}

    def _is_late(self, now: dt.datetime) -> bool:
        """Say whether the picture is not that of this moment."""
        latest = self.painter.latest
        at = (self._now_s(now), len(self.session.log))
        return latest is None or (latest.time_s, latest.events) != at

    def _look_at_conditions(self) -> None:
        picture = self.painter.latest
        if picture is not None:
            for name in picture.held:
                self.held_s.setdefault(name, picture.time_s)

    def _clock(self, now: dt.datetime) -> dict[str, Any]:
        session, clock = self.session, self.session.clock
        state = "running" if clock.is_running else "paused"
        state = "ended" if clock.is_over else state if clock.has_started else "ready"
        out = {
            "state": state, "time_s": seconds(self._now_s(now)), "speed": clock.speed if clock.has_started else self._speed(),
            "at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "length_s": session.exercise.length_s,
        }  # fmt: skip
        return out | (self._pause(now) if state == "paused" else {})

    def _speed(self) -> float:
        return float(self.options.get("speed") or self.session.exercise.speed_at(0.0))

    def _pause(self, now: dt.datetime) -> dict[str, Any]:
        del now
        for event in reversed(self.session.log[:]):
            if isinstance(event.payload, Paused):
                word, _, name = event.payload.reason.partition(": ")
                state = self.session.injects.states.get(name)
                if word != "discussion" or state is None:
                    return {"reason": event.payload.reason or "facilitator"}
                lasts_s = state.inject.discussion_s
                ends = event.wall + dt.timedelta(seconds=lasts_s)
                return {
                    "reason": "discussion",
                    "inject": name,
                    "discussion_s": lasts_s,
                    "ends_at": ends.isoformat(timespec="seconds"),
                }
        return {}

    def _state(self, now: dt.datetime) -> dict[str, Any]:
        books, now_s, picture = self._books(), self._now_s(now), self.painter.latest
        assert picture is not None
        scores = sheet(self.session, now_s, self.held_s)
        messages = books.messages()
        boxes = {
            team.identifier: _box([m for m in messages if not m["to"] or team.identifier in (*m["to"], m["from"]["team"])])
            for team in self.session.exercise.teams
        }  # fmt: skip
        cells = {k: _tag(v) for k, v in picture.sites.items()}
        whole = dict(picture.whole)
        reported = {**whole.pop("reported"), "geo": {"cells": f"r{cells['reported']}"}}
        geo = {
            "zones": "z", "people": "p", "cells": f"t{cells['now']}",
            "hazard": self.drawing.hazard_tag(now_s), "missed": f"m{_tag(picture.missed.round(3))}",
        }  # fmt: skip
        return {
            "seq": len(self.session.log), "clock": self._clock(now), "phase": "ready", **whole, "as_of_s": seconds(picture.time_s), "is_late": self._is_late(now),
            "injects": books.injects(now_s, brief=True), "alerts": books.alerts(now_s, brief=True),
            "decisions": books.decisions(now_s)[:_DECISIONS_SHOWN], "messages": _box(messages), "boxes": boxes, "changed": books.changed,
            "scores": {"points": scores["points"], "most": scores["most"]}, "geo": geo, "reported": reported,
        }  # fmt: skip

    def _about(self) -> dict[str, Any]:
        inputs, network = self.session.worlds.inputs, self.session.worlds.inputs.network
        from ew4all.alerts.templates import shipped

        technologies = [] if network is None else sorted({int(t) for t in network.cells.technology})
        return {
            "zones": [{"id": i, "name": n} for i, n in zip(inputs.zones, inputs.zone_names, strict=True)],
            "operators": [o for o in inputs.operators if o], "technologies": [TECHNOLOGIES[t] for t in technologies],
            "channels": [{"name": use.channel.name, "title": use.channel.name.replace("_", " ").capitalize()} for use in self.session.worlds.plan.uses],
            "hazards": sorted(shipped().hazards), "bbox": self.drawing.bbox,
        }  # fmt: skip


def _box(messages: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {"last": messages[-1]["id"] if messages else 0, "count": len(messages)}


def _tag(values: Any) -> str:
    return "0" if values is None else hashlib.sha256(values.tobytes()).hexdigest()[:8]


def _wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _read(lines: Sequence[str]) -> ExerciseLog:
    return ExerciseLog([read_line(line) for line in lines])
