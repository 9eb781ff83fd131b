"""What is assumed of speed tests where nothing else is said: one table, each value replaceable."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING, Final

from ew4all.assumptions import Assumption
from ew4all.errors import AssumptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TABLE", "markdown", "resolve"]

_JUDGED: Final = "chosen for this project; no publication gives it"

TABLE: Final[tuple[Assumption, ...]] = (
    Assumption(
        "zoom", 16.0, 10.0, 20.0, "level",
        "Level of the tiles in which points of tests are gathered; 611 m wide at the equator at 16.",
        "Level at which Ookla publishes its open data; tiles that come with quadkeys keep their own.",
        _JUDGED, "published",
    ),
    Assumption(
        "min_tests", 1.0, 1.0, 10.0, "tests",
        "Tests from which on a tile says anything; below it is unknown.",
        "One test that worked shows a signal there; more guard against a wrong position.",
        _JUDGED, "judgement",
    ),
    Assumption(
        "min_kbps", 0.0, 0.0, 256.0, "kbit/s",
        "Mean download from which on a tile counts as covered. At 0 any download above nothing does, since a message needs no speed.",
        "A broadcast needs a signal and no data rate: whoever could download at all had one.",
        "256 kbit/s is where ITU's telecommunication indicators begin to speak of broadband.",
        "judgement",
    ),
)  # fmt: skip


def resolve(overrides: Mapping[str, float] | None) -> dict[str, float]:
    """Return the value of each row, with those replaced that are given.

    Raises
    ------
    AssumptionError
        A name that is none of the table, or a value that has no meaning.
    """
    values = {row.name: row.value for row in TABLE}
    for name, value in (overrides or {}).items():
        if name not in values:
            close = difflib.get_close_matches(name, values, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            msg = f"there is no assumption {name!r} about speed tests{hint} (there are {', '.join(values)})"
            raise AssumptionError(msg)
        whole = name in {"zoom", "min_tests"}
        least = {"zoom": 1.0, "min_tests": 1.0}.get(name, 0.0)
        most = 23.0 if name == "zoom" else math.inf
        if not (math.isfinite(value) and least <= value <= most) or (whole and value % 1.0):
            span = f"{least:g} to {most:g}" if most < math.inf else f"{least:g} or more"
            kind = "a whole number of" if whole else ""
            msg = f"{name} is {kind} {span}, but got {value:g}".replace("  ", " ")
            raise AssumptionError(msg)
        values[name] = float(value)
    return values


def markdown() -> str:
    """Return the table in Markdown, for documents; it ends with a line break."""
    lines = [
        "| name | default | range | unit | meaning | source of the default | source of the range | confidence |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {row.value:g} | {row.low:g}–{row.high:g} | {row.unit} | {row.meaning} | {row.source} | {row.range_source} | "
        f"{row.confidence} |"
        for row in TABLE
    ]
    return "\n".join(lines) + "\n"
