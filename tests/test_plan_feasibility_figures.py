"""What a feasibility document says of its figures: all digits, no price where half of it is missing, and how rough a count is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from affine import Affine
from lxml import html
from rich.console import Console

from ew4all.errors import OptionError
from ew4all.plan_feasibility import feasibility
from ew4all.report.feasibility_table import rendered

if TYPE_CHECKING:
    from pathlib import Path

FINE = (np.full((20, 30), 10.0), Affine(0.01, 0.0, 28.0, 0.0, -0.01, -29.0), "EPSG:4326")
COARSE = (np.full((3, 3), 10_000.0), Affine(0.2, 0.0, 28.0, 0.0, -0.2, -29.0), "EPSG:4326")


def made(population: Any = FINE, **more: Any) -> Any:
    values, transform, crs = population
    layers = {"4g": (np.ones_like(values), transform, crs)}
    given = {"population_unit": "count", "coverage": layers, "name": "Nowhere"}
    return feasibility(population, **{**given, **more})


def channel(found: Any, name: str) -> Any:
    return next(c for c in found.channels if c.id == name)


def test_figures_stand_in_the_document_as_they_are_used(tmp_path: Path) -> None:
    cost = {"siren_year": 1234.5, "discount_rate": 0.0375}
    made(out=tmp_path, formats="html", cost=cost, assume={"device_capable": 0.9625})
    page = html.fromstring((tmp_path / "feasibility.html").read_text("utf-8"))
    rows = [tuple(" ".join(cell.text_content().split()) for cell in row) for row in page.iter("tr")]
    by_name = {row[0]: row for row in rows}
    assert by_name["siren"][1:3] == ("17,350", "10,850 to 40,000")
    assert by_name["siren_radius_m"][1:3] == ("1,379", "690 to 1,698")
    assert by_name["siren_year"][1] == "1,234.5"
    assert by_name["device_capable"][1] == "0.9625"
    assert "discounted to today at 3.75 % a year" in " ".join(page.text_content().split())


@pytest.mark.parametrize("name", ["cell_broadcast", "cell_broadcast_least"])
def test_half_of_a_price_of_cell_broadcast_is_no_price(name: str) -> None:
    assert channel(made(), "cell_broadcast").is_priced
    without = channel(made(cost={name: math.nan}), "cell_broadcast")
    assert not without.is_priced
    assert without.capital is None


def test_sirens_on_a_coarse_population_are_said_to_be_too_many() -> None:
    said = channel(made(COARSE), "sirens").note
    assert "cells about 20.8 km wide" in said
    assert "far too many sirens" in said
    assert "far too many" not in channel(made(), "sirens").note


def test_rows_of_neighbours_may_be_as_old_as_the_country_s_own(tmp_path: Path) -> None:
    """OpenCelliD's rows of a quiet border are old: whoever keeps them at home keeps them abroad."""
    header = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
    home = tmp_path / "home.csv"
    home.write_text(f"{header}LTE,651,1,1,1,0,28.10,-29.1,1000,9,1,1500000000,1500000000,0\n")
    abroad = tmp_path / "abroad.csv"
    abroad.write_text(
        f"{header}LTE,655,1,1,1,0,28.25,-29.1,1000,9,1,1300000000,1300000000,0\n"
        "LTE,655,1,1,2,0,28.28,-29.1,1000,9,1,1600000000,1600000000,0\n"
    )
    country = [shapely.box(28.0, -29.2, 28.2, -29.0)]
    given = {"coverage": None, "country": country, "sites": str(home), "foreign_sites": str(abroad)}
    kept = made(**given, sites_options={"max_age_years": None}).border
    assert kept is not None
    assert kept.cells_abroad == 2
    dropped = made(**given).border
    assert dropped is not None
    assert dropped.cells_abroad == 1


def test_the_study_says_where_it_lies() -> None:
    """`ew4all plan netp` tells by it that results are of one country."""
    assert made().to_dict()["extent_deg"] == pytest.approx([28.0, -29.2, 28.3, -29.0])
    country = [shapely.box(28.05, -29.15, 28.2, -29.05)]
    assert made(country=country).to_dict()["extent_deg"] == pytest.approx(
        [28.05, -29.15, 28.2, -29.05]
    )


def test_without_coverage_nothing_is_said_of_a_signal_or_of_a_price(tmp_path: Path) -> None:
    zones = [shapely.box(28.0, -29.2, 28.1, -29.0), shapely.box(28.1, -29.2, 28.3, -29.0)]
    found = made(coverage=None, zones=zones, out=tmp_path, formats="html")
    page = " ".join(html.fromstring((tmp_path / "feasibility.html").read_text("utf-8")).text_content().split())  # fmt: skip
    assert "Table 2. People by zone" in page
    assert "with a signal; zones with most people without one" not in page
    # What each person reached costs is not known, as nobody knows whom it reaches; the price is known.
    console = Console(width=200)
    with console.capture() as told:
        console.print(rendered(found))
    (row,) = [line for line in told.get().splitlines() if "Cell broadcast" in line and "1,500,000" in line]  # fmt: skip
    assert row.count("not known") == 2
    assert "no price" not in row


def test_market_shares_without_a_network_are_not_passed_over() -> None:
    with pytest.raises(OptionError, match="market shares tell whose network serves whom"):
        made(coverage=None, operator_share={"Alpha": 0.6})
