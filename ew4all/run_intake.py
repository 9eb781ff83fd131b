"""From what a user gives to what a run folds: people, zones, areas, times of arrival, a network and its outage, sirens."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import shapely

from ew4all.coverage.outages.timeline import Timeline
from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.surroundings import FinerPeople, FromDensity
from ew4all.coverage.targeting import TAU
from ew4all.errors import OptionError
from ew4all.grid import Block
from ew4all.intake import open_study
from ew4all.network_window import Looked, within_m
from ew4all.readers.modelled import ModelledLayer
from ew4all.results import OUTSIDE
from ew4all.run_hazard import Arrival, arrival_of
from ew4all.run_network import OutageCourse, addressed_of, customers_of, epochs_of, of_layers
from ew4all.run_people import EVERYBODY, FinerShare, GroupPeople
from ew4all.run_sirens import sirens_on
from ew4all.sim.division import Division
from ew4all.sim.folding import ARRIVAL_EDGES_S, Ground
from ew4all.sim.service_histories import NetworkService, NoService, OutOfReach
from ew4all.study import outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    import numpy as np
    from numpy.typing import NDArray

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.network import Network
    from ew4all.grid import Grid
    from ew4all.readers.provenance import SourceNote
    from ew4all.sim.division import Isochrone
    from ew4all.sim.service_histories import ServiceSource
    from ew4all.sim.siren_levels import Sirens
    from ew4all.study import Study

    Flags = NDArray[np.bool_]

__all__ = ["LATER_S", "RunInputs", "open_run"]

_WALLS_LATER: Final = "coverage is modelled from cell sites:"

LATER_S: Final = 30 * 86400.0
"""So long after a run everybody has acted who ever does."""

LAYER_BLOCK: Final = (512, 512)
NETWORK_BLOCK: Final = (128, 128)


@dataclass(frozen=True, eq=False)
class RunInputs:
    """Everything that a run folds, read and checked; zones end with the one called ``outside``.

    Attributes
    ----------
    study
        The same inputs as `reach` has them.
    ground
        What is folded.
    block
        Rows and columns to fold at once.
    zones, zone_names, groups, operators
        Identifiers and names in the order of indices.
    addressed
        Cells that the alert is sent to, shape (cells,); None without a network of cells.
    wrong_epochs
        Share of site-time that epochs tell wrong, see `Epochs`.
    everybody, isochrones, outage
        What the ground was made from, for whoever folds it anew with another warning area: people on its grid, the shapes that say
        when the hazard arrives, what happens to the sites.
    """

    study: Study
    ground: Ground
    block: tuple[int, int]
    zones: tuple[str, ...]
    zone_names: tuple[str, ...]
    groups: tuple[str, ...]
    operators: tuple[str, ...]
    sources: tuple[SourceNote, ...]
    notes: tuple[str, ...]
    network: Network | None = None
    addressed: Flags | None = None
    wrong_epochs: float = 0.0
    workers: int | Executor = 1
    assumptions: Mapping[str, float] = field(default_factory=dict)
    everybody: FinerPeople | None = None
    isochrones: tuple[Isochrone, ...] = ()
    outage: OutageCourse | None = None

    @property
    def has_network(self) -> bool:
        """Whether anybody's service is known."""
        return not isinstance(self.ground.service, NoService)


def open_run(
    population: Any,
    area: Any = None,
    *,
    arrival: Arrival | float | None = None,
    outage: OutageCourse | Timeline | None = None,
    addressed: Sequence[str] | None = None,
    tau: float = TAU["imminent"],
    one_network: bool = False,
    sirens: Any = None,
    edges_s: Sequence[float] = ARRIVAL_EDGES_S,
    from_s: float = 0.0,
    until_s: float = 6 * 3600.0,
    operator_share: Mapping[str, float] | None = None,
    service_values: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> RunInputs:
    """Read and check the inputs of a run.

    Parameters
    ----------
    population, area, options
        As in `ew4all.reach`: hazard, cap, zones, coverage or sites, dem, population_unit and so on.
    arrival
        When the hazard arrives (see `Arrival`), or one time for everybody, seconds after the scenario's zero; None: long after
        its end, so that whoever is warned in the run is in time.
    outage
        What happens to the sites; a timeline alone begins at the scenario's zero.
    addressed
        Identifiers of the cells that the alert is sent to; None: those of which a share of at least `tau` of the people is in the
        warning area.
    one_network
        Every phone may camp on every cell, whoever owns it.
    sirens
        Points with a column of their level, see `sirens_on`.
    edges_s
        Where classes of the hazard's arrival begin, seconds after the scenario's zero.
    from_s, until_s
        The run.
    operator_share
        Share of each operator's customers; where several operators have cells or layers and none is given all are alike.
    service_values
        In the place of `ew4all.sim.service_histories.PARAMETERS`.

    Raises
    ------
    InputError, ReadError
        One of the inputs; nothing was computed.
    """
    course = OutageCourse(outage) if isinstance(outage, Timeline) else outage
    if isinstance(arrival, Arrival) and arrival.isochrones is not None:
        # What an isochrone holds is reached: it is the footprint, unless another is given.
        options.setdefault("hazard", arrival.isochrones)
    shares = dict(operator_share or {})
    heard = _Heard(sirens)
    study = open_study(
        population,
        area,
        operator_share=None if "sites" in options else shares,
        workers=workers,
        progress=progress,
        sites_near=heard.near if options.get("sites") is not None else None,
        **options,
    )
    # In a run walls are part of the service, not of a later step.
    notes = [note for note in study.notes if not note.startswith(_WALLS_LATER)]
    sources = list(study.sources)
    modelled = [layer for layer in study.rasters if isinstance(layer, ModelledLayer)]
    network = modelled[0].network if modelled else None
    grid = study.grid if network is None else network.grid
    looked = None if network is None else _looked(study, modelled[0], heard)
    row0, _, col0, _ = study.grid.whole if looked is None else looked.window
    factor = 1 if looked is None else looked.factor
    people = GroupPeople.of(study, looked)
    when = arrival_of(until_s + LATER_S if arrival is None else arrival, grid, notes, sources)
    if arrival is None:
        notes.append(
            "no time of arrival was given: the hazard is taken to arrive long after the end of the run, so that whoever is warned in "
            "the run is in time"
        )
    zones = study.zone_shapes
    division = Division.of(
        grid,
        outline(grid),
        zones,
        study.area,
        study.hazard,
        hazard_raster=study.hazard_raster is not None,
        isochrones=when.isochrones,
    )
    risk = (
        None if study.hazard_raster is None else FinerShare(study.hazard_raster, factor, row0, col0)
    )
    everybody = FinerPeople(study.people.cells(None), row0, col0, factor)
    wrong, chosen, elsewhere = 0.0, None, None
    service: ServiceSource
    if network is not None:
        customers = customers_of(network.cells, shares, network, one_network, notes)
        chosen = addressed_of(
            network, everybody, study, risk, customers, addressed, tau, workers, notes
        )
        epochs = epochs_of(network.cells, chosen, course, from_s, until_s, notes)
        wrong = epochs.wrong
        service = NetworkService(network, customers, epochs)
        notes.append(
            "coverage is modelled from cell sites, outdoors and inside buildings, for the state that people are in"
        )
        settlement = network.environment
        if looked is not None and not looked.is_all(study.grid):
            elsewhere = _elsewhere(study, looked, OutOfReach(service), tuple(edges_s))
            notes.append(_told(study, looked))
    else:
        if course is not None or addressed is not None:
            msg = "outages and cells to address need cell sites; give sites in the place of coverage layers, or leave them out"
            raise OptionError(msg)
        settlement = FromDensity(everybody, grid, Radio())
        service = of_layers(study, shares, service_values or {}, notes)
    ground = Ground(
        division,
        people,
        len(people.names),
        service,
        settlement,
        risk,
        when.field,
        None if sirens is None else heard.on(grid, notes, sources),
        tuple(edges_s),
        None if elsewhere is None else looked,
        elsewhere,
    )
    names = () if study.zones is None else study.zones.names
    ids = () if study.zones is None else study.zones.ids
    return RunInputs(
        study,
        ground,
        LAYER_BLOCK if network is None else NETWORK_BLOCK,
        (*ids, OUTSIDE),
        (*names, "outside all zones"),
        people.names,
        tuple(one.name or EVERYBODY for one in service.customers),
        tuple(sources),
        tuple(dict.fromkeys(notes)),
        network,
        chosen,
        wrong,
        study.workers,
        everybody=everybody,
        isochrones=tuple(when.isochrones),
        outage=course,
    )


@dataclass(eq=False)
class _Heard:
    """Sirens of a run: read where they are asked for first, with what is to be told about them."""

    given: Any
    sirens: Sirens | None = None
    notes: list[str] = field(default_factory=list)
    sources: list[SourceNote] = field(default_factory=list)

    def on(self, grid: Grid, notes: list[str], sources: list[SourceNote]) -> Sirens:
        """Return the sirens on a grid; notes and sources are added to."""
        if self.sirens is None:
            self.sirens = sirens_on(self.given, grid, self.notes, self.sources)
        notes += self.notes
        sources += self.sources
        return replace(self.sirens, grid=grid)

    def near(self, grid: Grid) -> Block | None:
        """Return the cells of a grid in which some siren may be heard."""
        found = self.boxes(grid)
        return found[0].around(*found[1:]) if found else None

    def boxes(self, grid: Grid) -> list[Block]:
        """Return the cells of a grid in which each siren may be heard."""
        if self.given is None:
            return []
        here = self.on(grid, [], [])
        return within_m(grid, here.lon_deg, here.lat_deg, here.reach_m)


def _looked(study: Study, layer: ModelledLayer, heard: _Heard) -> Looked:
    """Return the cells of people that are looked at pixel by pixel: in area or footprint, or where a cell or siren reaches."""
    grid, factor = layer.network.grid, layer.factor
    rows, cols = (n // factor for n in grid.shape)
    window = Block(layer.row0, layer.row0 + rows, layer.col0, layer.col0 + cols)
    shapes = [one for one in (study.area, study.hazard) if one is not None]
    blocks = [grid.block_of_bounds(one.bounds) for one in shapes] or [grid.whole]
    boxes = [one for one in blocks if one is not None]
    boxes += [Block(*box) for box in layer.network.placed.box.T.tolist()]
    return Looked.of(window, factor, [*boxes, *heard.boxes(grid)])


def _elsewhere(
    study: Study, looked: Looked, service: OutOfReach, edges_s: tuple[float, ...]
) -> Ground:
    """Return the ground of the people elsewhere, who are in no area and have no signal: by whole cells."""
    grid, people = study.grid, GroupPeople.elsewhere(study, looked)
    nowhere = shapely.Polygon()
    division = Division.of(grid, outline(grid), study.zone_shapes, nowhere, nowhere)
    return Ground(division, people, len(people.names), service, edges_s=edges_s)


def _told(study: Study, looked: Looked) -> str:
    rows, cols = looked.window.shape
    return (
        f"people are looked at pixel by pixel in {len(looked):,} of {study.grid.height * study.grid.width:,} "
        f"cells of people, within a window of {rows:,} x {cols:,}: in the warning area and the hazard's footprint, and where a cell or a "
        "siren reaches. Elsewhere nobody is in the area or has a signal, and people are counted by whole cells; they still talk, and hear "
        "stations as people outside the area do, so that a population of the country tells over-reach better"
    )
