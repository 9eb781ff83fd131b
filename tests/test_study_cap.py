"""CAP alerts as the warning area of `reach` and `target`: threads, times, geocodes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import made_sites
import pytest
import shapely
from command_line import Ended, command_line
from made_cap import alert, area, info, ring, written
from made_country import count, people_in, study

import ew4all
from ew4all.demo import CASE
from ew4all.errors import CapError, GeocodeError, OptionError, ReadError
from ew4all.readers.geocodes import read_geocodes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST = (10.05, 4.65, 10.25, 4.95)
SECOND = (10.2, 4.7, 10.5, 4.9)
A = alert("A", "10", info(area(ring(*FIRST))))
B = alert("B", "12", info(area(ring(*SECOND))), kind="Update", names=(("A", "10"),))
C = alert("C", "14", kind="Cancel", names=(("B", "12"),))


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


def in_area(paths: Any, **options: Any) -> float:
    return count(cap=paths, **options).people.in_area


def test_one_file_is_taken_as_it_is(tmp_path: Path) -> None:
    (path,) = written(tmp_path, a=A)
    assert in_area(path) == pytest.approx(people_in(shapely.box(*FIRST)), rel=1e-9)
    assert in_area([path]) == in_area(path)
    # An update alone, too, and one that has long expired.
    (update,) = written(tmp_path, b=B)
    assert in_area(update) == pytest.approx(people_in(shapely.box(*SECOND)), rel=1e-9)


def test_a_thread_is_what_is_in_force_at_a_time(tmp_path: Path) -> None:
    paths = written(tmp_path, b=B, a=A)
    first, second = (people_in(shapely.box(*box)) for box in (FIRST, SECOND))
    assert in_area(paths) == pytest.approx(second, rel=1e-9)
    assert in_area(paths, at="2024-07-01T11:59:59+00:00") == pytest.approx(first, rel=1e-9)
    assert in_area(paths, at="2024-07-01T12:00:00Z") == pytest.approx(second, rel=1e-9)
    moment = datetime(2024, 7, 1, 11, tzinfo=UTC)
    assert in_area(paths, at=moment) == pytest.approx(first, rel=1e-9)


def test_notes_tell_which_messages_count(tmp_path: Path) -> None:
    paths = written(tmp_path, a=A, b=B)
    notes = count(cap=paths).notes
    wanted = (
        "cap: 2 messages in 2 files; in force at 2024-07-01T12:00:00+00:00 (when the last message was sent): B; "
        "superseded: A"
    )
    assert wanted in notes
    assert any("the status of the alert is Exercise" in note for note in notes)
    (early,) = [
        n for n in count(cap=paths, at="2024-07-01T11:00:00+00:00").notes if "in force" in n
    ]
    assert early.endswith("in force at 2024-07-01T11:00:00+00:00: A; not yet sent: B")


def test_several_alerts_in_force_are_united(tmp_path: Path) -> None:
    other = alert("D", "11", info(area(ring(*SECOND))))
    union = shapely.union_all([shapely.box(*FIRST), shapely.box(*SECOND)])
    assert in_area(written(tmp_path, a=A, d=other)) == pytest.approx(people_in(union), rel=1e-9)


def test_a_feed_is_a_thread_where_a_time_is_given(tmp_path: Path) -> None:
    (path,) = written(tmp_path, feed=f"<alerts>{A}{B}</alerts>")
    with pytest.raises(CapError, match="holds 2 alerts"):
        in_area(path)
    assert in_area(path, at="2024-07-01T11:00:00+00:00") == pytest.approx(
        people_in(shapely.box(*FIRST)), rel=1e-9
    )


def test_expired_info_blocks_are_left_out_and_told(tmp_path: Path) -> None:
    both = alert("A", "10", info(area(ring(*FIRST)), expires="11"), info(area(ring(*SECOND))))
    (path,) = written(tmp_path, a=both)
    found = count(cap=path, at="2024-07-01T11:30:00+00:00")
    assert found.people.in_area == pytest.approx(people_in(shapely.box(*SECOND)), rel=1e-9)
    assert any("1 of its 2 info blocks do not warn at that time" in note for note in found.notes)


@pytest.mark.parametrize(
    ("texts", "at", "words"),
    [
        ({"a": A, "b": B, "c": C}, None, "14:00:00.*none; superseded: A; cancelled: B, so nobody"),
        ({"a": A}, "2024-07-01T20:00:00+00:00", "expired: A, so nobody is warned"),
        ({"a": A}, "2024-07-01T09:00:00+00:00", "not yet sent: A"),
        ({"a": A}, "now", "expired: A"),
        ({"a": A.replace("Evacuate", "AllClear")}, "2024-07-01T11:00:00+00:00", "all-clear: A"),
        ({"c": C}, "2024-07-01T15:00:00+00:00", "nobody is warned"),
        ({"a": A, "a2": A.replace("Bay", "Sea")}, None, "contents differ, so the thread has no certain state"),
        ({"a": A, "b": B.replace("<sender>s@", "<sender>t@")}, None, "would update A .* of another sender"),
        ({"a": A, "b": B.replace("<urgency>Immediate</urgency>", "")}, None, r"b\.xml, line 1: urgency is missing"),
        ({"a": A, "b": B.replace("4.7,10.2 ", "")}, None, r"b\.xml \(B\), area 'Bay', polygon 1 is not closed"),
        ({"a": A, "b": B.replace("4.7,10.2 ", "4.7,999 ")}, None, r"b\.xml \(B\), area 'Bay', polygon 1, pair 1"),
        ({"a": A, "b": "<alert"}, None, r"b\.xml.*not well-formed"),
        ({"a": A, "b": f"<!DOCTYPE alert>{B}"}, None, r"b\.xml.*document type"),
    ],
)  # fmt: skip
def test_a_thread_that_cannot_be_used_is_refused(
    tmp_path: Path, texts: dict[str, str], at: str | None, words: str
) -> None:
    with pytest.raises(CapError, match=words):
        in_area(written(tmp_path, **texts), at=at)


def test_a_message_that_is_not_valid_counts_and_is_told(tmp_path: Path) -> None:
    with_letter = B.replace("+00:00</expires>", "Z</expires>")
    notes = count(cap=written(tmp_path, a=A, b=with_letter)).notes
    assert any("B is not valid CAP (cap.time.letter)" in note for note in notes)


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    (path,) = written(tmp_path, a=A)
    table = "SAME.csv"
    for options, words in (
        ({"cap": path, "at": "noon"}, "at is a time such as"),
        ({"cap": path, "at": "2024-07-01T11:00:00"}, "no zone"),
        ({"at": "2024-07-01T11:00:00Z"}, "no CAP alert whose state"),
        ({"geocodes": table}, "no CAP alert that could name one"),
        ({"area": [shapely.box(*FIRST)], "geocodes": table}, "no CAP alert that could name one"),
        ({"cap": []}, "empty list"),
        ({"cap": [path, "b.gpkg"]}, r"\.xml or \.cap, but got b\.gpkg"),
    ):
        with pytest.raises(OptionError, match=words):
            study(**options)
    with pytest.raises(ReadError, match=r"gone\.xml cannot be read"):
        study(cap=[path, str(tmp_path / "gone.xml")])


CODED = alert("A", "10", info(area(None, ("SAME", "1"), ("SAME", "2"))))


def codes(folder: Path, *values: str) -> str:
    boxes = {"1": shapely.box(*FIRST), "2": shapely.box(*SECOND)}
    path = folder / "codes.csv"
    rows = "".join(f'SAME,{v},"{boxes[v].wkt}"\n' for v in values)
    path.write_text("name,value,geometry\n" + rows, encoding="utf-8")
    return str(path)


def test_geocodes_are_looked_up_in_the_table_of_the_user(tmp_path: Path) -> None:
    (path,) = written(tmp_path, a=CODED)
    with pytest.raises(CapError, match="--geocodes"):
        in_area(path)
    union = people_in(shapely.union_all([shapely.box(*FIRST), shapely.box(*SECOND)]))
    table = codes(tmp_path, "1", "2")
    for given in ({"cap": path}, {"area": path}, {"cap": path, "at": "2024-07-01T11:00:00Z"}):
        found = count(**given, geocodes=table)
        assert found.people.in_area == pytest.approx(union, rel=1e-9)
        assert any("the place of 2 geocodes (SAME 1, SAME 2)" in note for note in found.notes)
        used = {source.role: source for source in found.inputs}
        assert used["geocodes"].path == table
        assert used["geocodes"].sha256
    assert in_area(path, geocodes=read_geocodes(table)) == pytest.approx(union, rel=1e-9)


def test_an_unknown_geocode_stops_and_all_of_a_thread_are_listed(tmp_path: Path) -> None:
    other = alert("D", "11", info(area(None, ("SAME", "9"))))
    paths = written(tmp_path, a=CODED, d=other)
    with pytest.raises(GeocodeError, match=r"SAME 2.*SAME 9"):
        in_area(paths, geocodes=codes(tmp_path, "1"))


def test_every_file_of_a_thread_is_an_input_with_its_digest(tmp_path: Path) -> None:
    paths = written(tmp_path, a=A, b=B)
    inputs = [i for i in count(cap=paths).inputs if i.role == "cap"]
    assert [i.path for i in inputs] == paths
    assert all(i.sha256 for i in inputs)


def test_reach_of_the_command_line_takes_a_thread(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    demo = CASE.cap.read_text(encoding="utf-8")
    single = run("reach", "--population", str(CASE.population), "--cap", str(CASE.cap), "--json")
    assert single.code == 0, single.err
    sender, identifier, sent = (
        re.search(f"<{tag}>(.*?)</{tag}>", demo)[1] for tag in ("sender", "identifier", "sent")
    )
    cancel = (
        f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>C</identifier><sender>{sender}</sender>'
        "<sent>2024-07-01T23:00:00+00:00</sent><status>Exercise</status><msgType>Cancel</msgType><scope>Public</scope>"
        f"<note>x</note><references>{sender},{identifier},{sent}</references></alert>"
    )
    (path,) = written(tmp_path, c=cancel)
    common = ("reach", "--population", str(CASE.population), "--cap", str(CASE.cap), "--cap", path)
    found = run(*common, "--at", sent, "--json", "--out", str(tmp_path / "out"))
    assert found.code == 0, found.err
    assert json.loads(found.out)["people"] == json.loads(single.out)["people"]
    settings = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert str(CASE.cap) in json.dumps(settings)
    assert sent in json.dumps(settings)
    over = run(*common)
    assert over.code == 2
    assert "cancelled" in over.err
    assert run(*common, "--at", sent, "--at", sent).code == 2


def test_target_takes_a_thread_and_geocodes(tmp_path: Path) -> None:
    west, south, east, north = made_sites.AREA.bounds
    coded = alert("A", "10", info(area(None, ("SAME", "1"))))
    whole = alert(
        "B", "12", info(area(ring(west, south, east, north))), kind="Update", names=(("A", "10"),)
    )
    paths = written(tmp_path, a=coded, b=whole)
    table = tmp_path / "codes.csv"
    table.write_text(f'name,value,geometry\nSAME,1,"{made_sites.AREA.wkt}"\n', encoding="utf-8")
    given = {"population_unit": "count"}
    plain = ew4all.target(made_sites.made_cells(), made_sites.POPULATION, made_sites.AREA, **given)
    found = ew4all.target(
        made_sites.made_cells(),
        made_sites.POPULATION,
        cap=paths,
        at="2024-07-01T11:00:00Z",
        geocodes=str(table),
        **given,
    )
    assert found.in_area_people == pytest.approx(plain.in_area_people)
    assert found.cells == plain.cells
    later = ew4all.target(made_sites.made_cells(), made_sites.POPULATION, cap=paths, **given)
    assert later.in_area_people > found.in_area_people
    with pytest.raises(OptionError, match="no CAP alert that could name one"):
        ew4all.target(
            made_sites.made_cells(),
            made_sites.POPULATION,
            made_sites.AREA,
            geocodes=str(table),
            **given,
        )
