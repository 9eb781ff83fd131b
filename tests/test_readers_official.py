"""Tables of official figures: which column, which rows, and what is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from ew4all.errors import ColumnError, EmptyLayerError, OptionError, TableValueError
from ew4all.readers.official import read_official, read_presence, read_series, zones_official
from ew4all.readers.zones import Zones, read_zones

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def zones() -> Zones:
    frame = gpd.GeoDataFrame(
        {"id": ["A", "B", "C"], "name": ["a", "b", "c"], "pop": [1.0, 2.0, math.nan], "bad": [1, -2, 3]},
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(3)],
        crs=4326,
    )  # fmt: skip
    return read_zones(frame)


def write(folder: Path, text: str) -> Path:
    path = folder / "official.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_column_of_zones_is_the_one_that_names_them(tmp_path: Path, zones: Zones) -> None:
    path = write(tmp_path, "level,placeCode,value\n1,A,10\n1,C,30\n1,B,\n0,LAND,60\n")
    found = read_official(path, zones)
    assert found.people.tolist()[::2] == [10.0, 30.0]
    assert math.isnan(found.people[1]), "a blank is no figure, and not 0"
    assert "3 of its 4 rows" in found.notes[0]
    assert "1 of 3 zones have no official figure" in found.notes[1]


def test_rows_can_be_chosen(tmp_path: Path, zones: Zones) -> None:
    text = "zone,sex,people\nA,f,4\nA,m,5\nB,f,6\nB,m,7\nC,f,1\nC,m,2\n"
    path = write(tmp_path, text)
    with pytest.raises(
        TableValueError, match=r"figure in line 2 and another in line 3.*--official-where"
    ):
        read_official(path, zones)
    assert read_official(path, zones, where={"sex": "m"}).people.tolist() == [5.0, 7.0, 2.0]
    with pytest.raises(OptionError, match="there are: f, m"):
        read_official(path, zones, where={"sex": "x"})


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("zone,people\nX,1\nY,2\n", ColumnError, "whose identifiers are A, B, C"),
        ("zone,heads\nA,1\n", ColumnError, "no column with a usual name"),
        ("zone,people,total\nA,1,2\n", ColumnError, "2 columns that may hold people"),
        ("zone,people\nA,-1\n", TableValueError, "is -1, but people are 0 or more"),
        ("zone,people\nA,many\n", TableValueError, "no number"),
        ("zone,people\nA,inf\n", TableValueError, "no number"),
        ("zone,people\n", EmptyLayerError, "no row"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, zones: Zones, text: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        read_official(write(tmp_path, text), zones)


def test_a_column_may_be_named(tmp_path: Path, zones: Zones) -> None:
    path = write(tmp_path, "zone,heads,people\nA,1,9\nB,2,9\nC,3,9\n")
    assert read_official(path, zones, column="heads").people.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ColumnError, match="no column 'feet'"):
        read_official(path, zones, column="feet")


def test_figures_of_the_zones_themselves(zones: Zones) -> None:
    found = zones_official(zones, "pop")
    assert found.people.tolist()[:2] == [1.0, 2.0]
    assert "1 of 3 zones" in found.notes[1]
    with pytest.raises(TableValueError, match="'B' is negative"):
        zones_official(zones, "bad")
    with pytest.raises(ColumnError, match="does not hold numbers"):
        zones_official(zones, "name")
    with pytest.raises(ColumnError, match="no column 'people'"):
        zones_official(zones, "people")


def test_totals_by_year(tmp_path: Path) -> None:
    found = read_series(write(tmp_path, "year;population\n2020;200\n2010;100\n"))
    assert found.years.tolist() == [2010, 2020]
    assert found.people.tolist() == [100.0, 200.0]
    for text, said in (
        ("year,people\n2020,1\n2020,2\n", "twice"),
        ("year,people\n2020.5,1\n", "whole year"),
        ("year,people\n2020,0\n", "more than 0"),
    ):
        with pytest.raises(TableValueError, match=said):
            read_series(write(tmp_path, text))


def test_presence(tmp_path: Path, zones: Zones) -> None:
    path = write(tmp_path, "case,zone,factor,visitors\nday,A,1.2,\nday,*,0.9,\nseason,B,,500\n")
    day, season = read_presence(path, zones)
    assert (day.name, day.factor.tolist(), day.visitors.tolist()) == (
        "day",
        [1.2, 0.9, 0.9],
        [0.0] * 3,
    )
    assert (season.factor.tolist(), season.visitors.tolist()) == ([1.0] * 3, [0.0, 500.0, 0.0])
    (all_,) = read_presence(write(tmp_path, "case,zone,visitors\nday,*,70\n"), None)
    assert all_.visitors.tolist() == [70.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case,zone,factor\nday,X,1\n", "there is no zone 'X'"),
        ("case,zone,factor\nday,A,1\nday,A,2\n", "comes twice"),
        ("case,zone,factor\nday,A,-1\n", "0 or more"),
        ("case,zone,visitors\nday,*,9\n", "nothing says how they are shared"),
        ("case,zone,people\nday,A,9\n", "neither a column 'factor'"),
    ],
)
def test_presence_that_is_refused(tmp_path: Path, zones: Zones, text: str, said: str) -> None:
    with pytest.raises((TableValueError, OptionError, ColumnError), match=said):
        read_presence(write(tmp_path, text), zones)
