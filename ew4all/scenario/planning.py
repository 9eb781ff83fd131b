"""From a scenario to what happens in a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.run_plan import PowerCut, RunPlan
from ew4all.scenario.actions import values_of
from ew4all.scenario.cap_text import said_by
from ew4all.sim.audience import Audience
from ew4all.sim.audience_tables import BEHAVIOUR, HOURLY
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.coarsening import MOST_ROWS
from ew4all.sim.decisions import (
    Cancel,
    Issue,
    NetworkChange,
    Notice,
    PowerChange,
    Switch,
    Update,
)
from ew4all.sim.engine import ChannelUse
from ew4all.sim.issuance import STEPS, Timeline
from ew4all.sim.population import STEP_S
from ew4all.sim.protective_action import Response
from ew4all.sim.step_times import Fixed, LogNormal, NotBefore, Triangle, Uniform, Weibull

if TYPE_CHECKING:
    from ew4all.scenario.document import Scenario
    from ew4all.sim.decisions import Decision
    from ew4all.sim.step_times import StepTime

__all__ = ["audience_of", "known_of", "plan_of", "timeline_of"]


def plan_of(
    scenario: Scenario,
    *,
    seed: int | None = None,
    drawn: bool | None = None,
    replicas: int | None = None,
) -> RunPlan:
    """Return what happens in a run of a scenario; see `Scenario.plan`.

    Raises
    ------
    InputError
        What the checks of a scenario file find too.
    """
    run, alert = scenario.run, scenario.alert
    audience = audience_of(scenario)
    notice = _notice(alert)
    if alert.cap is not None:
        told = said_by(alert.cap)
        notice = replace(
            notice, **{name: it for name, it in told.items() if name not in alert.model_fields_set}
        )
    first = Issue(notice, tuple(alert.channels or ()))
    timeline = timeline_of(scenario)
    decisions = [(decision.at, _decision(decision)) for decision in scenario.decisions]
    if timeline is None:
        decisions.insert(0, (run.since if alert.issued is None else alert.issued, first))
    count = run.replicas if replicas is None else replicas
    chosen = run.drawn if drawn is None else drawn
    return RunPlan(
        uses=tuple(
            ChannelUse(CHANNELS[name], values_of(use, CHANNELS[name].parameters), use.gateway)
            for name, use in scenario.channels.used().items()
        ),
        decisions=tuple(decisions),
        alerts=() if timeline is None else ((timeline, first),),
        zero_hour=scenario.zero_hour,
        from_s=run.since,
        until_s=run.since + run.duration,
        audience=audience,
        response=Response.of(audience, notice.languages, scenario.behaviour.action),
        power_cuts={
            zone: PowerCut(cut.lost, np.inf if cut.back is None else cut.back, cut.share)
            for zone, cut in scenario.power.items()
        },
        seed=run.seed if seed is None else seed,
        drawn=count > 1 if chosen is None else chosen,
        tick_s=run.tick,
        step_s=STEP_S if run.step is None else run.step,
        mixing_within=run.mixing_within,
        most_rows=MOST_ROWS if run.most_rows is None else run.most_rows,
    )


def audience_of(scenario: Scenario) -> Audience:
    """Return what people do and have.

    Raises
    ------
    AssumptionError
        Hours that contradict each other, a factor on a number that does not exist.
    """
    said = scenario.behaviour
    hourly = {
        row.name: shares
        for row in HOURLY
        if said.hourly is not None and (shares := getattr(said.hourly, row.name)) is not None
    }
    return Audience.usual(values_of(said, BEHAVIOUR), hourly, said.groups, said.languages)


def known_of(scenario: Scenario) -> frozenset[str]:
    """Return the numbers that a scenario sets."""
    known = {f"behaviour.{name}" for name in values_of(scenario.behaviour, BEHAVIOUR)}
    for name, use in scenario.channels.used().items():
        known |= {f"{name}.{one}" for one in values_of(use, CHANNELS[name].parameters)}
    hourly = scenario.behaviour.hourly
    if hourly is not None:
        known |= {f"behaviour.{row.name}_odds" for row in HOURLY if getattr(hourly, row.name)}
    return frozenset(known)


def timeline_of(scenario: Scenario) -> Timeline | None:
    """Return the steps until the alert is issued; None where it is issued at a moment.

    Raises
    ------
    InputError
        A step that would be over before the one before it.
    """
    said = scenario.timeline
    if said is None:
        return None
    steps = {name: _step(step) for name in STEPS if (step := getattr(said, name)) is not None}
    return Timeline.usual(steps=steps, begins_s=said.begins)


def _step(step: Any) -> StepTime | NotBefore:
    if step.not_before is not None:
        return NotBefore(step.not_before)
    if step.uniform is not None:
        return Uniform(*step.uniform)
    if step.triangle is not None:
        return Triangle(*step.triangle)
    if step.lognormal is not None:
        return LogNormal(step.lognormal.median, step.lognormal.sigma)
    if step.weibull is not None:
        return Weibull(step.weibull.scale_per_h, step.weibull.shape, step.weibull.most)
    return Fixed(step.fixed)


def _notice(text: Any) -> Notice:
    return Notice(
        text.identifier, text.national, tuple(text.languages), text.pages, text.duration, text.device_geofenced
    )  # fmt: skip


def _decision(said: Any) -> Decision:
    if said.issue is not None:
        return Issue(_notice(said.issue), tuple(said.issue.channels or ()))
    if said.update is not None:
        return Update(_notice(said.update), tuple(said.update.channels or ()))
    if said.cancel is not None:
        return Cancel(said.cancel)
    if said.switch is not None:
        return Switch(said.switch.channel, said.switch.on)
    if said.network is not None:
        change = said.network
        return NetworkChange(change.share, change.zone, change.technology, change.operator)
    return PowerChange(said.power.on, said.power.zone)
