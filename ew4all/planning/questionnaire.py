"""Questions that only people can answer: readiness, rules, requirements. The questions are data, the answers the user's."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from ew4all.alerts.toml_fields import Fields
from ew4all.errors import QuestionnaireError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ANSWERS",
    "FACTS",
    "Answers",
    "Item",
    "Question",
    "Requirement",
    "blank",
    "questions",
    "quoted",
    "read_answers",
    "regulatory_items",
    "requirements",
]

ANSWERS: Final = ("yes", "partly", "no", "unknown")
"""What can be answered; unknown is where nobody was asked."""

FACTS: Final = ("roamers", "operators")
"""Numbers that a questionnaire may hold: visitors with a phone on a usual day; mobile networks."""

_FIELDS: Final = Fields(QuestionnaireError)
_KEYS: Final = ("country", "answers", "operators", "regulatory", "facts", "remarks")


@dataclass(frozen=True)
class Question:
    """One question of readiness; `per_operator`: asked of each network; `technology`: only where a network has it."""

    id: str
    area: str
    text: str
    why: str
    who: str
    critical: bool
    per_operator: bool
    technology: str | None


@dataclass(frozen=True)
class Item:
    """One rule that a country needs, and where others have written it down."""

    id: str
    group: str
    text: str
    basis: str


@dataclass(frozen=True)
class Requirement:
    """One requirement of a call for tenders; `level` is ``must`` or ``should``."""

    id: str
    group: str
    level: str
    text: str
    proof: str


@dataclass(frozen=True)
class Answers:
    """What was answered; whatever is missing is unknown.

    Attributes
    ----------
    answers, operators
        Question to answer, for the country and by operator.
    regulatory
        Rule to answer.
    facts
        Numbers of `FACTS`.
    remarks
        Question or rule to a remark, printed beside the answer.
    """

    country: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    operators: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    regulatory: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)

    def of(self, question: Question, operator: str | None = None) -> str:
        """Return the answer to a question."""
        given = self.answers if operator is None else self.operators.get(operator, {})
        return given.get(question.id, "unknown")


def _data(name: str) -> dict[str, Any]:
    file = resources.files("ew4all.planning") / "data" / name
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def questions() -> tuple[Question, ...]:
    """Return the questions of readiness, in order."""
    return tuple(
        Question(
            row["id"], row["area"], row["text"], row["why"], row["who"], row["critical"],
            row.get("per") == "operator", row.get("technology"),
        )
        for row in _data("readiness.toml")["question"]
    )  # fmt: skip


@cache
def regulatory_items() -> tuple[Item, ...]:
    """Return the checklist of rules, in order."""
    rows = _data("regulatory.toml")["item"]
    return tuple(Item(row["id"], row["group"], row["text"], row["basis"]) for row in rows)


@cache
def requirements() -> tuple[Requirement, ...]:
    """Return the requirements of a call for tenders, in order; their texts hold ``{names}`` of numbers."""
    rows = _data("procurement.toml")["requirement"]
    return tuple(
        Requirement(row["id"], row["group"], row["level"], row["text"], row["proof"])
        for row in rows
    )


def read_answers(data: bytes, name: str) -> Answers:
    """Read a filled questionnaire.

    Parameters
    ----------
    data, name
        A TOML file and what messages call it; see `blank` for its form.

    Raises
    ------
    QuestionnaireError
        No TOML; a question, rule or number that does not exist (with the nearest that does); an answer that is none of
        `ANSWERS`.
    """
    document = _FIELDS.known(_FIELDS.document(data, name), _KEYS, name)
    country = document.get("country")
    whole = {q.id for q in questions() if not q.per_operator}
    each = {q.id for q in questions() if q.per_operator}
    rules = {item.id for item in regulatory_items()}
    by_operator = _FIELDS.table(document.get("operators", {}), f"{name}, [operators]")
    facts = _FIELDS.known(document.get("facts", {}), FACTS, f"{name}, [facts]")
    remarks = _FIELDS.known(document.get("remarks", {}), whole | each | rules, f"{name}, [remarks]")
    return Answers(
        None if country is None else _FIELDS.text(country, f"{name}, country"),
        _answers(document.get("answers", {}), whole, f"{name}, [answers]"),
        {
            operator: _answers(table, each, f'{name}, [operators."{operator}"]')
            for operator, table in by_operator.items()
        },
        _answers(document.get("regulatory", {}), rules, f"{name}, [regulatory]"),
        {key: _number(value, f"{name}, [facts], {key}") for key, value in facts.items()},
        {key: _FIELDS.text(value, f"{name}, [remarks], {key}") for key, value in remarks.items()},
    )


def _answers(table: object, ids: set[str], where: str) -> dict[str, str]:
    given = _FIELDS.known(table, ids, where)
    return {key: _FIELDS.among(value, ANSWERS, f"{where}, {key}") for key, value in given.items()}


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1e12:
        msg = f"{where}: {value!r} is no number of 0 or more"
        raise QuestionnaireError(msg)
    return float(value)


def blank(answers: Answers, country: str, operators: Sequence[str]) -> str:
    """Return a questionnaire to fill in, with what is known already: TOML that `read_answers` takes.

    Parameters
    ----------
    operators
        Names of the networks; those of `answers` are added.
    """
    lines = [
        "# Questionnaire for the feasibility of cell broadcast. Answers: yes, partly, no, unknown.",
        "# Give it back with: ew4all plan feasibility --readiness THIS_FILE",
        "",
        f"country = {quoted(answers.country or country)}",
        "",
        "[facts]",
    ]
    for fact, words in zip(
        FACTS, ("visitors with a phone on a usual day", "mobile networks"), strict=True
    ):
        value = answers.facts.get(fact)
        lines.append(
            f"# {fact} = 0  # {words}" if value is None else f"{fact} = {value:g}  # {words}"
        )
    lines += ["", "[answers]"]
    lines += _lines((q for q in questions() if not q.per_operator), answers, None)
    for operator in dict.fromkeys((*operators, *answers.operators)) or ("name of the operator",):
        lines += ["", f"[operators.{quoted(operator)}]"]
        lines += _lines((q for q in questions() if q.per_operator), answers, operator)
    lines += ["", "[regulatory]"]
    for item in regulatory_items():
        given = answers.regulatory.get(item.id, "unknown")
        lines += [f"# {item.text}", f'{item.id} = "{given}"']
    lines += ["", "[remarks]", '# id of a question or rule = "a remark that is printed beside it"']
    lines += [f"{key} = {quoted(text)}" for key, text in answers.remarks.items()]
    return "\n".join(lines) + "\n"


def _lines(asked: Any, answers: Answers, operator: str | None) -> list[str]:
    lines = []
    for question in asked:
        lines.append(f"# {question.text} (ask: {question.who})")
        lines.append(f'{question.id} = "{answers.of(question, operator)}"')
    return lines


def quoted(text: str) -> str:
    """Return a TOML basic string."""
    made = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in made) + '"'
