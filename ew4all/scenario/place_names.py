"""Names of zones and operators in a scenario, beside those that its inputs have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ew4all.errors import InputError, ReadError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ew4all.scenario.document import Scenario

__all__ = ["named_operators", "named_zones"]

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
    """Tell operators of decisions that no layer of coverage is of; those of a list of sites are known to the run alone."""
    network = scenario.network
    owners = {name.partition(":")[2] for name in network.coverage or {} if ":" in name}
    if network.sites is not None or not owners:
        return
    for k, one in enumerate(scenario.decisions):
        name = one.network and one.network.operator
        if name and name not in owners:
            yield (
                ("decisions", k, "network", "operator"),
                f"no layer of coverage is of the operator {name!r}; layers are of {_listed(sorted(owners))}",
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
