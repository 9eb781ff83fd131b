"""The technical part of a feasibility document: coverage, networks, phones, visitors, the border, readiness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.report.document import Figure, Paragraph, Section, Table
from ew4all.report.feasibility_words import ANSWER_WORDS, STEP_WORDS, exact_text
from ew4all.report.rounding import counted, people_text, share_text
from ew4all.sim.audience_tables import AUDIENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.feasibility_results import Asked, Feasibility, Spill
    from ew4all.report.document import Block
    from ew4all.results import PeopleCount

__all__ = ["technical_section"]

_MOST_ZONES: Final = 40
_NOT_KNOWN: Final = (
    "Not known: neither coverage layers nor cell sites were given (--coverage, --sites)."
)


def technical_section(result: Feasibility, pictures: Mapping[str, bytes]) -> Section:
    """Return the section; see `document_of` for the pictures."""
    return Section(
        "Technical feasibility",
        parts=(
            _people(result, pictures),
            _coverage(result, pictures),
            _networks(result),
            _phones(result, pictures),
            _visitors(result),
            _border(result, pictures),
            _readiness(result),
        ),
    )


def _people(result: Feasibility, pictures: Mapping[str, bytes]) -> Section:
    count = result.reach.people
    blocks: list[Block] = [
        Figure(
            f"People in {result.country}" + (" and where no signal reaches them" if count.covered else ""),
            pictures["map"],
            f"Map of people in {result.country}. "
            + (f"{people_text(count.uncovered or 0.0)} have no signal." if count.covered else ""),
        )
    ]  # fmt: skip
    zones = sorted(result.reach.zones, key=lambda z: (-(z.people.uncovered or 0.0), -z.people.in_area, z.id))  # fmt: skip
    zones = [z for z in zones if z.people.in_area >= 0.5]
    if zones:
        technologies = list(count.covered)
        columns = ("zone", "people", *(t.upper() if t != "any" else "any" for t in technologies))
        columns += ("no signal",) if technologies else ()
        rows = [_zone(z.name, z.people, technologies) for z in zones[:_MOST_ZONES]]
        rows.append(_zone("all", count, technologies))
        left = len(zones) - _MOST_ZONES
        said = (
            [
                "Share of the people of the zone with a signal; zones with most people without one first."
            ]
            if technologies
            else []
        )
        said += (
            [f"{counted(left, 'more zone')} {'is' if left == 1 else 'are'} in zones.csv."]
            if left > 0
            else []
        )
        title = "People and coverage by zone" if technologies else "People by zone"
        blocks.append(Table(title, columns, tuple(rows), note=" ".join(said)))
    return Section("People", tuple(blocks))


def _zone(name: str, count: PeopleCount, technologies: list[str]) -> tuple[str, ...]:
    shares = [share_text(count.covered.get(t, 0.0), count.in_area) for t in technologies]
    row = (name, people_text(count.in_area), *shares)
    return (*row, people_text(count.uncovered or 0.0)) if technologies else row


def _coverage(result: Feasibility, pictures: Mapping[str, bytes]) -> Section:
    count = result.reach.people
    if not count.covered:
        return Section("Coverage by technology", (Paragraph(_NOT_KNOWN),))
    rows = tuple(
        (t.upper() if t != "any" else "any", people_text(n), share_text(n, count.in_area))
        for t, n in count.covered.items()
    )
    blocks: list[Block] = [
        Paragraph(
            "People who live where a signal of the technology is to be expected, of whichever network. A technology that is not "
            "listed has no layer: nothing is known of it."
        ),
        Figure(
            "People with a signal, by technology", pictures["coverage"],
            "; ".join(f"{name}: {share}" for name, _, share in rows),
            Table("People with a signal, by technology", ("technology", "people", "share"), rows),
        ),
    ]  # fmt: skip
    operators = tuple(
        (
            o.name,
            "not given" if o.share is None else share_text(o.share, 1.0),
            *((people_text(o.covered[t]) if t in o.covered else "no layer") for t in count.covered),
        )
        for o in result.reach.operators
    )
    if operators:
        columns = ("network", "market share", *(t.upper() if t != "any" else "any" for t in count.covered))  # fmt: skip
        blocks.append(Table("People with a signal of each network", columns, operators))
    return Section("Coverage by technology", tuple(blocks))


def _networks(result: Feasibility) -> Section:
    facts = result.network
    if facts is None:
        return Section(
            "Networks", (Paragraph("No list of cell sites was given (--sites): how many cells must be addressed is not known."),)
        )  # fmt: skip
    rows = tuple((t.upper(), f"{n:,}") for t, n in facts.technologies.items())
    own = tuple((name, f"{n:,}") for name, n in facts.operators.items())
    return Section(
        "Networks",
        (
            Paragraph(
                f"The list of sites holds {facts.cells:,} cells on {facts.sites:,} sites in the country. Lists gathered from phones "
                "(OpenCelliD) are not complete: the operators' own lists replace them before anything is ordered."
            ),
            Table("Cells by technology", ("technology", "cells"), (*rows, ("all", f"{facts.cells:,}")), widths=(0.6, 0.4)),
            Table("Cells by network", ("network", "cells"), own, widths=(0.6, 0.4)),
        ),
    )  # fmt: skip


def _phones(result: Feasibility, pictures: Mapping[str, bytes]) -> Section:
    if result.received is None:
        return Section("From a signal to a warning on the phone", (Paragraph(_NOT_KNOWN),))
    rows = tuple(
        (STEP_WORDS[r.step], people_text(r.people), share_text(r.people, result.people), people_text(r.lost))
        for r in result.reach.waterfall
    )  # fmt: skip
    steps = tuple(
        (
            STEP_WORDS[s.step], exact_text(s.share), f"{exact_text(s.low)} to {exact_text(s.high)}",
            people_text(s.people_low), people_text(s.people_high),
        )
        for s in result.steps
    )  # fmt: skip
    covered = [t for t in result.reach.people.covered if t != "any"]
    capable = tuple(
        (row.name.removeprefix("capable_").upper(), share_text(row.value, 1.0),
         f"{share_text(row.low, 1.0)} to {share_text(row.high, 1.0)}", row.source)
        for row in AUDIENCE
        if row.name.startswith("capable_") and row.name.removeprefix("capable_") in covered
    )  # fmt: skip
    widest = max(result.steps, key=lambda s: s.people_high - s.people_low)
    return Section(
        "From a signal to a warning on the phone",
        (
            Paragraph(
                "Everybody stands in exactly one row: those who fall at a step and those who are left at the end add up to the "
                "people of the country. The step at which the message is received holds the signal indoors, and whether a "
                "person's own network is the one with a signal."
            ),
            Figure(
                "How many are left at each step", pictures["waterfall"],
                f"Of {people_text(result.people)} people, {people_text(result.received.value)} receive the message.",
                Table("How many are left at each step", ("step", "left", "share", "lost here"), rows),
            ),
            Table(
                "What each step alone could change: people who receive the message", ("step", "share taken", "range", "at its low end", "at its high end"),
                steps,
                note=f"The widest is that people {STEP_WORDS[widest.step]}: a count of phones by their equipment identities, or a "
                "survey after a first test, is worth more than any further modelling.",
            ),
            Table(
                "Phones that show a warning, by the technology they are on", ("technology", "share", "range", "source"), capable,
                align="lrrl", widths=(0.12, 0.12, 0.16, 0.6),
            ),
        ),
    )  # fmt: skip


def _visitors(result: Feasibility) -> Section:
    found = result.visitors
    words = (
        "A visitor's phone receives warnings without doing anything, if it is set for the identifiers that the country uses "
        "(3GPP TS 23.041); its language is another matter."
    )
    if found is None:
        return Section(
            "Visitors and roamers",
            (Paragraph(f"{words} How many visitors there are was not given (--roamers, or facts.roamers of the questionnaire)."),),
        )  # fmt: skip
    return Section(
        "Visitors and roamers",
        (
            Paragraph(
                f"{words} Of {people_text(found.people)} visitors with a phone on a usual day, about {people_text(found.covered)} "
                f"have a signal and {people_text(found.received)} would receive a warning, if they are where the residents are and "
                "their phones are like the residents'. They come on top of the residents counted above."
            ),
        ),
    )


def _border(result: Feasibility, pictures: Mapping[str, bytes]) -> Section:
    border = result.border
    if border is None:
        return Section("Across the border", (Paragraph(result.border_note),))
    inside, outside = border.inside, border.outside
    rows = [_spill_row(inside)]
    if outside is not None:
        rows.append(_spill_row(outside))
    blocks: list[Block] = [
        Paragraph(
            "A phone knows no border. Where the strongest usable cell stands abroad a phone may be served from there, and a national "
            "warning passes it by; where the country's cells are the strongest abroad, people there are warned too. Both are counted "
            "with every cell open to every phone: a phone stays with its own network as long as it can, so that 'served best from "
            "abroad' is the most there can be, and those whom no cell of the country serves are lost for certain."
        ),
        Paragraph(
            f"A cell is taken as the country's own by {border.decided_by}: {border.cells_home:,} cells on {border.sites_home:,} "
            f"sites, and {border.cells_abroad:,} on {border.sites_abroad:,} abroad. Of networks abroad that are not in the lists "
            "nothing is known: with them, more people would be served from there."
        ),
        Figure(
            "Best server on both sides of the border", pictures["border"],
            f"Map: {people_text(inside.abroad)} people in the country are served best from abroad.",
            Table(
                "Who is served from which side", ("people", "number", "by the country", "from abroad", "no cell of the country", "nobody"),
                tuple(rows), note="'No cell of the country' are those of 'from abroad' whom no cell of the country serves.",
            ),
        ),
    ]  # fmt: skip
    hit = sorted((z for z in border.zones if z.abroad >= 0.5), key=lambda z: -z.abroad)
    if hit:
        blocks.append(
            Table(
                "Zones served from abroad", ("zone", "people", "from abroad", "share", "no cell of the country"),
                tuple(
                    (z.name, people_text(z.people), people_text(z.abroad), share_text(z.abroad, z.people), people_text(z.only_abroad))
                    for z in hit[:_MOST_ZONES]
                ),
            )
        )  # fmt: skip
    if outside is None:
        blocks.append(
            Paragraph(
                "The population given ends at the border: how many people abroad would be warned too cannot be counted."
            )
        )
    elif outside.home >= 0.5:
        blocks.append(
            Paragraph(
                f"{people_text(outside.home)} people abroad are served best by a cell of the country: a warning to the whole country "
                "reaches them as well. Cells near the border can be left out, at the cost of those in the country whom they serve "
                "(ew4all target shows the choice)."
            )
        )
    return Section("Across the border", tuple(blocks))


def _spill_row(spill: Spill) -> tuple[str, ...]:
    numbers = (spill.people, spill.home, spill.abroad, spill.only_abroad, spill.unserved)
    return (spill.name, *(people_text(n) for n in numbers))


def _readiness(result: Feasibility) -> Section:
    rows = []
    for group in _alike(result.asked()):
        one = group[0]
        question = one.question
        text = question.text + (" *" if question.critical else "")
        remark = f" {one.remark}" if one.remark else ""
        whose = ", ".join(o for o in (other.operator for other in group) if o) or "country"
        rows.append((question.area, text, question.why + remark, whose, ANSWER_WORDS[one.answer]))
    return Section(
        "Readiness",
        (
            Paragraph(
                "What only people can answer. Not known means that the questionnaire (readiness.toml beside this document) does not "
                "say it; * marks a condition without which there is no service."
            ),
            Table(
                "Readiness", ("area", "question", "why it matters", "of", "answer"), tuple(rows), align="lllll",
                widths=(0.13, 0.35, 0.3, 0.12, 0.1),
            ),
        ),
    )  # fmt: skip


def _alike(asked: tuple[Asked, ...]) -> list[list[Asked]]:
    """Return answers together where networks gave the same to a question."""
    found: dict[tuple[str, str], list[Asked]] = {}
    for one in asked:
        found.setdefault((one.question.id, one.answer), []).append(one)
    return list(found.values())
