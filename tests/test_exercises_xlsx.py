"""Lists of injects as XLSX: as people make them, and as they should not be."""

from __future__ import annotations

import re
import struct
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from made_exercises import EXERCISE
from made_workbooks import HEADER, ROW, repacked, workbook

from ew4all.errors import ColumnError, ExerciseError, OptionError, ReadError
from ew4all.exercises import importing, xlsx_reading
from ew4all.exercises.importing import ListOptions, import_exercise
from ew4all.exercises.inject_times import clock_of
from ew4all.exercises.xlsx_writing import workbook_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.exercises.importing import Imported


@pytest.fixture
def unplayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario does not say how long an exercise may last."""
    monkeypatch.setattr(importing, "scenario_known", lambda *_: (None, ()))


def read(path: Path, **options: Any) -> Imported:
    return import_exercise(path, ListOptions(scenario="valley-flash-flood", **options))


def faults(path: Path, **options: Any) -> list[str]:
    with pytest.raises(ExerciseError) as caught:
        read(path, **options)
    return [str(one) for one in caught.value.findings]


def with_times(folder: Path, *times: Any, header: str = "Time", unit: str = "General") -> Path:
    head = [header if name == "Time" else name for name in HEADER]
    rows = [[f"i{k}", value, *ROW[2:]] for k, value in enumerate(times)]

    def shown(_: Any, page: Any) -> None:
        for k in range(len(times)):
            if unit != "General":
                page.cell(k + 2, 2).number_format = unit

    return workbook(folder / "list.xlsx", [head, *rows], change=shown)


def seconds(found: Imported) -> list[float | None]:
    return [inject.time_s for inject in found.exercise.injects]


def test_a_list_of_somebody_becomes_an_exercise(tmp_path: Path) -> None:
    title = [["EXERCISE SHAKEOUT 2026"], [], list(HEADER)]
    second = ("2", "1:10", "Radio", "Mayor; Duty officers", "Social media", "What happens?", None)
    heading = ("Phase 2: the wave",)
    found = read(workbook(tmp_path / "My list.xlsx", [*title, ROW, heading, second]))
    exercise = found.exercise
    assert exercise.identifier == "My-list"
    assert [team.name for team in exercise.teams] == ["Duty officers", "Mayor"]
    assert {role.kind for role in exercise.roles} == {"facilitator", "player", "evaluator"}
    one, two = exercise.injects
    assert (one.identifier, one.time_s, one.channel, one.audience) == (
        "1",
        300.0,
        "phone",
        ("duty-officers",),
    )
    assert (two.time_s, two.channel, two.audience) == (4200.0, "social", ("mayor", "duty-officers"))
    assert one.title == one.text == "The gauge rises."
    assert exercise.length_s == 5400.0
    assert any("headings" in note for note in found.notes)
    assert any("no objectives yet" in note for note in found.notes)


def test_headers_in_other_languages_and_a_column_map(tmp_path: Path) -> None:
    german = workbook(
        tmp_path / "de.xlsx",
        [("Nr.", "Uhrzeit", "Absender", "Empfänger", "Kanal", "Nachricht"), ("1", "0:05", "Pegel", "Amt", "Telefon", "Der Pegel steigt.")],
    )  # fmt: skip
    found = read(german).exercise
    assert (found.injects[0].time_s, found.injects[0].channel, found.injects[0].sender) == (
        300.0,
        "phone",
        "Pegel",
    )
    arabic = workbook(
        tmp_path / "ar.xlsx", [("رقم", "الوقت", "من", "إلى", "القناة", "النص"), ("1", "0:05", "مرصد", "الجميع", "هاتف", "المياه ترتفع")]
    )  # fmt: skip
    inject = read(arabic).exercise.injects[0]
    assert (inject.text, inject.audience, inject.channel) == ("المياه ترتفع", (), "phone")
    odd = workbook(
        tmp_path / "odd.xlsx", [("Wann", "Was", "Wer"), ("5 min", "Der Pegel steigt.", "Amt")]
    )
    found = read(odd, columns={"at": "Wann", "text": "Was", "to": "Wer"}).exercise
    assert (found.injects[0].time_s, found.injects[0].text) == (300.0, "Der Pegel steigt.")
    with pytest.raises(ColumnError, match=r"no column 'Wo'; it has Wann, Was, Wer"):
        read(odd, columns={"at": "Wo", "text": "Was"})
    with pytest.raises(OptionError, match="did you mean text"):
        read(odd, columns={"txt": "Was", "at": "Wann"})


def test_columns_that_mean_nothing_stand_in_the_notes(tmp_path: Path) -> None:
    found = read(workbook(tmp_path / "a.xlsx", [(*HEADER, "Budget line"), (*ROW, 4711)]))
    assert found.exercise.injects[0].notes == "Budget line: 4711"
    assert any("Budget line" in note for note in found.notes)


@pytest.mark.usefixtures("unplayed")
@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (time(1, 30), "General", 5400.0),
        (timedelta(hours=26, minutes=5), "[h]:mm:ss", 93900.0),
        (0.0625, "h:mm", 5400.0),
        (1.0625, "[h]:mm", 91800.0),
        (1.0625, "h:mm", 91800.0),
        ("1:30", "General", 5400.0),
        ("1:30:30", "@", 5430.0),
        ("T+1:30", "General", 5400.0),
        ("T + 90 min", "General", 5400.0),
        ("H+2", "General", 7200.0),
        ("+15 min", "General", 900.0),
        ("1h30", "General", 5400.0),
        ("1 h 30 min", "General", 5400.0),
        (0, "General", 0.0),
        (None, "General", None),
    ],
)
def test_times_after_the_start(tmp_path: Path, value: Any, unit: str, wanted: float | None) -> None:
    assert seconds(read(with_times(tmp_path, value, unit=unit))) == [wanted]


def test_bare_numbers_take_the_unit_of_their_header_or_of_the_option(tmp_path: Path) -> None:
    assert seconds(read(with_times(tmp_path, 90, "15", header="Time (min)"))) == [5400.0, 900.0]
    assert seconds(read(with_times(tmp_path, 1.5, header="Time [h]"))) == [5400.0]
    path = with_times(tmp_path, 90)
    assert seconds(read(path, clock=clock_of(None, "min"))) == [5400.0]
    (told,) = faults(path)
    assert told.startswith("sheet MSEL, row 2, column B (at): 90 has no unit of time")
    assert "--time-unit" in told
    (told,) = faults(with_times(tmp_path, 0.0625))
    assert "share of a day" in told


@pytest.mark.usefixtures("unplayed")
def test_times_of_the_day_and_dates_need_the_start(tmp_path: Path) -> None:
    day = with_times(tmp_path, time(8, 45), "09:15", "0930", time(0, 15))
    found = read(day, clock=clock_of("08:30"))
    assert seconds(found) == [900.0, 2700.0, 3600.0, 56700.0]
    dated = with_times(tmp_path, datetime(2026, 11, 27, 9, 0), 46353.375, "2026-11-27T10:00")  # noqa: DTZ001
    assert seconds(read(dated, clock=clock_of("2026-11-27T08:00"))) == [3600.0, 3600.0, 7200.0]
    told = faults(dated)
    assert len(told) == 3
    assert all("--starts 2026-11-27T08:00" in one for one in told)
    (told_one, *_) = faults(dated, clock=clock_of("2026-11-28T08:00"))
    assert "before the start" in told_one
    with pytest.raises(OptionError, match="--starts noon"):
        clock_of("noon")
    with pytest.raises(OptionError, match="--time-unit fortnight"):
        clock_of(None, "fortnight")


@pytest.mark.usefixtures("unplayed")
def test_times_of_the_day_are_not_taken_for_hours_after_the_start(tmp_path: Path) -> None:
    """A list from 09:00 on would else be an exercise in which nothing happens for nine hours."""
    for first in ("09:00", time(9, 0)):
        path = with_times(tmp_path, "10:30", first)
        (told,) = faults(path)
        assert "list.xlsx" in told or "row 3, column B (at)" in told
        assert "9 h 00 min after the start" in told
        assert "--starts 09:00, and if not, write T+9:00" in told
        assert seconds(read(path, clock=clock_of("09:00"))) == [5400.0, 0.0]
    meant = with_times(tmp_path, "T+9:00")
    assert seconds(read(meant)) == [32400.0]
    early = with_times(tmp_path, "00:10", "09:00")
    assert seconds(read(early)) == [600.0, 32400.0]


@pytest.mark.usefixtures("unplayed")
def test_dates_since_1904(tmp_path: Path) -> None:
    def epoch(book: Any, _: Any) -> None:
        book.epoch = openpyxl.utils.datetime.MAC_EPOCH

    path = workbook(
        tmp_path / "mac.xlsx", [HEADER, ("1", 46353.375 - 1462, *ROW[2:])], change=epoch
    )
    assert seconds(read(path, clock=clock_of("2026-11-27T08:00"))) == [3600.0]


def test_every_fault_says_sheet_row_column_and_what_to_do(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ("1", "soon", *ROW[2:]),
        ("1", "0:10", "A", "B", "pigeon", "x", "y"),
        ("3", True, "A", "B", "radio", "x", "y"),
    ]
    path = workbook(tmp_path / "a.xlsx", rows)
    told = faults(path)
    assert any(t.startswith("sheet MSEL, row 2, column B (at): 'soon' is no time") for t in told)
    assert any(
        t.startswith("sheet MSEL, row 3, column E (channel): 'pigeon' is not possible")
        for t in told
    )
    assert any(t.startswith("sheet MSEL, row 4, column B (at): True is no time") for t in told)
    twice = workbook(tmp_path / "b.xlsx", [HEADER, ROW, ROW])
    (one,) = faults(twice)
    assert one.startswith("sheet MSEL, row 3, column A (id): '1' is the identifier of two injects")


def test_merged_cells_give_their_value_to_each_row(tmp_path: Path) -> None:
    def merge(_: Any, page: Any) -> None:
        page.merge_cells("B2:B3")
        page.merge_cells("A4:G4")

    rows = [HEADER, ROW, ("2", None, *ROW[2:]), ("PHASE TWO",), ("3", "1:00", *ROW[2:])]
    found = read(workbook(tmp_path / "a.xlsx", rows, change=merge))
    assert seconds(found) == [300.0, 300.0, 3600.0]
    assert any("B2:B3 are merged" in note for note in found.notes)


def test_formulas_give_the_value_that_was_stored_or_a_fault(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, ROW, ("2", "=B2+TIME(0,15,0)", *ROW[2:])])
    (told,) = faults(path)
    assert told.startswith("sheet MSEL, row 3, column B")
    assert "no stored value" in told

    def stored(name: str, content: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return content
        return re.sub(
            rb"TIME\(0,15,0\)</f><v ?(/>|></v>)",
            b"TIME(0,15,0)</f><v>0.0138888888888889</v>",
            content,
        )

    repacked(path, stored)
    assert seconds(read(path, clock=clock_of(None, "h")))[1] == pytest.approx(
        0.0138888888888889 * 3600
    )
    errors = workbook(tmp_path / "b.xlsx", [HEADER, ("1", "#REF!", *ROW[2:])])
    assert "gives the error #REF!" in faults(errors)[0]
    # Outside the columns that are read nobody minds.
    unused = workbook(tmp_path / "c.xlsx", [(*HEADER, "Sum"), (*ROW, "=SUM(A1:A2)")])
    assert len(read(unused).exercise.injects) == 1


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    sly = replace(
        EXERCISE.injects[0], text='=HYPERLINK("http://x","y")', title="+1", sender="@home"
    )
    exercise = replace(EXERCISE, injects=(sly,), expectations=())
    file = tmp_path / "a.xlsx"
    file.write_bytes(workbook_bytes(exercise))
    page = openpyxl.load_workbook(file)["Injects"]
    kinds = {cell.data_type for row in page.iter_rows() for cell in row if cell.value is not None}
    assert "f" not in kinds
    assert import_exercise(file).exercise == exercise


def test_what_is_written_is_marked_on_each_sheet(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(workbook_bytes(EXERCISE))
    book = openpyxl.load_workbook(file)
    assert book.properties.title.startswith("EXERCISE")
    assert book.active.title == "Injects"
    for page in book.worksheets:
        assert page["A1"].value.startswith("EXERCISE: ")
        assert "EXERCISE" in page.oddHeader.center.text
        assert "Actual" not in " ".join(str(c.value) for row in page.iter_rows() for c in row)


def test_an_edited_workbook_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(workbook_bytes(EXERCISE))
    book = openpyxl.load_workbook(file)
    book["Injects"]["B3"] = "25 min"
    book["Injects"]["B2"] = "Zeit"
    book["Exercise"].append(["assumed", "edited by hand"])
    book.create_sheet("My remarks")["A1"] = "hello"
    book.save(file)
    found = import_exercise(file)
    assert found.exercise.injects[0].time_s == 1500.0
    assert found.exercise.assumed == ("edited by hand",)
    assert any("My remarks" in note for note in found.notes)


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "said"),
    [
        ("Exercise", "A3", "sheme", "row 3, column A: there is no key 'sheme'"),
        ("Exercise", "B5", None, "title is missing"),
        ("Exercise", "B9", "two hours", "(length): "),
        ("Teams", "B2", "title", "sheet Teams, row 2, column B: there is no column 'title' here"),
        ("Teams", "A4", "duty", "sheet Teams, row 4, column A (id): 'duty' is the identifier of two teams"),
        ("Roles", "C3", "king", "sheet Roles, row 3, column C (kind): 'king' is not possible"),
        ("Injects", "I3", "dutty", "sheet Injects, row 3, column I (to): there is no team 'dutty'; did you mean duty?"),
        ("Injects", "D5", "people_wet > 3", "sheet Injects, row 5, column D (when): there is no fact 'people_wet'"),
        ("Injects", "N4", "flood everything", "sheet Injects, row 4, column N (effects): 'flood everything' is no effect"),
        ("Injects", "C4", "gorge + 5 min", "sheet Injects, row 4, column C (after): there is no inject 'gorge'"),
        ("Expectations", "G3", "many", "sheet Expectations, row 3, column G (points): 'many' is no number"),
        ("Expectations", "F3", "ages", "sheet Expectations, row 3, column F (within): 'ages' is no time"),
    ],
)  # fmt: skip
def test_each_fault_of_an_edited_workbook(tmp_path: Path, sheet: str, cell: str, value: str | None, said: str) -> None:  # fmt: skip
    file = tmp_path / "a.xlsx"
    file.write_bytes(workbook_bytes(EXERCISE))
    book = openpyxl.load_workbook(file)
    book[sheet][cell] = value
    book.save(file)
    with pytest.raises(ExerciseError) as caught:
        import_exercise(file)
    assert any(said in str(one) for one in caught.value.findings), [
        str(f) for f in caught.value.findings
    ]


def test_sheets_are_chosen(tmp_path: Path) -> None:
    def more(book: Any, _: Any) -> None:
        other = book.create_sheet("Old list")
        other.append(list(HEADER))
        other.append(["9", *ROW[1:]])
        book.create_sheet("Notes").append(["nothing"])

    path = workbook(tmp_path / "a.xlsx", [HEADER, ROW, ("2", *ROW[1:])], change=more)
    found = read(path)
    assert len(found.exercise.injects) == 2
    assert any("--sheet chooses another" in note for note in found.notes)
    assert read(path, sheet="old LIST").exercise.injects[0].identifier == "9"
    with pytest.raises(OptionError, match="there are MSEL, Old list, Notes"):
        read(path, sheet="x")
    with pytest.raises(OptionError, match="say on which scenario"):
        import_exercise(path)
    (tmp_path / "mine.yaml").write_text("demo: grenada", "utf-8")
    asked = ListOptions(scenario=str(tmp_path / "mine.yaml"), shipped_only=True)
    with pytest.raises(ExerciseError, match=r"there is no scenario .*; there are grenada-beryl"):
        import_exercise(path, asked)


def test_a_table_without_columns_of_injects(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="its first row is Fruit, Price"):
        read(workbook(tmp_path / "a.xlsx", [("Fruit", "Price"), ("apple", 3)]))
    with pytest.raises(ColumnError, match="no row that names the columns"):
        read(workbook(tmp_path / "b.xlsx", []))
    with pytest.raises(ColumnError, match="text or the title"):
        read(workbook(tmp_path / "c.xlsx", [("Time", "From"), ("0:05", "A")]))


def test_files_that_are_no_workbook(tmp_path: Path) -> None:
    def refused(content: bytes, said: str) -> None:
        path = tmp_path / "a.xlsx"
        path.write_bytes(content)
        with pytest.raises(ReadError, match=said):
            read(path)

    refused(b"", "no XLSX file, or it is damaged")
    refused(b"hello", "no XLSX file, or it is damaged")
    refused(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old .xls file or protected by a password"
    )
    whole = workbook(tmp_path / "b.xlsx", [HEADER, ROW]).read_bytes()
    for share in (0.3, 0.6, 0.9):
        refused(whole[: int(len(whole) * share)], "damaged")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("hello.txt", "x")
    refused((tmp_path / "c.zip").read_bytes(), "ZIP archive but no XLSX")
    with pytest.raises(ReadError, match="there is no file"):
        read(tmp_path / "none.xlsx")


def test_every_damaged_byte_is_an_error_of_ours_or_nothing(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "b.xlsx", [HEADER, ROW]).read_bytes()
    path = tmp_path / "a.xlsx"
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with suppress(ReadError, ExerciseError, ColumnError):
            read(path)


def test_bombs_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_reading, "must_have_openpyxl", _Refusing)

    def refused(path: Path, said: str) -> None:
        with pytest.raises(ReadError, match=said):
            read(path)

    sheet = "xl/worksheets/sheet1.xml"
    path = workbook(tmp_path / "a.xlsx", [HEADER, ROW])

    def swollen(name: str, content: bytes) -> bytes:
        return (
            content.replace(b"</worksheet>", b" " * 70_000_000 + b"</worksheet>")
            if name == sheet
            else content
        )

    refused(repacked(path, swollen), "would unpack to")
    path = workbook(tmp_path / "b.xlsx", [HEADER, ROW])

    def entities(name: str, content: bytes) -> bytes:
        return b'<!DOCTYPE a [<!ENTITY b "c">]>' + content if name == sheet else content

    refused(repacked(path, entities), "document type")
    path = workbook(tmp_path / "c.xlsx", [HEADER, ROW])

    def cells(name: str, content: bytes) -> bytes:
        return content.replace(b"</sheetData>", b'<row r="9">' + b"<c/>" * 300_001 + b"</row></sheetData>") if name == sheet else content  # fmt: skip

    refused(repacked(path, cells), r"more than 300,000 cells|would unpack")


class _Refusing:
    def load_workbook(self, *_: Any, **__: Any) -> Any:
        pytest.fail("a bomb was opened")


def test_a_merged_range_of_the_whole_sheet_and_a_cell_at_its_end_take_no_time(
    tmp_path: Path,
) -> None:
    def change(name: str, content: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return content
        far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
        merged = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        return content.replace(b"</sheetData>", far + merged)

    path = repacked(workbook(tmp_path / "a.xlsx", [HEADER, ROW]), change)
    with suppress(ReadError, ExerciseError, ColumnError):
        read(path)


def test_declared_sizes_that_lie(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, ROW])
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 5)
    path.write_bytes(bytes(content))
    with pytest.raises(ReadError, match=r"damaged|cannot be read"):
        read(path)


def test_without_openpyxl_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    path = workbook(tmp_path / "a.xlsx", [HEADER, ROW])

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(xlsx_reading, "import_module", missing)
    with pytest.raises(ReadError, match=r"pip install 'ew4all\[exercise\]'"):
        read(path)
