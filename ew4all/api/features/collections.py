"""Collections of features: who offers them, and how one is found.

A `Provider` offers some; what a new one needs is to be put into `PROVIDERS`.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from ew4all.api.features.alerts import alerts_table, alerts_version
from ew4all.api.features.live import live_table, live_version
from ew4all.api.features.reading import read_layer, version_of
from ew4all.api.layers.catalogue import MOST_SEEN, SEEN_S, Layer, layers_by_id, list_layers
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from ew4all.api.features.table import Table
    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = [
    "COLLECTION_ID",
    "PROVIDERS",
    "Collection",
    "Provider",
    "features_of",
    "find_collection",
    "list_collections",
    "seen_collection",
]

COLLECTION_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"

_VECTORS: Final = (".parquet", ".gpkg", ".geojson", ".fgb")
"""Endings, the one that is read most easily first: of one table in several formats, one is a collection."""
_CELLS: Final = ".cells"


@dataclass(frozen=True)
class Collection:
    """Features of one kind.

    Attributes
    ----------
    bbox
        West, south, east, north, degrees; None where it is not known without reading.
    begins, ends
        When; None where it has no time, or is open.
    version
        Text that differs where the features do.
    changes
        Whether features come and go; those of a result never do.
    load
        Reads the features; called when they are not in memory.
    layer
        The layer that holds them.
    """

    id: str
    title: str
    description: str
    bbox: list[float] | None
    begins: dt.datetime | None
    ends: dt.datetime | None
    version: str
    changes: bool
    load: Callable[[], Table]
    layer: Layer | None = None


class Provider(Protocol):
    """Who offers collections."""

    def offered(
        self, service: Service, asking: Principal, limit: int, offset: int
    ) -> tuple[list[Collection], int]:
        """Return a page of its collections, and how many there are in all."""

    def found(self, service: Service, asking: Principal, identifier: str) -> Collection | None:
        """Return one of them; None where it has none of this name."""


class Alerts:
    """The alerts that are stored, as one collection."""

    def offered(
        self, service: Service, asking: Principal, limit: int, offset: int
    ) -> tuple[list[Collection], int]:
        """Offer it, with an alert in it or not."""
        one = self.found(service, asking, "alerts")
        return [c for c in (one,) if c is not None][offset : offset + limit], 1

    def found(self, service: Service, asking: Principal, identifier: str) -> Collection | None:  # noqa: ARG002
        """Return it."""
        if identifier != "alerts":
            return None
        return Collection(
            "alerts", "Alerts", "Alerts (CAP 1.2) that are stored, each where it applies; the latest version of each.",
            None, None, None, alerts_version(service), changes=True, load=lambda: alerts_table(service),
        )  # fmt: skip


class LiveAlerts:
    """The alerts of feeds that are not over, as one collection."""

    def offered(
        self, service: Service, asking: Principal, limit: int, offset: int
    ) -> tuple[list[Collection], int]:
        """Offer it, with an alert in it or not."""
        one = self.found(service, asking, "live-alerts")
        return [c for c in (one,) if c is not None][offset : offset + limit], 1

    def found(self, service: Service, asking: Principal, identifier: str) -> Collection | None:  # noqa: ARG002
        """Return it."""
        if identifier != "live-alerts":
            return None
        return Collection(
            "live-alerts", "Live alerts", "Alerts of the feeds that the host named, as far as they are not over, and how many each reaches.",
            None, None, None, live_version(service), changes=True, load=lambda: live_table(service),
        )  # fmt: skip


class Results:
    """Vector layers of jobs, and the cells of their rasters of people."""

    def offered(
        self, service: Service, asking: Principal, limit: int, offset: int
    ) -> tuple[list[Collection], int]:
        """Return those of the newest jobs first."""
        layers, _ = list_layers(
            service, asking, limit=10**9, offset=0, kinds=("vector", "raster"), uploads=False
        )
        best: dict[str, Layer] = {}
        for layer in layers:
            name = _collection_id(layer)
            if name is None:
                continue
            have = best.get(name)
            if have is None or _rank(layer) < _rank(have):
                best[name] = layer
        page = list(best.items())[offset : offset + limit]
        return [_of_layer(service, name, layer) for name, layer in page], len(best)

    def found(self, service: Service, asking: Principal, identifier: str) -> Collection | None:
        """Look for the layer behind the name."""
        names = [identifier + ending for ending in _VECTORS]
        if identifier.endswith(_CELLS):
            names.append(identifier.removesuffix(_CELLS) + ".tif")
        layers = layers_by_id(service, asking, names)
        fitting = [one for one in layers if _collection_id(one) == identifier]
        if not fitting:
            return None
        return _of_layer(service, identifier, min(fitting, key=_rank))


def _rank(layer: Layer) -> int:
    return _VECTORS.index(layer.suffix) if layer.suffix in _VECTORS else len(_VECTORS)


def _collection_id(layer: Layer) -> str | None:
    if layer.kind == "vector" and layer.suffix in _VECTORS:
        return layer.id.removesuffix(layer.suffix)
    if layer.kind == "raster" and layer.suffix == ".tif" and layer.facts.get("unit") == "people":
        return layer.id.removesuffix(layer.suffix) + _CELLS
    return None


def _of_layer(service: Service, identifier: str, layer: Layer) -> Collection:
    what = layer.label or f"{layer.process} of {layer.created:%Y-%m-%d %H:%M} UTC"
    stem = re.sub(r"[_-]+", " ", layer.stem)
    facts = layer.facts
    if layer.kind == "raster":
        title = f"{what}: {stem}, cells"
        about = f"{facts.get('description') or stem}: cells with people, as polygons; cells are joined where there are very many."

        def load() -> Table:
            return _cells(service, layer)
    else:
        title = f"{what}: {stem}"
        about = f"{stem} of a job of the process {layer.process!r}"

        def load() -> Table:
            return read_layer(service, layer)

    return Collection(
        identifier, title, about, facts.get("bbox"), layer.created, layer.created, version_of(layer),
        changes=False, load=load, layer=layer,
    )  # fmt: skip


def _cells(service: Service, layer: Layer) -> Table:
    from ew4all.api.features.cells import cells_of

    limits = service.settings.limits
    count = int(layer.facts.get("width", 0)) * int(layer.facts.get("height", 0))
    if count > limits.layer_cells:
        told = f"{layer.name} has {count:,} cells, of {limits.layer_cells:,} that are served as features: download the raster"
        raise Problem(413, "too-many-cells", told)
    return cells_of(service.blobs.path(layer.sha256, layer.suffix), limits.cell_features)


PROVIDERS: Final[list[Provider]] = [Alerts(), LiveAlerts(), Results()]
"""In the order of the list of collections."""


def list_collections(
    service: Service, asking: Principal, *, limit: int, offset: int
) -> tuple[list[Collection], int]:
    """Return a page of all collections, and how many there are."""
    page: list[Collection] = []
    total = 0
    for provider in PROVIDERS:
        found, count = provider.offered(service, asking, limit - len(page), max(0, offset - total))
        page += found
        total += count
    return page, total


def seen_collection(service: Service, identifier: str) -> Collection | None:
    """Return a collection of results that was looked up a moment ago, without asking the store."""
    found = service.seen_collections.get(identifier)
    if found is None or found[1] < time.monotonic():
        return None
    return found[0]


def find_collection(service: Service, asking: Principal, identifier: str) -> Collection:
    """Return a collection.

    Raises
    ------
    Problem
        404: there is none of this name.
    """
    for provider in PROVIDERS:
        found = provider.found(service, asking, identifier)
        if found is None:
            continue
        if not found.changes:
            if len(service.seen_collections) >= MOST_SEEN:
                service.seen_collections.clear()
            service.seen_collections[identifier] = found, time.monotonic() + SEEN_S
        return found
    told = f"there is no collection {identifier!r}; /collections lists what there is"
    raise Problem(404, "unknown-collection", told)


def features_of(service: Service, collection: Collection) -> Table:
    """Return the features of a collection, from memory where they are there."""
    return service.tables.get_or_make(collection.version, collection.load)
