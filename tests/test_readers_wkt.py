from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyproj import CRS
from shapely import box

from ew4all.errors import (
    EmptyLayerError,
    EW4AllError,
    GeometryError,
    InputError,
    MissingCrsError,
    ReadError,
)
from ew4all.readers.vectors import read_vector

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))",
        " polygon ((0 0,\n 1 0, 1 1,\n 0 1, 0 0))\n",
        "POLYGON Z((0 0 5, 1 0 5, 1 1 5, 0 1 5, 0 0 5))",
        "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 1, 0 0)))",
        "GEOMETRYCOLLECTION(POINT(5 5), POLYGON((0 0, 1 0, 1 1, 0 1, 0 0)))",
        "SRID=4326;POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))",
    ],
)
def test_wkt_is_read_from_text_and_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.wkt").write_text(text)
    for source in (text, tmp_path / "a.wkt"):
        layer = read_vector(source, "area")
        assert layer.geometries[0].equals(box(0, 0, 1, 1))
        assert layer.crs == CRS(4326)
        assert any("no SRID" in note for note in layer.notes) == ("SRID" not in text)


def test_wkt_may_hold_one_shape_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "\ufeffSRID=32758;POLYGON((0 0, 9 0, 9 9, 0 0))\n\nSRID=32758;POLYGON((0 0, 9 0, 9 9, 0 0))\n",
        encoding="utf-8",
    )
    layer = read_vector(tmp_path / "a.txt", "area")
    assert len(layer.geometries) == 2
    assert layer.crs == CRS(32758)
    text = "SRID=32758;POLYGON((0 0, 9 0, 9 9, 0 0))\nPOLYGON((0 0, 9 0, 9 9, 0 0))"
    with pytest.raises(MissingCrsError, match="mixes SRIDs"):
        read_vector(text, "area")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (
            "POLYGON((500000 8000000, 500009 8000000, 5 8000009, 500000 8000000))",
            MissingCrsError,
            "SRID=",
        ),
        ("SRID=999999;POLYGON((0 0, 1 0, 1 1, 0 0))", InputError, "PROJ"),
        ("POLYGON((0 0, 1 0, 1 1", ReadError, "no valid well-known text"),
        ("POLYGON((0 0, 1 0, x 1, 0 0))", ReadError, "no valid well-known text"),
        ("POLYGON((0 0, 1 0))", GeometryError, "fewer than three"),
        ("POLYGON((0 0, 1 0, NaN 1, 0 0))", GeometryError, "NaN"),
        ("POLYGON EMPTY", EmptyLayerError, "no coordinates"),
        ("POINT(1 2)", GeometryError, "no polygon"),
        ("CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))", GeometryError, "curve"),
    ],
)
def test_wkt_that_cannot_be_used(text: str, kind: type[EW4AllError], words: str) -> None:
    with pytest.raises(kind, match=words):
        read_vector(text, "area")


def test_an_open_ring_in_wkt_is_closed() -> None:
    layer = read_vector("SRID=4326;POLYGON((0 0, 1 0, 1 1, 0 1))", "area")
    assert layer.geometries[0].area == 1
    assert "not closed" in layer.notes[0]


def test_a_text_file_without_wkt_is_refused(tmp_path: Path) -> None:
    for content in (b"hello", b"\xff\xfe\x00\xd8"):
        (tmp_path / "a.txt").write_bytes(content)
        with pytest.raises(ReadError, match=r"a\.txt"):
            read_vector(tmp_path / "a.txt", "area")
