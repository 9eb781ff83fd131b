"""Checks across sections: times that contradict each other, channels without what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import ValidationError

from ew4all.errors import InputError
from ew4all.scenario.document import Scenario
from ew4all.scenario.place_names import named_groups, named_operators, named_zones
from ew4all.scenario.planning import audience_of, timeline_of
from ew4all.sim.issuance import STEPS
from ew4all.sim.step_times import NotBefore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

__all__ = ["cross_findings"]

Told: TypeAlias = "Iterator[tuple[tuple[str | int, ...], str]]"

OF_PHONES: Final = frozenset({"cell_broadcast", "location_sms", "address_sms"})
"""Channels that refuse to be played where nobody knows where there is a signal."""

_STAND_IN: Final = {
    "schema": "ew4all/scenario/1",
    "channels": {"radio": {}},
    "population": {"raster": "https://example.org/people.tif"},
}
"""For sections that are missing or faulty, so that the checks of the others can be made."""


def cross_findings(
    given: Mapping[str, Any], context: Mapping[str, Any], faulty: Set[str]
) -> list[tuple[tuple[str | int, ...], str]]:
    """Return what is wrong between sections, of those that are well in themselves."""
    known = {one.alias or name for name, one in Scenario.model_fields.items()}
    sound = {k: v for k, v in given.items() if k in known and k not in faulty}
    try:
        scenario = Scenario.model_validate({**_STAND_IN, **sound}, context=dict(context))
    except ValidationError:
        return []
    found: list[tuple[tuple[str | int, ...], str]] = []
    for needs, check in _CHECKS:
        if not faulty & needs:
            found += check(scenario)
    return found


def _twice(scenario: Scenario) -> Told:
    if scenario.timeline is not None and scenario.alert.issued is not None:
        yield (
            ("alert", "issued"),
            "the alert is issued at a moment and by a timeline; leave one of alert.issued and timeline out",
        )


def _steps(scenario: Scenario) -> Told:
    try:
        timeline_of(scenario)
    except InputError as error:
        step = next((s for s in STEPS if str(error).startswith(s)), None)
        yield ("timeline",) if step is None else ("timeline", step), str(error)


def _issued(scenario: Scenario) -> Told:
    run = scenario.run
    end = run.since + run.duration
    try:
        timeline = timeline_of(scenario)
    except InputError:
        return
    if timeline is not None:
        sent = timeline.typical().sent_s
        if sent > end:
            yield (
                ("timeline",),
                f"the alert is usually sent {_hours(sent)} after zero, but the run is over at {_hours(end)}; let the run be longer",
            )
        return
    issued = scenario.alert.issued
    if issued is not None and not run.since <= issued <= end:
        yield (
            ("alert", "issued"),
            f"the alert is issued {_hours(issued)} after zero, outside the run from {_hours(run.since)} to {_hours(end)}",
        )


def _decisions(scenario: Scenario) -> Told:
    run = scenario.run
    end = run.since + run.duration
    issued = _first_issue(scenario)
    sent = {scenario.alert.identifier: issued}
    for k, one in enumerate(scenario.decisions):
        if one.issue is not None:
            if one.issue.identifier in sent:
                yield (
                    ("decisions", k, "issue", "identifier"),
                    f"an alert {one.issue.identifier!r} is issued already; give another identifier, or update it",
                )
            else:
                sent[one.issue.identifier] = one.at
    cancelled = _cancelled(scenario)
    for k, one in enumerate(scenario.decisions):
        if not run.since <= one.at <= end:
            yield (
                ("decisions", k, "at"),
                f"{_hours(one.at)} after zero is outside the run from {_hours(run.since)} to {_hours(end)}; move it, or let the run be longer",
            )
        for kind, name in (
            ("update", one.update and one.update.identifier),
            ("cancel", one.cancel),
        ):
            if name is None:
                continue
            if name not in sent:
                yield (
                    ("decisions", k, kind),
                    f"there is no alert {name!r}; there are {', '.join(sent)}",
                )
            elif one.at < sent[name]:
                yield (
                    ("decisions", k, "at"),
                    f"{name!r} is {_DONE[kind]} {_hours(one.at)} after zero, but issued only at {_hours(sent[name])}",
                )
            elif kind == "update" and name in cancelled and (one.at, k) > cancelled[name]:
                yield (
                    ("decisions", k, "update"),
                    f"{name!r} is cancelled {_hours(cancelled[name][0])} after zero; issue what follows as another alert, with an identifier "
                    "of its own (CAP 1.2, 3.2.1)",
                )
        for kind in ("issue", "update"):
            text = getattr(one, kind)
            yield from _unused(scenario, text and text.channels, ("decisions", k, kind, "channels"))
        if one.switch is not None:
            yield from _unused(
                scenario, [one.switch.channel], ("decisions", k, "switch", "channel")
            )
    yield from _unused(scenario, scenario.alert.channels, ("alert", "channels"))


def _cancelled(scenario: Scenario) -> dict[str, tuple[float, int]]:
    """Return when each alert is cancelled first, and by which decision."""
    found: dict[str, tuple[float, int]] = {}
    for k, one in enumerate(scenario.decisions):
        if one.cancel is not None:
            found[one.cancel] = min((one.at, k), found.get(one.cancel, (one.at, k)))
    return found


def _first_issue(scenario: Scenario) -> float:
    """Return when the alert can be issued at the earliest."""
    try:
        timeline = timeline_of(scenario)
    except InputError:
        return scenario.run.since
    if timeline is None:
        return scenario.run.since if scenario.alert.issued is None else scenario.alert.issued
    end_s = timeline.begins_s
    for name in STEPS:
        step = timeline.steps[name]
        end_s = max(end_s, step.time_s) if isinstance(step, NotBefore) else end_s + step.at(0.0)
    return end_s


def _unused(scenario: Scenario, names: list[str] | None, where: tuple[str | int, ...]) -> Told:
    used = scenario.channels.used()
    for name in names or ():
        if name not in used:
            yield (
                where,
                f"the channel {name} is not used in this scenario; add it to channels, which has {', '.join(used)}",
            )


def _channels(scenario: Scenario) -> Told:
    network = scenario.network
    for name in scenario.channels.used():
        if name in OF_PHONES and network.coverage is None and network.sites is None:
            yield (
                ("channels", name),
                f"{name} needs to know where there is a signal; give network.sites or network.coverage, or leave it out (unknown coverage is not zero)",
            )


def _sirens(scenario: Scenario) -> Told:
    siren = scenario.channels.used().get("siren")
    if siren is not None and getattr(siren, "points", None) is None:
        yield (
            ("channels", "siren"),
            "nobody knows where the sirens stand; give points, a file with a column rated_dbc, or leave this channel out",
        )


def _behaviour(scenario: Scenario) -> Told:
    try:
        audience_of(scenario)
    except InputError as error:
        yield ("behaviour",), str(error)


def _languages(scenario: Scenario) -> Told:
    known = scenario.behaviour.languages
    said = scenario.alert.languages
    if known and not any(tag in known or tag.split("-")[0] in known for tag in said):
        yield (
            ("alert", "languages"),
            f"nobody would understand: the text is in {', '.join(said)}, people know {', '.join(known)}; give alert.languages as in the "
            "alert",
        )


def _operators(scenario: Scenario) -> Told:
    shares = scenario.network.operator_share or {}
    owners = {name.partition(":")[2] for name in scenario.network.coverage or {} if ":" in name}
    for name in shares:
        if owners and name not in owners:
            yield (
                ("network", "operator_share", name),
                f"no layer of coverage is of the operator {name!r}; layers are of {', '.join(sorted(owners))}",
            )


_DONE: Final = {"update": "updated", "cancel": "cancelled"}


def _hours(seconds: float) -> str:
    return f"{seconds / 3600.0:g} h" if abs(seconds) >= 3600 else f"{seconds / 60.0:g} min"


_CHECKS: Final[tuple[tuple[frozenset[str], Callable[[Scenario], Told]], ...]] = (
    (frozenset({"alert", "timeline", "zero"}), _twice),
    (frozenset({"timeline", "zero"}), _steps),
    (frozenset({"alert", "timeline", "run", "zero"}), _issued),
    (frozenset({"alert", "timeline", "run", "zero", "decisions", "channels"}), _decisions),
    (frozenset({"channels", "network", "demo"}), _channels),
    (frozenset({"channels"}), _sirens),
    (frozenset({"behaviour"}), _behaviour),
    (frozenset({"behaviour", "alert"}), _languages),
    (frozenset({"network"}), _operators),
    (frozenset({"network", "decisions", "zero"}), named_operators),
    (frozenset({"behaviour", "population", "demo"}), named_groups),
    (frozenset({"zones", "power", "decisions", "zero", "demo"}), named_zones),
)
"""Sections that a check looks at, and the check."""
