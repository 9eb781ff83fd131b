"""Cell sites in the place of coverage layers: what `reach` takes from a list of sites, and from an outage of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ew4all import assumptions
from ew4all.cells import Cells, split_assumed
from ew4all.coverage.outages.on_air import Outage
from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.surroundings import FinerPeople
from ew4all.errors import OptionError
from ew4all.network_intake import map_grid, must_reach, network_on
from ew4all.network_window import reach_window
from ew4all.readers.given_cells import cells_of
from ew4all.readers.modelled import ModelledLayer, layers_of
from ew4all.readers.outage_ensemble import read_ensemble
from ew4all.readers.provenance import SourceNote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.grid import Block
    from ew4all.readers.people import PeopleSource

__all__ = ["NetworkCoverage", "open_network_coverage", "split_assumptions"]


@dataclass(frozen=True, eq=False)
class NetworkCoverage:
    """Layers that a network gives, and what is to be told about them."""

    layers: tuple[ModelledLayer, ...]
    outage: Outage | None
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]


def split_assumptions(
    assume: Mapping[str, float],
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return the assumptions of the device steps, of cells, and of air and phones."""
    steps = {row.name for row in assumptions.TABLE}
    of_cells, others = split_assumed(assume)
    return (
        {name: value for name, value in assume.items() if name in steps},
        of_cells,
        {name: value for name, value in others.items() if name not in steps},
    )


def open_network_coverage(
    sites: Any,
    people: PeopleSource,
    *,
    dem: Any = None,
    landcover: Any = None,
    outage: Any = None,
    assume: Mapping[str, float] | None = None,
    read: Mapping[str, Any] | None = None,
    window: Block | None = None,
    within_reach: bool = False,
) -> NetworkCoverage:
    """Read sites and put their cells on the grid of the people.

    Parameters
    ----------
    sites
        A list of cells (see `read_cells`) or `Cells`.
    dem, landcover
        See `ew4all.network_intake.open_network`.
    outage
        Table of sites (or cells) off the air, with or without members; see `read_ensemble`.
    assume
        Of cells, air and phones, by name.
    read
        Options of `read_cells`.
    window
        Cells of the people in which coverage is wanted; all by default. Beyond it nobody is served.
    within_reach
        It is wanted in the window and wherever a cell may reach.

    Raises
    ------
    InputError, ReadError
        One of the inputs.
    EmptySelectionError
        No cell serves the population.
    """
    _, of_cells, of_radio = split_assumptions(assume or {})
    radio = Radio.assuming(of_radio)
    if isinstance(sites, Cells) and read:
        msg = f"{', '.join(read)} is for lists of sites, but cells were given; leave it out"
        raise OptionError(msg)
    given = cells_of(sites, {"assume": of_cells or None, **(read or {})}, provenance="modelled")
    cells, notes = given.cells, list(given.notes)
    sources = list(given.sources)
    if not sources:
        sources = [SourceNote.of("sites", None, None, unit="cells", provenance="modelled")]
    part = people.grid.whole if window is None else window
    if within_reach:
        must_reach(cells, people.grid, radio)
        part = part.around(reach_window(cells, people.grid, radio, of_cells))
    else:
        must_reach(cells, people.grid.crop(part), radio)
    grid, factor, told = map_grid(people.grid, part, None)
    notes += told
    around = FinerPeople(people.cells(None), part.row0, part.col0, factor)
    placed = network_on(
        cells, grid, around, radio, dem=dem, landcover=landcover,
        assume_cells=of_cells,
    )  # fmt: skip
    notes += placed.notes
    notes.append(
        "coverage is modelled from cell sites: the probability that a phone outdoors decodes a broadcast; what walls take is in "
        "the step `received`"
    )
    sources += placed.sources
    hit = None
    if outage is not None:
        found_outage = read_ensemble(outage, placed.network.cells)
        notes += found_outage.notes
        sources.append(SourceNote.of("outage", outage, None))
        hit = Outage(found_outage.alive, placed.network.cells.site)
    return NetworkCoverage(
        tuple(layers_of(placed.network, factor, part.row0, part.col0)),
        hit,
        tuple(sources),
        tuple(notes),
    )
