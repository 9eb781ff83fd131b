"""Who serves the people of a run: operators, the cells that the alert is sent to, the epochs of an outage, layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.coverage.exposure import Fractions
from ew4all.coverage.target_places import Operator, Places, look
from ew4all.coverage.targeting import threshold
from ew4all.errors import OptionError
from ew4all.geometry import ragged
from ew4all.readers.cells import PolygonShare
from ew4all.sim.epochs import MOST_EPOCHS, Epochs
from ew4all.sim.service_histories import Customers, LayerService, NoService
from ew4all.target_intake import operators_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.cells import Cells
    from ew4all.coverage.network import Network
    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.coverage.surroundings import FinerPeople
    from ew4all.run_people import FinerShare
    from ew4all.sim.service_histories import ServiceSource
    from ew4all.study import Study

    Flags = NDArray[np.bool_]

__all__ = ["OutageCourse", "addressed_of", "customers_of", "epochs_of", "of_layers"]


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


def customers_of(
    cells: Cells, shares: Mapping[str, float], network: Network, one_network: bool, notes: list[str]
) -> tuple[Customers, ...]:
    """Return the operators of a network and their shares of the phones; see `ew4all.target_intake.operators_of`."""
    found = operators_of(
        cells, (), shares, np.unique(network.placed.owner), one_network=one_network, notes=notes
    )
    return tuple(Customers(one.name, one.share) for one in found)


def addressed_of(
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


def epochs_of(
    cells: Cells,
    addressed: Flags,
    outage: OutageCourse | None,
    from_s: float,
    until_s: float,
    notes: list[str],
) -> Epochs:
    """Return the epochs of a run; without an outage there is one."""
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


def of_layers(
    study: Study, shares: Mapping[str, float], values: Mapping[str, float], notes: list[str]
) -> ServiceSource:
    """Return the service that coverage layers give; none without a layer."""
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
