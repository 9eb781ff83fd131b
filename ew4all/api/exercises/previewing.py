"""How an alert would look and whom it would reach, while somebody draws it. Runs in the engine.

Who camps on which cell is worked out once for each state of the network, in a thread; a drawn polygon then costs one pass over the pixels
with people. Until a new state is known the one before of the same view is used.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely

from ew4all.alerts.drill import DrillStatus, identifier_of
from ew4all.alerts.lengths import length_of
from ew4all.alerts.plain_language import hints
from ew4all.api.exercises.acting import content_of
from ew4all.api.problems import Problem
from ew4all.coverage.targeting import threshold
from ew4all.errors import EW4AllError, MessageError
from ew4all.exercises.areas import area_of
from ew4all.exercises.drill_alerts import sent_of
from ew4all.sim.exercise import claims_to_be_real
from ew4all.sim.exercise_events import NOBODY, AlertIssued, Started
from ew4all.sim.exercise_log import ExerciseLog

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.api.exercises.people_map import PeopleMap
    from ew4all.api.exercises.picture import Painter
    from ew4all.exercises.areas import DrawnArea
    from ew4all.exercises.session import Session
    from ew4all.sim.exercise_events import AlertContent

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Previews", "cap_text"]

_MOST_PAGES: Final = 15
_BY_CELLS: Final = frozenset({"cell_broadcast", "location_sms"})
"""Channels that go by cells: of the others nobody can say before they are used."""
_MOST_PIXELS: Final = 3_000_000
_BLOCK: Final = 128
_TRACE: Final = 1e-3
"""Chance of camping on a cell below which it says nothing."""
_GEOD_KM2: Final = 1e-6


class Camping(NamedTuple):
    """Who camps where: pixel, cell and people, shape (pairs,); and the people of each cell, shape (cells,)."""

    pixel: NDArray[np.intp]
    cell: NDArray[np.intp]
    people: F64
    total: F64


class Previews:
    """Answers previews of one exercise."""

    def __init__(self, session: Session, painter: Painter, people: PeopleMap) -> None:
        self.session, self.painter = session, painter
        self.people = people
        self._known: dict[bytes, Camping] = {}
        self._first: Camping | None = None
        self._newest: dict[str, Camping] = {}
        """What each view was answered last: what is known of the truth must not stand in for what was reported."""
        self._working: bytes | None = None
        self._lock = threading.Lock()
        network = session.worlds.inputs.network
        self._count = 0 if network is None else len(network.cells)

    def prepare(self) -> None:
        """Begin to work out who camps where with all cells on air, so that the first preview finds it."""
        if self._count and self._first is None:
            self._want(np.ones(self._count, bool))

    def preview(self, alert: Mapping[str, Any], view: str) -> dict[str, Any]:
        """Return a preview.

        Parameters
        ----------
        alert
            As much of it as there is.
        view
            ``truth``: by the network as it is; ``reported``: as players know it.
        """
        began = time.perf_counter()
        content = content_of(alert)
        texts = [self._text(k, one.language, one.text) for k, one in enumerate(content.words)]
        area, inside = self._area(content)
        found: dict[str, Any] = {
            "status": str(DrillStatus.EXERCISE), "texts": texts, "area": area, "channels": self._channels(content),
        }  # fmt: skip
        if inside is not None:
            self._reach(found, content, inside, view)
        broken = [f for part in (area, *found["channels"]) for f in part.get("findings", ())]
        found["can_issue"] = bool(texts) and all(t["fits"] for t in texts) and not broken
        found["took_ms"] = round(1000.0 * (time.perf_counter() - began), 1)
        return found

    def _text(self, number: int, language: str, text: str) -> dict[str, Any]:
        identifier = identifier_of(DrillStatus.EXERCISE, additional=number > 0)
        out: dict[str, Any] = {
            "language": language, "text": text, "most_pages": _MOST_PAGES, "identifier": None if identifier is None else int(identifier),
        }  # fmt: skip
        try:
            length = length_of(text, language)
        except MessageError as error:
            fault = {
                "code": "text-invalid",
                "detail": str(error),
                "pointer": f"#/alert/contents/{number}/text",
            }
            return {**out, "fits": False, "findings": [fault]}
        found = [{"code": h.code, "detail": h.message} for h in hints(text, language)]
        pointer = f"#/alert/contents/{number}/text"
        is_real = claims_to_be_real(text)
        if is_real:
            told = "the text says that the alert is real; this is an exercise"
            found.insert(0, {"code": "text-claims-real", "detail": told, "pointer": pointer})
        if not length.fits:
            told = f"{length.characters} characters are more than the {length.most} that {_MOST_PAGES} pages hold: shorten it"
            found.insert(0, {"code": "text-too-long", "detail": told, "pointer": pointer})
        return {
            **out, "characters": length.characters, "alphabet": length.coding, "pages": length.pages, "most_characters": length.most,
            "not_in_gsm7": "".join(length.foreign), "fits": length.fits and not is_real, "findings": found,
        }  # fmt: skip

    def _area(self, content: AlertContent) -> tuple[dict[str, Any], F64 | None]:
        try:
            drawn = area_of(content.area)
            shape = self.session.worlds.shape(drawn)
        except EW4AllError as error:
            is_outside = "outside" in str(error) or "nobody" in str(error)
            code = "area-outside" if is_outside else "area-invalid"
            return {
                "findings": [{"code": code, "detail": str(error), "pointer": "#/alert/area"}]
            }, None
        inside = np.ones(self.people.row.size) if shape is None else self.people.inside(shape)
        people = float((self.people.people * inside).sum())
        out: dict[str, Any] = {"people": round(people), "findings": []}
        if drawn.shape is not None:
            out |= {
                "km2": round(_km2(drawn), 1),
                "vertices": int(shapely.get_coordinates(drawn.shape).shape[0]),
            }
        if people < 0.5:
            told = "nobody lives in the area: draw it over the people who are to be warned"
            out["findings"].append(
                {"code": "area-empty", "detail": told, "pointer": "#/alert/area"}
            )
        return out, inside

    def _channels(self, content: AlertContent) -> list[dict[str, Any]]:
        known = [use.channel.name for use in self.session.worlds.plan.uses]
        out: list[dict[str, Any]] = []
        for k, name in enumerate(content.channels or known):
            one: dict[str, Any] = {"name": name, "findings": []}
            if name not in known:
                told = f"this exercise has no channel {name!r}; it has {', '.join(known)}"
                fault = {
                    "code": "channel-unknown",
                    "detail": told,
                    "pointer": f"#/alert/channels/{k}",
                }
                one["findings"].append(fault)
            out.append(one)
        return out

    def _reach(self, found: dict[str, Any], content: AlertContent, inside: F64, view: str) -> None:
        people = self.people.people
        in_area = float((people * inside).sum())
        out: dict[str, Any] = {"in_area": round(in_area)}
        camping = self._camping(view)
        if camping is not None:
            numbers = self._by_cells(camping, inside)
            for one in found["channels"]:
                if one["name"] in _BY_CELLS and not one["findings"]:
                    one |= {k: numbers[k] for k in ("reached", "missed", "over_reach", "cells")}
            uses_cells = any(one["name"] in _BY_CELLS for one in found["channels"])
            covered = numbers["reached"] if uses_cells else 0
            out |= {
                "covered": covered,
                "missed": round(in_area) - covered,
                "over_reach": numbers["over_reach"] if uses_cells else 0,
            }
        found["people"] = out
        risk = people * self.people.at_risk
        there = float((risk * inside).sum())
        found["truth"] = {
            "at_risk": round(float(risk.sum())), "at_risk_in_area": round(there), "at_risk_outside": round(float(risk.sum()) - there),
        }  # fmt: skip
        del content

    def _by_cells(self, camping: Camping, inside: F64) -> dict[str, int]:
        within = self._sums(camping.cell, camping.people * inside[camping.pixel])
        beyond = np.maximum(0.0, camping.total - within)
        tau = float(self.session.worlds.scenario.network.tau)
        chosen = threshold(within, beyond, tau, epsilon=1e-6 if tau == 0.0 else 0.0)
        reached, over = float(within[chosen].sum()), float(beyond[chosen].sum())
        in_area = float((self.people.people * inside).sum())
        return {
            "reached": round(reached), "missed": round(max(0.0, in_area - reached)), "over_reach": round(over), "cells": int(chosen.sum()),
        }  # fmt: skip

    def _sums(self, cell: NDArray[np.intp], people: F64) -> F64:
        return np.bincount(cell, people, self._count).astype(np.float64)

    def _camping(self, view: str) -> Camping | None:
        if not self._count:
            return None
        alive = self._alive(view)
        with self._lock:
            known = self._known.get(alive.tobytes())
        if known is None:
            self._want(alive)
            return self._newest.get(view, self._first)
        self._newest[view] = known
        return known

    def _alive(self, view: str) -> Flags:
        picture, network = self.painter.latest, self.session.worlds.inputs.network
        assert network is not None
        states = (
            None if picture is None else picture.sites.get("now" if view == "truth" else "reported")
        )
        if states is None:
            return np.ones(self._count, bool)
        up: Flags = (states != 2)[network.cells.site]
        return up

    def _want(self, alive: Flags) -> None:
        key = alive.tobytes()
        with self._lock:
            if (
                self._working is not None
                or key in self._known
                or self.people.row.size > _MOST_PIXELS
            ):
                return
            self._working = key
        threading.Thread(target=self._work, args=(key, alive), daemon=True).start()

    def _work(self, key: bytes, alive: Flags) -> None:
        try:
            found = self._camped(alive)
        finally:
            with self._lock:
                self._working = None
        with self._lock:
            if len(self._known) >= 4:
                self._known.pop(next(iter(self._known)))
            self._known[key] = found
            if self._first is None:
                self._first = found

    def _camped(self, alive: Flags) -> Camping:
        inputs = self.session.worlds.inputs
        network = inputs.network
        assert network is not None
        pixels: list[NDArray[np.intp]] = []
        cells: list[NDArray[np.intp]] = []
        people: list[F64] = []
        for block in inputs.ground.blocks(_BLOCK, _BLOCK):
            here = np.flatnonzero(
                (self.people.row >= block.row0) & (self.people.row < block.row1)
                & (self.people.col >= block.col0) & (self.people.col < block.col1)
            )  # fmt: skip
            if not here.size:
                continue
            row, col = self.people.row[here] - block.row0, self.people.col[here] - block.col0
            for customer in inputs.ground.service.customers:
                found = network.camping(block, operator=customer.name, alive=alive)
                cell, share = found.cell[:, row, col], found.probability[:, row, col]
                layer, at = np.nonzero((cell >= 0) & (share > _TRACE))
                pixels.append(here[at])
                cells.append(cell[layer, at].astype(np.intp))
                people.append(share[layer, at] * customer.share * self.people.people[here[at]])
        if not pixels:
            return Camping(
                np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0), np.zeros(self._count)
            )
        every = np.concatenate(cells), np.concatenate(people).astype(np.float64)
        return Camping(np.concatenate(pixels), *every, self._sums(*every))


def cap_text(alert: Mapping[str, Any], session: Session, now: dt.datetime) -> str:
    """Return an alert as CAP 1.2, of the status Exercise: as it was sent last, or a draft as it would be sent now.

    Raises
    ------
    Problem
        409: the draft has no text yet.
    """
    name = alert["id"]
    sent = [
        one for one in sent_of(session) if name in {getattr(session.log[one.event - 1].payload, k, None) for k in ("alert", "order")}
    ]  # fmt: skip
    if sent:
        return sent[-1].cap.decode("utf-8")
    content = session.alerts.alert(name).content
    if not content.words:
        raise Problem(409, "alert-state", f"the draft {name!r} has no text yet, and CAP needs one")
    log = ExerciseLog()
    log.append(now, 0.0, NOBODY, Started(session.exercise.identifier, ""))
    log.append(now, 0.0, NOBODY, AlertIssued(name, content))
    draft = type(session)(session.exercise, session.worlds, log)
    return sent_of(draft)[-1].cap.decode("utf-8")


def _km2(drawn: DrawnArea) -> float:
    from pyproj import Geod

    return abs(Geod(ellps="WGS84").geometry_area_perimeter(drawn.shape)[0]) * _GEOD_KM2
