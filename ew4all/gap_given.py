"""Groups that a user gives beside the population: their people, or the share of people who belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ew4all.errors import GridMismatchError, OptionError
from ew4all.gap_people import PartOfPeople
from ew4all.readers.channel_layers import open_layer_of
from ew4all.readers.layers import is_raster
from ew4all.readers.people import open_people
from ew4all.readers.provenance import SourceNote

if TYPE_CHECKING:
    from ew4all.readers.people import PeopleSource

__all__ = ["open_groups"]


def open_groups(
    groups: Mapping[str, Any],
    people: PeopleSource,
    notes: list[str],
    sources: list[SourceNote],
    **how: Any,
) -> dict[str, PeopleSource | PartOfPeople]:
    """Open groups on the cells of the population.

    Parameters
    ----------
    groups
        Name to a raster of the people of the group; or to a mapping of ``source`` and ``share: True`` for a raster of 0..1,
        the share of the people of each place who belong to it (on any cells).
    notes, sources
        Added to.
    how
        Options of `open_people` with which the population was read.

    Raises
    ------
    GridMismatchError
        The people of a group are not on the cells of the population.
    OptionError
        A group that is neither.
    InputError, ReadError
        See `open_people`.
    """
    found: dict[str, PeopleSource | PartOfPeople] = {}
    for name, given in groups.items():
        asked = dict(given) if isinstance(given, Mapping) else {"source": given}
        role = f"group {name}"
        if name in people.groups:
            msg = f"{role} is a layer of the population already; give it another name, or once"
            raise OptionError(msg)
        if "source" not in asked or set(asked) - {"source", "share"}:
            msg = f"{role} is a raster of people, or a mapping of source and share, but got {', '.join(asked)}"
            raise OptionError(msg)
        source = asked["source"]
        if not is_raster(source):
            msg = f"{role} is polygons; groups are rasters on the cells of the population, of people or of shares 0..1"
            raise OptionError(msg)
        if asked.get("share"):
            layer = open_layer_of(role, source, people.grid, None)
            notes += layer.notes
            sources.append(layer.source)
            assert layer.raster is not None
            found[name] = PartOfPeople(people, layer.raster)
            continue
        own = open_people(source, **how)
        if not own.grid.same_cells(people.grid):
            msg = (
                f"{role} has {own.grid.height} x {own.grid.width} cells that are not those of the population "
                f"({people.grid.height} x {people.grid.width}); people cannot be moved between cells: give it on the same cells, or as "
                "a share of people with --group-share"
            )
            raise GridMismatchError(msg)
        sources.append(
            SourceNote.of(role, source, own.crs, unit=own.unit, total=sum(own.everybody()))
        )
        found[name] = own
    return found
