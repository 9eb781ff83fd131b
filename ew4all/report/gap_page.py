"""The page of a gap analysis: who is left out in one sentence, then where, by what, and what cannot be told."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from ew4all.report.gap_bars import (
    channel_table,
    extent_table,
    facility_table,
    partition,
    ratio_table,
    ways,
    zone_table,
)
from ew4all.report.gap_map import left_out_words
from ew4all.report.lorenz_plot import worst_share
from ew4all.report.pages import template
from ew4all.report.rounding import counted, people_text, share_text
from ew4all.report.run_words import channel_word
from ew4all.results import OUTSIDE
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ew4all.gap_results import GapBlock, Gaps

__all__ = ["UNTITLED", "gap_sentence", "write_gap_page"]

UNTITLED: Final = "Who is left out"

_FACILITIES: Final = (
    "A facility has a signal or a channel where the layer of it covers its point (a siren: where it is audible outdoors). Whether "
    "somebody there has a receiver, power and ears for it is another question."
)


def write_gap_page(
    path: Path,
    result: Gaps,
    map_png: Path,
    lorenz_png: Path | None,
    *,
    notice: str | None = None,
    attribution: str | None = None,
) -> None:
    """Write the page; it holds its pictures and needs no other file.

    Parameters
    ----------
    lorenz_png
        None where there is no curve.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    text = template("gaps.html", trim=True).render(
        r=result,
        title=result.title or UNTITLED,
        notice=notice,
        attribution=attribution,
        map_png=_embedded(map_png),
        lorenz_png="" if lorenz_png is None else _embedded(lorenz_png),
        **_facts(result),
    )
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def gap_sentence(result: Gaps) -> str:
    """Return the result in one to three sentences."""
    block = result.total
    own = [zone for zone in result.zones if zone.id != OUTSIDE]
    where = f" in {counted(len(own), 'zone')}" if own else ""
    if block.people is None:
        return _extent_said(block)
    whole = people_text(block.people)
    if block.people <= 0.0:
        return "Nobody lives in the study area."
    if block.left_out is None:
        said = f"{whole} people live{where or ' in the study area'}. Which of them a warning can reach cannot be told: neither coverage nor a channel was given."
        return said + "".join(f" {people_text(h.block.people or 0.0)} ({share_text(h.block.people or 0.0, block.people)}) live in the hazard: {h.name}." for h in result.hazards[:3])  # fmt: skip
    left = block.left_out
    said = f"Of {whole} people{where}, {people_text(left)} ({share_text(left, block.people)}) are left out"
    if block.coverage_gap is not None and block.usage_gap is not None:
        said += (
            f": {people_text(block.coverage_gap)} ({share_text(block.coverage_gap, block.people)}) have no mobile signal, and "
            f"{people_text(block.usage_gap)} ({share_text(block.usage_gap, block.people)}) have one, but no network that broadcasts "
            "or no phone that can show a warning."
        )
    else:
        said += ": none of the channels that were given reaches them."
    if len(block.by_channel) > 1 and block.reachable is not None and block.none is not None:
        said += f" No channel at all reaches {people_text(block.none)} ({share_text(block.none, block.people)})."
    if result.degraded is not None:
        then = result.degraded.total
        said += f" With the network degraded {people_text(then.left_out or 0.0)} ({share_text(then.left_out or 0.0, then.people or 0.0)}) are."
    return said


def _extent_said(block: GapBlock) -> str:
    whole = block.area_km2 or 0.0
    if not block.covered_km2:
        return f"The study area has {people_text(whole)} km². Nothing can be said of warnings: neither population nor coverage was given."
    covered = block.covered_km2["any"]
    return (
        f"{people_text(covered)} of {people_text(whole)} km² ({share_text(covered, whole)}) have a mobile signal. How many people live "
        "there, and without one, cannot be told: no population was given."
    )


def _facts(result: Gaps) -> dict[str, Any]:
    document = result.to_dict()
    zones = zone_table(result)
    equity = document.get("equity", {})
    channels = ways(result)
    facilities = document.get("facilities", [])
    return {
        "subtitle": _subtitle(result),
        "sentence": gap_sentence(result),
        "cards": [*_cards(result.total), *_hazard_cards(result)],
        "cannot": result.cannot,
        "partition": partition(result),
        "map_heading": "Where they live" if result.total.people is not None else "Where there is a signal",
        "map_alt": f"Map. {gap_sentence(result)}",
        "zones": zones,
        "extents": extent_table(result),
        "ways": channels,
        "ways_said": _ways_said(result),
        "channels": channel_table(result) if channels else None,
        "facilities": facility_table(facilities) if facilities else None,
        "facilities_said": _facilities_said(facilities),
        **_equity(result, equity),
        "notes": result.notes,
        "inputs": [
            {"role": i.role, "path": i.path or "in memory", "sha256": (i.sha256 or "")[:16]}
            for i in result.inputs
        ],
        "parameters": [(name, f"{value:g}") for name, value in result.assumptions.items()],
    }  # fmt: skip


def _subtitle(result: Gaps) -> str:
    parts = []
    if result.channels:
        parts.append("Channels: " + ", ".join(channel_word(name) for name in result.channels))
    if result.hazards:
        parts.append("Hazards: " + ", ".join(hazard.name for hazard in result.hazards))
    if result.degraded is not None and result.degraded.sites:
        down, sites = (result.degraded.sites[key] for key in ("sites_down", "sites"))
        parts.append(f"Degraded: {down:,.4g} of {counted(int(sites), 'site')} off the air")
    return " ".join(f"{part}." for part in parts)


def _cards(block: GapBlock) -> list[dict[str, str]]:
    if block.people is None:
        whole, covered = block.area_km2 or 0.0, block.covered_km2.get("any")
        cards = [{"number": people_text(whole), "words": "km² in the study area", "colour": ""}]
        if covered is not None:
            for km2, words, colour in (
                (covered, "km² with a signal", "blue"),
                (whole - covered, "km² without one", "gap"),
            ):
                cards.append(_card(max(km2, 0.0), words, colour, whole))
        return cards
    whole = block.people
    cards = [{"number": people_text(whole), "words": "people", "colour": ""}]
    rows = (
        (block.reachable, "reachable by cell broadcast", "blue"),
        (block.usage_gap, "usage gap", "fragile"),
        (block.coverage_gap, "coverage gap: no signal", "gap"),
        (block.none if len(block.by_channel) > 1 or block.reachable is None else None, "no channel at all", "gap"),
    )  # fmt: skip
    cards += [_card(n, words, colour, whole) for n, words, colour in rows if n is not None]
    return cards


def _hazard_cards(result: Gaps) -> list[dict[str, str]]:
    """Return how many people live in hazards, where more is not known of them."""
    whole = result.total.people
    if whole is None or result.total.left_out is not None:
        return []
    return [
        _card(hazard.block.people or 0.0, f"in the hazard {hazard.name}", "hazard", whole)
        for hazard in result.hazards[:3]
    ]


def _card(number: float, words: str, colour: str, whole: float) -> dict[str, str]:
    said = f"{words}: {share_text(number, whole)}"
    return {"number": people_text(number), "words": said, "colour": colour}


def _ways_said(result: Gaps) -> str:
    block = result.total
    if block.one is None or block.people is None:
        return ""
    said = (
        f"{people_text(block.one)} people ({share_text(block.one, block.people)}) have one channel only: where it fails they are left out. "
        "Channels are independent of each other given the place; cell broadcast, SMS and apps share the phone and its signal."
    )
    if result.degraded is not None:
        said += " The degraded network is the mobile network alone; other channels are as before."
    return said


def _facilities_said(kinds: Sequence[Mapping[str, Any]]) -> str:
    if not any("channels" in kind for kind in kinds):
        return "Neither coverage nor a channel was given: what reaches them cannot be told. Each of them is in facilities.csv."
    return f"{_FACILITIES} Each of them is in facilities.csv."


def _equity(result: Gaps, equity: Mapping[str, Any]) -> dict[str, Any]:
    by = equity.get("by", "zones")
    curve = equity.get("left_out") or equity.get("no_channel")
    said = alt = ""
    if curve is not None:
        points: Sequence[tuple[float, float]] = [(x, y) for x, y in curve["lorenz"]]
        worst = f"{worst_share(points, 0.2):.0%}".replace("%", " %")
        said = (
            f"A fifth of the people, those of the worst {by}, are {worst} of those {left_out_words(result)}. The Gini coefficient is "
            f"{curve['gini']:.2f}: 0 where the same share is left out everywhere, and close to 1 where all who are left out live in one "
            "small place."
        )  # fmt: skip
        other = equity.get("no_channel")
        if other is not None and equity.get("left_out") is not None:
            said += f" For people whom no channel reaches it is {other['gini']:.2f}."
        alt = f"Lorenz curve. {said}"
    groups = equity.get("groups", [])
    return {
        "equity_said": said,
        "lorenz_alt": alt,
        "ratios": ratio_table(groups) if groups else None,
    }


def _embedded(picture: Path) -> str:
    with writing(picture):
        return base64.b64encode(picture.read_bytes()).decode("ascii")
