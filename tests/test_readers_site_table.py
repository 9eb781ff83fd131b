"""The same list in every dress: header, compression, encoding, delimiter, order of rows; and countries across 180 degrees."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.errors import ReadError
from ew4all.readers.sites import CellList, read_cells

if TYPE_CHECKING:
    from pathlib import Path

HEADER = (
    "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
)


def line(radio: str, cell: Any, east_m: float, samples: int = 10, *, lon: float = 27.5) -> str:
    # 97,157 m are one degree of longitude at 29.3 degrees south.
    place = f"{lon + east_m / 97_157.0:.6f},-29.3"
    return f"{radio},651,1,7,{cell},0,{place},1000,{samples},1,1600000000,1700000000,0\n"


ROWS = "".join(
    [line("LTE", 2305, 0), line("LTE", 2306, 300), line("GSM", 5, 5000), line("UMTS", 6, 5060)]
)
PLAIN = HEADER + ROWS


def read(folder: Path, text: str | bytes, name: str = "list.csv", **options: Any) -> CellList:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_cells(path, **options)


def columns(found: CellList) -> dict[str, list[Any]]:
    cells = found.cells
    return {name: np.nan_to_num(v).tolist() if (v := getattr(cells, name)).dtype.kind == "f" else v.tolist()
            for name in cells.__dataclass_fields__}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.csv", ROWS, "has no header"),
        ("a.csv.gz", gzip.compress(PLAIN.encode()), ""),
        ("b.csv.gz", gzip.compress(ROWS.encode()), "has no header"),
        ("a.csv", PLAIN.encode("utf-16"), "is in UTF-16"),
        ("a.csv", PLAIN.encode("utf-8-sig"), ""),
        ("a.csv", PLAIN.replace("\n", "\r\n"), ""),
        ("a.csv", PLAIN.replace(",", ";"), "separated by semicolons"),
        ("a.csv", PLAIN.replace(",", ";").replace(".", ","), "separated by semicolons"),
        ("a.csv", PLAIN.replace(",", "\t"), "separated by tabs"),
        ("a.csv", PLAIN.replace(",", "|"), r"separated by |"),
    ],
)
def test_one_list_in_any_dress(tmp_path: Path, name: str, data: str | bytes, told: str) -> None:
    plain, other = read(tmp_path, PLAIN, "plain.csv"), read(tmp_path, data, name)
    assert columns(other) == columns(plain)
    assert [(a.fate, a.rows) for a in other.account] == [("kept", 4)]
    assert any(told in note for note in other.notes)
    # eNodeB 9, and two neighbours 60 m apart of one network.
    assert plain.cells.site.tolist() == [0, 0, 1, 1]


def test_an_export_gives_the_same_cells_but_for_the_operators(tmp_path: Path) -> None:
    names = "radio,MCC,MNC,TAC,CID,unit,LON,LAT,RANGE,SAM,changeable,created,updated,averageSignal,Network\n"
    export = names + ROWS.replace(",0\n", ",0,Vodacom\n")
    ours, plain = columns(read(tmp_path, export)), columns(read(tmp_path, PLAIN))
    assert ours.pop("operator") == ["Vodacom"] * 4
    assert plain.pop("operator") == ["651-1"] * 4
    assert ours == plain


@pytest.mark.parametrize("share", [0.5, 0.98])
def test_a_compressed_list_that_is_cut(tmp_path: Path, share: float) -> None:
    data = gzip.compress(PLAIN.encode())
    with pytest.raises(ReadError, match=r"damaged or cut short .*get it again"):
        read(tmp_path, data[: int(share * len(data))], "cut.csv.gz")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN.replace(",", " "), "whichever of comma, semicolon, tab"),
        (PLAIN.encode("utf-16-le"), "is no text"),
        (PLAIN + ROWS.splitlines()[0] + ",9\n", "line 6 has 15 columns and the first line 14"),
    ],
)
def test_tables_that_cannot_be_told_apart(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read(tmp_path, text)


def test_dates_in_milliseconds(tmp_path: Path) -> None:
    """Mozilla and others write them; one of 2017 is older than five years in 2023, whichever unit the other has."""
    text = HEADER + line("GSM", 5, 0).replace("1700000000", "1700000000000") + line("GSM", 6, 0).replace("1700000000", "1500000000000") + line("GSM", 7, 0)  # fmt: skip
    assert read(tmp_path, text).cells.id.tolist() == ["651-1-7-5", "651-1-7-7"]


FIJI = shapely.MultiPolygon([shapely.box(177, -19, 180, -16), shapely.box(-180, -19, -179.5, -16)])


@pytest.mark.parametrize("country", [FIJI, shapely.box(177, -19, 180.5, -16)])
def test_a_country_across_the_antimeridian(tmp_path: Path, country: Any) -> None:
    """At 17 degrees south 0.2 degrees of longitude are 21 km, and 0.6 are 64 km."""
    east = [179.99, -179.99, -179.3, -178.9]
    text = HEADER + "".join(line("GSM", k, 0, lon=lon).replace("-29.3", "-17.0") for k, lon in enumerate(east))  # fmt: skip
    found = read(tmp_path, text, country=country)
    assert found.cells.id.tolist() == ["651-1-7-0", "651-1-7-1", "651-1-7-2"]
    assert {a.fate: a.where for a in found.account} == {"kept": "lines 2, 3 and 4", "dropped": "line 5"}  # fmt: skip
    assert found.notes[0].startswith("1 rows lie outside the country and at most 35 km")


def test_a_column_of_free_text_does_not_fill_the_account(tmp_path: Path) -> None:
    """More words than a count of 16 bits holds; the commonest are told one by one."""
    words = ["X0", "X0", *(f"X{k}" for k in range(1, 33_000))]
    found = read(tmp_path, PLAIN + "".join(line(word, 9, 0) for word in words))
    assert sum(a.rows for a in found.account) == 4 + len(words)
    assert len(found.account) == 12
    told = {a.reason: a.rows for a in found.account if a.fate == "dropped"}
    assert told["unknown technology 'X0'"] == 2
    assert told["unknown technology (32,990 other words)"] == 32_990


@settings(max_examples=60)
@given(data=st.data())
def test_the_order_of_rows_changes_neither_cells_nor_sites(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Also where places weigh the same; a chain of neighbours is cut at the same places."""
    folder = tmp_path_factory.mktemp("order")
    east = data.draw(st.lists(st.integers(0, 12), min_size=2, max_size=8))
    rows = [line("GSM" if k % 2 else "UMTS", 10 + k, 45.0 * e) for k, e in enumerate(east)]
    first = read(folder, HEADER + "".join(rows))
    again = read(folder, HEADER + "".join(data.draw(st.permutations(rows))))
    assert together(first) == together(again)
    of = {name: k for k, name in enumerate(again.cells.id.tolist())}
    there = [of[name] for name in first.cells.id.tolist()]
    assert again.cells.lon_deg[there] == pytest.approx(first.cells.lon_deg, abs=1e-9)
    assert np.array_equal(again.cells.technology[there], first.cells.technology)


def test_a_cell_under_two_areas_is_the_same_whichever_row_comes_first(tmp_path: Path) -> None:
    """As cell 510-10-25859646 of Indonesia: the same samples and the same day."""
    rows = [line("LTE", 2305, 0).replace(",1,7,", ",1,8,"), line("LTE", 2305, 900), line("GSM", 5, 0), line("GSM", 5, 700)]  # fmt: skip
    first, again = (read(tmp_path, HEADER + "".join(order)) for order in (rows, rows[::-1]))
    assert set(first.cells.id.tolist()) == set(again.cells.id.tolist()) == {"651-1-7-2305", "651-1-7-5"}  # fmt: skip
    assert sorted(first.cells.lon_deg.tolist()) == sorted(again.cells.lon_deg.tolist())


def together(found: CellList) -> set[frozenset[str]]:
    """Return which cells stand together."""
    cells = found.cells
    return {frozenset(cells.id[cells.site == k].tolist()) for k in set(cells.site.tolist())}
