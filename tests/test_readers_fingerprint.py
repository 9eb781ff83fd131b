"""Digests of inputs: as other tools print them, kept while the file stays as it is."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest
from raster_files import change_unseen

from ew4all.errors import ReadError
from ew4all.readers import fingerprint
from ew4all.readers.provenance import SourceNote
from ew4all.readers.rasters import open_raster
from ew4all.readers.vector_files import read_features

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("EW4ALL_CACHE_DIR", str(folder))
    return folder


def test_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a.tif"
    file.write_bytes(b"people" * 500_000)
    assert fingerprint.sha256(file) == hashlib.sha256(b"people" * 500_000).hexdigest()


def test_a_shapefile_is_all_its_parts_in_order(tmp_path: Path) -> None:
    for suffix in (".dbf", ".PRJ", ".shp", ".shx", ".sbn"):
        (tmp_path / f"zones[1]{suffix}").write_text(suffix)
    (tmp_path / "zones1.dbf").write_text("of another layer")
    names = [path.name for path in fingerprint.parts(tmp_path / "zones[1].shp")]
    assert names == ["zones[1].shp", "zones[1].shx", "zones[1].dbf", "zones[1].PRJ"]
    expected = hashlib.sha256(b".shp.shx.dbf.PRJ").hexdigest()
    assert fingerprint.sha256(tmp_path / "zones[1].shp") == expected


def test_a_folder_is_its_files_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "layer.gdb"
    folder.mkdir()
    (folder / "b").write_text("2")
    (folder / "a").write_text("1")
    assert fingerprint.sha256(folder) == hashlib.sha256(b"12").hexdigest()


def test_a_digest_is_kept_until_the_file_changes(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "a.tif"
    file.write_text("one")
    first = fingerprint.sha256(file)
    (entry,) = cache.rglob("*.json")
    entry.write_text(entry.read_text().replace(str(first), "kept"))
    assert fingerprint.sha256(file) == "kept"
    file.write_text("other")
    assert fingerprint.sha256(file) == hashlib.sha256(b"other").hexdigest()


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("replaced", [False, True])
def test_other_content_of_the_same_size_and_time_is_another_file(
    tmp_path: Path, replaced: bool
) -> None:
    file, other = tmp_path / "a.tif", tmp_path / "b.tif"
    file.write_text("one")
    fingerprint.sha256(file)
    token = fingerprint.identity(file)

    def change() -> None:
        if replaced:
            other.write_text("two")
            other.replace(file)
        else:
            file.write_text("two")

    change_unseen(file, change)
    assert fingerprint.sha256(file) == hashlib.sha256(b"two").hexdigest()
    with pytest.raises(ReadError, match="was changed while"):
        fingerprint.must_be_unchanged(token)


def test_a_damaged_cache_is_worked_out_again(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "a.tif"
    file.write_text("one")
    first = fingerprint.sha256(file)
    for entry in cache.rglob("*.json"):
        entry.write_text("{cut sho")
    assert fingerprint.sha256(file) == first


def test_no_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("EW4ALL_CACHE_DIR", str(in_the_way / "cache"))
    assert fingerprint.sha256(in_the_way) == hashlib.sha256(b"").hexdigest()
    assert fingerprint.recall("sha256", fingerprint.identity(in_the_way)) is None


def test_a_file_that_changed_since_it_was_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.tif"
    file.write_text("one")
    token = fingerprint.identity(file)
    fingerprint.must_be_unchanged(token)
    os.utime(file, ns=(0, 12345))
    with pytest.raises(ReadError, match=r"a\.tif was changed while"):
        fingerprint.sha256(file, token)
    file.unlink()
    with pytest.raises(ReadError, match=r"a\.tif cannot be read"):
        fingerprint.sha256(file, token)


@pytest.mark.parametrize(
    "path", ["/vsicurl/https://example.org/a.tif", "https://example.org/a.tif"]
)
def test_what_is_no_file_here_has_no_digest(path: str) -> None:
    assert fingerprint.sha256(path) is None


def test_what_was_worked_out_depends_on_the_rest_of_the_key(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "a.tif"
    file.write_text("one")
    token = fingerprint.identity(file)
    fingerprint.remember("tally", token, {"sum": 0.1 + 0.2}, 1)
    assert fingerprint.recall("tally", token, 1) == {"sum": 0.1 + 0.2}
    assert fingerprint.recall("tally", token, 2) is None
    assert fingerprint.recall("tally", None, 1) is None
    assert [p.parent for p in cache.rglob("*.json")] == [cache / "tally"]


def test_names_that_are_not_utf8_are_refused_by_every_reader() -> None:
    """GDAL takes UTF-8 alone, and run.json could not hold the name."""
    name = "n\udcff.gpkg"
    for read in (
        lambda: open_raster(name, "the raster"),
        lambda: read_features(name, "the layer"),
        lambda: SourceNote.of("sites", name, None),
    ):
        with pytest.raises(ReadError, match=r"n\\udcff\.gpkg is not UTF-8.*rename"):
            read()
