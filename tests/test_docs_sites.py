"""docs/sites.md says what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ew4all import cell_defaults
from ew4all.readers.site_columns import FIELDS
from ew4all.readers.site_groups import SAME_MAST_M, SITE_DISTANCE_M, SPREAD_KM
from ew4all.readers.site_places import FAR_KM
from ew4all.readers.sites import MAX_AGE_YEARS, read_cells

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "sites.md").read_text("utf-8")


def test_tables_are_those_of_the_code(page: str) -> None:
    rows = "".join(f"| `{field}` | {', '.join(names)} |\n" for field, names in FIELDS.items())
    assert f"<!-- fields -->\n| field | names that are found |\n| --- | --- |\n{rows}" in page
    assert f"<!-- defaults -->\n{cell_defaults.markdown()}" in page


def test_limits_are_those_of_the_code(page: str) -> None:
    words = " ".join(page.split())
    assert f"more than {FAR_KM:g} km outside" in words
    assert f"last seen {MAX_AGE_YEARS:g} years before" in words
    assert f"within {SITE_DISTANCE_M:g} m in one network" in words
    assert f"within {SAME_MAST_M:g} m are one place" in words
    assert f"more than {SPREAD_KM:g} km from the others" in words


@pytest.mark.parametrize(
    ("start", "path"),
    [
        ("Lesotho", "towers/lso_opencellid.csv"),
        ("Indonesia", "towers/idn_opencellid_510_no_jakarta.csv"),
        ("Paris", "towers/fra_paris_operator_sites.csv"),
        ("Jamuna", "towers/bgd_jamuna_opencellid_25.csv"),
        ("Ibiza", "coverage/esp_ibiza_itu_cell_sites.csv"),
    ],
)
def test_real_lists(page: str, shared_data: Path, start: str, path: str) -> None:
    data = shared_data / "data"
    line = next(line for line in page.splitlines() if line.startswith(f"| {start}"))
    country = data / "admin" / "lso_adm1_cod.json" if start == "Lesotho" else None
    age = None if start == "Lesotho" else MAX_AGE_YEARS
    found = read_cells(data / path, country=country, max_age_years=age)
    assert f"| {sum(row.rows for row in found.account):,} |" in line
    assert f"{len(found.cells):,} cells" in line
    sites = re.search(r"([\d,]+) cells on ([\d,]+) sites", line)
    if sites is not None and start != "Indonesia":
        assert sites[2] == f"{len(found.cells.sites):,}"
    if start == "Lesotho":
        recent = read_cells(data / path, country=country)
        assert f"newest row {len(recent.cells)} cells" in line
