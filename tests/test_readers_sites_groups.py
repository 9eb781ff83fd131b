"""Which cells stand on one site: by eNodeB, by name, by distance; and which way their sectors look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.grid import GEOID
from ew4all.readers.site_groups import SAME_MAST_M, SITE_DISTANCE_M, azimuths, put_on_sites

LON, LAT = 27.5, -29.3
M_LON = 1.0 / (111_320.0 * np.cos(np.radians(LAT)))
M_LAT = 1.0 / 110_850.0


def put(
    east_m: Any, group: Any = None, network: Any = None, samples: Any = 10.0, **options: Any
) -> Any:
    east = np.asarray(east_m, np.float64)
    return put_on_sites(
        LON + east * M_LON,
        np.full(east.size, LAT),
        np.full(east.size, -1) if group is None else np.asarray(group, np.int64),
        np.zeros(east.size, np.int64) if network is None else np.asarray(network, np.int64),
        np.broadcast_to(np.asarray(samples, np.float64), east.shape),
        **{"is_named": False, **options},
    )


def test_cells_of_a_network_within_100_m_share_a_site() -> None:
    assert put([0, 90, 200]).site.tolist() == [0, 0, 1]
    assert put([0, 90, 115], distance_m=120.0).site.tolist() == [0, 0, 0]
    assert put([0, 110]).site.tolist() == [0, 1]
    # Half of 150 m in each step: a chain does not become one site.
    chain = put(np.arange(0, 700, 75))
    assert len(set(chain.site.tolist())) > 3


def test_networks_share_a_site_at_one_place_only() -> None:
    assert put([0, 60], network=[0, 1]).site.tolist() == [0, 1]
    assert put([0, 20], network=[0, 1]).site.tolist() == [0, 0]


def test_an_enodeb_is_one_site_however_far_its_cells_seem_apart() -> None:
    sited = put([0, 3000, 400], group=[4, 4, -1])
    assert sited.site.tolist() == [0, 0, 1]
    assert sited.stray == 0
    assert sited.lon_deg[0] == pytest.approx(LON + 1500 * M_LON)


def test_a_cell_far_from_its_enodeb_stands_alone() -> None:
    sited = put([0, 100, 200, 9000], group=[4, 4, 4, 4])
    assert sited.site.tolist() == [0, 0, 0, 1]
    assert sited.stray == 1


def test_places_weigh_by_samples_and_single_ones_little() -> None:
    assert put([0, 90], samples=[30, 10]).lon_deg[0] == pytest.approx(LON + 22.5 * M_LON)
    # 0.25 against 2.
    assert put([0, 90], samples=[1, 2]).lon_deg[0] == pytest.approx(LON + 80 * M_LON)
    assert put([0, 90], samples=[np.nan, np.nan]).lon_deg[0] == pytest.approx(LON + 45 * M_LON)


def test_the_heaviest_place_gathers_its_neighbours() -> None:
    """Of 0, 90 and 180 m the middle reaches both, an end only one."""
    assert put([0, 90, 180], samples=[10, 50, 20]).site.tolist() == [0, 0, 0]
    assert put([0, 90, 180], samples=[50, 10, 20]).site.tolist() == [0, 0, 1]
    assert put([0, 90, 180], samples=[20, 10, 50]).site.tolist() == [0, 1, 1]


def test_named_sites_are_not_merged_by_distance() -> None:
    assert put([0, 60], group=[0, 1], is_named=True).site.tolist() == [0, 1]
    assert put([0, 20], group=[0, 1], is_named=True).site.tolist() == [0, 0]


def test_across_the_antimeridian() -> None:
    sited = put_on_sites(
        np.array([179.9999, -179.9999]), np.array([-17.0, -17.0]), np.array([3, 3]), np.array([0, 0]), np.array([10.0, 10.0]),
        is_named=False,
    )  # fmt: skip
    assert sited.site.tolist() == [0, 0]
    assert abs(sited.lon_deg[0]) == pytest.approx(180.0)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(-1, 2), st.integers(0, 2), st.integers(0, 20)),
        min_size=1,
        max_size=25,
    )
)  # fmt: skip
def test_sites_are_numbered_from_0_and_no_farther_than_the_rule(draw: list[tuple[int, ...]]) -> None:  # fmt: skip
    east, north, group, network, samples = (np.array(v) for v in zip(*draw, strict=True))
    # An eNodeB belongs to one network.
    network = np.where(group >= 0, group, network)
    lon, lat = LON + east * M_LON, LAT + north * M_LAT
    sited = put_on_sites(lon, lat, group, network, samples.astype(np.float64), is_named=False)
    numbers = sited.site.tolist()
    seen = list(dict.fromkeys(numbers))
    assert seen == list(range(len(seen)))
    assert len(sited.leader) == len(seen)
    for k in seen:
        mine = sited.site == k
        assert np.ptp(sited.lon_deg[mine]) == np.ptp(sited.lat_deg[mine]) == 0.0
        alone = mine & (group < 0)
        if alone.sum() == mine.sum() and len(set(network[mine].tolist())) == 1:
            # Every one of them is near the heaviest: two may be twice as far apart, and a site of several a little more.
            _, _, away = GEOID.inv(
                lon[alone], lat[alone], sited.lon_deg[alone], sited.lat_deg[alone]
            )
            assert np.max(away) <= 2 * (SITE_DISTANCE_M + SAME_MAST_M)
    for g in set(group[group >= 0].tolist()):
        assert len(set(sited.site[group == g].tolist())) == 1


def test_directions_of_three_sectors() -> None:
    angle = np.radians([30.0, 150.0, 270.0])
    lon = LON + 800 * np.sin(angle) * M_LON
    lat = LAT + 800 * np.cos(angle) * M_LAT
    group, samples = np.zeros(3, np.int64), np.array([10.0, 10.0, 10.0])
    sited = put_on_sites(lon, lat, group, group, samples, is_named=False)
    found = azimuths(lon, lat, sited, group, samples)
    assert found == pytest.approx([30.0, 150.0, 270.0], abs=0.5)
    few = azimuths(lon, lat, sited, group, np.array([10.0, 9.0, 30.0]))
    assert np.isnan(few).tolist() == [False, True, False]
    near = put_on_sites(LON + (lon - LON) / 10, LAT + (lat - LAT) / 10, group, group, samples, is_named=False)  # fmt: skip
    assert np.isnan(azimuths(LON + (lon - LON) / 10, LAT + (lat - LAT) / 10, near, group, samples)).all()  # fmt: skip


def test_two_sectors_tell_no_direction() -> None:
    """The middle of two lies between them, so that each would look away from the other whatever is true."""
    lon, lat = LON + np.array([0.0, 800.0]) * M_LON, np.full(2, LAT)
    group, samples = np.zeros(2, np.int64), np.full(2, 50.0)
    sited = put_on_sites(lon, lat, group, group, samples, is_named=False)
    assert np.isnan(azimuths(lon, lat, sited, group, samples)).all()
    none = azimuths(lon, lat, sited, np.full(2, -1), samples)
    assert np.isnan(none).all()
