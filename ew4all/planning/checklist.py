"""Readiness checklist of a national emergency telecommunication plan: items are data, answers the user's or those of earlier results."""

from __future__ import annotations

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

__all__ = ["Answer", "ChecklistAnswers", "ChecklistItem", "answered", "blank_checklist", "checklist", "checklist_sources", "markdown", "read_checklist"]  # fmt: skip

_FIELDS: Final = Fields(QuestionnaireError)


@dataclass(frozen=True)
class ChecklistItem:
    """One item.

    Attributes
    ----------
    name
        The item in a few words.
    source, clause
        Where it comes from: a key of `checklist_sources`, and the chapter there.
    measures
        Kinds of measures that need it.
    fact, rule
        Fact of `plan indicators`, rule of `plan feasibility` that answers it; ``""`` where none does.
    """

    id: str
    theme: str
    name: str
    text: str
    source: str
    clause: str
    measures: tuple[str, ...]
    fact: str = ""
    rule: str = ""


@dataclass(frozen=True)
class ChecklistAnswers:
    """What was answered; whatever is missing is unknown."""

    country: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """One item with its answer, and who gave it: ``answers``, ``facts``, ``feasibility`` or ``""``."""

    item: ChecklistItem
    answer: str
    given_by: str = ""
    remark: str = ""


@cache
def _data() -> dict[str, Any]:
    file = resources.files("ew4all.planning") / "data" / "netp_checklist.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def checklist_sources() -> Mapping[str, str]:
    """Return where items come from: title, place and year by key."""
    return dict(_data()["source"])


@cache
def checklist() -> tuple[ChecklistItem, ...]:
    """Return the items, in order."""
    return tuple(
        ChecklistItem(
            row["id"], row["theme"], row["name"], row["text"], row["source"], row["clause"], tuple(row["measures"]), row.get("fact", ""), row.get("rule", ""),
        )
        for row in _data()["item"]
    )  # fmt: skip


def read_checklist(data: bytes, name: str) -> ChecklistAnswers:
    """Read a filled checklist.

    Parameters
    ----------
    data, name
        A TOML file and what messages call it; see `blank_checklist` for its form.

    Raises
    ------
    QuestionnaireError
        No TOML; an item that does not exist, with the nearest that does; an answer that is none of yes, partly, no, unknown.
    """
    document = _FIELDS.known(_FIELDS.document(data, name), ("country", "answers", "remarks"), name)
    ids = {item.id for item in checklist()}
    given = _FIELDS.known(document.get("answers", {}), ids, f"{name}, [answers]")
    remarks = _FIELDS.known(document.get("remarks", {}), ids, f"{name}, [remarks]")
    country = document.get("country")
    return ChecklistAnswers(
        None if country is None else _FIELDS.text(country, f"{name}, country"),
        {key: _FIELDS.among(v, ANSWERS, f"{name}, [answers], {key}") for key, v in given.items()},
        {key: _FIELDS.text(v, f"{name}, [remarks], {key}") for key, v in remarks.items()},
    )


def answered(
    given: ChecklistAnswers, facts: Mapping[str, str], rules: Mapping[str, str]
) -> tuple[Answer, ...]:
    """Return every item with its answer: the one given, else that of a fact, else that of a rule, else unknown."""
    found = []
    for item in checklist():
        remark = given.remarks.get(item.id, "")
        tries = (
            ("answers", given.answers.get(item.id, "unknown")),
            ("facts", facts.get(item.fact, "unknown")),
            ("feasibility", rules.get(item.rule, "unknown")),
        )
        by, answer = next(((by, said) for by, said in tries if said != "unknown"), ("", "unknown"))
        found.append(Answer(item, answer, by, remark))
    return tuple(found)


def blank_checklist(answers: tuple[Answer, ...], country: str) -> str:
    """Return a checklist to fill in, with what is known already: TOML that `read_checklist` takes."""
    lines = [
        "# Readiness of a national emergency telecommunication plan. Answers: yes, partly, no, unknown.",
        "# Give it back with: ew4all plan netp --answers THIS_FILE",
        "",
        f"country = {quoted(country)}",
        "",
        "[answers]",
    ]
    theme = ""
    for one in answers:
        if one.item.theme != theme:
            theme = one.item.theme
            lines.append(f"# -- {theme}")
        lines += [f"# {one.item.text}", f'{one.item.id} = "{one.answer}"']
    lines += ["", "[remarks]", '# id of an item = "a remark that is printed beside it"']
    lines += [f"{one.item.id} = {quoted(one.remark)}" for one in answers if one.remark]
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """Return the checklist in Markdown, for documents; it ends with a line break."""
    lines = [
        "| item | theme | what | after | measures that need it |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{i.id}` | {i.theme} | {i.text} | {i.source} {i.clause} | {', '.join(i.measures)} |"
        for i in checklist()
    ]
    return "\n".join(lines) + "\n"
