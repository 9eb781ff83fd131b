"""The transport network: given, laid out, and what hangs on what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.cells import Sites
from ew4all.coverage.outages.backhaul import FIBRE, MICROWAVE, SUBMARINE, Backhaul, lay_out
from ew4all.coverage.outages.defaults import resolve
from ew4all.errors import InputError


def sites_at(lon: Any, lat: Any) -> Sites:
    count = len(lon)
    names = np.array([f"s{k}" for k in range(count)])
    return Sites(
        names, np.asarray(lon, np.float64), np.asarray(lat, np.float64), np.ones(count, np.int32)
    )


THREE = sites_at([0.0, 0.1, 0.2], [0.0, 0.0, 0.0])


def test_what_hangs_on_nodes_and_links_by_hand() -> None:
    links = [
        ("s0", "s1", "fibre"),
        ("s1", "s2", "microwave"),
        ("s0", "far", "fibre"),
        ("s2", "far", "fibre"),
    ]
    network = Backhaul.of(THREE, links, nodes={"far": (0.3, 0.0)}, core=["s0"], hubs=["s1"])
    assert network.id.tolist() == ["s0", "s1", "s2", "far"]
    node, link = network.weights(np.array([1.0, 10.0, 100.0]))
    # From s0 outwards: s1 and far first, then s2 behind s1; the link s2 - far closes a ring.
    assert_allclose(node, [111.0, 110.0, 100.0, 0.0])
    by_ends = {(int(a), int(b)): w for a, b, w in zip(network.a, network.b, link, strict=True)}
    assert by_ends == {(0, 1): 110.0, (1, 2): 100.0, (0, 3): 0.0, (2, 3): 0.0}
    assert network.relays.tolist() == [True, True, True, True]
    assert network.joined.all()
    up = np.ones(4, np.bool_)
    assert network.reached(up, np.array([False, True, True, True])).all(), "a ring needs two cuts"
    assert network.reached(up, np.array([False, True, True, False])).tolist() == [
        True,
        False,
        False,
        True,
    ]


def test_links_that_are_wrong_are_named() -> None:
    with pytest.raises(
        InputError,
        match=r"link 1 names 'x', which is neither a site nor a node; sites are called like \['s0'",
    ):
        Backhaul.of(THREE, [("s0", "x", "fibre")], core=["s0"])
    with pytest.raises(
        InputError,
        match="link 1 is of kind 'string'; kinds are fibre, microwave, submarine, satellite",
    ):
        Backhaul.of(THREE, [("s0", "s1", "string")], core=["s0"])
    with pytest.raises(InputError, match="link 1 joins s1 to itself"):
        Backhaul.of(THREE, [("s1", "s1", "fibre")], core=["s0"])
    with pytest.raises(InputError, match="no node of the transport network is the core"):
        Backhaul.of(THREE, [("s0", "s1", "fibre")], core=[])
    with pytest.raises(InputError, match="the core names 'y'"):
        Backhaul.of(THREE, [("s0", "s1", "fibre")], core=["y"])


def test_links_given_twice_count_once_and_who_is_left_out_is_told() -> None:
    network = Backhaul.of(THREE, [("s0", "s1", "fibre"), ("s1", "s0", "fibre")], core=["s0"])
    assert network.a.size == 1
    assert network.notes[0] == "1 links are given twice and count once"
    assert "1 of 3 sites have no path to the core" in network.notes[1]
    # Two kinds between the same ends are two links.
    assert (
        Backhaul.of(THREE, [("s0", "s1", "fibre"), ("s1", "s0", "microwave")], core=["s0"]).a.size
        == 2
    )


def test_a_town_and_a_valley_are_laid_out_as_one_would() -> None:
    rng = np.random.default_rng(1)
    town_lon, town_lat = 10.0 + rng.normal(0, 0.01, 15), rng.normal(0, 0.01, 15)
    valley = 10.0 + 0.1 * np.arange(1, 7)
    sites = sites_at([*town_lon, *valley], [*town_lat, *np.zeros(6)])
    network = lay_out(sites, resolve({"sites_per_hub": 21.0}))
    (hub,) = np.flatnonzero(network.hub)
    assert hub < 15, "the hub is in town"
    assert network.core[hub]
    ends = {
        (min(a, b), max(a, b)): k
        for a, b, k in zip(network.a, network.b, network.kind, strict=True)
    }
    assert all(ends[min(k, hub), max(k, hub)] == FIBRE for k in range(15) if k != hub)
    # Along the valley a chain of three hops, then a new one from the town: no path has more hops than three.
    assert [ends[k, k + 1] for k in (15, 16)] == [MICROWAVE, MICROWAVE]
    assert (15 + 2, 15 + 3) not in ends


@st.composite
def scattered(draw: st.DrawFn) -> Sites:
    count = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return sites_at(
        20.0 + rng.normal(0, draw(st.sampled_from([0.01, 0.3, 3.0])), count),
        rng.normal(0, 1, count),
    )


def hops(network: Backhaul) -> Any:
    """Microwave hops of each site on its way to its hub: leaves are peeled from the outside."""
    count = np.zeros(network.sites, np.int64)
    parent = {
        int(a): (int(b), int(k))
        for a, b, k in zip(network.a, network.b, network.kind, strict=True)
        if not network.hub[a]
    }
    for site in range(network.sites):
        at = site
        while at in parent:
            at, kind = parent[at]
            count[site] += kind == MICROWAVE
    return count


@given(scattered(), st.integers(1, 4))
def test_any_layout_holds_together_within_its_rules(sites: Sites, most: int) -> None:
    values = resolve({"chain_hops": float(most), "sites_per_hub": 8.0})
    network = lay_out(sites, values)
    assert network.joined.all()
    hubs = int(network.hub.sum())
    assert hubs == -(-len(sites) // 8)
    assert network.core.sum() == (2 if hubs > 3 else 1)
    assert hops(network).max(initial=0) <= most
    assert network.a.size >= len(sites) - 1
    again = lay_out(sites, values)
    assert_array_equal(network.a, again.a)
    if hubs > 2:
        degree = np.zeros(len(sites), int)
        for a, b in zip(network.a, network.b, strict=True):
            if network.hub[a] and network.hub[b]:
                degree[a] += 1
                degree[b] += 1
        assert degree[network.hub].min() >= 2, "every hub is in a ring"


def test_an_island_hangs_on_one_cable() -> None:
    network = lay_out(sites_at([0.0, 0.1], [0.0, 0.0]), resolve(), core_abroad=True)
    assert network.id[-1] == "core abroad"
    assert (network.kind == SUBMARINE).sum() == 1
    assert network.core.tolist() == [False, False, True]
    assert "core abroad" in network.notes[0]


def test_roads_bring_fibre() -> None:
    sites = sites_at([0.0, 0.01, 0.5], [0.0, 0.0, 0.0])
    assert (lay_out(sites, resolve()).kind == MICROWAVE).sum() == 1
    along = np.array([False, False, True])
    assert (lay_out(sites, resolve(), on_fibre=along).kind == MICROWAVE).sum() == 0


def test_no_site_or_no_place_is_refused() -> None:
    with pytest.raises(InputError, match="needs sites, each with a place"):
        lay_out(sites_at([], []), resolve())
    with pytest.raises(InputError, match="needs sites, each with a place"):
        lay_out(sites_at([np.nan], [0.0]), resolve())
