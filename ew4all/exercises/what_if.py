"""What would have changed an exercise: the same decisions earlier, on more channels, or for a larger area, each as a branch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians
from typing import TYPE_CHECKING, Any, Final

import pyproj
import shapely
from shapely import affinity

from ew4all.errors import InputError
from ew4all.exercises.areas import area_of
from ew4all.exercises.branches import Change, branch
from ew4all.exercises.outcomes import compared
from ew4all.run_results import PEOPLE_KEYS
from ew4all.sim.exercise_events import AlertIssued, AlertUpdated, InjectFired, SirensOrdered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from ew4all.exercises.session import Session
    from ew4all.exercises.worlds import Worlds
    from ew4all.sim.exercise_events import Event

__all__ = ["EARLIER_S", "MARGIN_M", "WhatIf", "lonlat_of", "what_if"]

EARLIER_S: Final = (600.0, 1800.0)
"""How much earlier the first alert goes out, seconds."""

MARGIN_M: Final = 1000.0
"""Around the hazard's footprint, metres."""

_DEGREE_M: Final = 111_320.0


@dataclass(frozen=True, eq=False)
class WhatIf:
    """The exercise as it would have been.

    Attributes
    ----------
    name
        ``earlier-600``, ``when-known``, ``all-channels`` or ``larger-area``.
    words
        What was otherwise.
    people, less
        Counts by `PEOPLE_KEYS` at the end, and what they are above those of the exercise; both empty where it could not be played.
    notes
        What was left out, or why it could not be played.
    """

    name: str
    words: str
    people: Mapping[str, float]
    less: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "name": self.name,
            "words": self.words,
            "people": dict(self.people),
            "difference": dict(self.less),
            "notes": list(self.notes),
        }


def what_if(session: Session) -> tuple[WhatIf, ...]:
    """Play an exercise otherwise in each of the ways; without an alert there is nothing to change.

    A question that has no answer here, such as a larger area where everybody was in it, is told with its reason.
    """
    sent = [e for e in session.log if isinstance(e.payload, AlertIssued | AlertUpdated | SirensOrdered)]  # fmt: skip
    if not sent:
        return ()
    first, found = sent[0], list[WhatIf]()
    for early_s in EARLIER_S:
        name, words = f"earlier-{early_s:g}", f"The first alert {early_s / 60.0:g} min earlier"
        if first.time_s >= early_s:
            moved = [Change(first.time_s - early_s, first.who, first.payload)]
            found.append(_played(session, name, words, moved))
        elif early_s == EARLIER_S[0]:
            why = f"it went out {first.time_s / 60.0:g} min after the start of the exercise"
            found.append(_unplayed(name, words, why))
    known = _known(session)
    if known is not None and known.time_s < first.time_s:
        assert isinstance(known.payload, InjectFired)
        title = session.injects.states[known.payload.inject].inject.title
        words = f"The first alert at the moment of “{title}”, when it could be known"
        moved = [Change(known.time_s, first.who, first.payload)]
        found.append(_played(session, "when-known", words, moved))
    everywhere = [
        Change(e.time_s, e.who, replace(e.payload, content=replace(e.payload.content, channels=())))
        for e in sent
        if isinstance(e.payload, AlertIssued | AlertUpdated) and e.payload.content.channels
    ]
    words = "The same alerts on all channels"
    if everywhere:
        found.append(_played(session, "all-channels", words, everywhere))
    else:
        found.append(_unplayed("all-channels", words, "all of them went to all channels"))
    found.append(_larger(session, sent))
    return tuple(found)


def _larger(session: Session, sent: Sequence[Event]) -> WhatIf:
    """Play the same alerts for a larger area: each for its own and the hazard's footprint with a margin."""
    study, name = session.worlds.inputs.study, "larger-area"
    words = f"The same alerts for their areas, the hazard's footprint and {MARGIN_M / 1000.0:g} km around it"
    if study.hazard_raster is not None:
        return _unplayed(name, words, "the footprint is a raster in this scenario, not a polygon")
    if study.hazard is not None:
        around = _footprint(session.worlds, study.hazard)
        return _played(session, name, words, [_widened(session, e, around) for e in sent])
    words = "The same alerts for everybody of the scenario"
    if all(_given_area(e) is None for e in sent):
        why = "no hazard was given, and every alert went to the whole area of the scenario"
        return _unplayed(name, words, why)
    return _played(session, name, words, [_widened(session, e, None) for e in sent])


def _unplayed(name: str, words: str, why: str) -> WhatIf:
    return WhatIf(name, words, {}, {}, (f"could not be played: {why}",))


def _played(session: Session, name: str, words: str, changes: list[Change]) -> WhatIf:
    end_s = session.log.last_s
    try:
        other = branch(session, changes, until_s=end_s)
        both = compared(session, other.session, end_s)
    except InputError as error:
        return WhatIf(name, words, {}, {}, (f"could not be played: {error}",))
    people = {key: float(both.runs[1].count(key).mean) for key in PEOPLE_KEYS}
    less = {key: float(both.less(key).mean) for key in PEOPLE_KEYS}
    return WhatIf(name, words, people, less, other.notes)


def _known(session: Session) -> Event | None:
    """Return the inject from which on an alert was expected; the first that fired where no expectation says it."""
    fired = [e for e in session.log if isinstance(e.payload, InjectFired)]
    named = {
        one.inject
        for one in session.exercise.expectations
        if one.decision in ("issue_alert", "order_sirens") and one.inject is not None
    }
    of = [e for e in fired if isinstance(e.payload, InjectFired) and e.payload.inject in named]
    return next(iter(of or fired), None)


def _given_area(event: Event) -> Mapping[str, Any] | None:
    payload = event.payload
    if isinstance(payload, SirensOrdered):
        return payload.area
    assert isinstance(payload, AlertIssued | AlertUpdated)
    return payload.content.area


def _widened(session: Session, event: Event, around: BaseGeometry | None) -> Change:
    """Return an alert for its own area and what is around, longitude and latitude; None: for the whole area of the scenario."""
    payload, area = event.payload, None
    if around is not None:
        own = area_of(_given_area(event)).shape
        scenario = session.worlds.inputs.study.area
        if own is None and scenario is not None:
            own = lonlat_of(session.worlds, scenario)
        area = shapely.geometry.mapping(around if own is None else shapely.union(own, around))
    if isinstance(payload, SirensOrdered):
        return Change(event.time_s, event.who, replace(payload, area=area))
    assert isinstance(payload, AlertIssued | AlertUpdated)
    content = replace(payload.content, area=area)
    return Change(event.time_s, event.who, replace(payload, content=content))


def _footprint(worlds: Worlds, hazard: BaseGeometry) -> BaseGeometry:
    """Return the hazard's footprint with the margin, longitude and latitude."""
    shape = lonlat_of(worlds, hazard)
    # A margin of metres as a circle, not an ellipse: degrees of longitude are made as long as those of latitude.
    narrow = max(0.05, cos(radians(shape.centroid.y)))
    flat = affinity.scale(shape, xfact=narrow, yfact=1.0, origin=(0.0, 0.0))
    wide = flat.buffer(MARGIN_M / _DEGREE_M, quad_segs=4).simplify(0.1 * MARGIN_M / _DEGREE_M)
    return affinity.scale(wide, xfact=1.0 / narrow, yfact=1.0, origin=(0.0, 0.0))


def lonlat_of(worlds: Worlds, shape: BaseGeometry) -> BaseGeometry:
    """Return a shape in the CRS of the people's grid in longitude and latitude."""
    crs = worlds.inputs.ground.division.grid.crs
    to_lonlat = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    found: BaseGeometry = shapely.transform(shape, to_lonlat.transform, interleaved=False)
    return found
