"""The document of `ew4all plan feasibility`: what a ministry decides on, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.planning.questionnaire import regulatory_items, requirements
from ew4all.report.document import Bullets, Document, Paragraph, Section, Table
from ew4all.report.feasibility_economic import economic_section
from ew4all.report.feasibility_technical import technical_section
from ew4all.report.feasibility_words import ANSWER_WORDS, count_text, exact_text, money_text
from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.feasibility_results import Asked, Feasibility

__all__ = ["LIMITS", "document_of", "obstacles", "verdict"]

LIMITS: Final = (
    "People are where the population data have them; coverage is where a signal is to be expected, from maps or a model of radio "
    "waves. Neither knows what a network does on a bad day.",
    "Shares of phones that can, are on and have warnings enabled are defaults from national tests elsewhere until the country's "
    "own replace them. They decide most of the result.",
    "Costs are published sums of other countries or chosen ones, with their ranges. No published cost of cell broadcast in a small "
    "state was found. A supplier's price replaces each of them.",
    "The checklists are no legal advice; the bases named are models, not the country's law.",
    "The document says what would be possible, not when a warning is issued: that is decided by people.",
)
"""What a reader must know, whatever the country."""

_MOST_OBSTACLES: Final = 12


def obstacles(result: Feasibility) -> tuple[list[Asked], list[Asked]]:
    """Return what is answered with no or partly, and what nobody answered, critical questions first."""
    asked = sorted(result.asked(), key=lambda one: not one.question.critical)
    missing = [one for one in asked if one.answer in {"no", "partly"}]
    open_ = [one for one in asked if one.answer == "unknown"]
    return missing, open_


def verdict(result: Feasibility) -> str:
    """Return in one or two sentences what can be said; an open question is never taken as a no or a yes."""
    critical = [one for one in result.asked() if one.question.critical]
    missing = [one for one in critical if one.answer in {"no", "partly"}]
    open_ = [one for one in critical if one.answer == "unknown"]
    if missing:
        return (
            f"Cell broadcast is feasible once {len(missing)} of {len(critical)} conditions without which there is no service are met"
            + (f"; {len(open_)} more are not known." if open_ else "; the others are.")
        )
    if open_:
        return (
            f"Whether cell broadcast is feasible cannot be said yet: {len(open_)} of {len(critical)} conditions without which there "
            "is no service are not known."
            + ("" if len(open_) == len(critical) else " The others are met.")
        )
    return f"Cell broadcast is feasible: all {len(critical)} conditions without which there is no service are met."


def document_of(result: Feasibility, pictures: Mapping[str, bytes]) -> Document:
    """Return the document.

    Parameters
    ----------
    pictures
        PNG by name: ``map`` and, where there are any, ``coverage``, ``waterfall``, ``border`` and ``costs``.
    """
    sections = (
        _summary(result),
        technical_section(result, pictures),
        economic_section(result, pictures),
        _regulatory(result),
        _next_steps(result),
        _procurement(result),
        _basis(result),
    )
    return Document(
        title=f"Feasibility of cell broadcast: {result.country}",
        subtitle="Technical, economic and regulatory assessment of a public warning service on mobile networks",
        sections=sections,
        notice=result.notice,
        about=(
            f"For the ministry, the regulator, the disaster agency and the mobile operators of {result.country}.",
            f"Computed by ew4all {result.version} from the inputs listed at the end; the same inputs give the same numbers.",
        ),
        attribution=result.attribution,
        version=result.version,
    )


def _summary(result: Feasibility) -> Section:
    people, covered = result.people, result.reach.people.covered
    rows = [("people in the country", people_text(people), "")]
    if "any" in covered:
        rows += [
            (f"with a {t.upper() if t != 'any' else 'mobile'} signal" + (" of any technology" if t == "any" else ""), people_text(n), share_text(n, people))
            for t, n in covered.items()
        ]  # fmt: skip
        rows.append(("without any signal", people_text(result.reach.people.uncovered or 0.0), share_text(result.reach.people.uncovered or 0.0, people)))  # fmt: skip
    if result.received is not None:
        rows.append(("who would receive a warning by cell broadcast", count_text(result.received), share_text(result.received.value, people)))  # fmt: skip
    if result.border is not None:
        inside = result.border.inside
        rows.append(("in the country, served best from abroad", people_text(inside.abroad), share_text(inside.abroad, inside.people)))  # fmt: skip
    first = result.channels[0]
    years = result.known["horizon_years"].value
    if first.whole is not None:
        rows.append(
            (f"cost of cell broadcast over {years:g} years, USD", money_text(first.whole), "")
        )
        a_head = first.per_head(people)
        rows.append(("the same for each person in the country, USD", money_text(a_head), ""))
    counts = result.counts()
    words = ", ".join(f"{n} {ANSWER_WORDS[a]}" for a, n in counts.items())
    return Section(
        "Summary",
        (
            Paragraph(_lead(result), "lead"),
            Paragraph(verdict(result), "lead"),
            Table("What was found", ("", "number", "share of people"), tuple(rows), widths=(0.52, 0.33, 0.15)),
            Paragraph(f"Readiness, {sum(counts.values())} questions: {words}."),
        ),
    )  # fmt: skip


def _lead(result: Feasibility) -> str:
    people, covered = result.people, result.reach.people.covered
    if "any" not in covered:
        return (
            f"{people_text(people)} people live in {result.country}. Nothing is known here of mobile coverage, so that nobody can "
            "say whom cell broadcast would reach: give coverage layers (--coverage) or cell sites (--sites)."
        )
    received = result.received
    said = f"Of {people_text(people)} people in {result.country}, {share_text(covered['any'], people)} have a mobile signal"
    if received is not None:
        said += (
            f", and about {people_text(received.value)} ({share_text(received.value, people)}) would receive a warning by cell "
            f"broadcast within minutes, if the networks are fitted for it"
        )
    return said + "."


def _regulatory(result: Feasibility) -> Section:
    rows = []
    for item in regulatory_items():
        answer = ANSWER_WORDS[result.answers.regulatory.get(item.id, "unknown")]
        remark = result.answers.remarks.get(item.id, "")
        text = f"{item.text}. {remark}" if remark else f"{item.text}."
        rows.append((item.group, text, item.basis, answer))
    return Section(
        "Regulatory checklist",
        (
            Paragraph(
                "What rules a service needs. 'In place' is as the questionnaire says; the basis is a model or a standard in which "
                "others have written it down."
            ),
            Table(
                "Rules", ("group", "rule", "basis or model", "in place"), tuple(rows), align="llll", widths=(0.12, 0.48, 0.29, 0.11)
            ),
        ),
    )  # fmt: skip


def _next_steps(result: Feasibility) -> Section:
    missing, open_ = obstacles(result)
    blocks: list[Paragraph | Bullets] = []
    if missing:
        blocks += [Paragraph("What is not there yet:"), Bullets(_lines(missing))]
    if open_:
        blocks += [Paragraph("What must be asked, conditions without which there is no service first:"), Bullets(_lines(open_))]  # fmt: skip
    if not blocks:
        blocks.append(Paragraph("Every question of readiness is answered with yes."))
    uncovered = result.reach.people.uncovered
    if uncovered is not None and uncovered >= 0.5:
        blocks.append(
            Paragraph(
                f"Cell broadcast does not reach the {people_text(uncovered)} people without a signal: ew4all gaps shows where they "
                "live, ew4all plan measures what closes the gap."
            )
        )
    return Section("What to do next", tuple(blocks))


def _lines(asked: list[Asked]) -> tuple[str, ...]:
    """Return one line a question, networks together, and how many are left out."""
    by_question: dict[str, list[Asked]] = {}
    for one in asked:
        by_question.setdefault(one.question.id, []).append(one)
    lines = []
    for group in by_question.values():
        first = group[0]
        names = [one.operator for one in group if one.operator]
        whose = f" ({', '.join(names)})" if names else ""
        lines.append(f"{first.question.text}{whose} Ask: {first.question.who}.")
    left = len(lines) - _MOST_OBSTACLES
    if left > 0:
        lines = [*lines[:_MOST_OBSTACLES], f"and {left} more, in the table of readiness."]
    return tuple(lines)


def _procurement(result: Feasibility) -> Section:
    rows = [
        (row.id, row.group, row.level, result.filled(row.text), result.filled(row.proof))
        for row in requirements()
    ]
    return Section(
        "Annex: requirements for a call for tenders",
        (
            Paragraph(
                "A table to begin from, with the country's own numbers. 'Must' is not open to negotiation, 'should' is weighed."
            ),
            Table(
                "Requirements", ("no.", "part", "level", "requirement", "how it is shown"), tuple(rows), align="lllll",
                widths=(0.06, 0.14, 0.08, 0.47, 0.25),
            ),
        ),
    )  # fmt: skip


def _basis(result: Feasibility) -> Section:
    inputs = tuple(
        (one.role, _short(one.path), (one.sha256 or "")[:12], one.provenance or "")
        for one in result.inputs
    )
    assumed = tuple((name, exact_text(value)) for name, value in result.reach.assumptions.items())
    return Section(
        "Annex: what it rests on",
        parts=(
            Section("Limits", (Bullets(LIMITS),)),
            Section(
                "Inputs",
                (Table("Inputs", ("role", "file", "SHA-256 begins", "provenance"), inputs, align="llll", widths=(0.22, 0.4, 0.2, 0.18)),),
            ),
            Section(
                "Assumptions about phones",
                (
                    Table(
                        "Share of the people left who pass each step", ("step", "value"), assumed, widths=(0.6, 0.4),
                        note="Replace any of them with --assume NAME=VALUE; sources: ew4all assumptions.",
                    ),
                ),
            ),
            Section("Decisions taken on the way", (Bullets(result.notes or ("None.",)),)),
        ),
    )  # fmt: skip


def _short(path: str | None) -> str:
    """Return the name of a file: where it lies on somebody's machine is nobody's business."""
    return "in memory" if path is None else path.replace("\\", "/").rsplit("/", 1)[-1]
