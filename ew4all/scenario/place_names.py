"""Names of zones, operators and groups in a scenario, beside those that its inputs have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ew4all.errors import InputError, ReadError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ew4all.scenario.document import Scenario

__all__ = ["named_groups", "named_operators", "named_zones"]

Told: TypeAlias = "Iterator[tuple[tuple[str | int, ...], str]]"
_MOST_LISTED = 20


def named_zones(scenario: Scenario) -> Told:
    """Tell zones of power and decisions that the file of zones does not have.

    Where none is named the file is not opened, and where it cannot be read the run says why.
    """
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("power", zone), zone) for zone in scenario.power if zone != "*"
    ]
    for k, one in enumerate(scenario.decisions):
        for kind in ("network", "power"):
            zone = getattr(getattr(one, kind), "zone", None)
            if zone is not None:
                named.append((("decisions", k, kind, "zone"), zone))
    if not named:
        return
    known = _zones(scenario)
    for where, zone in named:
        if known is not None and zone not in known:
            yield where, f"there is no zone {zone!r}; zones are {_listed(known)}"


def named_operators(scenario: Scenario) -> Told:
    """Tell operators of shares and decisions that no layer of coverage is of, or no cell of the list of sites.

    Where none is named the list is not opened.
    """
    network = scenario.network
    if network.sites is not None:
        yield from _of_sites(scenario)
        return
    owners = {name.partition(":")[2] for name in network.coverage or {} if ":" in name}
    if not owners:
        return
    layers = f"layers are of {_listed(sorted(owners))}"
    for where, name in _operators_of_decisions(scenario):
        if name not in owners:
            yield where, f"no layer of coverage is of the operator {name!r}; {layers}"


def _of_sites(scenario: Scenario) -> Told:
    from ew4all.readers.sites import MAX_AGE_YEARS, operators_in
    from ew4all.run_people import EVERYBODY

    network, decisions = scenario.network, list(_operators_of_decisions(scenario))
    shares = list(network.operator_share or {})
    if not (decisions or shares):
        return
    try:
        known = operators_in(
            network.sites,
            columns=network.columns,
            technology=network.technology,
            max_age_years=network.max_age_years or MAX_AGE_YEARS,
        )
    except (InputError, ReadError) as error:
        yield ("network", "sites"), f"its operators cannot be read: {error}"
        return
    cells = f"cells are of {_listed([name or '(none)' for name in known])}"
    for name in shares:
        if name not in known:
            where = ("network", "operator_share", name)
            yield where, f"no cell of the list is of the operator {name!r}; {cells}"
    # Of one operator, and of one network of all, the run knows no names.
    one = network.one_network or len(known) == 1
    for place, name in decisions:
        if one and name != EVERYBODY:
            yield (
                place,
                f"the cells are one network in this scenario, so that no operator can be named; leave out {name!r}",
            )
        elif not one and name not in known:
            yield place, f"no cell of the list is of the operator {name!r}; {cells}"


def _operators_of_decisions(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for k, one in enumerate(scenario.decisions):
        name = one.network and one.network.operator
        if name:
            yield ("decisions", k, "network", "operator"), name


def named_groups(scenario: Scenario) -> Told:
    """Tell groups of behaviour that the population does not have: their factors would be on nobody."""
    from ew4all.run_people import EVERYBODY

    known = tuple(scenario.population.groups or (EVERYBODY,))
    for name in scenario.behaviour.groups or ():
        if name not in known:
            yield (
                ("behaviour", "groups", name),
                f"there is no group {name!r}, so that its factors are on nobody; groups of the population are {_listed(known)}",
            )


def _zones(scenario: Scenario) -> tuple[str, ...] | None:
    from ew4all.readers.zones import OUTSIDE, read_zones

    said = scenario.zones
    if said is None:
        return (OUTSIDE,)
    try:
        return (*read_zones(said.file, said.id, said.name).ids, OUTSIDE)
    except (InputError, ReadError):
        return None


def _listed(names: Collection[str]) -> str:
    first = list(names)[:_MOST_LISTED]
    more = f" and {len(names) - len(first)} more" if len(names) > len(first) else ""
    return ", ".join(first) + more
