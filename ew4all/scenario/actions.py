"""Sections of a scenario that say what is done: alert, channels, timeline, behaviour, decisions."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    create_model,
    model_validator,
)

from ew4all.scenario.section import OrElse, Section, at_most_one, must_be_lonlat, short_form
from ew4all.scenario.values import InputFile, Moment, Name, Positive, Seconds, Share
from ew4all.sim.audience_tables import BEHAVIOUR, HOURLY
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.issuance import STEPS
from ew4all.sim.protective_action import FORMS
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.sim.parameters import Parameter

__all__ = ["AlertText", "Behaviour", "Channels", "Decision", "Step", "Timeline", "values_of"]

CHANNEL_NAMES: Final = tuple(CHANNELS)


def _channel(name: Any) -> Any:
    if name not in CHANNELS:
        msg = f"there is no channel {name!r}; there are {', '.join(CHANNELS)}"
        raise ValueError(msg)
    return name


Channel = Annotated[str, BeforeValidator(_channel), WithJsonSchema({"enum": list(CHANNEL_NAMES)})]


class Text(Section):
    """What channels look at of an alert."""

    national: bool = False
    """A level that nobody can opt out of."""
    languages: list[Name] = Field(default_factory=lambda: ["en"], min_length=1)
    """BCP 47 tags of the texts; those of the CAP alert where there is one."""
    pages: Annotated[int, Field(ge=1, le=15)] = 2
    """Pages of the cell-broadcast message; worked out from the CAP alert where there is one."""
    duration: Positive = 1800.0
    """How long it stays on air."""
    device_geofenced: bool = False
    """Phones outside the warning area suppress it."""
    channels: Annotated[list[Channel] | None, Field(min_length=1)] = None
    """Channels that it goes to; all without it."""


class AlertText(Text):
    """The warning: whom it is for, and when it is issued."""

    identifier: Name = "alert"
    """By which updates and cancellations name it."""
    cap: InputFile | None = None
    """CAP 1.2 alert."""
    area: InputFile | None = None
    """Warning area as a file."""
    polygon: Annotated[list[list[float]] | None, Field(min_length=3)] = None
    """Warning area as corners of [longitude, latitude]; without all three it is the hazard's footprint."""
    issued: Moment | None = None
    """When it leaves for the channels; without it as the timeline says, and at zero without that."""

    @model_validator(mode="after")
    def _one(self) -> AlertText:
        at_most_one(self, ("cap", "area", "polygon"), "the warning area")
        must_be_lonlat(self.polygon or (), "the corners of a polygon")
        return self


class Weibull(Section):
    """``1 - exp(-scale t^shape)``, t in hours."""

    scale_per_h: Annotated[float, Field(gt=0)]
    shape: Annotated[float, Field(gt=0)] = 1.0
    most: Positive = 6 * 3600.0


class LogNormal(Section):
    """A median and the spread of the logarithm."""

    median: Positive
    sigma: Annotated[float, Field(ge=0)]


class Step(Section):
    """How long a step takes: fixed, drawn, or not over before a moment."""

    fixed: Seconds | None = None
    """Always the same; the short form is the duration alone."""
    uniform: Annotated[list[Seconds] | None, Field(min_length=2, max_length=2)] = None
    """Shortest and longest."""
    triangle: Annotated[list[Seconds] | None, Field(min_length=3, max_length=3)] = None
    """Shortest, most frequent, longest."""
    lognormal: LogNormal | None = None
    """`median` and `sigma`."""
    weibull: Weibull | None = None
    """`scale_per_h`, `shape`, `most`: see the docs of the audience."""
    not_before: Moment | None = None
    """It is over at this moment, or with the step before it if that takes longer."""

    @model_validator(mode="after")
    def _one(self) -> Step:
        names = ("fixed", "uniform", "triangle", "lognormal", "weibull", "not_before")
        if not at_most_one(self, names, "the time of a step"):
            msg = f"a step needs one of {', '.join(names)}"
            raise ValueError(msg)
        for name in ("uniform", "triangle"):
            times = getattr(self, name) or []
            if any(b < a for a, b in pairwise(times)):
                msg = f"the times of {name} rise from the shortest to the longest"
                raise ValueError(msg)
        return self


_STEP = Annotated[
    Step | None, BeforeValidator(lambda v: short_form(v, "fixed")), OrElse({"type": "string"})
]


class _TimelineBase(Section):
    begins: Moment = 0.0
    """When the first sign could be seen."""


_MEANING: Final = {
    "detection": "until somebody notices the sign",
    "analysis": "until it is understood",
    "decision": "until it is decided to warn",
    "authoring": "until the text is written",
    "approval": "until it is approved",
    "gateway": "until it has left for the channels",
}


def _made(name: str, *, base: type[Section], doc: str, **fields: Any) -> Any:
    """Return a section with fields that say what they are: to look for their docstrings would take half a second."""
    quick = type(
        base.__name__, (base,), {"model_config": ConfigDict(use_attribute_docstrings=False)}
    )
    return create_model(name, __base__=quick, __doc__=doc, **fields)


_timeline_fields: Any = {
    name: (_STEP, Field(default=None, description=_MEANING[name])) for name in STEPS
}
Timeline: Any = _made(
    "Timeline", base=_TimelineBase, doc="From the first sign to the alert at the gateway; steps that are not given take their usual times.",
    **_timeline_fields,
)  # fmt: skip


def _number(row: Parameter) -> tuple[Any, Any]:
    bounds: dict[str, Any] = {"ge": row.least}
    if math.isfinite(row.most):
        bounds["le"] = row.most
    said = f"{row.value:g} {row.unit}; plausible {row.low:g} to {row.high:g}. {row.source} ({row.confidence})"
    return float | None, Field(default=None, description=said, **bounds)


def _numbers(table: Iterable[Parameter]) -> Any:
    return {row.name: _number(row) for row in table}


def values_of(section: Section, table: Iterable[Parameter]) -> dict[str, float]:
    """Return the parameters that a section gives."""
    given = {row.name: getattr(section, row.name) for row in table}
    return {name: value for name, value in given.items() if value is not None}


class ChannelUse(Section):
    """A channel: numbers in the place of its defaults, and how long an alert takes to it."""

    gateway: Seconds = 0.0
    """From the issue until the channel has the alert."""


class _SirenUse(ChannelUse):
    points: InputFile | None = None
    """Sirens: points with a column rated_dbc, their level at 30.48 m."""


def _use_of(name: str) -> Any:
    base = _SirenUse if name == "siren" else ChannelUse
    made = _made(name, base=base, doc=f"Channel {name}.", **_numbers(CHANNELS[name].parameters))
    return Annotated[made | None, BeforeValidator(lambda v: {} if v is None else v)]


def _named(value: Any) -> Any:
    """Take a list of names for channels with their defaults."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        wrong = [v for v in value if not isinstance(v, str)]
        if wrong:
            msg = f"{wrong[0]!r} is no channel; write a list of names, or a mapping of names to their numbers"
            raise ValueError(msg)
        twice = sorted({v for v in value if value.count(v) > 1})
        if twice:
            msg = f"{twice[0]} is named twice; a channel is there once"
            raise ValueError(msg)
        unknown = [v for v in value if v not in CHANNELS]
        if unknown:
            _channel(unknown[0])
        return {v: {} for v in value}
    return value


class _ChannelsBase(Section):
    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return _named(value)

    @model_validator(mode="after")
    def _any(self) -> _ChannelsBase:
        if not self.used():
            msg = f"a run needs a channel; there are {', '.join(CHANNELS)}"
            raise ValueError(msg)
        return self

    def used(self) -> dict[str, ChannelUse]:
        """Return the channels that are used, in the order of results."""
        return {name: use for name in CHANNELS if (use := getattr(self, name, None)) is not None}


_channel_fields: Any = {name: (_use_of(name), None) for name in CHANNELS}
Channels: Any = _made(
    "Channels", base=_ChannelsBase, doc="Ways in which the warning reaches people; others are not used.",
    **_channel_fields,
)  # fmt: skip

_Hours = Annotated[list[Share], Field(min_length=24, max_length=24)]
_hourly_fields: Any = {
    row.name: (_Hours | None, Field(default=None, description=f"24 shares of all people, at 0 to 23 h: {row.meaning}"))
    for row in HOURLY
}  # fmt: skip
Hourly: Any = _made("Hourly", base=Section, doc="Shares of people by hour.", **_hourly_fields)


class _BehaviourBase(Section):
    hourly: Hourly | None = None
    groups: dict[Name, dict[str, Annotated[float, Field(ge=0)]]] | None = None
    """Group to factors on the numbers of behaviour."""
    languages: dict[Name, Share] | None = None
    """Language (BCP 47) to the share of people who understand it."""
    action: Literal[tuple(FORMS)] = "weibull"  # type: ignore[valid-type]
    """Form of the curve of protective action."""


Behaviour: Any = _made(
    "Behaviour", base=_BehaviourBase, doc="What people do and have; numbers in the place of defaults.",
    **_numbers(BEHAVIOUR),
)  # fmt: skip


class SwitchTo(Section):
    """A channel is put out of use, or back."""

    channel: Channel
    on: bool


class ServiceLeft(Section):
    """A share of the service of some phones is there from now on."""

    share: Share
    """0: none of it."""
    zone: Name | None = None
    """Where; everywhere without it."""
    technology: Literal[TECHNOLOGIES] | None = None  # type: ignore[valid-type]
    """Of which; all without it."""
    operator: Name | None = None
    """Whose; all without it."""


class MainsTo(Section):
    """The mains of a zone, or of all, fail or come back."""

    on: bool
    zone: Name | None = None


class Sent(Text):
    """An alert of its own, or a new text for one on air."""

    identifier: Name
    """Of the alert."""


class Decision(Section):
    """What is decided, or happens, at a moment."""

    at: Moment
    """When."""
    issue: Sent | None = None
    """A new alert."""
    update: Sent | None = None
    """A new text for one on air: whoever receives it is alerted again."""
    cancel: Name | None = None
    """Identifier of the alert."""
    switch: SwitchTo | None = None
    """`channel` and whether it is `on`."""
    network: ServiceLeft | None = None
    """Service that is left."""
    power: MainsTo | None = None
    """Whether the mains are `on`, and in which `zone`."""

    @model_validator(mode="after")
    def _one(self) -> Decision:
        names = ("issue", "update", "cancel", "switch", "network", "power")
        if not at_most_one(self, names, "a decision"):
            msg = f"a decision needs one of {', '.join(names)}"
            raise ValueError(msg)
        return self
