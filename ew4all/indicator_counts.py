"""Indicators of one date, from results that are read, not computed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ew4all.indicator_results import Indicator, Part
from ew4all.planning.indicators import (
    MEANS,
    SAME,
    Span,
    apart,
    definitions,
    means_of,
    share,
    union,
)
from ew4all.readers.finished import number_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.planning.indicator_facts import Facts
    from ew4all.readers.finished import Finished

__all__ = ["Moment", "indicators_at", "parts_at"]

_PER: Final = 100_000.0
_NO_GAPS: Final = "no gap analysis of this date (--gaps)"
_NO_RUN: Final = "no run of this date (--run)"
_WORD_OF_MOUTH: Final = "word_of_mouth"
_ALIAS: Final = {"location_sms": "sms"}
"""Channels of runs to their names in a gap analysis."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What is known of one date: a result of each kind, and the facts that hold then.

    Attributes
    ----------
    at
        Role (``gaps``, ``reach``, ``run``, ``facts``) to its position among the inputs.
    """

    date: str
    gaps: Finished | None
    reach: Finished | None
    run: Finished | None
    facts: Facts | None
    at: Mapping[str, int]

    def inputs(self, *roles: str) -> tuple[int, ...]:
        """Return the positions of the inputs of some roles, as far as there are any."""
        return tuple(self.at[role] for role in roles if role in self.at)


def indicators_at(moment: Moment) -> list[Indicator]:
    """Return every indicator at one date, in the order of `definitions`: its value, or why there is none."""
    found = {
        **_of_gaps(moment),
        **_of_reach(moment),
        **_of_run(moment),
        **_of_facts(moment),
    }
    return [
        found.get(name) or Indicator(made, moment.date, cannot="nothing was given for it")
        for name, made in definitions().items()
    ]


def _cannot(moment: Moment, names: Sequence[str], why: str) -> dict[str, Indicator]:
    return {name: Indicator(definitions()[name], moment.date, cannot=why) for name in names}


def _made(
    moment: Moment, name: str, span: Span | None, of: float, roles: Sequence[str], condition: str = ""
) -> Indicator:  # fmt: skip
    """Return an indicator from its people (or their bounds) and the people they are of."""
    made, inputs = definitions()[name], moment.inputs(*roles)
    per = _PER if made.unit.endswith("100,000") else 1.0
    found = None if span is None else share(span, of, per)
    if span is None or found is None:
        return Indicator(
            made, moment.date, inputs=inputs, cannot="nobody of whom it could be a share"
        )
    if found.value is None:
        return Indicator(
            made, moment.date, None, found.low, found.high, None, of, inputs, condition
        )
    return Indicator(made, moment.date, found.value, None, None, span.low, of, inputs, condition)


def _of_gaps(moment: Moment) -> dict[str, Indicator]:
    g3 = [name for name, made in definitions().items() if made.view == "sendai"]
    multi = ["multi_channel", "one_channel", "no_channel"]
    known = ["network_any", "network_4g", "coverage_gap", "usage_gap"]
    both = [*g3, *multi, "theory_any", "theory_cell_broadcast", *known]
    if moment.gaps is None:
        return _cannot(moment, [n for n in both if not n.startswith("network")], _NO_GAPS)
    total = moment.gaps.document["total"]
    people = number_in(total, "people")
    if people is None:
        return _cannot(moment, both, "the gap analysis has no population: nobody can be counted")
    found = _channels(moment, total, people)
    why = "the gap analysis has no layer of a mobile signal"
    for name, keys in (
        ("theory_cell_broadcast", ("reachable",)),
        ("network_any", ("covered", "any")),
        ("network_4g", ("covered", "4g")),
        ("coverage_gap", ("coverage_gap",)),
        ("usage_gap", ("usage_gap",)),
    ):
        count = number_in(total, *keys) if keys[0] in total else None
        if count is None:
            said = "the gap analysis has no layer of 4G" if name == "network_4g" and "covered" in total else why  # fmt: skip
            found |= _cannot(moment, [name], said)
        else:
            found[name] = _made(moment, name, Span(count, count), people, ("gaps",))
    return found


def _channels(moment: Moment, total: Mapping[str, Any], people: float) -> dict[str, Indicator]:
    """Return what counts of channels tell: G-3, and people by how many channels reach them."""
    g3 = [name for name, made in definitions().items() if made.view == "sendai"]
    if "channels" not in total:
        why = "the gap analysis knows no channel: give it coverage or channels"
        return _cannot(moment, [*g3, "multi_channel", "one_channel", "no_channel", "theory_any"], why)  # fmt: skip
    by_channel = dict(total["by_channel"])
    reached = max(people - float(total["channels"]["none"]), 0.0)
    off = _off(moment.facts, by_channel)
    unsaid = _unsaid(moment.facts, by_channel)
    condition = (
        f"takes {', '.join(unsaid)} as in use, of which nobody said whether they are"
        if unsaid
        else ""
    )
    counted = [name for name in by_channel if name not in off]
    roles = ("gaps", "facts")
    found: dict[str, Indicator] = {}
    for name in g3:
        means = name.removeprefix("sendai_g3").lstrip("_")
        mine = [c for c in counted if not means or means_of(c) == means]
        if not mine:
            what = (
                "channels" if not means else f"channels of this means ({', '.join(MEANS[means])})"
            )
            said = f" but those that the facts say are not in use ({', '.join(off)})" if off else ""
            why = f"the gap analysis was given no {what}{said}; which others there are is not known"
            found |= _cannot(moment, [name], why)
            continue
        of_mine = [c for c in mine if c in unsaid]
        said = condition if not means else ""
        if means and of_mine:
            said = f"takes {', '.join(of_mine)} as in use, of which nobody said whether they are"
        found[name] = _made(moment, name, union(by_channel, reached, mine), people, roles, said)
    for name, key in (("multi_channel", "two_or_more"), ("one_channel", "one"), ("no_channel", "none")):  # fmt: skip
        count = float(total["channels"][key])
        if not off:
            found[name] = _made(moment, name, Span(count, count), people, roles, condition)
        elif name == "no_channel":
            got = union(by_channel, reached, counted)
            found[name] = _made(moment, name, Span(people - got.high, people - got.low), people, roles, condition)  # fmt: skip
        else:
            why = f"the gap analysis counts {', '.join(off)}, not in use by the facts: repeat it without"
            found |= _cannot(moment, [name], why)
    said = (
        f"counts {', '.join(off)} too, which the facts say {'is' if len(off) == 1 else 'are'} not in use"
        if off
        else ""
    )
    found["theory_any"] = _made(
        moment, "theory_any", Span(reached, reached), people, roles if off else ("gaps",), said
    )
    return found


def _off(facts: Facts | None, by_channel: Mapping[str, float]) -> list[str]:
    return [c for c in by_channel if facts is not None and c in facts.not_in_use and by_channel[c] > 0.0]  # fmt: skip


def _unsaid(facts: Facts | None, by_channel: Mapping[str, float]) -> list[str]:
    said = {} if facts is None else facts.channels
    return [c for c in by_channel if said.get(c, "unknown") == "unknown"]


def parts_at(moment: Moment) -> list[Part]:
    """Return G-3 of each zone, group and hazard of the gap analysis of one date."""
    if moment.gaps is None:
        return []
    found = []
    for kind, key in (("zone", "zones"), ("group", "groups"), ("hazard", "hazards")):
        for block in moment.gaps.document.get(key, ()):
            people = number_in(block, "people")
            if not people or "channels" not in block:
                continue
            by_channel = dict(block["by_channel"])
            off = _off(moment.facts, by_channel)
            counted = [c for c in by_channel if c not in off]
            reached = max(people - float(block["channels"]["none"]), 0.0)
            got = share(union(by_channel, reached, counted), people, _PER) if counted else None
            if got is not None:
                name = str(block["name"])
                found.append(Part(kind, str(block.get("id", name)), name, people, got.value, got.low, got.high))  # fmt: skip
    return found


def _of_reach(moment: Moment) -> dict[str, Indicator]:
    if moment.reach is None:
        names = ["reach_received", *(["network_any", "network_4g"] if moment.gaps is None else [])]
        return _cannot(moment, names, "no result of reach of this date (--reach)")
    document = moment.reach.document
    inside = number_in(document, "people", "in_area")
    steps = {str(row["step"]): float(row["people"]) for row in document.get("waterfall", ())}
    found: dict[str, Indicator] = {}
    if inside is None or "received" not in steps:
        why = "the result of reach has no layer of a mobile signal"
        found |= _cannot(moment, ["reach_received"], why)
    else:
        got = steps["received"]
        found["reach_received"] = _made(moment, "reach_received", Span(got, got), inside, ("reach",))  # fmt: skip
    if moment.gaps is None and inside is not None:
        covered = document["people"].get("covered", {})
        for name in ("network_any", "network_4g"):
            key = name.removeprefix("network_")
            if key in covered:
                count = float(covered[key])
                where = "of the people in the warning area of reach, not of all"
                found[name] = _made(moment, name, Span(count, count), inside, ("reach",), where)
            else:
                found |= _cannot(moment, [name], "the result of reach has no layer of it")
    return found


def _of_run(moment: Moment) -> dict[str, Indicator]:
    names = ["run_warned", "run_two_or_more", "run_in_time", "theory_less_reached"]
    if moment.run is None:
        return _cannot(moment, names, _NO_RUN)
    document = moment.run.document
    at_risk = number_in(document, "denominator", "at_risk")
    counts = {
        "run_warned": number_in(document, "warned", "any", "mean"),
        "run_two_or_more": number_in(document, "warned", "two_or_more"),
        "run_in_time": number_in(document, "in_time"),
    }
    found: dict[str, Indicator] = {}
    for name, count in counts.items():
        if count is None or at_risk is None:
            found |= _cannot(moment, [name], "the run does not say it")
        else:
            found[name] = _made(moment, name, Span(count, count), at_risk, ("run",))
    return found | _theory_less_reached(moment, counts["run_warned"], at_risk)


def _theory_less_reached(
    moment: Moment, warned: float | None, at_risk: float | None
) -> dict[str, Indicator]:
    name = "theory_less_reached"
    if moment.gaps is None:
        return _cannot(moment, [name], _NO_GAPS)
    if warned is None or not at_risk:
        return _cannot(moment, [name], "the run has nobody at risk")
    document = moment.gaps.document
    there = _same_channels(moment.run, document.get("channels", ()))
    if isinstance(there, str):
        return _cannot(moment, [name], there)
    direct = warned - there
    blocks = [("everybody", document["total"])]
    blocks += [(f"hazard {h['name']}", h) for h in document.get("hazards", ())]
    for called, block in sorted(blocks, key=lambda b: apart(b[1].get("people", 0.0), at_risk)):
        people = block.get("people")
        if not people or "channels" not in block or apart(people, at_risk) > SAME:
            continue
        left = 1.0 - float(block["channels"]["none"]) / people - direct / at_risk
        made, inputs = definitions()[name], moment.inputs("gaps", "run")
        said = f"compares {called} of the gap analysis with the run, without those whom only word of mouth told"
        return {name: Indicator(made, moment.date, left, of=at_risk, inputs=inputs, condition=said)}
    why = (
        f"the run counts {at_risk:,.0f} people at risk, and no block of the gap analysis has as many (within 1 %): give the gap "
        "analysis the same hazard (--hazard)"
    )
    return _cannot(moment, [name], why)


def _same_channels(run: Finished | None, known: Sequence[str]) -> float | str:
    """Return the people whom nothing but word of mouth warned in a run, or why its channels are not those of the gap analysis."""
    channels = {} if run is None else run.document.get("warned", {}).get("channels", {})
    others = [c for c in channels if c != _WORD_OF_MOUTH and _ALIAS.get(c, c) not in known]
    missing = [c for c in known if c not in {_ALIAS.get(name, name) for name in channels}]
    if others or missing:
        said = [f"the run has {', '.join(others)}, the gap analysis has not"] if others else []
        said += [f"the gap analysis has {', '.join(missing)}, the run has not"] if missing else []
        return f"their channels differ: {'; '.join(said)}"
    return float(channels.get(_WORD_OF_MOUTH, {}).get("only", 0.0))


def _of_facts(moment: Moment) -> dict[str, Indicator]:
    facts, made = moment.facts, definitions()
    inputs = moment.inputs("facts")
    if facts is None:
        return _cannot(moment, ["channels_in_use", "observed_reached"], "no facts that hold at this date (--facts)")  # fmt: skip
    found: dict[str, Indicator] = {}
    if any(said != "unknown" for said in facts.channels.values()):
        number = float(len(facts.in_use))
        found["channels_in_use"] = Indicator(made["channels_in_use"], moment.date, number, inputs=inputs)  # fmt: skip
    else:
        found |= _cannot(moment, ["channels_in_use"], "the facts say of no channel whether it is in use")  # fmt: skip
    reached, asked = (facts.numbers.get(f"observed_{key}") for key in ("reached", "asked"))
    if reached is None or not asked:
        found |= _cannot(moment, ["observed_reached"], "no survey or test is stated in the facts (observed_reached, observed_asked)")  # fmt: skip
    else:
        found["observed_reached"] = _made(moment, "observed_reached", Span(reached, reached), asked, ("facts",))  # fmt: skip
    return found
