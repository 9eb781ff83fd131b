"""From what a user gives to what a run folds: people, zones, areas, times of arrival, a network and its outage, sirens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.exposure import Fractions
from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.surroundings import FinerPeople, FromDensity
from ew4all.coverage.target_places import Operator, Places, look
from ew4all.coverage.targeting import TAU, threshold
from ew4all.errors import OptionError
from ew4all.geometry import ragged
from ew4all.intake import open_study
from ew4all.readers.cells import PolygonShare
from ew4all.readers.modelled import ModelledLayer
from ew4all.readers.people import RasterPeople
from ew4all.results import OUTSIDE
from ew4all.run_hazard import Arrival, arrival_of
from ew4all.run_sirens import sirens_on
from ew4all.sim.division import Division
from ew4all.sim.epochs import MOST_EPOCHS, Epochs
from ew4all.sim.folding import ARRIVAL_EDGES_S, Ground
from ew4all.sim.service_histories import Customers, LayerService, NetworkService, NoService
from ew4all.study import outline
from ew4all.target_intake import operators_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.cells import Cells
    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.network import Network
    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.grid import Block
    from ew4all.readers.provenance import SourceNote
    from ew4all.sim.service_histories import ServiceSource
    from ew4all.study import Study

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["EVERYBODY", "OutageCourse", "RunInputs", "open_run"]

EVERYBODY: Final = "all"
"""Name of the one group where the population knows none."""

_WALLS_LATER: Final = "coverage is modelled from cell sites:"

LAYER_BLOCK: Final = (512, 512)
NETWORK_BLOCK: Final = (128, 128)


@dataclass(frozen=True, eq=False)
class OutageCourse:
    """What happens to the network's sites while the run goes on.

    Attributes
    ----------
    timeline
        Of the sites of the network, as `ew4all.outage` numbers them: `OutageResult.ensemble.timelines[k]`.
    zero_s
        When the timeline's zero lies, seconds after the scenario's zero.
    most_epochs
        See `Epochs.of_timeline`.
    shed
        Cells that are off while their site has no mains.
    temporary_addressed
        The broadcast centre knows the cells that stand in for a site's own.
    """

    timeline: Timeline
    zero_s: float = 0.0
    most_epochs: int = MOST_EPOCHS
    shed: Flags | None = None
    temporary_addressed: bool = False


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

    @property
    def has_network(self) -> bool:
        """Whether anybody's service is known."""
        return not isinstance(self.ground.service, NoService)


def open_run(
    population: Any,
    area: Any = None,
    *,
    arrival: Arrival | float | None = None,
    outage: OutageCourse | None = None,
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
        When the hazard arrives (see `Arrival`), or one time for everybody, seconds after the scenario's zero; None: at its end,
        so that whoever is warned by then is in time.
    outage
        What happens to the sites.
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
    if "outage" in options:
        msg = "an outage of a run is an OutageCourse, which says when sites fail and come back"
        raise OptionError(msg)
    if isinstance(arrival, Arrival) and arrival.isochrones is not None:
        # What an isochrone holds is reached: it is the footprint, unless another is given.
        options.setdefault("hazard", arrival.isochrones)
    shares = dict(operator_share or {})
    study = open_study(
        population,
        area,
        operator_share=None if "sites" in options else shares,
        workers=workers,
        progress=progress,
        **options,
    )
    # In a run walls are part of the service, not of a later step.
    notes = [note for note in study.notes if not note.startswith(_WALLS_LATER)]
    sources = list(study.sources)
    modelled = [layer for layer in study.rasters if isinstance(layer, ModelledLayer)]
    network, factor = (modelled[0].network, modelled[0].factor) if modelled else (None, 1)
    grid = study.grid if network is None else network.grid
    people = GroupPeople.of(study, factor)
    when = arrival_of(until_s if arrival is None else arrival, grid, notes, sources)
    if arrival is None:
        notes.append(
            f"no time of arrival was given: the hazard is taken to arrive at the end of the run, {until_s / 3600.0:g} h after its "
            "zero, so that whoever is warned by then is in time"
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
    risk = None if study.hazard_raster is None else FinerShare(study.hazard_raster, factor)
    everybody = FinerPeople(study.people.cells(None), 0, 0, factor)
    wrong, chosen = 0.0, None
    service: ServiceSource
    if network is not None:
        customers = _customers(network.cells, shares, network, one_network, notes)
        chosen = _addressed(
            network, everybody, study, risk, customers, addressed, tau, workers, notes
        )
        epochs = _epochs(network.cells, chosen, outage, from_s, until_s, notes)
        wrong = epochs.wrong
        service = NetworkService(network, customers, epochs)
        notes.append(
            "coverage is modelled from cell sites, outdoors and inside buildings, for the state that people are in"
        )
        settlement = network.environment
    else:
        if outage is not None or addressed is not None:
            msg = "outages and cells to address need cell sites; give sites in the place of coverage layers, or leave them out"
            raise OptionError(msg)
        settlement = FromDensity(everybody, grid, Radio())
        service = _of_layers(study, shares, service_values or {}, notes)
    ground = Ground(
        division,
        people,
        len(people.names),
        service,
        settlement,
        risk,
        when.field,
        None if sirens is None else sirens_on(sirens, grid, notes, sources),
        tuple(edges_s),
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
    )


@dataclass(frozen=True, eq=False)
class GroupPeople:
    """People of each group on a grid whose cells are `factor` x `factor` parts of those of the population."""

    readers: tuple[FinerPeople, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, study: Study, factor: int) -> GroupPeople:
        """Take the groups of a population, or everybody as one."""
        people = study.people
        if isinstance(people, RasterPeople) and people.groups:
            found = [_OneGroup(people, g) for g in range(len(people.groups))]
            return cls(tuple(FinerPeople(one, 0, 0, factor) for one in found), tuple(people.groups))
        return cls((FinerPeople(people.cells(None), 0, 0, factor),), (EVERYBODY,))

    def read(self, block: Block) -> F64:
        """Return people of a block, shape (groups, rows, columns)."""
        return np.stack([reader.read(block) for reader in self.readers])


@dataclass(frozen=True)
class _OneGroup:
    people: RasterPeople
    group: int

    def read(self, block: Block) -> F64:
        return np.asarray(self.people.population.people(block, self.group), np.float64)


@dataclass(frozen=True, eq=False)
class FinerShare:
    """Shares of cells, repeated for their `factor` x `factor` parts."""

    coarse: Any
    factor: int

    def read(self, block: Block) -> F64:
        """Return the shares of a block."""
        f = self.factor
        above = block._replace(
            row0=block.row0 // f, row1=-(-block.row1 // f), col0=block.col0 // f, col1=-(-block.col1 // f)
        )  # fmt: skip
        share = np.asarray(self.coarse.share(above), np.float64)
        fine = share.repeat(f, axis=0).repeat(f, axis=1)
        top, left = block.row0 % f, block.col0 % f
        return fine[top : top + block.shape[0], left : left + block.shape[1]]


def _customers(
    cells: Cells, shares: Mapping[str, float], network: Network, one_network: bool, notes: list[str]
) -> tuple[Customers, ...]:
    found = operators_of(
        cells, (), shares, np.unique(network.placed.owner), one_network=one_network, notes=notes
    )
    return tuple(Customers(one.name, one.share) for one in found)


def _addressed(
    network: Network,
    people: FinerPeople,
    study: Study,
    risk: FinerShare | None,
    customers: Sequence[Customers],
    given: Sequence[str] | None,
    tau: float,
    workers: int | Executor | None,
    notes: list[str],
) -> Flags:
    """Return the cells that the alert is sent to."""
    cells = network.cells
    if given is not None:
        unknown = sorted(set(given) - set(cells.id.tolist()))
        if unknown:
            msg = f"the network has no cell {unknown[0]!r}; name cells as in the list of sites, for instance {cells.id[0]!s}"
            raise OptionError(msg)
        return np.isin(cells.id, list(given))
    shape = study.area
    by_raster = shape is None and risk is not None
    if by_raster:
        shape = study.hazard
    if shape is None:
        return np.ones(len(cells), bool)
    fractions: Any = risk if by_raster else Fractions.of(ragged([shape]), network.grid)
    operators = tuple(Operator(one.name, one.share) for one in customers)
    places = Places(network, people.read, fractions, operators)
    sums = look(places, shape, workers=1 if workers is None else workers).nominal
    chosen = threshold(sums.inside, sums.outside, tau, epsilon=1e-6 if tau == 0.0 else 0.0)
    notes.append(
        f"the alert is sent to {int(chosen.sum()):,} of {len(cells):,} cells: those of which "
        + (f"at least {tau:.0%} of the people served are" if tau else "anybody served is")
        + " in the warning area"
    )
    return chosen


def _epochs(
    cells: Cells,
    addressed: Flags,
    outage: OutageCourse | None,
    from_s: float,
    until_s: float,
    notes: list[str],
) -> Epochs:
    if outage is None:
        return Epochs.always(addressed)
    sites = int(cells.site.max()) + 1
    if outage.timeline.sites != sites:
        msg = f"the outage is of {outage.timeline.sites} sites, but the cells of this network stand on {sites}; compute it for these cells"
        raise OptionError(msg)
    epochs = Epochs.of_timeline(
        outage.timeline,
        cells.site,
        addressed,
        from_s=from_s,
        until_s=until_s,
        zero_s=outage.zero_s,
        most=outage.most_epochs,
        shed=outage.shed,
        temporary_addressed=outage.temporary_addressed,
    )
    notes.append(
        f"the outage is told in {len(epochs)} epochs; in {epochs.wrong:.2%} of all site-time a site is told up that was down, or the "
        "other way round"
    )
    return epochs


def _of_layers(
    study: Study, shares: Mapping[str, float], values: Mapping[str, float], notes: list[str]
) -> ServiceSource:
    layers: list[tuple[str, str | None, Any]] = [
        (layer.technology, layer.operator, layer) for layer in study.rasters
    ]
    layers += [
        (layer.technology, layer.operator, PolygonShare.of(shape, study.grid))
        for layer, shape in zip(study.polygons, study.polygon_shapes, strict=True)
    ]
    if not layers:
        return NoService()
    owners = sorted({owner for _, owner, _ in layers if owner is not None} | set(shares))
    if len(owners) > 1 and not shares:
        notes.append(
            f"market shares were not given: each of the {len(owners)} operators ({', '.join(owners)}) is taken to have the same share "
            "of the phones"
        )
    each = {name: shares.get(name, 0.0) if shares else 1.0 / len(owners) for name in owners}
    customers = tuple(Customers(name, share) for name, share in each.items()) or (
        Customers(None, 1.0),
    )
    notes.append(
        "coverage is layers, without cells to address: the alert is taken to be on air exactly in the warning area, so that cell "
        "broadcast warns nobody outside it"
    )
    return LayerService(layers, customers, dict(values))
