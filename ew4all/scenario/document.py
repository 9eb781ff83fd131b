"""A scenario as it was read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from ew4all.scenario.actions import (
    CHANNEL_NAMES,
    AlertText,
    Behaviour,
    Channels,
    Decision,
    Timeline,
)
from ew4all.scenario.demos import DEMOS
from ew4all.scenario.inputs import Hazard, Network, Population, PowerCut, Run, Zones
from ew4all.scenario.section import OrElse, Section, short_form
from ew4all.scenario.values import Name, Zero, zero_hour

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.outages.ensemble import Ensemble
    from ew4all.run_intake import RunInputs
    from ew4all.run_plan import RunPlan

__all__ = ["SCHEMA", "Origin", "Scenario"]

SCHEMA: Final = "ew4all/scenario/1"


@dataclass(frozen=True)
class Origin:
    """Where a scenario came from: its name, its file, its text, and its values as they were given."""

    name: str
    path: Path | None
    text: str
    given: Mapping[str, Any]


_TEXT: Final = OrElse({"type": "string"})


def _alert(value: Any) -> Any:
    is_cap = isinstance(value, str) and value.lower().endswith((".xml", ".cap"))
    return short_form(value, "cap" if is_cap else "area")


class Scenario(Section):
    """Everything that a run is given. Times are seconds after its zero; files are paths that are good anywhere."""

    schema_: Annotated[Literal["ew4all/scenario/1"], Field(alias="schema")]
    """`ew4all/scenario/1`."""
    title: Name | None = None
    """Of reports and maps; the name of the file without it."""
    story: str | None = None
    """What happens, for those who read the report."""
    sources: list[str] | None = None
    """Where its numbers come from."""
    assumed: list[str] | None = None
    """What was chosen, since nobody knows it."""
    demo: Literal[tuple(DEMOS)] | None = None  # type: ignore[valid-type]
    """Embedded inputs for the sections that are left out."""
    zero: Zero = "12:00"
    """When the scenario's clock is 0: a local time of day, or a date with its offset from UTC."""
    hazard: Annotated[Hazard, BeforeValidator(lambda v: short_form(v, "footprint")), _TEXT] = (
        Hazard()
    )
    """What endangers people; a file alone is its footprint."""
    alert: Annotated[AlertText, BeforeValidator(_alert), _TEXT] = AlertText()
    """The warning; a file alone is its area, or the CAP alert where it ends in .xml or .cap."""
    population: Annotated[Population, BeforeValidator(lambda v: short_form(v, "raster")), _TEXT]
    """People; a file alone is a raster. It may be left out where there is a demo."""
    network: Network = Network()
    """Who serves phones."""
    channels: Annotated[
        Channels,
        OrElse({"type": "array", "items": {"enum": list(CHANNEL_NAMES)}, "minItems": 1}),
    ]
    """Those that are used: a list of names, or names with `gateway` (how long an alert takes to it), numbers of docs/channels.md, and `points` for siren."""
    timeline: Timeline | None = None
    """Steps until the alert is issued; an empty one takes the usual times."""
    behaviour: Behaviour = Behaviour()
    """Numbers of docs/audience.md, and `hourly`, `groups`, `languages`, `action` (weibull, rayleigh, sorensen_mileti)."""
    power: dict[Name, PowerCut] = Field(default_factory=dict)
    """Zone to what happens to its mains; "*": every zone that is not named."""
    decisions: list[Decision] = Field(default_factory=list)
    """What is decided, or happens, while the run goes on."""
    zones: Annotated[Zones | None, BeforeValidator(lambda v: short_form(v, "file")), _TEXT] = None
    """Places with results of their own; a file alone has columns that are found by name."""
    run: Run = Run()
    """How it is computed."""

    _origin: Origin = PrivateAttr(default=Origin("scenario", None, "", {}))

    @property
    def origin(self) -> Origin:
        """Where it came from."""
        return self._origin

    @property
    def name(self) -> str:
        """Its title, or else the name of its file."""
        return self.title or self.origin.name

    @property
    def zero_hour(self) -> float:
        """Local time of its zero, hours 0..24."""
        return zero_hour(self.zero)

    @property
    def notice(self) -> str | None:
        """Words that everything computed from it must carry."""
        return None if self.demo is None else DEMOS[self.demo].notice

    @property
    def attribution(self) -> str | None:
        """Whose data it uses, for maps."""
        return None if self.demo is None else DEMOS[self.demo].attribution or None

    def settings(self) -> dict[str, Any]:
        """Return it as it was given, for run.json."""
        return dict(self.origin.given)

    def inputs(
        self,
        *,
        member: int | None = None,
        outages: Ensemble | None = None,
        workers: int | Executor | None = None,
        progress: Progress | None = None,
    ) -> RunInputs:
        """Read and check its inputs.

        Parameters
        ----------
        member
            Member of the outage that is played; by default as the scenario says.
        outages
            What `outages` gave, so that replicas need not work it out again.

        Raises
        ------
        InputError, ReadError
            One of the inputs; nothing was computed.
        """
        from ew4all.scenario.opening import open_scenario

        return open_scenario(
            self, member=member, outages=outages, workers=workers, progress=progress
        )

    def outages(self, members: int | None = None) -> Ensemble | None:
        """Return the possible courses of its outage; None without one.

        Parameters
        ----------
        members
            In the place of the scenario's number: as many as there are replicas.
        """
        from ew4all.scenario.opening import outages_of

        return outages_of(self, members)

    def plan(
        self, *, seed: int | None = None, drawn: bool | None = None, replicas: int | None = None
    ) -> RunPlan:
        """Return what happens in a run of it.

        Parameters
        ----------
        seed, drawn, replicas
            In the place of those of the scenario. People are drawn where there are replicas, unless somebody says otherwise.
        """
        from ew4all.scenario.planning import plan_of

        return plan_of(self, seed=seed, drawn=drawn, replicas=replicas)

    def known(self) -> frozenset[str]:
        """Return the numbers that it sets, which an ensemble leaves as they are: ``CHANNEL.NUMBER`` and ``behaviour.NUMBER``."""
        from ew4all.scenario.planning import known_of

        return known_of(self)

    def channel_names(self) -> Sequence[str]:
        """Return the channels that it uses, in the order of results."""
        return tuple(self.channels.used())
