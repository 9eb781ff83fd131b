"""Hazards whose strength nobody tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ew4all.cells import Cells
from ew4all.coverage.outages.backhaul import Backhaul, lay_out
from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.threats import Blackout, Threat
from ew4all.errors import OptionError
from ew4all.readers.hazard_values import parsed, read_hazard

if TYPE_CHECKING:
    from pathlib import Path

VALUES = resolve({})


def network() -> Backhaul:
    return lay_out(Cells.of([10.0, 10.1], [0.0, 0.0], ["4g"] * 2).sites, VALUES)


@pytest.fixture
def swath(tmp_path: Path) -> str:
    path = tmp_path / "swath.geojson"
    ring = "[[[9, -1], [11, -1], [11, 1], [9, 1], [9, -1]]]"
    path.write_text(
        '{"type": "Feature", "properties": {"kt": 64, "name": "x"}, '
        f'"geometry": {{"type": "Polygon", "coordinates": {ring}}}}}',
        encoding="utf-8",
    )
    return str(path)


@pytest.mark.parametrize("name", ["wind", "wind:kt", "flood", "mmi"])
def test_polygons_without_a_column_are_not_a_breeze(swath: str, name: str) -> None:
    """They were taken as 1 of the unit: a storm in which nothing fails."""
    with pytest.raises(OptionError, match=r"FILE#COLUMN \(the file has kt, name\)"):
        read_hazard(parsed(name, swath), network(), VALUES)


def test_with_a_column_and_where_none_is_needed(swath: str) -> None:
    storm, _ = read_hazard(parsed("wind:kt", f"{swath}#kt"), network(), VALUES)
    assert isinstance(storm, Threat)
    assert np.all(storm.at_nodes > 32.0)
    fire, _ = read_hazard(parsed("fire", swath), network(), VALUES)
    assert isinstance(fire, Threat)
    assert fire.at_nodes.tolist() == [1.0, 1.0]
    assert isinstance(read_hazard(parsed("power", swath), network(), VALUES)[0], Blackout)
