"""Notes are short, and lose nothing that the inputs do not tell."""

from __future__ import annotations

from ew4all.notes import brief
from ew4all.results import InputFile


def given(role: str, path: str | None) -> InputFile:
    return InputFile(role, path, None, None)


def test_paths_become_names() -> None:
    inputs = [given("hazard", "/far/away/h.gpkg"), given("population", None)]
    notes = ["hazard /far/away/h.gpkg|wind: 75% lies outside", "people are counted"]
    assert brief(notes, inputs) == ("hazard h.gpkg|wind: 75% lies outside", "people are counted")


def test_names_in_two_folders_keep_them() -> None:
    inputs = [given("hazard", "/a/x.gpkg"), given("area", "/b/x.gpkg"), given("zones", "/b/z.gpkg")]
    notes = ["hazard /a/x.gpkg is mended", "area /b/x.gpkg: no SRID", "zones /b/z.gpkg: no SRID"]
    assert brief(notes, inputs) == (*notes[:2], "zones z.gpkg: no SRID")
    one_file = [given("hazard", "/a/x.gpkg"), given("area", "/a/x.gpkg")]
    assert brief(["hazard /a/x.gpkg is mended"], one_file) == ("hazard x.gpkg is mended",)


def test_a_path_that_another_begins_with() -> None:
    inputs = [given("sites", "/d/s"), given("outage", "/d/s.csv")]
    assert brief(["outage /d/s.csv: 3 members"], inputs) == ("outage s.csv: 3 members",)


def test_layers_of_which_the_same_is_true() -> None:
    inputs = [given(f"coverage {t}:A", f"/d/{t}.tif") for t in ("2g", "3g", "4g")]
    notes = [f"{i.role} {i.path} is on other cells" for i in inputs]
    notes[1] += " too"
    found = brief([*notes, notes[0]], inputs)
    assert found == (
        "coverage 2g:A 2g.tif, 4g:A 4g.tif: each is on other cells",
        "coverage 3g:A 3g.tif is on other cells too",
    )
    colon = brief([f"{i.role} {i.path}: no SRID" for i in inputs[:2]], inputs)
    assert colon == ("coverage 2g:A 2g.tif, 3g:A 3g.tif: no SRID",)


def test_layers_of_two_roles_stay_apart() -> None:
    inputs = [given("hazard", "/d/h.wkt"), given("area", "/d/a.wkt")]
    assert brief([f"{i.role} {i.path}: no SRID" for i in inputs], inputs) == (
        "hazard h.wkt: no SRID",
        "area a.wkt: no SRID",
    )
