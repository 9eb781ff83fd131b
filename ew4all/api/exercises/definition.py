"""The exercise itself, which can be changed until it begins: injects edited and added, lists taken in. Runs in the engine."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ew4all.api.exercises.acting import changed_meanwhile
from ew4all.api.exercises.faults import found_wrong
from ew4all.api.exercises.reading import facts_of, read_exercise
from ew4all.api.exercises.tables import columns_of, read_into
from ew4all.api.problems import Problem
from ew4all.errors import EW4AllError
from ew4all.exercises.loading import yaml_of
from ew4all.exercises.stage import known_of
from ew4all.sim.decisions import NetworkChange, PowerChange, Switch
from ew4all.sim.exercise import (
    After,
    Comparison,
    Condition,
    Inject,
    InjectChannel,
    check_exercise,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.exercises.books import Books
    from ew4all.sim.exercise import Exercise

__all__ = ["Definition"]

_EFFECTS = {"network": NetworkChange, "power": PowerChange, "switch": Switch}

_FIELDS = {
    "at": "time_s", "when": "conditions", "until": "until_s", "from": "sender", "to": "audience", "expected": "expected_action",
    "discussion": "discussion_s", "delay": "delay_s",
}  # fmt: skip


class Definition:
    """An exercise, its scenario, and how often each inject was edited before the start."""

    def __init__(self, text: str, files: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self.exercise, self.scenario = read_exercise(text, files, options.get("library"))
        self.versions: dict[str, int] = dict(options.get("versions", {}))
        self._files = dict(files)
        self._known = known_of(self.scenario)

    def stored(self) -> dict[str, Any]:
        """Return what the store keeps of it."""
        return {
            "text": yaml_of(self.exercise), "versions": self.versions, "facts": facts_of(self.exercise, self.scenario),
        }  # fmt: skip

    def changed(self, do: str, author: str, given: Mapping[str, Any], books: Books) -> Any:
        """Change it; return the identifier of the inject, or what was taken in.

        Raises
        ------
        Problem
            400: every fault with its place; 404: no such inject; 412: somebody else was quicker.
        """
        del author
        if do == "import_injects":
            exercise, told = self.imported(**given)
            for name in (i.identifier for i in exercise.injects):
                self.versions[name] = self.versions.get(name, -1) + 1
            self.exercise = exercise
            return told
        if do == "add_inject":
            return self._add(given["inject"])
        name = given["inject"]
        there = self.exercise.inject_by_identifier.get(name)
        if there is None:
            raise Problem(404, "unknown-inject", f"there is no inject {name!r} in this exercise")
        shown = books.inject(name, 0.0)
        if given["version"] is not None and given["version"] != shown["version"]:
            raise changed_meanwhile(shown, f"the inject {name!r}")
        made = _inject(name, given["body"], there)
        self._take(tuple(made if i.identifier == name else i for i in self.exercise.injects))
        self.versions[name] = self.versions.get(name, 0) + 1
        return name

    def imported(
        self, table: str, suffix: str, columns: Mapping[str, str]
    ) -> tuple[Exercise, dict[str, Any]]:
        """Return the exercise with the injects of a list in the place of its own, and what is told of that.

        Raises
        ------
        Problem
            400: every fault with sheet, row and column.
        """
        ignored = {field: header for field, header in columns.items() if field != "-"}
        with tempfile.TemporaryDirectory(prefix="ew4all-list-") as folder:
            path = Path(folder) / f"list{suffix}"
            path.write_bytes(base64.b64decode(table))
            try:
                exercise, notes = read_into(path, self.exercise, ignored, self._files)
                told = columns_of(path, ignored)
            except EW4AllError as error:
                raise _faulty(error, f"{folder}/") from error
        before, after = self.exercise.inject_by_identifier, exercise.inject_by_identifier
        files = [name for name, i in after.items() if i.attachments and (name not in before or before[name].attachments != i.attachments)]  # fmt: skip
        if files:
            msg = f"the list names attachments ({', '.join(files[:5])}), but brings no files: leave them out"
            raise Problem(400, "invalid-list", msg, errors=[{"pointer": "#", "detail": msg, "code": "exercise-fault"}])  # fmt: skip
        added = [name for name in after if name not in before]
        changed = [name for name in after if name in before and before[name] != after[name]]
        shown = [
            {"id": i.identifier, "title": i.title, "time_s": i.time_s, "audience": list(i.audience), "is_new": i.identifier in added}
            for i in exercise.injects
        ]  # fmt: skip
        return exercise, {
            **told, "added": len(added), "changed": len(changed), "removed": len([n for n in before if n not in after]),
            "unchanged": len(after) - len(added) - len(changed), "injects": shown, "notes": notes,
        }  # fmt: skip

    def _add(self, body: Mapping[str, Any]) -> str:
        names = set(self.exercise.inject_by_identifier)
        name = body.get("id")
        if name is None:
            number = len(names) + 1
            while f"i{number}" in names:
                number += 1
            name = f"i{number}"
        if name in names:
            msg = f"there is an inject {name!r} already: choose another identifier"
            fault = {"pointer": "#/id", "detail": msg, "code": "invalid-inject"}
            raise Problem(400, "invalid-inject", msg, errors=[fault])
        made = _inject(name, body, Inject(name, "", ""))
        self._take((*self.exercise.injects, made))
        return str(name)

    def _take(self, injects: tuple[Inject, ...]) -> None:
        exercise = replace(self.exercise, injects=injects)
        faults = [one for one in check_exercise(exercise, self._known) if not one.is_advice]
        if faults:
            errors = [
                {"pointer": _pointer(one.path[2:]), "detail": one.message, "code": "invalid-inject"}
                for one in faults
            ]  # fmt: skip
            told = "; ".join(one.message for one in faults[:3])
            raise Problem(400, "invalid-inject", f"the inject cannot be so: {told}", errors=errors)
        self.exercise = exercise


def _pointer(path: tuple[str | int, ...]) -> str:
    """Return where a fault is in the body of a request, whose fields have the names of the log and not those of a file."""
    return "#/" + "/".join(str(_FIELDS.get(str(step), step)) for step in path)


def _inject(name: str, body: Mapping[str, Any], before: Inject) -> Inject:
    after = body["after"]
    conditions = tuple(
        Condition(c["fact"], Comparison(c["comparison"]), c["value"], c["zone"], c["channel"])
        for c in body["conditions"]
    )
    effects = tuple(
        _EFFECTS[e["kind"]](**{k: v for k, v in e.items() if k != "kind"}) for e in body["effects"]
    )
    return replace(
        before, identifier=name, title=body["title"], text=body["text"] or body["title"], time_s=body["time_s"],
        after=None if after is None else After(**after), conditions=conditions, until_s=body["until_s"], sender=body["sender"],
        audience=tuple(body["audience"]), channel=InjectChannel(body["channel"]), expected_action=body["expected_action"],
        effects=effects, hazard=body["hazard"], discussion_s=body["discussion_s"], notes=body["notes"],
    )  # fmt: skip


def _faulty(error: EW4AllError, folder: str) -> Problem:
    found = found_wrong(error)
    errors = [
        {"code": "exercise-fault", **one, "detail": one["detail"].replace(folder, "")}
        for one in found["faults"]
    ]
    told = "; ".join(f"{one['pointer']}: {one['detail']}" for one in errors[:3])
    count = f"{len(errors)} fault{'s' if len(errors) != 1 else ''}"
    return Problem(400, "invalid-list", f"the list has {count}: {told}", errors=errors)
