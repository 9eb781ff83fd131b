"""Lists of sites that hold places and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ew4all.errors import ColumnError
from ew4all.readers.sites import read_cells

if TYPE_CHECKING:
    from pathlib import Path


def test_longitude_and_latitude_are_enough_where_the_technology_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("lon,lat\n2.3,48.86\n2.4,48.87\n", encoding="utf-8")
    cells = read_cells(path, technology="4g").cells
    assert cells.lon_deg == pytest.approx([2.3, 2.4])
    assert cells.lat_deg == pytest.approx([48.86, 48.87])
    with pytest.raises(ColumnError, match=r"--column technology=NAME.*--sites-technology 4g"):
        read_cells(path)
