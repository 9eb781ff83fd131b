"""The transport network: which links a site's traffic takes to the core, as a graph that is given or laid out.

Nodes are the sites, in their order, and after them whatever else links end at (hubs, a core abroad). A site has service if
it has power, is whole, and a chain of such nodes and of whole links leads from it to a core.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.outages.backhaul_kernels import attach, crowds, gather, spanning
from ew4all.coverage.outages.draws import keys_of, keys_of_pairs
from ew4all.coverage.outages.kernels import components
from ew4all.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.cells import Sites
    from ew4all.coverage.outages.draws import Keys
    from ew4all.units import F64, I32, I64

__all__ = ["FIBRE", "LINK_KINDS", "MICROWAVE", "SATELLITE", "SUBMARINE", "Backhaul", "lay_out"]

LINK_KINDS: Final = ("fibre", "microwave", "submarine", "satellite")
"""Kinds of links by code. A satellite link fails with its ends only; a submarine cable waits for a ship."""

FIBRE, MICROWAVE, SUBMARINE, SATELLITE = range(4)

CORE_ABROAD: Final = "core abroad"


@dataclass(frozen=True, eq=False)
class Backhaul:
    """A graph of nodes and links.

    Attributes
    ----------
    sites
        How many of the nodes, the first ones, are sites.
    id, lon_deg, lat_deg
        Of the nodes, shape (nodes,).
    hub, core
        Whether a node is a hub (better power), or a way into the core (needs no other path); shape (nodes,).
    a, b, kind
        Ends and kind (`LINK_KINDS`) of the links; shape (links,).
    notes
        What was decided when it was made.

    Raises
    ------
    InputError
        A link ends at no node or at itself, there is no core, or columns differ in length.
    """

    sites: int
    id: NDArray[np.str_]
    lon_deg: F64
    lat_deg: F64
    hub: NDArray[np.bool_]
    core: NDArray[np.bool_]
    a: I32
    b: I32
    kind: NDArray[np.int8]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a graph that is none."""
        nodes, links = self.id.size, self.a.size
        if any(v.shape != (nodes,) for v in (self.lon_deg, self.lat_deg, self.hub, self.core)):
            msg = "the columns of the nodes of a transport network differ in length"
            raise InputError(msg)
        if self.b.shape != (links,) or self.kind.shape != (links,):
            msg = "the columns of the links of a transport network differ in length"
            raise InputError(msg)
        for ends in (self.a, self.b):
            wrong = np.flatnonzero((ends < 0) | (ends >= nodes))
            if wrong.size:
                msg = f"link {wrong[0] + 1} ends at node {ends[wrong[0]]}, but nodes run from 0 to {nodes - 1}"
                raise InputError(msg)
        loops = np.flatnonzero(self.a == self.b)
        if loops.size:
            msg = f"link {loops[0] + 1} joins {self.id[self.a[loops[0]]]} to itself; remove it"
            raise InputError(msg)
        if nodes and not self.core.any():
            msg = "no node of the transport network is the core, so no site could ever have service; name one"
            raise InputError(msg)

    @cached_property
    def keys(self) -> Keys:
        """Of the nodes, for draws."""
        return keys_of(self.id)

    @cached_property
    def link_keys(self) -> Keys:
        """Of the links, for draws: by their ends, not by their place in the list."""
        return keys_of_pairs(self.keys[self.a], self.keys[self.b])

    @cached_property
    def relays(self) -> NDArray[np.bool_]:
        """Whether a node may carry the traffic of others: it has more than one link, or is a way into the core."""
        degree = np.bincount(self.a, minlength=self.id.size) + np.bincount(
            self.b, minlength=self.id.size
        )
        return (degree > 1) | self.core

    @cached_property
    def _tree(self) -> tuple[I64, I64]:
        """Nodes from the core outwards (breadth first), and the node before each (-1: none)."""
        nodes = self.id.size
        ends = np.concatenate((self.a, self.b)).astype(np.int64)
        others = np.concatenate((self.b, self.a)).astype(np.int64)
        by_end = np.argsort(ends, kind="stable")
        start = np.searchsorted(ends[by_end], np.arange(nodes + 1))
        before = np.full(nodes, -1)
        seen = self.core.copy()
        order = list(np.flatnonzero(self.core))
        for node in order:
            for k in by_end[start[node] : start[node + 1]]:
                other = others[k]
                if not seen[other]:
                    seen[other] = True
                    before[other] = node
                    order.append(other)
        return np.array(order, np.int64), before

    @property
    def joined(self) -> NDArray[np.bool_]:
        """Whether each node has a path to the core while nothing has failed."""
        found = np.zeros(self.id.size, np.bool_)
        found[self._tree[0]] = True
        return found

    def weights(self, site_weight: F64) -> tuple[F64, F64]:
        """Return what hangs on each node (itself and all behind it) and on each link, on shortest paths from the core.

        Parameters
        ----------
        site_weight
            People, or 1 a site; shape (sites,).
        """
        order, before = self._tree
        node = np.zeros(self.id.size)
        node[: self.sites] = site_weight
        for k in order[::-1]:
            if before[k] >= 0:
                node[before[k]] += node[k]
        # Of two ends the farther one carries less: what is behind the link. Of a link that closes a ring, the smaller.
        return node, np.minimum(node[self.a], node[self.b])

    def reached(self, passes: NDArray[np.bool_], link_up: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which nodes have a path to the core, given who passes traffic on and which links are whole."""
        out = np.empty(self.id.size, np.bool_)
        none = np.zeros(self.id.size, np.int32)
        parent = np.empty(self.id.size + 1, np.int64)
        components(
            self.a, self.b, (~link_up).astype(np.int32), passes, self.core, none, parent, out
        )
        return out

    def with_notes(self, *notes: str) -> Backhaul:
        """Return it with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    @classmethod
    def of(
        cls,
        sites: Sites,
        links: Sequence[tuple[str, str, str]],
        *,
        nodes: Mapping[str, tuple[float, float]] | None = None,
        hubs: Sequence[str] = (),
        core: Sequence[str],
    ) -> Backhaul:
        """Make a graph of named links.

        Parameters
        ----------
        links
            Ends by name, and kind; a link that is given twice counts once.
        nodes
            Place of nodes that are no sites.
        hubs, core
            Names of nodes.

        Raises
        ------
        InputError
            A name that is neither a site nor a node, a kind that does not exist, a loop.
        """
        extra = {name: place for name, place in (nodes or {}).items() if name not in set(sites.id)}
        names = [str(name) for name in sites.id] + list(extra)
        number = {name: k for k, name in enumerate(names)}

        def find(name: str, what: str) -> int:
            if name not in number:
                msg = f"{what} names {name!r}, which is neither a site nor a node; sites are called like {names[:3]}"
                raise InputError(msg)
            return number[name]

        rows: dict[tuple[int, int, int], None] = {}
        for k, (a, b, kind) in enumerate(links, 1):
            if kind not in LINK_KINDS:
                msg = f"link {k} is of kind {kind!r}; kinds are {', '.join(LINK_KINDS)}"
                raise InputError(msg)
            i, j = find(a, f"link {k}"), find(b, f"link {k}")
            rows.setdefault((min(i, j), max(i, j), LINK_KINDS.index(kind)))
        table = np.array(list(rows), np.int32).reshape(-1, 3)
        notes = []
        if len(rows) < len(links):
            notes.append(f"{len(links) - len(rows)} links are given twice and count once")
        place = np.array(list(extra.values()), np.float64).reshape(-1, 2)
        made = cls(
            len(sites),
            np.array(names, np.str_),
            np.concatenate((sites.lon_deg, place[:, 0])),
            np.concatenate((sites.lat_deg, place[:, 1])),
            _mask(len(names), [find(h, "the list of hubs") for h in hubs]),
            _mask(len(names), [find(c, "the core") for c in core]),
            table[:, 0].copy(),
            table[:, 1].copy(),
            table[:, 2].astype(np.int8),
            tuple(notes),
        )
        alone = int((~made.joined[: made.sites]).sum())
        if alone:
            told = f"{alone} of {made.sites} sites have no path to the core in the links given; they count as cut off from the start"
            made = replace(made, notes=(*notes, told))
        return made


def _mask(size: int, index: Any) -> NDArray[np.bool_]:
    mask = np.zeros(size, np.bool_)
    mask[np.asarray(index, np.int64)] = True
    return mask


def lay_out(
    sites: Sites,
    values: Mapping[str, float],
    *,
    on_fibre: NDArray[np.bool_] | None = None,
    core_abroad: bool = False,
) -> Backhaul:
    """Lay out a network where nobody says what it is: hubs where sites crowd, chains of microwave, hubs in rings.

    One site in `sites_per_hub` is a hub, where most sites lie around. Each site hangs on its nearest hub: by fibre within
    `fibre_km` or where `on_fibre` says so, otherwise over at most `chain_hops` microwave hops. Each hub has fibre to its two
    nearest hubs and all hubs hang together. The most crowded hubs are the way into the core: two of four or more, else one.

    Parameters
    ----------
    on_fibre
        Sites with fibre, for instance those along main roads; shape (sites,).
    core_abroad
        The core is reached over one submarine cable, as on an island without a core of its own.

    Raises
    ------
    InputError
        No site, or one without a place.
    """
    count = len(sites)
    lon, lat = np.ascontiguousarray(sites.lon_deg), np.ascontiguousarray(sites.lat_deg)
    if count == 0 or not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        msg = "a transport network needs sites, each with a place"
        raise InputError(msg)
    around = np.empty(count, np.int64)
    crowds(lon, lat, values["fibre_km"], around)
    busy = np.lexsort((keys_of(sites.id), -around))
    is_hub = np.empty(count, np.bool_)
    gather(lon, lat, busy, max(2, round(values["sites_per_hub"])), is_hub)
    hubs = np.flatnonzero(is_hub)
    parent, kind = np.empty(count, np.int64), np.empty(count, np.int64)
    fibre = (
        np.zeros(count, np.bool_) if on_fibre is None else np.ascontiguousarray(on_fibre, np.bool_)
    )
    attach(lon, lat, hubs, fibre, values["fibre_km"], round(values["chain_hops"]), parent, kind)
    ring = _ring(lon[hubs], lat[hubs])
    hanging = np.flatnonzero(parent >= 0)
    a = np.concatenate((hanging, hubs[ring[:, 0]]))
    b = np.concatenate((parent[hanging], hubs[ring[:, 1]]))
    kinds = np.concatenate((kind[hanging], np.full(len(ring), FIBRE)))
    first = busy[is_hub[busy]][: 2 if hubs.size > 3 else 1]
    names, place = sites.id.astype(np.str_), (lon, lat)
    core = _mask(count, first)
    if core_abroad:
        names = np.append(names, CORE_ABROAD)
        place = (np.append(lon, lon[first[0]]), np.append(lat, lat[first[0]]))
        core = _mask(count + 1, [count])
        a, b = np.append(a, first[0]), np.append(b, count)
        kinds = np.append(kinds, SUBMARINE)
    note = (
        f"no links were given: {hubs.size} of {count} sites were made hubs, {int((kinds == FIBRE).sum())} links fibre and "
        f"{int((kinds == MICROWAVE).sum())} microwave"
        + (", with the core abroad over one cable" if core_abroad else "")
    )
    return Backhaul(
        count, names, *place, np.append(is_hub, np.zeros(names.size - count, np.bool_)), core,
        a.astype(np.int32), b.astype(np.int32), kinds.astype(np.int8), (note,),
    )  # fmt: skip


def _ring(lon: F64, lat: F64) -> I64:
    """Return pairs of hubs: each with its two nearest, and the shortest tree, so that nobody stays apart."""
    count = lon.size
    tree = np.empty(count, np.int64)
    spanning(lon, lat, tree)
    pairs = {(min(i, int(j)), max(i, int(j))) for i, j in enumerate(tree) if j >= 0}
    across = np.cos(np.radians(lat))
    for i in range(count):
        d = np.hypot((lon - lon[i]) * across, lat - lat[i])
        d[i] = np.inf
        for j in np.argsort(d, kind="stable")[: min(2, count - 1)]:
            pairs.add((min(i, int(j)), max(i, int(j))))
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)
