"""The annex of a national emergency telecommunication plan as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.netp_results import PARTS
from ew4all.planning.checklist import checklist_sources
from ew4all.report.document import Bullets, Document, Paragraph, Section, Table
from ew4all.report.feasibility_words import ANSWER_WORDS, number_text
from ew4all.report.netp_parts import (
    cell_broadcast_section,
    degraded_section,
    gaps_section,
    indicators_section,
    measures_section,
)
from ew4all.report.rounding import counted, people_text

if TYPE_CHECKING:
    from ew4all.netp_results import Netp
    from ew4all.planning.recommendations import Advice, Ranked, Readiness

__all__ = ["RULE", "annex_of", "cost_words", "people_words", "readiness_words"]

RULE: Final = (
    "The rule: each recommendation has a place by people newly reached (most first), by cost for each of them (least first; without a "
    "price last) and by readiness (share of the items of the checklist it needs that are there for certain; where equal, what may be). "
    "Equal ones share the better place. The smallest sum of the three places comes first; at equal sums more people, then less cost. "
    "People of measures of a plan are new after all measures before them in the plan, so that nobody counts twice; cell broadcast "
    "itself is beside the plan, and may reach the same people."
)
"""How recommendations are ranked, for readers."""

_MOST_ROWS_NAMED: Final = 6
_LIMITS: Final = (
    "The annex puts earlier results together and computes nothing again: it is as good as they are, and each says its own limits.",
    "The checklist is of this project, after the chapters of the ITU guidelines; it is no legal advice and does not replace them.",
    "What nobody answered is not known: neither a yes nor a no. Costs are ranges of published or chosen prices until a supplier's offer replaces them.",
)


def annex_of(result: Netp) -> Document:
    """Return the document."""
    sections = (
        _summary(result),
        gaps_section(result),
        degraded_section(result),
        measures_section(result),
        cell_broadcast_section(result),
        indicators_section(result),
        _readiness(result),
        _recommendations(result),
        _basis(result),
    )
    return Document(
        title=f"Emergency telecommunication plan, annex on early warning: {result.country}",
        subtitle="Who is left out, what closes the gap, and what has to be in place first",
        sections=sections,
        notice=result.notice,
        about=(
            f"For the ministry, the regulator, the disaster agency, broadcasters and mobile operators of {result.country}.",
            f"Put together by ew4all {result.version} from the results listed at the end; the same results give the same annex.",
        ),
        attribution=result.attribution,
        version=result.version,
    )


def _summary(result: Netp) -> Section:
    counts = result.counts()
    words = ", ".join(f"{n} {ANSWER_WORDS[a]}" for a, n in counts.items())
    blocks: list[Paragraph | Bullets | Table] = []
    if result.recommendations:
        first = result.recommendations[0].advice
        number = len(result.recommendations)
        head = f"{counted(number, 'recommendation')}{'; the first' if number > 1 else ''}"
        people = "people newly reached cannot be told" if first.people is None else f"{people_words(first)} people newly reached"  # fmt: skip
        said = f"{head}: {first.name}, {people}, {cost_words(first)}."
        blocks.append(Paragraph(said, "lead"))
        blocks.append(_ranking(result.recommendations))
        noted = dict.fromkeys(r.advice.note for r in result.recommendations if r.advice.kind != "cell_broadcast")  # fmt: skip
        blocks += [Paragraph(f"Read first: {said}.") for said in noted if said]
    else:
        blocks.append(Paragraph("There is nothing to recommend: neither a plan of measures nor a feasibility study was given.", "lead"))  # fmt: skip
    blocks.append(Paragraph(f"Readiness, {counted(sum(counts.values()), 'item')}: {words}."))
    if result.missing:
        blocks.append(Paragraph("What is missing in this annex:"))
        blocks.append(Bullets(result.missing))
    return Section("Summary", tuple(blocks))


def _ranking(recommendations: tuple[Ranked, ...]) -> Table:
    return Table(
        "Recommendations",
        ("", "what", "people newly reached", "cost, USD", "readiness", "places"),
        tuple(
            (
                str(one.rank), one.advice.name, people_words(one.advice), cost_words(one.advice, short=True),
                readiness_words(one.advice.readiness), f"{one.by_people} + {one.by_cost} + {one.by_readiness}",
            )
            for one in recommendations
        ),
        align="llrrll",
        widths=(0.04, 0.23, 0.14, 0.32, 0.14, 0.13),
        note="Places by people, cost for each of them, and readiness; the rule is in the section on recommendations.",
    )  # fmt: skip


def _readiness(result: Netp) -> Section:
    themes = dict.fromkeys(one.item.theme for one in result.answers)
    rows = []
    for theme in themes:
        mine = [one for one in result.answers if one.item.theme == theme]
        for k, one in enumerate(mine):
            remark = f" – {one.remark}" if one.remark else ""
            after = f"{one.item.source.upper() if one.item.source == 'itu' else 'EW4All'} {one.item.clause}"
            rows.append(
                (
                    theme if k == 0 else "",
                    one.item.text + remark,
                    ANSWER_WORDS[one.answer] + _by(one.given_by),
                    after,
                )
            )
    open_ = [one for one in result.answers if one.answer == "unknown"]
    said = "Answers come from --answers, else from the facts of the indicators and the rules of the feasibility study. "
    said += (
        f"{counted(len(open_), 'item')} of {len(result.answers)} nobody answered."
        if open_
        else "Every item is answered."
    )
    sources = checklist_sources()
    table = Table(
        "Readiness",
        ("theme", "item", "answer", "after"),
        tuple(rows),
        align="llll",
        widths=(0.16, 0.54, 0.14, 0.16),
        note=f"ITU: {sources['itu']}, chapter. EW4All: {sources['ew4all']}.",
    )
    return Section("Readiness checklist", (Paragraph(said), table))


def _by(given_by: str) -> str:
    return f" ({given_by})" if given_by in {"facts", "feasibility"} else ""


def _recommendations(result: Netp) -> Section:
    if not result.recommendations:
        return Section("Recommendations", (Paragraph("None: neither a plan of measures nor a feasibility study was given."),))  # fmt: skip
    titles = {one.item.id: one.item.name for one in result.answers}
    parts = [
        Section(f"Recommendation {one.rank}: {one.advice.name}", (Bullets(_lines(one, titles)),))
        for one in result.recommendations
    ]
    return Section("Recommendations", (Paragraph(RULE),), tuple(parts))


def _lines(one: Ranked, titles: dict[str, str]) -> tuple[str, ...]:
    advice = one.advice
    rows = ", ".join(advice.rows[:_MOST_ROWS_NAMED])
    more = len(advice.rows) - _MOST_ROWS_NAMED
    each = advice.cost_per_person
    lines = [
        f"People newly reached: {people_words(advice)}.",
        f"Cost: {cost_words(advice)}"
        + (f"; {number_text(each)} USD for each of them." if each else "."),
        f"Readiness (share of what it needs that is there): {readiness_words(advice.readiness)}.",
    ]
    for words, ids in (("To be put in place first", advice.readiness.missing), ("To be found out first", advice.readiness.unknown)):  # fmt: skip
        if ids:
            lines.append(f"{words}: {'; '.join(titles.get(i, i) for i in ids)}.")
    lines.append(f"Places: {one.by_people} by people, {one.by_cost} by cost, {one.by_readiness} by readiness.")  # fmt: skip
    lines.append(f"Rows: {advice.source}: {rows}" + (f" and {more:,} more (netp.json)." if more > 0 else "."))  # fmt: skip
    if advice.note:
        lines.append(f"{advice.note[0].upper()}{advice.note[1:]}.")
    return tuple(lines)


def _basis(result: Netp) -> Section:
    inputs = tuple((f.role, _short(f.path), (f.sha256 or "")[:16]) for f in result.inputs)
    told: dict[str, list[str]] = {}
    for part, piece in result.pieces.items():
        for said in piece.document.get("notes", ()):
            told.setdefault(str(said), []).append(PARTS[part].removeprefix("ew4all "))
    notes = [*result.notes, *(f"{', '.join(who)}: {said}" for said, who in told.items())]
    return Section(
        "What it rests on",
        parts=(
            Section("Limits", (Bullets(_LIMITS),)),
            Section(
                "Files",
                (
                    Table(
                        "Files, as they were read",
                        ("part", "file", "SHA-256 begins"),
                        inputs,
                        align="lll",
                        widths=(0.3, 0.4, 0.3),
                    ),
                ),
            ),
            Section("Notes", (Bullets(tuple(notes) or ("None.",)),)),
        ),
    )


def people_words(advice: Advice) -> str:
    """Return the people that a recommendation newly reaches, as far as that is known."""
    if advice.people is None:
        return "cannot be told"
    if advice.people_high is None:
        return f"at least {people_text(advice.people)}"
    low, high = people_text(advice.people), people_text(advice.people_high)
    return low if low == high else f"{low} to {high}"


def cost_words(advice: Advice, *, short: bool = False) -> str:
    """Return what a recommendation costs, with its range."""
    cost = advice.cost
    if cost.value is None:
        return "no price"
    said = number_text(cost.value)
    if cost.low is not None and cost.high is not None:
        said += f" ({number_text(cost.low)} to {number_text(cost.high)})"
    elif not short:
        said += " (a price of your own, without a range)"
    return said if short else f"{said} USD"


def readiness_words(found: Readiness) -> str:
    """Return how much of what is needed is there, for certain and at most."""
    if found.low == 0.0 and found.high == 1.0:
        return "not known"
    low, high = f"{found.low:.0%}".replace("%", " %"), f"{found.high:.0%}".replace("%", " %")
    return low if low == high else f"{low} to {high}"


def _short(path: str | None) -> str:
    """Return the folder and name of a file: where it lies on somebody's machine is nobody's business."""
    return "in memory" if path is None else "/".join(path.replace("\\", "/").split("/")[-2:])
