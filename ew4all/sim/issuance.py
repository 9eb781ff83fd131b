"""From the first sign of a hazard to the alert at the gateway: detection, analysis, decision, authoring, approval, gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import InputError, OptionError
from ew4all.sim.parameters import Parameter, resolve
from ew4all.sim.step_times import Fixed, NotBefore, Weibull

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Issue, Update
    from ew4all.sim.engine import Engine
    from ew4all.sim.step_times import StepTime

    F64 = NDArray[np.float64]

STEPS: Final = {
    "detection": "detected",
    "analysis": "analysed",
    "decision": "decided",
    "authoring": "authored",
    "approval": "approved",
    "gateway": "sent",
}
"""Steps in their order, to the event that ends each (`records.KINDS`)."""

ISSUANCE: Final = (
    Parameter(
        "detection_s", 0.0, "s", 0.0, 5400.0,
        "a scenario begins where the agency knows of the hazard; 0 to 90 minutes passed until then at Oroville 2017 "
        "(LifeSim technical reference, tables 12-13)", "published",
    ),
    Parameter("analysis_s", 0.0, "s", 0.0, 3600.0, "contained in the delay of the decision", "judgement"),
    Parameter(
        "decision_scale_per_h", 1.0, "1/h^shape", 0.1, 1.8,
        "range of a in the delay curves of Lindell (USACE code); with shape 1 half decide within 42 minutes, inside the 25 to "
        "139 of five authorities at Oroville 2017. Fixed sites plan for 5 to 15 minutes (ORNL TM-10437)", "published",
        least=1e-3,
    ),
    Parameter(
        "decision_shape", 1.0, "1", 0.5, 2.1, "range of b in the same curves", "published", least=0.1,
    ),
    Parameter(
        "decision_most_s", 21600.0, "s", 3600.0, 21600.0,
        "the curves are cut at 360 minutes (LifeSim technical reference, eq. 9)", "published", least=60.0,
    ),
    Parameter("authoring_s", 0.0, "s", 0.0, 900.0, "contained in the delay of the decision", "judgement"),
    Parameter("approval_s", 0.0, "s", 0.0, 900.0, "contained in the delay of the decision", "judgement"),
    Parameter(
        "gateway_s", 5.0, "s", 1.0, 60.0,
        "issued within seconds of its approval: United Kingdom, 23 April 2023 (HCWS740)", "published",
    ),
)  # fmt: skip
"""What the default timeline assumes. The published delay runs from the agency's knowledge to the public alert, so the steps
within it are 0 unless a scenario says how it splits."""


@dataclass(frozen=True, eq=False)
class Moments:
    """When each step was over, seconds after the scenario's zero; in the order of `STEPS`, shape (6,)."""

    ends_s: F64

    @property
    def sent_s(self) -> float:
        """When the alert left for the channels."""
        return float(self.ends_s[-1])

    def play(self, engine: Engine, alert: Issue | Update) -> Process:
        """Write each step down as it ends and send the alert after the last: a SimPy process.

        Steps that were over before the run began are written at its beginning.
        """
        for event, end_s in zip(STEPS.values(), self.ends_s, strict=True):
            yield engine.env.timeout(max(0.0, end_s - engine.now_s))
            engine.events.add(engine.now_s, event, alert.notice.identifier)
        engine.decide(alert)


@dataclass(frozen=True, eq=False)
class Timeline:
    """What each step takes.

    Attributes
    ----------
    steps
        One of `StepTime` or `NotBefore` for each of `STEPS`.
    begins_s
        When the first sign could be seen, seconds after the scenario's zero.
    """

    steps: Mapping[str, StepTime | NotBefore]
    begins_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse steps that are missing or unknown, and times that contradict their order."""
        wrong = sorted(set(STEPS) ^ set(self.steps))
        if wrong:
            msg = f"a timeline has the steps {', '.join(STEPS)}; check {', '.join(wrong)}"
            raise OptionError(msg)
        if not np.isfinite(self.begins_s):
            msg = f"a timeline that begins at {self.begins_s:g} s is not possible"
            raise InputError(msg)
        end_s, last = self.begins_s, "the first sign"
        for name in STEPS:
            step = self.steps[name]
            if isinstance(step, NotBefore):
                if step.time_s < end_s:
                    msg = (
                        f"{name} is to be over at {step.time_s:g} s, but {last} is not over before {end_s:g} s at the "
                        f"earliest; an alert cannot be {STEPS[name]} before that. Make it later, or the steps before it shorter"
                    )
                    raise InputError(msg)
                end_s = step.time_s
            else:
                end_s += step.at(0.0)
            last = name

    @classmethod
    def usual(
        cls,
        values: Mapping[str, float] | None = None,
        steps: Mapping[str, StepTime | NotBefore] | None = None,
        begins_s: float = 0.0,
    ) -> Timeline:
        """Return the default timeline, with values of `ISSUANCE` or whole steps replaced.

        Raises
        ------
        AssumptionError, OptionError, InputError
            A name that does not exist, or a time that is not possible.
        """
        v = resolve(ISSUANCE, values or {}, "timeline")
        decision = Weibull(v["decision_scale_per_h"], v["decision_shape"], v["decision_most_s"])
        default: dict[str, StepTime | NotBefore] = {
            name: decision if name == "decision" else Fixed(v[f"{name}_s"]) for name in STEPS
        }
        return cls({**default, **(steps or {})}, begins_s)

    def typical(self) -> Moments:
        """Return the moments with every step at its median."""
        return self._moments(np.full(len(STEPS), 0.5))

    def draw(self, rng: np.random.Generator) -> Moments:
        """Draw the moments of one replica.

        Each step uses one number of `rng` whatever it is, so that two scenarios that differ in one step share the draws of
        the others.
        """
        return self._moments(rng.random(len(STEPS)))

    def _moments(self, chances: F64) -> Moments:
        ends = np.empty(len(STEPS))
        end_s = self.begins_s
        for k, name in enumerate(STEPS):
            step = self.steps[name]
            if isinstance(step, NotBefore):
                end_s = max(end_s, step.time_s)
            else:
                end_s += step.at(float(chances[k]))
            ends[k] = end_s
        return Moments(ends)
