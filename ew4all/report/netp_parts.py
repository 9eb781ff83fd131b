"""Sections of the annex that show an earlier result as it is: who is left out, measures, cell broadcast, indicators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from ew4all.netp_results import PARTS
from ew4all.planning.recommendations import label
from ew4all.report.document import Bullets, Figure, Paragraph, Section, Table
from ew4all.report.feasibility_words import ANSWER_WORDS, number_text
from ew4all.report.gap_bars import facility_table
from ew4all.report.indicator_words import number_words
from ew4all.report.rounding import people_text, share_text
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.netp_results import Netp
    from ew4all.report.document import Block

__all__ = ["cell_broadcast_section", "degraded_section", "gaps_section", "indicators_section", "measures_section"]  # fmt: skip

_MOST_ROWS: Final = 40
_MOST_MEASURES: Final = 20
_GAP_KEYS: Final = ("coverage_gap", "usage_gap", "reachable")
_GAP_WORDS: Final = {
    "coverage_gap": "no signal", "usage_gap": "signal, no use", "reachable": "reachable",
}  # fmt: skip


def gaps_section(result: Netp) -> Section:
    """Return who is left out: by zone, group and hazard."""
    title, gaps = "Who is left out", result.part("gaps")
    if gaps is None:
        return Section(title, (_missing("gaps"),))
    total = gaps["total"]
    blocks: list[Block] = []
    people = total.get("people")
    if people is None:
        blocks.append(Paragraph("The gap analysis has no population: it says where a signal is, not for whom."))  # fmt: skip
    else:
        said = f"{people_text(people)} people were counted."
        if "channels" in total:
            none, one = total["channels"]["none"], total["channels"]["one"]
            said += (
                f" No channel that is known reaches {people_text(none)} of them ({share_text(none, people)}), one channel alone reaches "
                f"{people_text(one)} ({share_text(one, people)})."
            )
        blocks.append(Paragraph(said, "lead"))
    zones = [
        z for z in gaps.get("zones", ()) if z["id"] != OUTSIDE or (z.get("people") or 0.0) >= 0.5
    ]
    # A list is empty while it is sorted: its length is no "after all ranks".
    zones.sort(key=lambda z: (z.get("rank") or math.inf, str(z["id"])))
    if zones and people is not None:
        blocks.append(_gap_table(zones, "zone", total))
    drawn = _drawn(total)
    about = f"Map as the gap analysis drew it: {drawn[0].lower()}{drawn[1:]}."
    blocks += _figure(result, "gaps", "map.png", drawn, about)
    for rows, words in ((gaps.get("groups", ()), "group"), (gaps.get("hazards", ()), "hazard")):
        if rows and people is not None:
            blocks.append(_gap_table(rows, words, None))
    if gaps.get("facilities"):
        table = facility_table(gaps["facilities"])
        rows = tuple(tuple(row) for row in table["rows"])
        note = (
            ""
            if len(rows) > 1
            else "What reaches them cannot be told: neither coverage nor a channel was given."
        )
        blocks.append(Table("Facilities", tuple(table["columns"]), rows, note=note))
    about = "Lorenz curve of people left out."
    blocks += _figure(result, "gaps", "lorenz.png", "How unevenly people are left out", about)
    return Section(title, tuple(blocks))


def _drawn(total: Mapping[str, Any]) -> str:
    """Return what the map of a gap analysis shows: it has no more than the analysis knows."""
    if total.get("people") is None:
        return "Where there is a mobile signal"
    return "Where people are left out" if "channels" in total else "Where people live"


def degraded_section(result: Netp) -> Section:
    """Return the same people with the network degraded, beside the usual network."""
    title, gaps = "The network degraded", result.part("gaps")
    if gaps is None:
        return Section(title, (_missing("gaps"),))
    after = gaps.get("degraded")
    if after is None:
        said = "Missing: the gap analysis was run without an outage. Give it --outage with --sites, or --coverage-after, and put the annex together again."
        return Section(title, (Paragraph(said),))
    blocks: list[Block] = []
    if "sites" in after:
        said = f"{number_text(float(after['sites_down']))} of {number_text(float(after['sites']))} sites are off the air"
        blocks.append(Paragraph(f"{said} (mean over {number_text(float(after.get('members', 1)))} members)." ))  # fmt: skip
    names = [key for key in _GAP_KEYS if key in after and key in gaps["total"]]
    people = float(after["people"])
    rows = [
        (_GAP_WORDS[key], *(_count(block[key], people) for block in (gaps["total"], after)))
        for key in names
    ]
    if "channels" in after:
        rows += [
            (words, *(_count(block["channels"][key], people) for block in (gaps["total"], after)))
            for key, words in (("none", "no channel"), ("one", "one channel alone"), ("two_or_more", "two channels or more"))
        ]  # fmt: skip
    blocks.append(Table("People, the network as usual and degraded", ("people", "as usual", "degraded"), tuple(rows)))  # fmt: skip
    return Section(title, tuple(blocks))


def _gap_table(
    rows: Sequence[Mapping[str, Any]], words: str, total: Mapping[str, Any] | None
) -> Table:
    keys = [key for key in _GAP_KEYS if any(key in row for row in rows)]
    has_channels = any("channels" in row for row in rows)
    columns = (words, "people", *(_GAP_WORDS[key] for key in keys))
    columns += ("no channel", "one alone") if has_channels else ()
    shown = [(str(row["name"]), row) for row in rows[:_MOST_ROWS]]
    if total is not None:
        shown.append(("all", total))
    made = []
    for name, row in shown:
        people = row.get("people")
        cells = [name, "not known" if people is None else people_text(people)]
        cells += [_count(row.get(key), people) for key in keys]
        if has_channels:
            cells += [_count(row.get("channels", {}).get(key), people) for key in ("none", "one")]
        made.append(tuple(cells))
    rest = len(rows) - _MOST_ROWS
    note = f"{rest} more are in zones.csv of the gap analysis." if rest > 0 else ""
    if words == "zone" and any("rank" in row for row in rows):
        note = f"The zone with most people left out first. {note}".strip()
    return Table(f"People by {words}", columns, tuple(made), note=note)


def measures_section(result: Netp) -> Section:
    """Return the measures chosen for the budget."""
    title, plan = "What closes the gap", result.part("measures")
    if plan is None:
        return Section(title, (_missing("measures"),))
    people, currency = plan["people"], plan["currency"]
    said = (
        f"For {number_text(float(plan['budget']))} {currency} over {plan['years']:g} years (used: {number_text(float(plan['cost']))}) "
        f"{len(plan['chosen']):,} measures newly reach {people_text(people['newly_reached'])} of "
        f"{people_text(people['unreached_before'])} people whom no channel reaches."
    )
    blocks: list[Block] = [Paragraph(said, "lead")]
    blocks += _figure(result, "measures", "curve.png", "People newly reached against money", "Curve of people newly reached against the budget.")  # fmt: skip
    blocks += _figure(result, "measures", "map.png", "Where the measures are", "Map of the chosen measures.")  # fmt: skip
    for name, key, count in (("Chosen, the first brings most for its money", "chosen", "people_added"), ("Without a price: never chosen, never free", "unpriced", "people_alone")):  # fmt: skip
        rows = plan[key]
        if not rows:
            continue
        rest = len(rows) - _MOST_MEASURES
        blocks.append(
            Table(
                name,
                ("", "measure", "kind", "people newly reached" if key == "chosen" else "people, alone", f"cost, {currency}"),
                tuple(_measure(k, row, count) for k, row in enumerate(rows[:_MOST_MEASURES], 1)),
                align="lllrr",
                widths=(0.06, 0.34, 0.26, 0.18, 0.16),
                note=f"{rest:,} more are in measures.csv." if rest > 0 else "",
            )
        )  # fmt: skip
    return Section(title, tuple(blocks))


def _measure(number: int, row: Mapping[str, Any], count: str) -> tuple[str, ...]:
    cost = "no price" if row.get("cost") is None else number_text(float(row["cost"]))
    return (str(number), str(row["name"]), label(str(row["kind"])), people_text(row[count]), cost)


def cell_broadcast_section(result: Netp) -> Section:
    """Return what the feasibility study found, in short."""
    title, study = "Cell broadcast: feasibility in short", result.part("feasibility")
    if study is None:
        return Section(title, (_missing("feasibility"),))
    people = float(study["people"]["in_area"])
    rows = [("people in the country", people_text(people), "")]
    covered = study["people"].get("covered", {})
    if "any" in covered:
        rows.append(("with a mobile signal", people_text(covered["any"]), share_text(covered["any"], people)))  # fmt: skip
    if "received" in study:
        got = study["received"]
        words = f"{people_text(got['value'])} ({people_text(got['low'])} to {people_text(got['high'])})"  # fmt: skip
        rows.append(("who would receive a warning", words, share_text(got["value"], people)))
    inside = study.get("border", {}).get("inside")
    if inside:
        rows.append(("served best from abroad", people_text(inside["abroad"]), share_text(inside["abroad"], people)))  # fmt: skip
    blocks: list[Block] = [Table("What was found", ("", "number", "share of people"), tuple(rows), widths=(0.45, 0.37, 0.18))]  # fmt: skip
    economics = study.get("economics", {})
    channels = [
        (
            str(c["name"]),
            _range(c.get("reached"), people_text),
            _range(c.get("whole"), number_text) if c.get("priced") else "no price",
        )
        for c in economics.get("channels", ())
    ]
    if channels:
        blocks.append(
            Table(
                f"Channels, with their cost over {economics['years']:g} years in {economics['currency']}",
                ("channel", "people reached", "cost"), tuple(channels), widths=(0.25, 0.37, 0.38),
                note="Ranges in brackets; discounted. Means and sources are in the feasibility document.",
            )
        )  # fmt: skip
    counts = study.get("readiness", {}).get("counts", {})
    if counts:
        words = ", ".join(f"{n} {ANSWER_WORDS[a]}" for a, n in counts.items())
        blocks.append(Paragraph(f"Readiness, {sum(counts.values())} questions: {words}."))
    blocks += _figure(result, "feasibility", "border.png", "Across the border", "Map of people by the side of the border that serves them best.")  # fmt: skip
    return Section(title, tuple(blocks))


def indicators_section(result: Netp) -> Section:
    """Return the indicators as they were worked out."""
    title, found = "Indicators", result.part("indicators")
    if found is None:
        return Section(title, (_missing("indicators"),))
    rows: list[tuple[str, ...]] = []
    cannot: dict[str, list[str]] = {}
    for one in found["indicators"]:
        if "value" in one:
            said = number_words(one["value"], one["unit"])
        elif "low" in one:
            said = f"{number_words(one['low'], one['unit'])} to {number_words(one['high'], one['unit'])}"
        else:
            cannot.setdefault(str(one.get("cannot", "not known")), []).append(str(one["name"]))
            continue
        rows.append((str(one["name"]), said, str(one["unit"]), str(one["date"])))
    blocks: list[Block] = []
    if rows:
        blocks.append(Table("Indicators", ("indicator", "value", "unit", "date"), tuple(rows), align="lrll", widths=(0.46, 0.17, 0.23, 0.14)))  # fmt: skip
    if cannot:
        blocks.append(Paragraph("Cannot be told:"))
        blocks.append(
            Bullets(tuple(f"{'; '.join(names)} ({why})" for why, names in cannot.items()))
        )
    if len(found.get("dates", ())) > 1:
        blocks += _figure(result, "indicators", "series.png", "Indicators over time", "Small panels of indicators over dates.")  # fmt: skip
    return Section(title, tuple(blocks))


def _missing(part: str) -> Paragraph:
    return Paragraph(f"Missing: no result of {PARTS[part]} was given. Run it, and name its folder with --from.")  # fmt: skip


def _figure(result: Netp, part: str, name: str, title: str, alt: str) -> list[Block]:
    png = result.pieces[part].pictures.get(name)
    return [] if png is None else [Figure(title, png, alt)]


def _count(value: float | None, people: float | None) -> str:
    if value is None:
        return "not known"
    return people_text(value) + (f" ({share_text(value, people)})" if people else "")


def _range(found: Mapping[str, float] | None, form: Any) -> str:
    if found is None:
        return "not known"
    value, low, high = (form(found[key]) for key in ("value", "low", "high"))
    return value if low == value == high else f"{value} ({low} to {high})"
