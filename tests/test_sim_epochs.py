"""Epochs of an outage against a walk through its events, and service by layers and by cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from made_run import timeline_of
from pyproj import CRS

from ew4all.coverage.network import LAYERS, Network
from ew4all.coverage.outages.timeline import Timeline
from ew4all.errors import GridMismatchError, InputError, OptionError
from ew4all.grid import Block, Grid
from ew4all.readers.sites import read_cells
from ew4all.sim.epochs import Epochs
from ew4all.sim.service_histories import (
    Customers,
    LayerService,
    NetworkService,
    NoService,
    addressed_of,
    technology_of,
)

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600.0


def small(*events: tuple[float, int, int], sites: int = 3) -> Timeline:
    time, site, state = (np.array(v) for v in zip(*events, strict=True))
    returned = np.where(state == 0, 12, 0)
    return Timeline(
        sites, time.astype(float), site.astype(np.int32), state.astype(np.int8), returned.astype(np.int8)
    )  # fmt: skip


def epochs_of(timeline: Timeline, **options: Any) -> Epochs:
    given: dict[str, Any] = {"from_s": 0.0, "until_s": 6 * HOUR}
    cells = np.arange(timeline.sites)
    return Epochs.of_timeline(timeline, cells, np.ones(cells.size, bool), **{**given, **options})


def test_few_changes_are_told_exactly() -> None:
    timeline = small((600.0, 0, 2), (1200.0, 1, 1), (7200.0, 0, 0))
    epochs = epochs_of(timeline, zero_s=300.0)
    assert epochs.start_s.tolist() == [-np.inf, 900.0, 1500.0, 7500.0]
    assert epochs.alive.tolist() == [
        [True, True, True], [False, True, True], [False, False, True], [True, False, True],
    ]  # fmt: skip
    assert epochs.wrong == pytest.approx(0.0, abs=1e-15)


def test_what_was_before_the_run_holds_when_it_begins() -> None:
    timeline = small((600.0, 0, 2), (7200.0, 1, 1))
    epochs = epochs_of(timeline, from_s=3600.0, until_s=5400.0)
    assert epochs.alive.tolist() == [[False, True, True]]


@given(seed=st.integers(0, 100), most=st.integers(1, 8))
def test_many_changes_are_told_in_few_epochs_with_their_error(seed: int, most: int) -> None:
    timeline = timeline_of(60, seed)
    epochs = epochs_of(timeline, most=most)
    assert len(epochs) <= most
    times = np.linspace(0, 6 * HOUR, 721)[:-1] + 15.0
    start = np.append(epochs.start_s[1:], np.inf)
    told = epochs.alive[np.searchsorted(start, times, side="right")]
    true = np.array([timeline.alive_at(t) for t in times])
    assert epochs.wrong == pytest.approx((told != true).mean(), abs=0.004)


def test_more_epochs_tell_an_outage_better() -> None:
    wrong = [epochs_of(timeline_of(500), most=m).wrong for m in (1, 4, 12, 40)]
    assert wrong == sorted(wrong, reverse=True)
    assert wrong[2] < 0.03


def test_stand_ins_and_shed_cells() -> None:
    timeline = small((600.0, 0, 4), (600.0, 1, 5))
    epochs = epochs_of(timeline, shed=np.array([False, True, False]))
    assert epochs.alive[-1].tolist() == [True, False, True]
    assert epochs.addressed[-1].tolist() == [False, True, True]
    known = epochs_of(timeline, temporary_addressed=True)
    assert known.addressed[-1].all()


def test_a_run_backwards_is_refused() -> None:
    with pytest.raises(InputError, match="is not possible"):
        epochs_of(timeline_of(5), until_s=-1.0)
    with pytest.raises(GridMismatchError, match="do not fit"):
        Epochs(np.zeros(2), np.ones((1, 3), bool), np.ones((1, 3), bool))


def test_categories_say_technology_and_address() -> None:
    assert technology_of(np.arange(9)).tolist() == [3, 3, 2, 2, 1, 1, 0, 0, -1]
    assert addressed_of(np.arange(9)).tolist() == [True, False] * 4 + [False]


class Layer:
    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value, np.float32)

    def share(self, block: Block) -> Any:
        return self.value[block.row0 : block.row1, block.col0 : block.col1]


BLOCK = Block(0, 1, 0, 3)


def test_layers_give_the_newest_technology_and_their_union() -> None:
    layers = [
        ("2g", None, Layer([[1.0, 0.8, 0.0]])),
        ("4g", "A", Layer([[0.25, 0.9, 0.0]])),
        ("4g", "B", Layer([[0.5, 0.0, 0.0]])),
    ]
    service = LayerService(layers, (Customers("A", 0.6), Customers("B", 0.4)))
    shares = service.read(BLOCK).shares
    four, two = 2 * LAYERS.index("4g"), 2 * LAYERS.index("2g")
    assert shares[0, :, 0, four] == pytest.approx([0.25, 0.9, 0.0])
    assert shares[0, :, 0, two] == pytest.approx([0.75, 0.0, 0.0])
    assert shares[1, :, 0, two] == pytest.approx([0.5, 0.8, 0.0])
    assert shares[:, :, 1] == pytest.approx(0.95 * shares[:, :, 0])
    assert shares[:, :, :, 1::2].sum() == 0.0
    united = LayerService(layers, (Customers(None, 1.0),)).read(BLOCK).shares
    assert united[0, :, 0].sum(axis=1) == pytest.approx([1.0, 0.9, 0.0])


def test_layers_that_say_too_little_are_refused() -> None:
    with pytest.raises(OptionError, match="does not say its technology"):
        LayerService([("any", None, Layer([[1.0]]))], (Customers(None, 1.0),))
    with pytest.raises(OptionError, match="no coverage layer is of the operator 'C'"):
        LayerService([("4g", "A", Layer([[1.0]]))], (Customers("C", 1.0),))
    with pytest.raises(OptionError, match=r"add up to 1\.2"):
        LayerService([("4g", None, Layer([[1.0]]))], (Customers("A", 0.6), Customers("B", 0.6)))
    assert NoService().read(BLOCK).shares.shape == (0, 3, 1, 8)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    table = tmp_path / "sites.csv"
    table.write_text(
        "site,lon,lat,operator,technologies\n"
        "a,30.02,-14.98,A,2g 4g\nb,30.06,-14.95,A,2g\nc,30.05,-14.99,B,4g\n"
    )
    grid = Grid(Affine(0.0025, 0, 30.0, 0, -0.0025, -14.9), 40, 40, CRS.from_epsg(4326))
    return Network.of(read_cells(table).cells, grid, 1)


def test_cells_serve_by_epoch_as_camping_says(network: Network) -> None:
    cells = network.cells
    alive = np.ones((2, len(cells)), bool)
    alive[1, cells.site_id == "a"] = False
    addressed = np.broadcast_to(cells.site_id != "b", alive.shape)
    service = NetworkService(
        network,
        (Customers("A", 0.6), Customers("B", 0.4)),
        Epochs(np.array([-np.inf, HOUR]), alive, np.array(addressed)),
    )
    block = Block(10, 30, 5, 25)
    found = service.read(block)
    assert found.variant.tolist() == [0, 1, 2, 3]
    for o, name in enumerate("AB"):
        for e in range(2):
            for place, indoors in enumerate((0.0, 1.0)):
                camping = network.camping(block, name, alive[e], indoor_share=indoors)
                for category in range(8):
                    of = 3 - category // 2
                    mine = (camping.cell >= 0) & (cells.technology[camping.cell] == of)
                    mine &= (cells.site_id[camping.cell] != "b") == (category % 2 == 0)
                    want = np.where(mine, camping.probability, 0.0).sum(axis=0).ravel()
                    assert found.shares[o, :, 2 * e + place, category] == pytest.approx(
                        want, abs=1e-6
                    )
    far = service.read(Block(0, 2, 0, 2))
    assert far.shares.shape[2] in (2, 4)


def test_an_outage_of_another_network_is_refused(network: Network) -> None:
    with pytest.raises(InputError, match="is of 2 cells, but the network has"):
        NetworkService(network, (Customers(None, 1.0),), Epochs.always(np.ones(2, bool)))
