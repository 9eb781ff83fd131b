"""The economic part of a feasibility document: cell broadcast beside other channels, every figure with its range and source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.planning.feasibility_costs import SETTINGS, used_costs
from ew4all.report.document import Bullets, Figure, Paragraph, Section, Table
from ew4all.report.feasibility_words import (
    count_text,
    exact_text,
    money_text,
    number_text,
    range_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.feasibility_results import Feasibility

__all__ = ["economic_section"]


def economic_section(result: Feasibility, pictures: Mapping[str, bytes]) -> Section:
    """Return the section; see `document_of` for the pictures."""
    years = result.known["horizon_years"].value
    rate = result.known["discount_rate"].value
    rows = tuple(
        (
            channel.name,
            count_text(channel.reached),
            money_text(channel.capital),
            money_text(channel.year),
            money_text(channel.whole),
            money_text(channel.per_head(result.people)),
            money_text(channel.per_reached) if channel.reached is not None else "not known",
        )
        for channel in result.channels
    )
    table = Table(
        "Channels side by side, USD",
        (
            "channel",
            "people reached",
            "once",
            "each year",
            f"{years:g} years",
            "each person",
            "each reached",
        ),
        rows,
        widths=(0.13, 0.16, 0.16, 0.15, 0.16, 0.12, 0.12),
        note="In brackets the range of the sources. No price: none was found and none was given, which does not mean that it costs "
        "nothing. The ranges of people and of costs are independent of each other.",
    )
    said = [f"{c.name}: {c.note}" for c in result.channels if c.note]
    for channel in result.channels:
        if channel.minutes is not None:
            text = range_text(channel.minutes, number_text)
            said.append(f"{channel.name}: the last message leaves after {text} minutes, at the speeds published for such gateways.")  # fmt: skip
        if channel.number is not None:
            text = range_text(channel.number, number_text)
            share = result.known["siren_people_share"].value
            said.append(
                f"{channel.name}: {text} of them bring {share:.0%} of the people into range, counted on the population square by "
                "square, those with most people first; the range is that of a siren's reach."
            )
    return Section(
        "Economic feasibility",
        (
            Paragraph(
                f"What it costs to introduce and to run for {years:g} years, discounted to today at {exact_text(100.0 * rate)} % a year, beside the "
                "channels it is compared with. Channels add to each other: none of them replaces the others."
            ),
            Figure(
                f"Cost over {years:g} years", pictures["costs"],
                "; ".join(f"{c.name}: {money_text(c.whole)} USD" for c in result.channels), table,
            ),
            Bullets(tuple(said)),
        ),
        parts=(_figures(result),),
    )  # fmt: skip


def _figures(result: Feasibility) -> Section:
    rows = []
    for row in used_costs():
        used = result.known.values[row.name]
        mine = row.name in result.known.given
        rows.append(
            (
                row.name,
                "no price" if used is None else exact_text(used.value),
                "given" if mine else _span(row.low, row.high),
                f"{row.currency} {row.year}, {row.unit}",
                "given by the user" if mine else row.source,
                "" if mine else row.confidence,
            )
        )
    for setting in SETTINGS:
        mine = setting.name in result.known.given
        rows.append(
            (
                setting.name,
                exact_text(result.known[setting.name].value),
                "given" if mine else _span(setting.low, setting.high),
                setting.unit,
                "given by the user" if mine else setting.source,
                "" if mine else setting.confidence,
            )
        )
    return Section(
        "Every figure of the comparison",
        (
            Paragraph(
                "Replace any of them with --cost NAME=VALUE. What is published a person is never less than what a country pays at "
                "least. Sums in other currencies are brought to US dollars by the rows usd_per_..."
            ),
            Table(
                "Figures, ranges, sources", ("name", "value", "range", "of one", "source", "confidence"), tuple(rows),
                align="lrrlll", widths=(0.17, 0.1, 0.14, 0.14, 0.34, 0.11),
            ),
        ),
    )  # fmt: skip


def _span(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "none"
    return f"{exact_text(low)} to {exact_text(high)}"
