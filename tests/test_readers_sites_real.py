"""Real lists of sites: what becomes of their rows, counted again by hand."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ew4all.cells import TECHNOLOGIES
from ew4all.grid import GEOID
from ew4all.readers.sites import CellList, read_cells

if TYPE_CHECKING:
    from pathlib import Path

RADIO = {"GSM": "2g", "UMTS": "3g", "LTE": "4g"}
WEST_SUMATRA = (98.0, -4.0, 101.9, 0.2)


def counted(found: CellList) -> dict[str, int]:
    return {f"{row.fate}: {' '.join(row.reason.split()[:4])}": row.rows for row in found.account}


def by_technology(found: CellList) -> dict[str, int]:
    return dict(Counter(TECHNOLOGIES[k] for k in found.cells.technology.tolist()))


@pytest.fixture(scope="module")
def towers(shared_data: Path) -> Path:
    return shared_data / "data" / "towers"


@pytest.fixture(scope="module")
def lesotho(shared_data: Path) -> Path:
    return shared_data / "data" / "admin" / "lso_adm1_cod.json"


@pytest.mark.parametrize("name", ["lso_opencellid.csv", "lso_opencellid_export_raw.csv"])
def test_lesotho(towers: Path, lesotho: Path, name: str) -> None:
    """1,936 rows; 198 lie outside, 183 of them within 35 km; most are older than 5 years."""
    everything = read_cells(towers / name, country=lesotho, max_age_years=None)
    assert counted(everything) == {"kept: used": 1921, "dropped: more than 35 km": 15}
    assert any(note.startswith("183 rows lie outside the country") for note in everything.notes)
    assert 1200 < len(everything.cells.sites) < 1260
    names = {"Econet", "Vodacom"} if "raw" in name else {"651-1", "651-2"}
    assert set(everything.cells.operator.tolist()) == names
    recent = read_cells(towers / name, country=lesotho)
    assert counted(recent) == {
        "kept: used": 368,
        "dropped: more than 35 km": 15,
        "dropped: last seen more than": 1553,
    }
    assert any("most rows of the list are old" in note for note in recent.notes)


def test_lesotho_against_its_rows(towers: Path) -> None:
    with (towers / "lso_opencellid.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = read_cells(towers / "lso_opencellid.csv", max_age_years=None)
    assert by_technology(found) == Counter(RADIO[row["radio"]] for row in rows)
    assert by_technology(found) == {"2g": 754, "3g": 1050, "4g": 132}
    wanted = ["-".join(row[k] for k in ("mcc", "net", "area", "cell")) for row in rows]
    # 3g and 4g of one number in one area are told apart.
    assert [name.partition(" ")[0] for name in found.cells.id.tolist()] == wanted
    newest = max(int(row["updated"]) for row in rows)
    recent = [row for row in rows if int(row["updated"]) >= newest - 5 * 365.25 * 86400]
    assert len(read_cells(towers / "lso_opencellid.csv").cells) == len(recent) == 368
    # A cell stays where its phones were, but for the eNodeB and the neighbours that it is put together with.
    lon, lat = (np.array([float(row[k]) for row in rows]) for k in ("lon", "lat"))
    _, _, moved = GEOID.inv(lon, lat, found.cells.lon_deg, found.cells.lat_deg)
    assert np.max(moved) < 5000.0
    other = np.array([row["radio"] != "LTE" for row in rows])
    assert np.max(np.asarray(moved)[other]) < 1000.0
    enodeb = {int(row["cell"]) // 256 for row in rows if row["radio"] == "LTE"}
    sites = {found.cells.site_id[k] for k in np.flatnonzero(~other)}
    assert len(sites) <= len(enodeb) + 5


def test_indonesia_without_a_header(towers: Path) -> None:
    path = towers / "idn_opencellid_510_no_jakarta.csv"
    found = read_cells(path)
    assert counted(found) == {"kept: used": 16760, "merged: the same cell again:": 42}
    with path.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    lte = [(row[2], row[4]) for row in rows if row[0] == "LTE"]
    assert len(lte) - len(set(lte)) == 42
    assert by_technology(found) == {"4g": 14610 - 42, "2g": 2191, "3g": 1}
    assert 4000 < len(found.cells.sites) < 8000


def test_west_sumatra(towers: Path, tmp_path: Path) -> None:
    path = towers / "idn_opencellid_510_no_jakarta.csv"
    west, south, east, north = WEST_SUMATRA
    lines = path.read_text("utf-8").splitlines(keepends=True)
    rows = list(csv.reader(lines))
    inside = [west <= float(r[6]) <= east and south <= float(r[7]) <= north for r in rows]
    assert sum(inside) == 660
    part = tmp_path / "west_sumatra.csv"
    part.write_text("".join(line for line, here in zip(lines, inside, strict=True) if here))
    found = read_cells(part)
    wanted = {(r[0], r[2], r[4]) for r, here in zip(rows, inside, strict=True) if here}
    assert counted(found) == {
        "kept: used": len(wanted),
        "merged: the same cell again:": 660 - len(wanted),
    }
    # The same by the box: besides, what lies within 35 km of it and may serve people inside.
    boxed = read_cells(path, country=WEST_SUMATRA)
    lon, lat = boxed.cells.lon_deg, boxed.cells.lat_deg
    assert len(wanted) - 5 <= ((lon > west) & (lon < east) & (lat > south) & (lat < north)).sum()
    assert len(boxed.cells) < 900


def test_paris(towers: Path) -> None:
    found = read_cells(towers / "fra_paris_operator_sites.csv")
    assert counted(found) == {"kept: used": 1583, "dropped: no technology": 587}
    assert by_technology(found) == {"2g": 382, "3g": 1583, "4g": 1582, "5g": 1374}
    assert any("every row of BOUYGUES" in note for note in found.notes)
    # "Free Mobile" and "FREE MOBILE" are one.
    assert set(found.cells.operator.tolist()) == {"FREE MOBILE", "ORANGE", "SFR"}
    assert len(found.cells.sites) < 1583
    shared = [
        len(set(found.cells.operator[found.cells.site == k].tolist()))
        for k in range(len(found.cells.sites))
    ]
    assert max(shared) == 3
    told = read_cells(towers / "fra_paris_operator_sites.csv", technology="2g/3g/4g")
    assert counted(told) == {"kept: used": 2170}
    assert "BOUYGUES" in told.cells.operator.tolist()
    assert len(told.cells) == len(found.cells) + 3 * 587


def test_bangladesh(towers: Path) -> None:
    found = read_cells(towers / "bgd_jamuna_opencellid_25.csv")
    assert counted(found) == {"kept: used": 25}
    assert by_technology(found) == {"2g": 15, "3g": 5, "4g": 5}
    assert len(found.cells.sites) == 25


def test_sample_of_itu(shared_data: Path) -> None:
    path = shared_data / "data" / "coverage" / "esp_ibiza_itu_cell_sites.csv"
    found = read_cells(path)
    with path.open(encoding="utf-8") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    assert counted(found) == {"kept: used": 100}
    assert found.cells.site_id.tolist() == [row["source_ict_id"] for row in rows]
    assert found.cells.height_m.tolist() == [float(row["antenna_height"]) for row in rows]
    assert "height_m" not in found.cells.assumed_counts()
