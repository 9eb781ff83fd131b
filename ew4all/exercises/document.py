"""The keys of an exercise file, and the exercise that they make."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from ew4all.exercises.condition_text import condition_of
from ew4all.exercises.delays import delay_of
from ew4all.exercises.effect_text import after_of, effect_of
from ew4all.exercises.span_text import span_text
from ew4all.scenario.actions import MainsTo, ServiceLeft, SwitchTo
from ew4all.scenario.section import OrElse, Section
from ew4all.scenario.values import Name, Positive, Seconds
from ew4all.sim.decisions import NetworkChange, PowerChange, Switch
from ew4all.sim.exercise import (
    DECISIONS,
    After,
    Attachment,
    Condition,
    Effect,
    Exercise,
    Expectation,
    Handout,
    Inject,
    InjectChannel,
    Objective,
    Phase,
    Reader,
    Role,
    RoleKind,
    Team,
)

__all__ = ["SCHEMA", "ExerciseDocument"]

SCHEMA: Final = "ew4all/exercise/1"

_TEXT: Final = OrElse({"type": "string"})


def _list(value: Any) -> Any:
    """Take one name or text for a list of one."""
    return [value] if isinstance(value, str) else value


def _condition(value: Any) -> Any:
    if isinstance(value, str):
        condition_of(value)  # what is wrong with it is told here, where its place is known
    return value


def _delay(value: Any) -> Any:
    if isinstance(value, str):
        delay_of(value)
    return value


def _delays(value: Any) -> Any:
    """Take a mapping of names to values for texts."""
    if isinstance(value, dict):
        return [f"{name} = {one}" for name, one in value.items()]
    return _list(value)


When = Annotated[list[Annotated[Name, BeforeValidator(_condition)]], BeforeValidator(_list)]
Names = Annotated[list[Name], BeforeValidator(_list)]


def _conditions(texts: list[str]) -> tuple[Condition, ...]:
    return tuple(condition_of(text) for text in texts)


class PhaseSection(Section):
    """A part of the exercise."""

    title: Name
    """What it is about, in a line."""
    start: Seconds = 0.0
    """When it begins."""
    speed: float | None = None
    """How quickly it is usually played; as the exercise without it."""
    text: str = ""
    """What happens in it."""


class TeamSection(Section):
    """People who sit together and decide together."""

    id: Name
    """By which injects name it."""
    name: Name
    """As it is shown."""
    agency: str = ""
    """The body that it stands for; the name without it."""
    brief: str = ""
    """What its players read before the start."""


class RoleSection(Section):
    """A seat."""

    id: Name
    """By which others name it."""
    name: Name
    """As it is shown."""
    kind: Literal[tuple(str(k) for k in RoleKind)]  # type: ignore[valid-type]
    """What it may see and do."""
    team: Name | None = None
    """A player's own; that which an evaluator or observer watches."""
    brief: str = ""
    """What whoever sits there should know."""


class ObjectiveSection(Section):
    """What participants should be able to do."""

    id: Name
    """By which expectations name it."""
    title: Name
    """In a line."""
    text: str = ""
    """How it shows."""


class AttachmentSection(Section):
    """A file that comes with an inject."""

    title: Name
    """As it is shown."""
    file: Name
    """Path, relative to the exercise's file."""


def _attachment(value: Any) -> Any:
    if isinstance(value, str):
        title, bar, file = value.rpartition("|")
        return {"title": (title if bar else file).strip(), "file": file.strip()}
    return value


class AfterSection(Section):
    """What sets an inject off."""

    inject: Name | None = None
    """Identifier of another inject,"""
    decision: Literal[tuple(DECISIONS)] | None = None  # type: ignore[valid-type]
    """or a decision of players,"""
    team: Name | None = None
    """of this team; of any without it."""
    delay: Seconds = 0.0
    """From then on."""


def _after(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    after = after_of(value)
    given = {"inject": after.inject, "decision": after.decision, "team": after.team}
    return {
        **{k: v for k, v in given.items() if v is not None},
        "delay": span_text(after.delay_s),
    }


class EffectSection(Section):
    """What an inject changes in the simulation."""

    network: ServiceLeft | None = None
    """Service that is left."""
    power: MainsTo | None = None
    """Whether the mains are `on`, and in which `zone`."""
    switch: SwitchTo | None = None
    """`channel` and whether it is `on`."""

    def effect(self) -> Effect:
        """Return it as the simulation takes it."""
        if self.network is not None:
            n = self.network
            return NetworkChange(n.share, n.zone, n.technology, n.operator)
        if self.power is not None:
            return PowerChange(self.power.on, self.power.zone)
        assert self.switch is not None
        return Switch(self.switch.channel, self.switch.on)


def _effect(value: Any) -> Any:
    if isinstance(value, str):
        effect = effect_of(value)
        kind = {NetworkChange: "network", PowerChange: "power", Switch: "switch"}[type(effect)]
        fields = {name: getattr(effect, name) for name in effect.__dataclass_fields__}
        return {kind: {name: one for name, one in fields.items() if one is not None}}
    if isinstance(value, dict) and len(value) != 1:
        at_most = "network, power and switch"
        msg = f"an effect is one of {at_most}; write each as an item of its own"
        raise ValueError(msg)
    return value


class InjectSection(Section):
    """One row of the master scenario events list."""

    id: Name
    """By which cascades and expectations name it."""
    at: Seconds | None = None
    """When it fires, after the start of the exercise;"""
    after: Annotated[AfterSection | None, BeforeValidator(_after), _TEXT] = None
    """or what sets it off: `INJECT + 15 min`, `decision issue_alert by TEAM + 5 min`."""
    when: When = Field(default_factory=list)
    """Conditions that must hold too, such as `sites_out_share >= 50 %`; with none of the three it is fired by hand."""
    until: Seconds | None = None
    """A conditional inject that has not fired by then never does."""
    title: Name
    """In a line."""
    text: Name
    """What players get; the mark EXERCISE is put on it when it is shown."""
    sender: Annotated[str, Field(alias="from")] = ""
    """From whom it seems to come."""
    to: Names = Field(default_factory=list)
    """Teams that get it; all without it."""
    channel: Literal[tuple(str(k) for k in InjectChannel)] = "email"  # type: ignore[valid-type]
    """How it comes."""
    expected: str = ""
    """What players should do: for facilitators and evaluators."""
    attachments: list[Annotated[AttachmentSection, BeforeValidator(_attachment), _TEXT]] = Field(
        default_factory=list
    )
    """Files that come with it: `TITLE | FILE`."""
    effects: list[Annotated[EffectSection, BeforeValidator(_effect), _TEXT]] = Field(
        default_factory=list
    )
    """What it changes in the simulation: `network 40 % in ZONE`, `power off in ZONE`, `channel siren off`."""
    hazard: str = ""
    """The hazard or failure that it belongs to."""
    discussion: Seconds = 0.0
    """The clock stops when it fires, and the room talks for so long."""
    notes: str = ""
    """For facilitators."""

    def inject(self) -> Inject:
        """Return it as the simulation takes it."""
        after = self.after
        return Inject(
            self.id, self.title, self.text, self.at,
            None if after is None else After(after.inject, after.decision, after.team, after.delay),
            _conditions(self.when), self.until, self.sender, tuple(self.to), InjectChannel(self.channel), self.expected,
            tuple(Attachment(a.title, a.file) for a in self.attachments),
            tuple(e.effect() for e in self.effects), self.hazard, self.discussion, self.notes,
        )  # fmt: skip


class ExpectationSection(Section):
    """Something that should be done, and what it gives."""

    id: Name
    """By which scores name it."""
    text: Name
    """What is expected."""
    objective: Name
    """Which objective it serves."""
    team: Name | None = None
    """Of whom; of all together without it."""
    after: Name | None = None
    """Inject after which it is expected; the start without it."""
    within: Positive | None = None
    """Within this time; until the end without it."""
    points: float = 1.0
    """The most that it gives."""
    decision: Literal[tuple(DECISIONS)] | None = None  # type: ignore[valid-type]
    """Met when this is decided."""
    when: When = Field(default_factory=list)
    """Met when these hold; without both an evaluator judges."""

    def expectation(self) -> Expectation:
        """Return it as the model has it."""
        return Expectation(
            self.id, self.text, self.objective, self.team, self.after, self.within, self.points, self.decision,
            _conditions(self.when),
        )  # fmt: skip


class HandoutSection(Section):
    """A document of the exercise."""

    title: Name
    """As it is shown."""
    file: Name
    """Path, relative to the exercise's file."""
    reader: Annotated[
        Literal[tuple(str(k) for k in Reader)],  # type: ignore[valid-type]
        Field(alias="for"),
    ] = "everybody"
    """Whom it is for."""
    teams: Names = Field(default_factory=list)
    """Teams whose players get it; all without it."""


class ExerciseDocument(Section):
    """An exercise file. Times are durations after the start of the exercise."""

    schema_: Annotated[Literal["ew4all/exercise/1"], Field(alias="schema")]
    """`ew4all/exercise/1`."""
    id: Name
    """Names files and messages."""
    title: Name
    """Of every page."""
    purpose: str = ""
    """What it is for."""
    audience: str = ""
    """For whom it was made."""
    languages: Annotated[list[Name], BeforeValidator(_list)] = Field(
        default_factory=lambda: ["en"], min_length=1
    )
    """BCP 47 tags; texts are in the first."""
    scenario: Name
    """A scenario file, relative to this file, or the name of one that comes with ew4all."""
    scenario_start: Seconds = 0.0
    """Moment of the scenario at which the exercise begins, after the scenario's zero."""
    keeps_alerts: bool = False
    """The scenario's own alerts go out too; otherwise only what players issue."""
    length: Positive
    """Exercise time that it lasts."""
    speed: float = 1.0
    """Seconds of exercise time in a second of the room, 1 to 120."""
    phases: list[PhaseSection] = Field(default_factory=list)
    """Parts of it, in their order."""
    teams: list[TeamSection] = Field(default_factory=list)
    """Who plays."""
    roles: list[RoleSection] = Field(default_factory=list)
    """Seats."""
    objectives: list[ObjectiveSection] = Field(default_factory=list)
    """What it is held for."""
    injects: list[InjectSection] = Field(default_factory=list)
    """The master scenario events list."""
    expectations: list[ExpectationSection] = Field(default_factory=list)
    """What is scored."""
    handouts: list[HandoutSection] = Field(default_factory=list)
    """Documents."""
    sources: list[str] = Field(default_factory=list)
    """Where its numbers and wording come from."""
    assumed: list[str] = Field(default_factory=list)
    """What was chosen, since nobody knows it."""
    delays: Annotated[list[Annotated[Name, BeforeValidator(_delay)]], BeforeValidator(_delays)] = (
        Field(default_factory=list)
    )
    """How long requests take, such as `satellite_delay_s = 30 min`, in the place of the usual."""

    def exercise(self) -> Exercise:
        """Return the exercise; whether it is consistent is for `check_exercise` to say."""
        return Exercise(
            self.id, self.title, self.length, self.scenario, self.purpose, self.audience, tuple(self.languages),
            self.scenario_start, self.keeps_alerts, self.speed,
            tuple(Team(t.id, t.name, t.agency, t.brief) for t in self.teams),
            tuple(Role(r.id, r.name, RoleKind(r.kind), r.team, r.brief) for r in self.roles),
            tuple(one.inject() for one in self.injects),
            tuple(Objective(o.id, o.title, o.text) for o in self.objectives),
            tuple(one.expectation() for one in self.expectations),
            tuple(Handout(h.title, h.file, Reader(h.reader), tuple(h.teams)) for h in self.handouts),
            tuple(Phase(p.title, p.start, p.speed, p.text) for p in self.phases),
            tuple(self.sources), tuple(self.assumed), tuple(delay_of(text) for text in self.delays),
        )  # fmt: skip
