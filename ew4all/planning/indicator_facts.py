"""Facts that a country states beside what is computed: channels in use, status of CAP and law, what a survey found.

A file of facts is TOML (see `blank`), or CSV with the columns ``fact``, ``value`` and, if there are any, ``source``.
"""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from ew4all.alerts.toml_fields import Fields
from ew4all.errors import QuestionnaireError
from ew4all.planning.questionnaire import ANSWERS, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Fact", "Facts", "blank_facts", "blank_facts_csv", "facts_asked", "read_facts"]

_FIELDS: Final = Fields(QuestionnaireError)
_PARTS: Final = ("channels", "status", "numbers")
_COLUMNS: Final = ("fact", "value", "source")


@dataclass(frozen=True)
class Fact:
    """One thing to state; `basis` is the source that asks for it, ``""`` where it is a channel or a number."""

    id: str
    part: str
    text: str
    unit: str = ""
    basis: str = ""


@dataclass(frozen=True)
class Facts:
    """What was stated; whatever is missing is unknown.

    Attributes
    ----------
    channels, status
        Name to ``yes``, ``partly``, ``no`` or ``unknown``.
    numbers
        Name to number.
    sources
        Name to where it was said.
    """

    country: str | None = None
    date: str | None = None
    channels: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def in_use(self) -> tuple[str, ...]:
        """Channels that are in use, wholly or in part."""
        return tuple(name for name, said in self.channels.items() if said in {"yes", "partly"})

    @property
    def not_in_use(self) -> tuple[str, ...]:
        """Channels of which it is stated that they are not in use."""
        return tuple(name for name, said in self.channels.items() if said == "no")


@cache
def facts_asked() -> tuple[Fact, ...]:
    """Return what can be stated, in order."""
    file = resources.files("ew4all.planning") / "data" / "indicator_facts.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["fact"]
    return tuple(
        Fact(r["id"], r["part"], r["text"], r.get("unit", ""), r.get("basis", "")) for r in rows
    )


def read_facts(data: bytes, name: str) -> Facts:
    """Read facts.

    Parameters
    ----------
    data, name
        The file, and what messages call it; a name that ends with ``.csv`` is CSV.

    Raises
    ------
    QuestionnaireError
        It cannot be read; a fact that does not exist, with the nearest that does; an answer that is none of `ANSWERS`; a
        number below 0; more people reached than were asked.
    """
    document = _of_csv(data, name) if name.lower().endswith(".csv") else _FIELDS.document(data, name)  # fmt: skip
    document = dict(_FIELDS.known(document, ("country", "date", *_PARTS, "sources"), name))
    given: dict[str, dict[str, Any]] = {}
    for part in _PARTS:
        where = f"{name}, [{part}]"
        table = _FIELDS.table(document.get(part, {}), where)
        if part != "channels":  # a channel may have any name: those of the gap analysis do
            table = _FIELDS.known(table, {f.id for f in facts_asked() if f.part == part}, where)
        read = _number if part == "numbers" else _answer
        given[part] = {key: read(value, f"{where}, {key}") for key, value in table.items()}
    numbers = given["numbers"]
    if numbers.get("observed_reached", 0.0) > numbers.get("observed_asked", float("inf")):
        msg = f"{name}, [numbers]: observed_reached is more than observed_asked; of whom was it asked?"
        raise QuestionnaireError(msg)
    known = {key for part in given.values() for key in part}
    stated = _FIELDS.known(document.get("sources", {}), known, f"{name}, [sources]")
    country, date = document.get("country"), document.get("date")
    return Facts(
        None if country is None else _FIELDS.text(country, f"{name}, country"),
        None if date is None else str(date),
        given["channels"],
        given["status"],
        numbers,
        {key: _FIELDS.text(text, f"{name}, [sources], {key}") for key, text in stated.items()},
    )


def _answer(value: object, where: str) -> str:
    return _FIELDS.among(value, ANSWERS, where)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1e12:
        msg = f"{where}: {value!r} is no number of 0 or more"
        raise QuestionnaireError(msg)
    return float(value)


def _of_csv(data: bytes, name: str) -> dict[str, Any]:
    """Return the tables of facts that stand in rows."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{name} is no UTF-8: {error}"
        raise QuestionnaireError(msg) from error
    reader = csv.DictReader(io.StringIO(text))
    header = reader.fieldnames or ()
    if not {"fact", "value"} <= set(header) or not set(header) <= set(_COLUMNS):
        msg = f"{name} has the columns {', '.join(header) or 'none'}; facts as CSV have {', '.join(_COLUMNS)}"
        raise QuestionnaireError(msg)
    parts = {fact.id: fact.part for fact in facts_asked()}
    document: dict[str, Any] = {part: {} for part in (*_PARTS, "sources")}
    for row in reader:
        key, value = (row["fact"] or "").strip(), (row["value"] or "").strip()
        where = f"{name}, line {reader.line_num}"
        if not key:
            continue
        table = document if key in {"country", "date"} else document[parts.get(key, "channels")]
        if key in table:
            msg = f"{where}: the fact {key!r} stands there twice"
            raise QuestionnaireError(msg)
        if not value:
            continue
        table[key] = _as_number(value, where) if parts.get(key) == "numbers" else value
        if (row.get("source") or "").strip():
            document["sources"][key] = (row["source"] or "").strip()
    return document


def _as_number(value: str, where: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        msg = f"{where}: {value!r} is no number"
        raise QuestionnaireError(msg) from error


def blank_facts_csv(country: str = "", date: str = "") -> str:
    """Return the same as CSV; an empty value is unknown."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([["country", country, ""], ["date", date, ""]])
    writer.writerows([fact.id, "", ""] for fact in facts_asked())
    return out.getvalue()


def blank_facts(country: str = "", date: str = "") -> str:
    """Return a file of facts to fill in: TOML that `read_facts` takes."""
    lines = [
        "# Facts for indicators of early warning. Answers: yes, partly, no, unknown.",
        "# Give it back with: ew4all plan indicators --facts THIS_FILE",
        "",
        f"country = {quoted(country)}" if country else '# country = "name of the country"',
        f"date = {quoted(date)}" if date else '# date = "2026-01-31"  # of when this is true',
    ]
    for part in _PARTS:
        lines += ["", f"[{part}]"]
        for fact in facts_asked():
            if fact.part == part:
                lines.append(f"# {fact.text}" + (f" ({fact.unit})" if fact.unit else ""))
                lines.append(f"# {fact.id} = 0" if part == "numbers" else f'{fact.id} = "unknown"')
    lines += ["", "[sources]", '# id of a fact = "who said so, where, when"']
    return "\n".join(lines) + "\n"
