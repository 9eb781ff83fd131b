"""What a channel is: whom it can reach, and how it plays an alert over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import simpy

    from ew4all.sim.decisions import Notice
    from ew4all.sim.parameters import Parameter
    from ew4all.sim.population import Exposure
    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World

    Process: TypeAlias = Generator[simpy.Event, Any, None]


class Channel(Protocol):
    """One way in which a warning reaches people. Small, frozen, without state of a run: that lives in the `Stage`."""

    @property
    def name(self) -> str:
        """As scenarios and results call it."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it assumes, each replaceable."""

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:
        """Say how rows differ for this channel, and the share of each kind that it can reach at all."""

    def play(self, stage: Stage, notice: Notice) -> Process:
        """Play one alert from the moment it arrives at the channel until it goes off air: a SimPy process.

        It sets rates through the stage, looks again whenever `Stage.wait` returns, and ends when `Stage.is_over`.
        """
