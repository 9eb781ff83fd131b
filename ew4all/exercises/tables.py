"""Which tables a workbook of an exercise has, and which key of the exercise stands in which column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BANNER", "ONE_BY_ONE", "TABLES", "Kind", "TableColumn"]

BANNER: Final = "EXERCISE"


class Kind:
    """What a cell of a column holds."""

    TEXT: Final = "text"
    SPAN: Final = "span"
    NUMBER: Final = "number"
    WORDS: Final = "words"
    """Identifiers, separated by commas."""
    LINES: Final = "lines"
    """Texts, one in each line."""


class TableColumn(NamedTuple):
    """A column: the key of the exercise file, its header, what it holds, and how wide it is shown (characters)."""

    key: str
    header: str
    kind: str = Kind.TEXT
    width: int = 18


_ID: Final = TableColumn("id", "id", width=16)

TABLES: Final[Mapping[str, tuple[TableColumn, ...]]] = {
    "phases": (
        TableColumn("title", "title", width=36),
        TableColumn("start", "start", Kind.SPAN, 10),
        TableColumn("speed", "speed", Kind.NUMBER, 8),
        TableColumn("text", "text", width=70),
    ),
    "teams": (
        _ID, TableColumn("name", "name", width=32), TableColumn("agency", "agency", width=32), TableColumn("brief", "brief", width=80),
    ),
    "roles": (
        _ID, TableColumn("name", "name", width=32), TableColumn("kind", "kind", width=12), TableColumn("team", "team"),
        TableColumn("brief", "brief", width=70),
    ),
    "objectives": (_ID, TableColumn("title", "title", width=50), TableColumn("text", "text", width=80)),
    "injects": (
        _ID,
        TableColumn("at", "time", Kind.SPAN, 10),
        TableColumn("after", "after", width=24),
        TableColumn("when", "when", Kind.LINES, 30),
        TableColumn("until", "until", Kind.SPAN, 10),
        TableColumn("title", "title", width=36),
        TableColumn("text", "text", width=70),
        TableColumn("from", "from", width=22),
        TableColumn("to", "to", Kind.WORDS, 22),
        TableColumn("channel", "channel", width=12),
        TableColumn("expected", "expected action", width=50),
        TableColumn("hazard", "hazard", width=14),
        TableColumn("discussion", "discussion", Kind.SPAN, 11),
        TableColumn("effects", "effects", Kind.LINES, 30),
        TableColumn("attachments", "attachments", Kind.LINES, 30),
        TableColumn("notes", "notes", width=50),
    ),
    "expectations": (
        _ID, TableColumn("text", "text", width=70), TableColumn("objective", "objective"), TableColumn("team", "team"),
        TableColumn("after", "after"), TableColumn("within", "within", Kind.SPAN, 10), TableColumn("points", "points", Kind.NUMBER, 8),
        TableColumn("decision", "decision", width=18), TableColumn("when", "when", Kind.LINES, 34),
    ),
    "handouts": (
        TableColumn("title", "title", width=40), TableColumn("file", "file", width=40), TableColumn("for", "for", width=12),
        TableColumn("teams", "teams", Kind.WORDS, 24),
    ),
}  # fmt: skip
"""Tables by the key of the exercise file, each a sheet."""

ONE_BY_ONE: Final = (
    "schema", "id", "title", "purpose", "audience", "languages", "scenario", "scenario_start", "keeps_alerts", "length", "speed",
    "sources", "assumed", "delays",
)  # fmt: skip
"""Keys that stand in the sheet `exercise`, one a row; of a list each item has a row."""
