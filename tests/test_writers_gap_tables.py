"""Tables of a gap analysis: every number of gaps.json under the name of its path, in three formats."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from made_gap_results import BOX, EVERYBODY, WEST, made, schools

from ew4all.gap_results import GapBlock, GapHazard, GapZone
from ew4all.writers.gap_tables import flat, write_facilities, write_gap_tables, zone_rows

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.gap_results import Gaps


def written(folder: Path, result: Gaps, notice: str | None = None) -> Path:
    write_gap_tables(folder, result, BOX, notice=notice)
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_name_is_the_path_of_its_number() -> None:
    block = {
        "people": 10.0,
        "channels": {"none": 1.5},
        "rank": 2,
        "name": "x",
        "zones": [{"a": 1.0}],
    }
    assert flat(block, "p_") == {"p_people": 10.0, "p_channels_none": 1.5, "p_rank": 2}


def test_zones_hold_every_number_of_the_document(tmp_path: Path) -> None:
    result = made()
    out = written(tmp_path, result)
    document = result.to_dict()
    rows = read(out / "zones.csv")
    assert [r["id"] for r in rows] == ["w", "e", "outside"]
    assert (rows[0]["people"], rows[0]["coverage_gap"], rows[0]["reachable"]) == (
        "60.0",
        "10.0",
        "30.0",
    )
    assert rows[0]["share_usage_gap"] == str(20.0 / 60.0)
    assert rows[2]["rank"] == ""
    compared = 0
    for k, row in enumerate(rows):
        expected: dict[str, Any] = flat(document["zones"][k])
        for hazard in document["hazards"]:
            expected |= flat(hazard["zones"][k], f"hazard_{hazard['name']}_")
        for group in document["groups"]:
            expected |= flat(group["zones"][k], f"group_{group['name']}_")
        expected |= flat(document["degraded"]["zones"][k], "degraded_")
        for hazard in document["degraded"]["hazards"]:
            expected |= flat(hazard["zones"][k], f"degraded_hazard_{hazard['name']}_")
        for group in document["degraded"]["groups"]:
            expected |= flat(group["zones"][k], f"degraded_group_{group['name']}_")
        found = {
            name: float(text) for name, text in row.items() if name not in {"id", "name"} and text
        }
        assert found == expected
        compared += len(found)
    assert compared > 150


def test_geopackage_and_geoparquet_hold_what_the_csv_holds(tmp_path: Path) -> None:
    out = written(tmp_path, made(), "an exercise")
    text = pd.read_csv(out / "zones.csv")
    for frame in (
        gpd.read_file(out / "zones.gpkg", layer="zones"),
        gpd.read_parquet(out / "zones.parquet"),
    ):
        assert frame.crs.to_epsg() == 4326
        assert [n for n in frame.columns if n not in {"geometry", "bbox"}] == list(text.columns)
        for name in text.columns:
            ours, theirs = frame[name], text[name]
            if name in {"id", "name", "notice"}:
                assert list(ours) == list(theirs)
            else:
                pd.testing.assert_series_equal(
                    ours.astype("float64"),
                    theirs.astype("float64"),
                    check_names=False,
                    check_exact=True,
                )
        assert list(frame["notice"]) == ["an exercise"] * 3
        assert frame.geometry.iloc[0].equals(shapely.box(10.0, 4.0, 11.0, 5.0))
        assert frame.geometry.iloc[2] is None
    ranks = gpd.read_file(out / "zones.gpkg")["rank"]
    assert list(ranks[:2]) == [1, 2]


def test_groups_and_hazards_begin_with_everybody_in_them(tmp_path: Path) -> None:
    out = written(tmp_path, made(), "an exercise")
    groups = read(out / "groups.csv")
    assert [(r["group"], r["zone_id"], r["people"]) for r in groups] == [
        ("old", "all", "20.0"), ("old", "w", "20.0"), ("old", "e", "0.0"), ("old", "outside", "0.0"),
    ]  # fmt: skip
    assert groups[0]["kind"] == "given"
    assert (groups[0]["coverage_gap"], groups[0]["degraded_coverage_gap"]) == ("4.0", "20.0")
    hazards = read(out / "hazards.csv")
    assert [(r["hazard"], r["zone_id"]) for r in hazards] == [
        ("flood", z) for z in ("all", "w", "e", "outside")
    ]
    assert (hazards[0]["people"], hazards[0]["coverage_gap"]) == ("30.0", "5.0")
    assert hazards[0]["degraded_coverage_gap"] == "30.0"
    assert {r["notice"] for r in (*groups, *hazards)} == {"an exercise"}


def test_without_zones_the_one_row_is_everybody(tmp_path: Path) -> None:
    result = replace(made(), zones=(), groups=(), degraded=None, hazards=())
    out = written(tmp_path, result)
    (row,) = read(out / "zones.csv")
    assert (row["id"], row["name"], row["people"]) == ("all", "everybody", "100.0")
    assert gpd.read_file(out / "zones.gpkg").geometry.iloc[0].equals(BOX)
    assert not (out / "groups.csv").exists()
    assert not (out / "hazards.csv").exists()


def test_names_that_differ_in_capitals_only_keep_their_columns(tmp_path: Path) -> None:
    zones = (GapZone("w", "West", WEST, 1, 1, BOX),)
    small = (replace(zones[0], block=GapBlock(7.0)),)
    hazards = (GapHazard("Flood", EVERYBODY, zones), GapHazard("flood", GapBlock(7.0), small))
    result = replace(made(), zones=zones, groups=(), degraded=None, hazards=hazards)
    out = written(tmp_path, result)
    frame = gpd.read_file(out / "zones.gpkg")
    assert frame["hazard_Flood_people"].tolist() == [60.0]
    assert frame["hazard_flood_people_2"].tolist() == [7.0]


def test_a_path_that_two_numbers_share_keeps_both() -> None:
    """The hazard "x_share" and its coverage gap, and the share of the hazard "x"."""
    zones = (GapZone("w", "West", WEST, 1, 1, BOX),)
    hazards = (GapHazard("x", EVERYBODY, zones), GapHazard("x_share", EVERYBODY, zones))
    rows, _ = zone_rows(
        replace(made(), zones=zones, groups=(), degraded=None, hazards=hazards), BOX
    )
    assert rows[0]["hazard_x_share_coverage_gap"] == pytest.approx(1.0 / 6.0)
    assert rows[0]["hazard_x_share_coverage_gap_2"] == 10.0


def test_words_from_data_stay_words(tmp_path: Path) -> None:
    zones = (GapZone("=1+1", 'Quote " comma, line\nbreak', WEST, 1, 1, BOX),)
    result = replace(made(), zones=zones, groups=(), degraded=None, hazards=())
    out = written(tmp_path, result)
    (row,) = read(out / "zones.csv")
    assert (row["id"], row["name"]) == (zones[0].id, zones[0].name)
    assert gpd.read_parquet(out / "zones.parquet")["name"].tolist() == [zones[0].name]


def test_facilities_have_a_row_each(tmp_path: Path) -> None:
    shelters = replace(schools(), kind="shelters", at_risk={}, degraded=None)
    write_facilities(tmp_path, (schools(), shelters), "T", "0", notice="an exercise")
    rows = read(tmp_path / "facilities.csv")
    assert [(r["kind"], r["id"], r["zone"]) for r in rows[:3]] == [
        ("primary_schools", "a", "w"), ("primary_schools", "b", "w"), ("primary_schools", "c", "e"),
    ]  # fmt: skip
    assert rows[0]["name"] == "A & co"
    assert [r["signal_4g"] + r["channel_cell_broadcast"] + r["channel_sms"] for r in rows[:3]] == [
        "000",
        "110",
        "111",
    ]
    assert [r["hazard_flood"] for r in rows] == ["1", "0", "0", "", "", ""]
    assert [r["degraded_signal_any"] for r in rows] == ["0", "0", "0", "", "", ""]
    assert {r["notice"] for r in rows} == {"an exercise"}
    frame = gpd.read_file(tmp_path / "facilities.gpkg", layer="facilities")
    assert list(frame.columns) == [*rows[0], "geometry"]
    assert frame["channel_sms"].tolist() == [0, 0, 1] * 2
    assert frame["hazard_flood"].isna().tolist() == [False] * 3 + [True] * 3
    assert frame.geometry.iloc[1].equals(shapely.Point(10.7, 4.5))
    counts = schools().to_dict()
    assert counts["channels"]["none"] == sum(
        r["channel_cell_broadcast"] == "0" and r["channel_sms"] == "0" for r in rows[:3]
    )


def test_without_facilities_there_is_no_file(tmp_path: Path) -> None:
    write_facilities(tmp_path, (), None, "0")
    assert not list(tmp_path.iterdir())
