"""The scenario that an exercise is played on: found, read, and what it has that an exercise may name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ew4all.errors import InputError, ReadError
from ew4all.scenario import load_scenario, shipped
from ew4all.sim.exercise import ScenarioKnown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ew4all.exercises.checking import Fault
    from ew4all.scenario import Scenario

__all__ = ["known_of", "scenario_known", "scenario_of"]


def scenario_of(name: str, folder: Path | None) -> Scenario:
    """Return the scenario that an exercise names: a file relative to its folder, or one that comes with the package.

    Parameters
    ----------
    folder
        None: no file of this machine may be named, only what comes with the package.

    Raises
    ------
    ReadError
        There is none of that name.
    ScenarioError
        What is wrong with it.
    """
    if folder is None:
        if name in shipped():
            return load_scenario(name)
        msg = f"there is no scenario {name[:60]!r}; there are {', '.join(shipped())}"
        raise ReadError(msg)
    given = Path(name).expanduser()
    beside = given if given.is_absolute() else folder / given
    if beside.is_file():
        return load_scenario(beside)
    if name in shipped():
        return load_scenario(name)
    msg = f"there is no scenario {name}: no file {beside}, and none of that name comes with ew4all; there are {', '.join(shipped())}"
    raise ReadError(msg)


def scenario_known(
    given: Mapping[str, Any], folder: Path | None
) -> tuple[ScenarioKnown | None, tuple[Fault, ...]]:
    """Return what the scenario that keys and values name has, or why it cannot be read."""
    name = given.get("scenario")
    if not isinstance(name, str) or not name:
        return None, ()
    try:
        return known_of(scenario_of(name, folder)), ()
    except (InputError, ReadError) as error:
        return None, ((("scenario",), str(error), False),)


def known_of(scenario: Scenario) -> ScenarioKnown:
    """Return what a scenario has that an exercise may name. Zones are read from their file; where it cannot be read, nothing is said of them."""
    network = scenario.network
    operators = {name.partition(":")[2] for name in network.coverage or {} if ":" in name}
    operators |= set(network.operator_share or {})
    return ScenarioKnown(
        zones=_zones(scenario),
        channels=frozenset(scenario.channel_names()),
        operators=frozenset(operators) or None,
        has_sites=network.sites is not None,
        from_s=scenario.run.since,
        until_s=scenario.run.since + scenario.run.duration,
    )


def _zones(scenario: Scenario) -> frozenset[str] | None:
    from ew4all.readers.zones import OUTSIDE, read_zones

    said = scenario.zones
    if said is None:
        return frozenset({OUTSIDE})
    try:
        return frozenset({*read_zones(said.file, said.id, said.name).ids, OUTSIDE})
    except (InputError, ReadError):
        return None
