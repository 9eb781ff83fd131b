"""A list of injects as it lies in a table: rows as the keys of an exercise file, each with its cell."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import ColumnError
from ew4all.exercises.inject_columns import (
    Column,
    channel_of,
    choose_columns,
    header_row,
    plain_word,
)
from ew4all.exercises.inject_times import may_be_of_day, seconds_of, span_of
from ew4all.exercises.span_text import span_text
from ew4all.exercises.tables import TABLES
from ew4all.sim.exercise_limits import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.exercises.inject_times import Clock
    from ew4all.exercises.sheets import CellFinding, Sheet

__all__ = ["InjectList", "identifier_from", "read_injects"]

_EVERYBODY: Final = frozenset(
    {
        "all",
        "everyone",
        "everybody",
        "all teams",
        "all players",
        "alle",
        "tous",
        "toutes",
        "todos",
        "все",
        "所有人",
        "الجميع",
    }
)
_LISTED: Final = 60
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


@dataclass
class InjectList:
    """Injects as keys and values, the cell of each (row and column from 0), what is wrong, and what was decided."""

    injects: list[dict[str, Any]] = field(default_factory=list)
    teams: list[dict[str, Any]] = field(default_factory=list)
    """Teams that the list names and nobody knew."""
    cells: dict[tuple[int, str], tuple[int, int]] = field(default_factory=dict)
    """Number of the inject and key, to its cell."""
    rows: list[int] = field(default_factory=list)
    times_of_day: dict[int, float] = field(default_factory=dict)
    """Number of each inject whose time may be one of the day, to the seconds that it was taken for."""
    faults: list[CellFinding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_injects(
    sheet: Sheet,
    clock: Clock,
    columns: Mapping[str, str] | None = None,
    teams: Sequence[Mapping[str, Any]] | None = None,
) -> InjectList:
    """Read the injects of a table.

    Parameters
    ----------
    columns
        Field to the header of its column, where it is not found by its name.
    teams
        Teams that there are, each with ``id`` and ``name``; where None, those that the list names are made.

    Raises
    ------
    ColumnError
        The table has no header that could be one of a list of injects, or a column that was named is not there.
    OptionError
        A field that does not exist.
    """
    named = dict(columns or {})
    at = header_row(sheet.rows, named, least=1 if named else 2)
    if at is None:
        first = next((r for r in sheet.rows if any(v is not None for v in r)), ())
        seen = ", ".join(str(v)[:40] for v in first if v is not None)
        msg = (
            f"{sheet.called} has no row that names the columns of injects (time, title, text, from, to, ...); its first row is {seen or 'empty'}. "
            "Add such a row, or say which is which, as in `--column text=HEADER`"
        )
        raise ColumnError(msg)
    chosen, unused = choose_columns(sheet.rows[at], named, sheet.called)
    return _Reading(sheet, clock, chosen, unused, teams).read(at + 1)


class _Reading:
    """Goes through the rows of a table once."""

    def __init__(
        self,
        sheet: Sheet,
        clock: Clock,
        chosen: Mapping[str, Column],
        unused: Sequence[Column],
        teams: Sequence[Mapping[str, Any]] | None,
    ) -> None:
        self.sheet, self.clock, self.chosen, self.unused = sheet, clock, chosen, unused
        self.makes_teams = teams is None
        self.team_ids: dict[str, str] = {}
        # An identifier goes before a name that another team may have.
        self.known_ids = {str(team["id"]) for team in teams or ()}
        for key in ("name", "id"):
            for team in teams or ():
                self.team_ids[plain_word(team.get(key, ""))] = str(team["id"])
        used = {column.number for column in chosen.values()}
        self.out = InjectList(
            faults=[f for f in sheet.faults if f.column == 0 or f.column - 1 in used],
            notes=list(sheet.notes),
        )
        self.renamed: list[str] = []

    def read(self, first: int) -> InjectList:
        headings = 0
        for row in range(first, len(self.sheet.rows)):
            filled = [v for v in self.sheet.rows[row] if not _is_empty(v)]
            if not filled:
                continue
            if len(filled) == 1 and not self._is_inject(row):
                headings += 1
                continue
            self._inject(row)
        out = self.out
        if headings:
            out.notes.append(
                f"{headings} row{'s' if headings > 1 else ''} with one value only are headings and no injects"
            )
        if self.renamed:
            out.notes.append(
                f"identifiers were written without spaces and signs: {', '.join(self.renamed[:10])}"
            )
        filled = [c.header for c in self.unused if self._has_values(c, first)]
        if filled:
            out.notes.append(
                f"these columns mean nothing to an exercise and stand in the notes of their injects: {', '.join(filled)}"
            )
        own = {column.key: column.header for column in TABLES["injects"]}
        used = ", ".join(
            f"{field}={c.header}"
            for field, c in self.chosen.items()
            if c.header.casefold() not in (field, own.get(field))
        )
        if used:
            out.notes.append(f"columns: {used}")
        return out

    def _has_values(self, column: Column, first: int) -> bool:
        rows = range(first, len(self.sheet.rows))
        return any(not _is_empty(self.sheet.value(row, column.number)) for row in rows)

    def _is_inject(self, row: int) -> bool:
        """Whether the one value of a row is that of an inject's text: a list may have no other column."""
        return (
            len(self.chosen) == 1
            and not self.unused
            and self._value(row, next(iter(self.chosen))) is not None
        )

    def _value(self, row: int, key: str) -> Any:
        column = self.chosen.get(key)
        value = None if column is None else self.sheet.value(row, column.number)
        return None if _is_empty(value) else value

    def _fault(self, row: int, key: str, message: str) -> None:
        column = self.chosen.get(key)
        self.out.faults.append(
            self.sheet.finding(row, None if column is None else column.number, message, key)
        )

    def _inject(self, row: int) -> None:
        number = len(self.out.injects)
        self.out.rows.append(row)
        given: dict[str, Any] = {"id": self._identifier(row, number)}
        for key, column in self.chosen.items():
            self.out.cells[number, key] = (row, column.number)
        self._status(row)
        for key in ("at", "until", "discussion"):
            if (value := self._value(row, key)) is not None:
                self._time(given, row, key, value)
        for key in ("after", "hazard"):
            if (value := self._value(row, key)) is not None:
                given[key] = _text(value).strip()
        for key in ("when", "effects", "attachments"):
            if (value := self._value(row, key)) is not None:
                given[key] = _lines(_text(value), key)
        for key in ("title", "text", "from", "expected", "notes"):
            if (value := self._value(row, key)) is not None:
                given[key] = _text(value)
        self._titles(given)
        if (value := self._value(row, "to")) is not None:
            given["to"] = self._teams(_text(value))
        if (value := self._value(row, "channel")) is not None:
            given["channel"] = channel_of(value)
        self._keep_unused(given, row)
        self.out.injects.append(given)

    def _identifier(self, row: int, number: int) -> str:
        value = self._value(row, "id")
        if value is None:
            return f"inject-{number + 1}"
        text = _text(value).strip()
        plain = identifier_from(text)
        if plain != text:
            self.renamed.append(f"{text!r} became {plain}")
        return plain or f"inject-{number + 1}"

    def _status(self, row: int) -> None:
        value = self._value(row, "status")
        if value is not None and plain_word(value) == "actual":
            self._fault(
                row,
                "status",
                "an inject of an exercise is never Actual; write EXERCISE, or leave it empty",
            )

    def _time(self, given: dict[str, Any], row: int, key: str, value: Any) -> None:
        unit = self.chosen[key].unit
        try:
            seconds = seconds_of(value, self.clock, unit) if key == "at" else span_of(value, unit)
        except (ValueError, OverflowError) as error:
            self._fault(row, key, str(error))
            return
        if seconds < 0:
            self._fault(
                row, key, "this lies before the start of the exercise; injects fire after it"
            )
            return
        given[key] = span_text(seconds)
        if key == "at" and may_be_of_day(value, self.clock):
            self.out.times_of_day[len(self.out.injects)] = seconds

    @staticmethod
    def _titles(given: dict[str, Any]) -> None:
        """Let text and title stand in for each other; a title is one line."""
        title, text = given.get("title"), given.get("text")
        if title is None and text is not None:
            first = text.strip().split("\n")[0]
            given["title"] = (
                first if len(first) <= _LISTED * 2 else f"{first[: _LISTED * 2 - 3]}..."
            )
        elif title is not None and ("\n" in title or len(title) > LONGEST_LINE):
            given["title"] = " ".join(title.split())[:LONGEST_LINE]
            given["text"] = title if text is None else f"{title}\n\n{text}"
        elif title is not None and text is None:
            given["text"] = title

    def _teams(self, text: str) -> list[str]:
        out: list[str] = []
        for part in re.split(r"[,;/\n،、]", text):
            word = plain_word(part)
            if not word:
                continue
            exact = part.strip() if part.strip() in self.known_ids else None
            if exact is None and word in _EVERYBODY:
                return []
            known = exact or self.team_ids.get(word)
            if known is None and self.makes_teams:
                known = self._new_team(part.strip())
            name = known or part.strip()
            if name not in out:
                out.append(name)
        return out

    def _new_team(self, name: str) -> str:
        plain = identifier_from(name).lower() or f"team-{len(self.out.teams) + 1}"
        taken = {str(team["id"]) for team in self.out.teams}
        identifier, number = plain, 2
        while identifier in taken:
            identifier, number = f"{plain}-{number}", number + 1
        self.out.teams.append({"id": identifier, "name": name})
        self.team_ids[plain_word(name)] = identifier
        return identifier

    def _keep_unused(self, given: dict[str, Any], row: int) -> None:
        kept = [
            f"{column.header}: {_text(value)}"
            for column in self.unused
            if not _is_empty(value := self.sheet.value(row, column.number))
        ]
        if kept:
            given["notes"] = "\n".join([*([given["notes"]] if "notes" in given else []), *kept])


def identifier_from(text: str) -> str:
    """Return an identifier from what stands in a cell: without accents, spaces and signs."""
    if _IDENTIFIER.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", kept).strip("-._")[:80]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(value: Any) -> str:
    """Return what a cell shows."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str, key: str) -> list[str]:
    """Return the items of a cell: one in each line; conditions and effects may stand behind semicolons too."""
    if key == "attachments":
        parts = text.split("\n")
    else:
        parts = re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^;\n"])+', text)
    return [part.strip() for part in parts if part.strip()]
