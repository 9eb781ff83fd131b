"""An exercise as it is shown: what it is, who you are in it, what you may do."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.exercises.access import MAY
from ew4all.api.exercises.shelf import is_for
from ew4all.api.exercises.views import view_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.answers import Links
    from ew4all.api.exercises.invitations import Seat
    from ew4all.api.exercises.records import Stored
    from ew4all.api.exercises.room import Room

__all__ = ["exercise_document", "listed"]

_FOR_ALL: Final = (
    "purpose", "audience", "length_s", "room_s", "languages", "channels", "hazards", "zones", "operators", "technologies", "bbox",
)  # fmt: skip
_FOR_TRUTH: Final = ("objectives", "points", "phases", "sources", "assumed")
"""What tells how it goes on: the titles of phases, what was made up for the course."""


def exercise_document(
    stored: Stored, seat: Seat, room: Room | None, links: Links
) -> dict[str, Any]:
    """Return an exercise, as far as a seat may know it."""
    path = f"/v1/exercises/{stored.id}"
    facts = {**stored.facts, **({} if room is None else room.about)}
    options = stored.options
    out: dict[str, Any] = {
        "id": stored.id, "title": stored.title, "scenario": stored.scenario, **{k: facts[k] for k in _FOR_ALL if k in facts},
        "start": _start(facts), **_time_of_day(facts), "speed": options.get("speed") or facts["speed"], "seed": options["seed"],
        "report_delay_s": options["report_delay_s"], **_now(stored, seat, room), "created": stored.created.isoformat(),
        "you": {**seat.by, "seat": seat.id}, "may": list(MAY[seat.role]),
        "teams": [_brief(one, seat, one["id"]) for one in facts["teams"]],
        "roles": [_brief(one, seat, one["team"]) for one in facts["roles"]],
        "handouts": _handouts(facts, seat, path, links),
        "links": _links(path, seat, links),
    }  # fmt: skip
    if seat.knows_truth:
        out["owner"] = stored.owner
        out.update((k, facts[k]) for k in _FOR_TRUTH if k in facts)
    return out


def listed(stored: Stored, room: Room | None, links: Links) -> dict[str, Any]:
    """Return an exercise as lists show it."""
    seat = _anyone(stored)
    path = f"/v1/exercises/{stored.id}"
    return {
        "id": stored.id, "title": stored.title, "scenario": stored.scenario, "length_s": stored.facts["length_s"],
        **_now(stored, seat, room), "created": stored.created.isoformat(), "owner": stored.owner,
        "links": [links.link(path, "self"), links.link(f"/console/?exercise={stored.id}", "console", "text/html")],
    }  # fmt: skip


def _anyone(stored: Stored) -> Seat:
    from ew4all.api.exercises.invitations import Seat

    return Seat(None, stored.id, "facilitator", None, "")


def _now(stored: Stored, seat: Seat, room: Room | None) -> dict[str, Any]:
    clock: Mapping[str, Any] = stored.clock
    phase, problem = "ended" if stored.state == "ended" else "opening", None
    if room is not None:
        phase, problem = room.phase, room.problem
        if room.state is not None:
            clock = room.state["clock"]
    out = {"phase": phase, "clock": view_of(seat).clock(clock)}
    return out if problem is None else {**out, "problem": problem}


def _start(facts: Mapping[str, Any]) -> str | None:
    """Return the date and time of exercise time 0, where the scenario has a date."""
    zero = facts.get("zero")
    if zero is None:
        return None
    begins = dt.datetime.fromisoformat(zero) + dt.timedelta(seconds=facts["scenario_start_s"])
    return begins.isoformat()


def _time_of_day(facts: Mapping[str, Any]) -> dict[str, float]:
    """Return the time of the day of exercise time 0, seconds, where the scenario has a time of day and no date."""
    if facts.get("zero") is not None or "zero_hour" not in facts:
        return {}
    return {"day_s": round(facts["zero_hour"] * 3600.0 + facts["scenario_start_s"], 3) % 86400.0}


def _brief(one: Mapping[str, Any], seat: Seat, team: str | None) -> dict[str, Any]:
    """Return a team or a role; what it was told is for itself, for facilitators and for evaluators."""
    if seat.knows_truth or (seat.team is not None and seat.team == team):
        return dict(one)
    return {name: value for name, value in one.items() if name != "brief"}


def _handouts(
    facts: Mapping[str, Any], seat: Seat, path: str, links: Links
) -> list[dict[str, Any]]:
    found = []
    for number, one in enumerate(facts["handouts"]):
        if is_for(one, seat):
            href = links.href(f"{path}/handouts/{number}")
            found.append(
                {
                    "title": one["title"],
                    "reader": one["reader"],
                    "teams": one["teams"],
                    "href": href,
                }
            )
    return found


def _links(path: str, seat: Seat, links: Links) -> list[dict[str, Any]]:
    out = [
        links.link(path, "self"),
        links.link(f"{path}/state", "state"),
        links.link(f"{path}/events", "events", "text/event-stream"),
    ]
    if seat.knows_truth:
        out.append(links.link(f"{path}/log", "log", "application/x-ndjson"))
    return out
