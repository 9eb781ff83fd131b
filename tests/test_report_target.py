"""The trade-off plot, the map and the table of a choice of cells show what they are given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_sites import AREA, POPULATION, made_cells
from matplotlib.image import imread
from rich.console import Console

from ew4all.coverage.geofence import Geofence
from ew4all.coverage.target_choice import Demand
from ew4all.errors import WriteError
from ew4all.report.target_map import TargetMap, draw_target_map
from ew4all.report.target_table import target_table
from ew4all.report.tradeoff_plot import draw_tradeoff
from ew4all.target_intake import open_target
from ew4all.target_rows import target_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ew4all.target_results import Target
    from ew4all.targets import TargetStudy

ORANGE = np.array([0xC2, 0x5A, 0x0A]) / 255.0


def study(**options: Any) -> TargetStudy:
    return open_target(
        made_cells(), POPULATION, AREA, population_unit="count", workers=1, **options
    )


@pytest.fixture(scope="module")
def plain() -> Target:
    return target_of(study(title="[bold] coast"))


def orange(picture: NDArray[np.float32]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (np.abs(picture[..., :3] - ORANGE) < 0.02).all(axis=-1)
    return found


def drawn(path: Path, target: Target) -> NDArray[np.float32]:
    draw_tradeoff(path / "t.png", target)
    picture: NDArray[np.float32] = imread(path / "t.png")
    return picture


def text(target: Target) -> str:
    screen = Console(width=80, record=True, markup=False, highlight=False)
    with screen.capture() as captured:
        screen.print(target_table(target))
    return captured.get()


def test_the_chosen_point_is_where_it_belongs(tmp_path: Path, plain: Target) -> None:
    picture = drawn(tmp_path, plain)
    assert picture.shape[:2] == (990, 1620)
    # The diamond lies in the box of the curve: near the lower end, as few are missed.
    box = orange(picture)[:, : int(0.665 * 1620)]
    rows, cols = np.nonzero(box)
    assert rows.size > 100
    share_missed = plain.outcome.missed / (plain.outcome.missed + plain.outcome.reached)
    top, bottom = (1 - 0.835) * 990, (1 - 0.115) * 990
    want = bottom - share_missed / 1.04 * (bottom - top)
    assert abs(rows.mean() - want) < 6.0
    assert 0.08 * 1620 < cols.mean() < 0.66 * 1620


def test_another_choice_lies_elsewhere(tmp_path: Path, plain: Target) -> None:
    near = np.nonzero(orange(drawn(tmp_path, plain))[:, :1077])[0].mean()
    few = target_of(study(demand=Demand(tau=0.5)))
    far = np.nonzero(orange(drawn(tmp_path, few))[:, :1077])[0].mean()
    assert far < near - 100.0


@pytest.mark.parametrize(
    "options",
    [
        {"demand": Demand(measure="area", limit=5)},
        {"geofence": Geofence(share=0.9), "groups": "tai"},
        {"demand": Demand(budget=2000.0), "one_network": True},
        {"demand": Demand(tau=0.0)},
    ],
)
def test_every_kind_of_choice_draws(tmp_path: Path, options: dict[str, Any]) -> None:
    target = target_of(study(**options))
    assert drawn(tmp_path, target).std() > 0.05
    assert "Beside other rules" in text(target)


def test_pictures_that_cannot_be_written(tmp_path: Path, plain: Target) -> None:
    with pytest.raises(WriteError, match="cannot write"):
        draw_tradeoff(tmp_path / "none" / "t.png", plain)


def test_the_table_says_who_is_missed(plain: Target) -> None:
    said = text(plain)
    for words in (
        "MISSED",
        "OVER-REACHED",
        "no cell serves them",
        "GOV.UK's bleed",
        "Delta",
        "Echo",
    ):
        assert words in said
    assert "[bold] coast" in said
    assert max(map(len, said.splitlines())) <= 80


def test_the_table_of_groups_and_filtering_phones() -> None:
    said = text(target_of(study(groups="tai", geofence=Geofence(share=0.5))))
    assert "Codes to address" in said
    assert "901-70-" in said
    assert "as 50% of phones filter" in said


def test_the_map_shows_who_is_disturbed(tmp_path: Path) -> None:
    opened = study()
    target = target_of(opened)
    view = TargetMap.of(opened)
    for found in opened.blocks():
        view.add(found)
    assert 0.0 < view.over_reach.sum() <= target.outcome.over_reach * (1 + 1e-6)
    draw_target_map(tmp_path / "m.png", view, target, notice="exercise")
    picture = imread(tmp_path / "m.png")
    assert picture.shape[:2] == (1200, 1620)
    inside = picture[160:1080, 110:1150, :3]
    assert (inside[..., 0] > inside[..., 2] + 0.25).mean() > 0.03
    nobody = replace(view, over_reach=np.zeros_like(view.over_reach))
    draw_target_map(tmp_path / "n.png", nobody, target)
    calm = imread(tmp_path / "n.png")[160:1080, 110:1150, :3]
    assert (calm[..., 0] > calm[..., 2] + 0.25).mean() < 0.01
