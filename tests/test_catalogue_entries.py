"""The catalogue: its rows, and which files a call means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_open_data import ASKED

from ew4all.catalogue.entries import FORMATS, Entry, catalogue, entry, markdown
from ew4all.catalogue.templates import MEANING, MOST_TILES, wanted
from ew4all.errors import OptionError


def test_every_source_of_the_plan_is_there() -> None:
    assert {row.name for row in catalogue()} == set(ASKED)


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row.name)
def test_rows_tell_terms_and_where_each_fact_is_from(row: Entry) -> None:
    for text in (row.title, row.provider, row.licence, row.attribution, row.citation, row.use):
        assert text.strip() == text != ""
    assert all(url.startswith("https://") for url in (row.page, row.licence_url, *row.urls))
    assert row.format in FORMATS
    assert set(row.known) >= {"url", "licence", "citation", "checksum"}
    assert all(re.match(r"read: |recalled|none is published", how) for how in row.known.values())
    assert set(row.parameters) <= set(MEANING)
    assert set(row.defaults) <= set(row.parameters)
    assert bool(row.urls) != (row.index is not None)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in row.sha256.values())


@pytest.mark.parametrize("name", ASKED)
def test_templates_fill_to_plain_addresses(name: str) -> None:
    (want,) = wanted(entry(name), ASKED[name])
    addresses = [*want.urls, *([want.index] if want.index else [])]
    assert addresses
    for text in (*addresses, want.file):
        assert "{" not in text
        assert "}" not in text
    assert re.fullmatch(r"[a-z0-9_.A-Z-]+", want.file)


def test_addresses_as_public_code_writes_them() -> None:
    def first(name: str, **given: str) -> str:
        return wanted(entry(name), given)[0].urls[0]

    assert first("worldpop-constrained", iso3="THA", year="2025") == (
        "https://data.worldpop.org/GIS/Population/Global_2015_2030/R2025A/2025/THA/v1/100m/constrained/"
        "tha_pop_2025_CN_100m_R2025A_v1.tif"
    )
    assert first("ookla-mobile", year="2020", quarter="2") == (
        "https://ookla-open-data.s3.amazonaws.com/parquet/performance/type=mobile/year=2020/quarter=2/"
        "2020-04-01_performance_mobile_tiles.parquet"
    )
    assert first("copernicus-dem-30", bbox="108.2,22.2,108.3,22.3") == (
        "https://copernicus-dem-30m.s3.amazonaws.com/Copernicus_DSM_COG_10_N22_00_E108_00_DEM/"
        "Copernicus_DSM_COG_10_N22_00_E108_00_DEM.tif"
    )


@pytest.mark.parametrize(
    ("place", "bbox", "tile"),
    [
        ("New York", "-74.1,40.6,-73.9,40.8", "R5_C11"),
        ("Nairobi", "36.7,-1.4,36.9,-1.2", "R10_C22"),
        ("Ho Chi Minh City", "106.6,10.7,106.7,10.8", "R8_C29"),
    ],
)
def test_tiles_of_ghsl_are_those_that_public_code_names(place: str, bbox: str, tile: str) -> None:
    del place
    (want,) = wanted(entry("ghs-pop"), {"bbox": bbox})
    assert want.file == f"ghs-pop_2025_{tile}.tif"


def test_a_box_takes_the_tiles_it_meets_from_the_north_west() -> None:
    found = [w.file for w in wanted(entry("copernicus-dem-30"), {"bbox": "-61.9,11.9,-60.9,12.6"})]
    names = ["N12W062", "N12W061", "N11W062", "N11W061"]
    assert found == [f"copernicus-dem-30_{name}.tif" for name in names]
    south = [w.file for w in wanted(entry("copernicus-dem-90"), {"bbox": "27.5,-30,28,-29"})]
    assert south == ["copernicus-dem-90_S30E027.tif"], "an edge is not met"
    hrsl = wanted(entry("meta-hrsl"), {"bbox": "-85,-5,-75,5"})
    assert [w.file for w in hrsl] == [
        f"meta-hrsl_{lat}_{lon}.tif" for lat in (0, -10) for lon in (-90, -80)
    ]
    assert hrsl[3].find == r"v[0-9.]+/cog_globallat_\-10_lon_\-80_general-v[0-9.]+\.tif"


@given(
    lon=st.floats(-179.9, 179.8, allow_nan=False),
    lat=st.floats(-60.0, 83.0, allow_nan=False),
    wide=st.floats(0.01, 3.0),
    high=st.floats(0.01, 3.0),
)
def test_tiles_cover_the_box(lon: float, lat: float, wide: float, high: float) -> None:
    east, north = min(lon + wide, 180.0), min(lat + high, 90.0)
    text = f"{lon!r},{lat!r},{east!r},{north!r}"
    tiles = {w.file for w in wanted(entry("copernicus-dem-30"), {"bbox": text})}
    assert 1 <= len(tiles) <= MOST_TILES
    for x in (lon, east):
        for y in (lat, north):
            inner_x = min(max(x, lon + 1e-9), east - 1e-9)
            inner_y = min(max(y, lat + 1e-9), north - 1e-9)
            west, south = int(inner_x // 1), int(inner_y // 1)
            name = f"{'S' if south < 0 else 'N'}{abs(south):02d}{'W' if west < 0 else 'E'}{abs(west):03d}"
            assert f"copernicus-dem-30_{name}.tif" in tiles


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("worldpop", {}, "did you mean worldpop-constrained"),
        ("worldpop-constrained", {}, "needs iso3"),
        ("worldpop-constrained", {"iso3": "GR"}, "three letters"),
        ("worldpop-constrained", {"iso3": "GRD", "year": "2031"}, "2015 to 2030"),
        ("worldpop-constrained", {"iso3": "GRD", "size": "1"}, "no parameter 'size'"),
        ("ghs-pop", {"bbox": "0,0,1,1", "year": "2021"}, "every 5 years"),
        ("ghs-pop", {"bbox": "1,0,0,1"}, "west below east"),
        ("ghs-pop", {"bbox": "170,0,-170,1"}, "antimeridian"),
        ("ghs-pop", {"bbox": "0,0,1"}, "west,south,east,north"),
        ("ghs-pop", {"bbox": "nan,0,1,1"}, "west,south,east,north"),
        ("copernicus-dem-30", {"bbox": "0,0,20,20"}, "400 tiles"),
        ("opencellid", {"mcc": "651"}, "EW4ALL_OPENCELLID_TOKEN"),
        ("opencellid", {"mcc": "65", "token": "x"}, "three digits"),
        ("ookla-mobile", {"year": "2024", "quarter": "5"}, "1 to 4"),
        ("geoboundaries", {"iso3": "../x"}, "three letters"),
    ],
)
def test_what_cannot_be_asked(name: str, asked: dict[str, str], said: str) -> None:
    with pytest.raises(OptionError, match=re.escape(said)):
        wanted(entry(name), asked)


def test_a_token_is_taken_from_the_environment_and_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EW4ALL_OPENCELLID_TOKEN", "pk.secret")
    (want,) = wanted(entry("opencellid"), {"mcc": "651"})
    assert "pk.secret" in want.urls[0]
    assert "pk.secret" not in want.hidden(want.urls[0])
    assert want.shown == {"mcc": "651"}
    with pytest.raises(OptionError) as caught:
        wanted(entry("opencellid"), {"mcc": "651", "token": "pk secret&file=x"})
    assert "secret" not in str(caught.value)


def test_markdown_has_a_line_for_each_row() -> None:
    lines = markdown().splitlines()
    assert len(lines) == 2 + len(catalogue())
    assert all(line.count("|") == lines[0].count("|") for line in lines)
