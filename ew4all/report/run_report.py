"""The report of a run as one HTML file: what a decision maker reads in two minutes, and at its end what it rests on."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.report.pages import template
from ew4all.report.rounding import people_text, share_text
from ew4all.report.run_words import (
    LOSS_WORDS,
    STEP_WORDS,
    channel_word,
    clock_text,
    duration_text,
)
from ew4all.run_results import LEAD_EDGES_S, PEOPLE_KEYS, REASONS, TIME_SHARES
from ew4all.sim.records import KINDS
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from ew4all.run_results import RunResults, Stats

    F64 = NDArray[np.float64]

__all__ = ["LIMITS", "sentence", "write_report"]

LIMITS: Final = (
    "Models of channels and of behaviour rest on national tests and on past disasters; they hold for a population, not for one "
    "street, and not for tomorrow.",
    "Within people who share place, group and state, channels are independent of each other; what makes them depend on each other "
    "(asleep, indoors, phone on, mains lost) is told apart.",
    "People stay where the population data have them. Nobody travels, and evacuation is not modelled: in time means warned early "
    "enough to begin to act, not safe.",
    "Coverage is where a signal is to be expected, from maps or a model of radio waves. Load on voice and data networks in a "
    "disaster is not part of it.",
    "No number here is a forecast. A difference between two runs of this scenario is worth more than either number.",
)
"""What a reader must know, whatever the scenario."""

_MOST_ZONES: Final = 25
_MOST_EVENTS: Final = 14

_EVENTS: Final = {
    "detected": "hazard detected", "analysed": "situation analysed", "decided": "decision to warn", "authored": "text written",
    "approved": "approved", "sent": "sent to the gateway", "issue": "alert issued", "update": "alert updated",
    "cancel": "alert cancelled", "switch": "channel switched", "network": "network changed", "power": "mains changed",
    "held": "alert waits for a channel that is off",
}  # fmt: skip


def write_report(path: Path, results: RunResults, curves_png: Path, map_png: Path) -> None:
    """Write the report; it holds its pictures and needs no other file.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    facts = _facts(results)
    text = template("run.html").render(
        r=results, curves_png=_embedded(curves_png), map_png=_embedded(map_png), **facts
    )
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def sentence(results: RunResults) -> str:
    """Return the result in one or two sentences."""
    people = _means(results.people["whole"].mean)
    if people["at_risk"] <= 0.0:
        return "Nobody is at risk: the hazard's footprint and the population do not meet."
    whole = people["at_risk"]
    said = (
        f"Of {people_text(whole)} people at risk, {people_text(people['warned'])} ({share_text(people['warned'], whole)}) "
        f"are warned, and {people_text(people['in_time'])} ({share_text(people['in_time'], whole)}) early enough to act before "
        f"the hazard arrives. {people_text(people['missed'])} are missed"
    )
    late = people["warned"] - people["in_time"]
    said += f", {people_text(late)} are warned too late" if late >= 0.5 else ""
    if people["over_reach"] >= 0.5:
        said += f", and {people_text(people['over_reach'])} outside the warning area are warned too"
    return said + "."


def _facts(results: RunResults) -> dict[str, Any]:
    whole = _means(results.people["whole"].mean)
    at_risk = whole["at_risk"]
    most = int(np.argmax(results.lost["whole"].mean))
    return {
        "subtitle": _subtitle(results),
        "sentence": sentence(results),
        "cards": _cards(results),
        "speed": _speed(results),
        "curves_alt": f"Curves of the share of people at risk who are warned over time, by channel. {sentence(results)}",
        "map_alt": f"Map of the missed people. Most of them: {LOSS_WORDS[REASONS[most]]}.",
        "waterfall": _waterfall(results),
        "channels": [
            {
                "name": channel_word(name),
                "numbers": [people_text(float(n)) for n in results.by_channel.mean[c]],
            }
            for c, name in enumerate(results.channels)
        ],
        "several": (
            f"{people_text(float(results.several.mean))} people ({share_text(float(results.several.mean), at_risk)}) are warned "
            "by two channels or more."
        ),
        **_by_zone(results),
        "groups": _places(results.groups, results, "group"),
        "lead": _lead(results),
        "story": [part for part in (results.story or "").split("\n\n") if part.strip()],
        "events": _events(results),
        "limits": LIMITS,
        "parameters": [(name, f"{value:g}") for name, value in results.assumptions.items()],
    }


def _subtitle(results: RunResults) -> str:
    channels = ", ".join(channel_word(name) for name in results.channels)
    span = duration_text(float(results.time_s[-1] - results.time_s[0]))
    runs = (
        f"mean and 5 to 95 % of {results.replicas:,} replicas"
        if results.replicas > 1
        else "expected numbers, one run"
    )
    return f"{channels}. {span} from {clock_text(results.zero_hour, float(results.time_s[0]))} local time; {runs}."


def _cards(results: RunResults) -> list[dict[str, str]]:
    whole = float(results.count("at_risk").mean)

    def card(stats: Stats, words: str, colour: str) -> dict[str, str]:
        number = float(stats.mean)
        said = words if words == "people at risk" else f"{words}: {share_text(number, whole)}"
        more = ""
        if results.replicas > 1:
            low, high = people_text(float(stats.p05)), people_text(float(stats.p95))
            more = f"{low} to {high} in 9 of 10 replicas" if low != high else ""
        return {"number": people_text(number), "words": said, "colour": colour, "more": more}

    return [
        card(results.count("at_risk"), "people at risk", "hazard"),
        card(results.count("warned"), "warned", "blue"),
        card(results.count("in_time"), "warned in time", "blue"),
        card(results.count("missed"), "missed", "orange"),
    ]


def _speed(results: RunResults) -> str:
    if not np.isfinite(results.issued_s):
        return "No alert was sent before the end of the run."
    sent = clock_text(results.zero_hour, results.issued_s)
    often = ""
    if not results.is_issued_at_once:
        low, high = (clock_text(results.zero_hour, t) for t in results.issued_range_s)
        often = f", the middle of the replicas ({low} to {high} in 9 of 10)"
    half, most = (results.times_s[TIME_SHARES.index(share)] for share in (0.5, 0.9))
    end = "a share of nine in ten is not reached in this run"
    if np.isfinite(most):
        end = f"nine in ten {duration_text(float(most))} later"
    if not np.isfinite(half):
        return f"The alert is sent at {sent} local time{often}. Fewer than half of the people at risk are ever warned."
    return f"The alert is sent at {sent} local time{often}. Half of the people at risk are warned {duration_text(float(half))} later; {end}."


def _waterfall(results: RunResults) -> list[dict[str, Any]]:
    falls = results.falls()
    whole = max(falls[0][1], 1e-300)
    why = ["", *LOSS_WORDS.values()]
    return [
        {
            "step": STEP_WORDS[step],
            "left": f"{100.0 * people / whole:.2f}",
            "fell": f"{100.0 * max(0.0, lost) / whole:.2f}",
            "people": people_text(max(0.0, people)),
            "lost": people_text(max(0.0, lost)) if words else "",
            "why": words,
        }
        for (step, people, lost), words in zip(falls, why, strict=True)
    ]


def _by_zone(results: RunResults) -> dict[str, Any]:
    rows = _places([zone.name for zone in results.zones], results, "zone")
    left = len(rows) - _MOST_ZONES
    said = f"{left} more zones with fewer missed people are in zones.gpkg." if left > 0 else ""
    return {"zones": rows[:_MOST_ZONES], "zones_left": said}


def _places(names: Iterable[str], results: RunResults, kind: str) -> list[dict[str, Any]]:
    """Return rows of a table, those with most missed and late people first; without places where nobody is at risk."""
    rows = []
    for name, counts, lost in zip(
        names, results.people[kind].mean, results.lost[kind].mean, strict=True
    ):
        people = _means(counts)
        if people["at_risk"] < 0.5:
            continue
        late = people["warned"] - people["in_time"]
        most = int(np.argmax(lost))
        numbers = [
            people_text(people["at_risk"]),
            share_text(people["warned"], people["at_risk"]),
            share_text(people["in_time"], people["at_risk"]),
            people_text(late),
            people_text(people["missed"]),
        ]
        why = LOSS_WORDS[REASONS[most]] if people["missed"] >= 0.5 else ""
        rows.append((people["missed"] + late, {"name": name, "numbers": numbers, "why": why}))
    return [row for _, row in sorted(rows, key=lambda one: -one[0])]


def _lead(results: RunResults) -> list[dict[str, Any]]:
    if results.lead is None:
        return []
    people = results.lead.mean
    at_risk = float(results.count("at_risk").mean)
    widest = max(float(people.max()), 1e-300)
    last = people.size - 1
    rows = []
    # The longest lead that anybody has, and all below it.
    first = max((k for k in range(last + 1) if people[k] >= 0.5), default=1)
    for k in range(max(first, 1), -1, -1):
        low, high = LEAD_EDGES_S[k], LEAD_EDGES_S[k + 1]
        words = f"{duration_text(low)} to {duration_text(high)} before"
        if k == 0:
            words = "after it arrived"
        elif k == 1:
            words = f"less than {duration_text(high)} before"
        elif k == last:
            words = f"{duration_text(low)} before, or more"
        number = float(people[k])
        rows.append(
            {
                "words": words, "late": k == 0, "width": f"{100.0 * number / widest:.2f}",
                "people": people_text(number), "share": share_text(number, at_risk),
            }
        )  # fmt: skip
    return rows


def _events(results: RunResults) -> list[dict[str, str]]:
    found = []
    events = results.events
    alerts = {KINDS.index(kind) for kind in ("issue", "update")}
    named = {s for k, s in zip(events.kind, events.subject, strict=True) if k in alerts}
    for time_s, kind, subject, value in zip(
        events.time_s, events.kind, events.subject, events.value, strict=True
    ):
        words = _EVENTS.get(KINDS[kind])
        if words is None:
            continue
        # The name of the only alert tells nobody anything.
        more = f": {subject}" if subject and named != {subject} else ""
        if KINDS[kind] in {"switch", "power"}:
            more += ", on" if value else ", off"
        elif KINDS[kind] == "network":
            more += f", {value:.0%} of the service is left"
        found.append((time_s, f"{words}{more}"))
    found.sort(key=lambda one: one[0])
    return [
        {"clock": clock_text(results.zero_hour, time_s), "words": words}
        for time_s, words in found[:_MOST_EVENTS]
    ]


def _means(counts: F64) -> dict[str, float]:
    return dict(zip(PEOPLE_KEYS, counts.tolist(), strict=True))


def _embedded(picture: Path) -> str:
    with writing(picture):
        return base64.b64encode(picture.read_bytes()).decode("ascii")
