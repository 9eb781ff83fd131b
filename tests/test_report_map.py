"""The map shows what it is given: every kind of input draws, and what matters can be found in the picture."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from made_results import PEOPLE, UNKNOWN_COVERAGE
from matplotlib.figure import Figure
from matplotlib.image import imread
from pyproj import CRS, Geod, Transformer

from ew4all.errors import GridMismatchError, WriteError
from ew4all.report import furniture
from ew4all.report import map as report_map
from ew4all.report.furniture import nice, pixel_m
from ew4all.report.map import MapLayers, draw_map, focus
from ew4all.results import PeopleCount

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

AREA = shapely.box(10.2, 4.2, 10.8, 4.8)


def layers(**changes: Any) -> MapLayers:
    people = np.full((40, 40), 10.0)
    made = MapLayers(
        people=people,
        uncovered=np.zeros_like(people),
        extent=(10.0, 4.0, 11.0, 5.0),
        crs=CRS(4326),
        counts=PEOPLE,
        title="A hurricane",
        area=AREA,
    )
    return replace(made, **changes)


def drawn(path: Path, made: MapLayers) -> NDArray[np.float32]:
    draw_map(path / "map.png", made)
    picture: NDArray[np.float32] = imread(path / "map.png")[..., :3]
    return picture


def inside_map(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return picture[180:1080, 100:1140]


def share(picture: NDArray[np.float32], which: str) -> float:
    """Share of pixels that are plainly orange, or plainly blue."""
    red, blue = picture[..., 0], picture[..., 2]
    hit = red > blue + 0.25 if which == "orange" else blue > red + 0.1
    return float(hit.mean())


def test_size_and_what_the_file_says_of_itself(tmp_path: Path) -> None:
    from PIL import Image

    draw_map(tmp_path / "map.png", layers(notice="demo data"))
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.size == (1620, 1200)
        assert picture.text["Title"] == "A hurricane"
        assert picture.text["Description"] == "demo data"


def test_uncovered_people_are_orange_and_others_blue(tmp_path: Path) -> None:
    covered = inside_map(drawn(tmp_path, layers()))
    assert share(covered, "orange") == 0.0
    assert share(covered, "blue") > 0.3
    people = layers().people
    missed = inside_map(drawn(tmp_path, layers(uncovered=people)))
    assert share(missed, "orange") > 0.3
    assert share(missed, "blue") == 0.0
    half = np.where(np.arange(40) < 20, people, 0.0)
    mixed = inside_map(drawn(tmp_path, layers(uncovered=half)))
    middle = mixed.shape[1] // 2
    assert share(mixed[:, : middle - 60], "orange") > 0.2
    assert share(mixed[:, middle + 60 :], "orange") == 0.0


def test_first_row_is_in_the_north(tmp_path: Path) -> None:
    people = np.zeros((40, 40))
    people[8:20] = 10.0  # 4.5 to 4.8 degrees north
    picture = inside_map(drawn(tmp_path, layers(people=people)))
    middle = picture.shape[0] // 2
    assert share(picture[:middle], "blue") > 10 * share(picture[middle + 10 :], "blue")


def test_notice_is_a_banner_on_top(tmp_path: Path) -> None:
    plain = drawn(tmp_path, layers())[:30]
    assert plain.mean() > 0.99
    banner = drawn(tmp_path, layers(notice="demo data, not for operations"))[2:30]
    assert banner[..., 0].mean() > banner[..., 1].mean() + 0.3


ODD: dict[str, dict[str, Any]] = {
    "ocean-wide hazard": {"hazard": shapely.box(-60.0, -60.0, 80.0, 60.0)},
    "hazard is the area": {"hazard": AREA},
    "no area": {"area": None},
    "hazard alone": {"area": None, "hazard": shapely.Point(10.5, 4.5).buffer(0.2)},
    "two parts": {"area": shapely.MultiPolygon([shapely.box(10.1, 4.1, 10.2, 4.2), AREA])},
    "area elsewhere": {"area": shapely.box(50.0, 50.0, 51.0, 51.0)},
    "empty area": {"area": shapely.Polygon()},
    "no coverage": {"uncovered": None, "counts": UNKNOWN_COVERAGE},
    "nobody": {"people": np.zeros((40, 40))},
    "all NaN": {"people": np.full((40, 40), np.nan)},
    "one cell": {"people": np.full((1, 1), 1e-12), "uncovered": np.zeros((1, 1))},
    "crowds": {"people": np.full((40, 40), 1e9)},
    "nobody in area": {"counts": PeopleCount(0.0, 0.0, 0.0, 0.0, 0.0, {"any": 0.0}, 0.0)},
    "whole Earth": {"extent": (-180.0, -90.0, 180.0, 90.0), "area": None},
    "antimeridian": {
        "extent": (177.0, -20.0, 183.0, -15.0),
        "area": shapely.box(179.0, -18.0, 181.0, -17.0),
    },
    "north pole": {"extent": (10.0, 89.0, 11.0, 90.0), "area": None},
    "long words": {"title": "$x^2$ \\frac 100 % " + "long " * 60, "attribution": "data " * 200},
    "other scripts": {"title": "\u8b66\u5831 \u0645\u062d\u0627\u0641\u0638\u0629"},
    "signs and no name": {"zones": [("$a$", AREA), ("", shapely.box(0.0, 0.0, 1.0, 1.0))]},
    "nested zones": {"zones": [("\u8b66\u5831 " * 20, AREA.buffer(-0.01 * k)) for k in range(19)]},
    "many zones": {
        "zones": [(str(k), shapely.box(10.0 + k / 99, 4.0, 10.01 + k / 99, 5.0)) for k in range(99)]
    },
}


@pytest.mark.parametrize("name", ODD)
def test_odd_input_draws_without_a_warning(tmp_path: Path, name: str) -> None:
    assert drawn(tmp_path, layers(**ODD[name])).shape == (1200, 1620, 3)


@pytest.mark.parametrize("code", [32636, 3857, 3832, 3031, 6933])
def test_projected_maps_draw(tmp_path: Path, code: int) -> None:
    crs = CRS(code)
    lon, lat = {
        32636: (35.0, -18.0),
        3857: (35.0, 60.0),
        3832: (179.9, -17.0),
        3031: (0.0, -80.0),
    }.get(code, (35.0, 0.0))
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    extent = (x - 2e5, y - 2e5, x + 2e5, y + 2e5)
    area = shapely.Point(x, y).buffer(1e5)
    picture = drawn(tmp_path, layers(crs=crs, extent=extent, area=area))
    assert share(inside_map(picture), "blue") > 0.2


def test_name_of_a_small_zone_does_not_lie_in_its_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The island's name goes to the sea, not into the mainland."""
    placed: list[Any] = []
    draw = report_map._draw_names

    def spy(axes: Any, *others: Any) -> None:
        draw(axes, *others)
        placed.extend(
            (text.get_text(), axes.transData.inverted().transform_bbox(text.get_window_extent()))
            for text in axes.texts
        )

    monkeypatch.setattr(report_map, "_draw_names", spy)
    island, mainland = shapely.box(10.40, 4.5, 10.42, 4.52), shapely.box(10.42, 4.2, 10.8, 4.8)
    drawn(tmp_path, layers(zones=[("The small island", island), ("Mainland", mainland)]))
    found = {name: shapely.box(*box.extents) for name, box in placed}
    assert not found["The small island"].intersects(mainland)
    assert found["Mainland"].intersects(mainland)


def test_shapes_that_differ_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GridMismatchError):
        draw_map(tmp_path / "map.png", layers(uncovered=np.zeros((3, 3))))


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"cannot write map\.png: No such file"):
        draw_map(tmp_path / "nowhere" / "map.png", layers())


EXTENT = (0.0, 0.0, 100.0, 50.0)


def test_focus_is_the_area_and_some_of_the_hazard() -> None:
    area = shapely.box(40.0, 20.0, 50.0, 30.0)
    assert focus(EXTENT, None, None) == EXTENT
    assert focus(EXTENT, shapely.Polygon(), None) == EXTENT
    assert focus(EXTENT, area, None) == pytest.approx((39.4, 19.4, 50.6, 30.6))
    ocean = focus(EXTENT, area, shapely.box(-500.0, -500.0, 500.0, 500.0))
    assert ocean == pytest.approx(
        (33.8, 13.8, 56.2, 36.2)
    )  # half the area's size more, and a margin
    assert focus(EXTENT, None, shapely.box(-500.0, -500.0, 500.0, 500.0)) == EXTENT
    assert focus(EXTENT, shapely.box(500.0, 500.0, 501.0, 501.0), None) == EXTENT


def test_view_is_trimmed_over_open_sea_but_holds_everybody_in_the_area() -> None:
    people = np.zeros((100, 100))
    people[50, 50] = 1.0
    made = layers(
        people=people, extent=(0.0, -5.0, 10.0, 5.0), area=shapely.box(0.0, -5.0, 10.0, 5.0)
    )
    west, south, east, north = report_map._view(made)
    assert west < 5.0
    assert east > 5.1
    assert south < -0.1
    assert north > 0.0
    assert east - west < 1.0


@pytest.mark.parametrize(
    ("value", "expected"), [(1.0, 1), (1.99, 1), (2.0, 2), (49, 20), (0.07, 0.05), (1e4, 1e4)]
)
def test_nice_numbers(value: float, expected: float) -> None:
    assert nice(value) == pytest.approx(expected)


def test_scale_bar_is_geodesic() -> None:
    """At 60 degrees north a degree of longitude is half as long as at the equator."""
    view = (20.0, 59.0, 24.0, 61.0)
    axes = Figure().add_axes((0.0, 0.0, 1.0, 1.0))
    furniture.draw_scale_bar(axes, CRS(4326), view)
    km = float(axes.texts[-1].get_text().removesuffix(" km"))
    segments = [p for p in axes.patches if type(p).__name__ == "Rectangle"]
    long_deg = sum(p.get_width() for p in segments) * (view[2] - view[0])
    metres = Geod(ellps="WGS84").inv(22.0 - long_deg / 2, 60.0, 22.0 + long_deg / 2, 60.0)[2]
    assert metres == pytest.approx(km * 1e3, rel=1e-3)


def test_pixel_size() -> None:
    assert pixel_m(CRS(32636), (5e5, 8e6, 5.1e5, 8.01e6), 100.0, 100.0) == pytest.approx(
        100, rel=1e-3
    )
    side = pixel_m(CRS(4326), (-0.5, -0.5, 0.5, 0.5), 1 / 1200, 1 / 1200)
    assert side == pytest.approx(math.sqrt(92.766 * 92.145), rel=1e-3)


@pytest.mark.parametrize(
    ("value", "letters", "step", "text"),
    [
        (-61.5, "EW", 1 / 12, "61\u00b030\u2032W"),
        (181.0, "EW", 1.0, "179\u00b0W"),
        (-180.0, "EW", 1.0, "180\u00b0"),
        (0.0, "NS", 1.0, "0\u00b0"),
        (-17.0, "NS", 1.0, "17\u00b0S"),
        (12.0 + 1 / 3600, "NS", 1 / 3600, "12\u00b000\u203201\u2033N"),
    ],
)
def test_degrees(value: float, letters: str, step: float, text: str) -> None:
    assert furniture._degrees(value, letters, step) == text
