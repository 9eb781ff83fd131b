"""Decisions as a file: what happens when, and who does it; for exercises without a room, and for branches.

::

    - at: 35 min                      # after the start; or the time of day of the scenario, such as "09:35"
      by: nema                        # team, role or person
      alert_issued:
        alert: surge
        area: {type: Polygon, coordinates: [...]}     # or the name of a GeoJSON file
        words: {en: Move to high ground now.}
        duration: 4 h
    - at: 1 h
      by: facilitator
      inject_fired: {inject: bridge}

An item holds one kind of event, as the log calls it, and its fields. Seconds may be written with their unit, without the ending
``_s``. In a branch an alert that the exercise had is named alone, with its new time.
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import OptionError, ReadError
from ew4all.exercises.branches import Change
from ew4all.exercises.injects import DECISION_OF
from ew4all.exercises.span_text import span_text
from ew4all.scenario.values import duration_s
from ew4all.scenario.yaml_text import read_marked
from ew4all.sim.exercise import RoleKind
from ew4all.sim.exercise_events import KINDS, AlertContent, Who
from ew4all.sim.exercise_plain import from_plain

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from ew4all.exercises.session import Session

__all__ = ["moment_s", "read_script"]

_OF_DAY: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_HOURS_S: Final = 3600.0
_CONTENT: Final = frozenset(AlertContent.__dataclass_fields__)
_WITH_CONTENT: Final = frozenset({"alert_drafted", "alert_issued", "alert_updated"})
_BY_HAND: Final = {"inject_fired": {"version": 0, "how": "hand"}}
_NOT_SCRIPTED: Final = frozenset({"started", "paused", "resumed", "speed_changed", "stepped", "jumped", "ended"})  # fmt: skip

_DECIDE_NOTHING: Final = frozenset({str(RoleKind.OBSERVER), str(RoleKind.EVALUATOR)})


def moment_s(text: str | float, session: Session) -> float:
    """Return an exercise time in seconds, from a duration after the start or a time of day of the scenario.

    Raises
    ------
    OptionError
        It is neither.
    """
    found = _OF_DAY.fullmatch(str(text).strip())
    if found is None:
        try:
            return duration_s(text)
        except ValueError as error:
            msg = f"{text!r} is no moment of the exercise: write a time after its start such as 35 min, or a time of day such as 14:05"
            raise OptionError(msg) from error
    clock_s = int(found[1]) * _HOURS_S + int(found[2]) * 60.0 + int(found[3] or 0)
    worlds = session.worlds
    begins_s = worlds.plan.zero_hour * _HOURS_S + worlds.start_s
    return float((clock_s - begins_s) % (24.0 * _HOURS_S))


def read_script(path: str | os.PathLike[str], session: Session) -> list[Change]:
    """Read decisions.

    Raises
    ------
    ReadError
        The file cannot be read.
    OptionError
        An item says nothing that can happen; the message names it.
    """
    file = Path(path)
    try:
        read = read_marked(file.read_text("utf-8-sig"), what="script")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the decisions {file} cannot be read ({error}); give a text in UTF-8"
        raise ReadError(msg) from error
    if read.findings:
        one = read.findings[0]
        msg = f"the decisions {file}, line {one.line}: {one.message}"
        raise OptionError(msg)
    items = read.value if isinstance(read.value, list) else [read.value]
    return [_change(item, k, file, session) for k, item in enumerate(items, 1)]


def _change(item: Any, number: int, file: Path, session: Session) -> Change:
    where = f"item {number} of {file}"
    if not isinstance(item, dict) or "at" not in item:
        msg = f"{where} is no decision; write `at`, `by` and what happens, such as `alert_cancelled: {{alert: surge}}`"
        raise OptionError(msg)
    kinds = [name for name in item if name not in ("at", "by")]
    if len(kinds) != 1 or kinds[0] not in KINDS or kinds[0] in _NOT_SCRIPTED:
        known = ", ".join(name for name in KINDS if name not in _NOT_SCRIPTED)
        msg = f"{where} says {', '.join(map(repr, kinds)) or 'nothing'}; it must say one of {known}"
        raise OptionError(msg)
    kind, given = kinds[0], item[kinds[0]]
    if not isinstance(given, dict):
        msg = f"{where}: {kind} has fields, as in `{kind}: {{...}}`"
        raise OptionError(msg)
    try:
        given = {**_BY_HAND.get(kind, {}), **_seconds(given)}
        has_content = True
        if kind in _WITH_CONTENT:
            given, has_content = _with_content(given, file.parent)
        elif isinstance(given.get("area"), str):
            given["area"] = _area(given["area"], file.parent)
        payload = from_plain(KINDS[kind], given, kind)
        who, time_s = _who(item.get("by"), session), moment_s(item["at"], session)
    except ValueError as error:
        msg = f"{where}: {error}"
        raise OptionError(msg) from error
    length_s = session.exercise.length_s
    if time_s > length_s:
        msg = f"{where}: {item['at']} is {span_text(time_s)} after the start of the exercise, which lasts {span_text(length_s)}; give a time within it"
        raise OptionError(msg)
    acts = kind.startswith("inject_") or DECISION_OF.get(kind, "send_message") != "send_message"
    if acts and who.role in _DECIDE_NOTHING:
        msg = f"{where}: {kind} is nothing that an {who.role} does; name a team or the facilitator"
        raise OptionError(msg)
    return Change(time_s, who, payload, has_content)


def _seconds(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with durations such as ``duration: 4 h`` as their seconds."""
    found = {}
    for name, value in given.items():
        if name in ("duration", "by", "to") and isinstance(value, str):
            found[f"{name}_s"] = duration_s(value)
        else:
            found[str(name)] = value
    return found


def _with_content(given: dict[str, Any], folder: Path) -> tuple[dict[str, Any], bool]:
    """Return an alert whose content is given field by field, and whether there is any."""
    content = {name: given.pop(name) for name in list(given) if name in _CONTENT}
    if "content" in given:
        return given, True
    words = content.get("words")
    if isinstance(words, dict):
        content["words"] = [{"language": str(k), "text": v} for k, v in words.items()]
    if isinstance(content.get("area"), str):
        content["area"] = _area(content["area"], folder)
    return {**given, "content": content}, bool(content)


def _area(name: str, folder: Path) -> Any:
    """Return the geometry of a GeoJSON file."""
    try:
        found = json.loads((folder / name).read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        msg = f"the area {folder / name} cannot be read ({error}); give a file of GeoJSON"
        raise OptionError(msg) from error
    if isinstance(found, dict) and found.get("type") == "FeatureCollection":
        features = found.get("features") or []
        if len(features) != 1:
            msg = f"the area {folder / name} has {len(features)} features; it must be one"
            raise OptionError(msg)
        found = features[0]
    if isinstance(found, dict) and found.get("type") == "Feature":
        found = found.get("geometry")
    return found


def _who(given: Any, session: Session) -> Who:
    """Return who does it: a team, a kind of role, or a person; a name that is nearly one of a team is told.

    Raises
    ------
    ValueError
        A team was probably meant that there is not.
    """
    name = "" if given is None else str(given)
    if name in {team.identifier for team in session.exercise.teams}:
        return Who(str(RoleKind.PLAYER), name)
    if name in {str(kind) for kind in RoleKind}:
        return Who(name)
    known = [*(team.identifier for team in session.exercise.teams), *(str(k) for k in RoleKind)]
    meant = get_close_matches(name.lower(), known, 1, 0.75)
    if meant:
        msg = f"there is no team {name!r}; did you mean {meant[0]}?"
        raise ValueError(msg)
    return Who(str(RoleKind.FACILITATOR if not name else RoleKind.PLAYER), None, name)
