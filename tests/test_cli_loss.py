"""`ew4all loss`: whole tables through the command, one link, and bad input."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from test_coverage_calculator import VECTORS

from ew4all import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def loss(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ew4all", "loss", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, said.out, said.err)

    return run


HATA = "model,environment,city,f_mhz,d_km,hb_m,hm_m,loss_db,origin\n"


def made(folder: Path, *rows: str, header: str = HATA) -> Path:
    path = folder / "in.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", VECTORS)
def test_same_rows_and_the_value(
    loss: Callable[..., Ended], shared_data: Path, tmp_path: Path, name: str
) -> None:
    file, count, mark, without = VECTORS[name]
    source, out = shared_data / "data/radio" / file, tmp_path / "out.csv"
    ended = loss("--table", source, "--out", out)
    assert ended.code == 0, ended.err
    assert ended.out == ""
    assert f"{name}: {count} rows" in ended.err
    assert str(out) in ended.err
    with source.open(encoding="utf-8", newline="") as stream:
        before = list(csv.reader(stream))
    with out.open(encoding="utf-8", newline="") as stream:
        after = list(csv.reader(stream))
    assert after[0] == [*before[0], "value", "note"]
    assert [row[:-2] for row in after[1:]] == before[1:]
    assert [number for number, row in enumerate(after[1:]) if row[-2] == "NaN"] == list(without)
    assert all(row[-1] for row in after[1:] if row[-2] == "NaN")
    ended = loss("--table", source, "--out", out, "--json")
    summary = json.loads(ended.out)
    assert ended.err == ""
    assert summary["table"] == name
    assert (summary["rows"], summary["without_value"]) == (count, len(without))
    assert summary["compared"] == count - len(without)
    assert summary["largest_difference"] <= mark


def test_without_out_the_rows_go_to_standard_output(
    loss: Callable[..., Ended], tmp_path: Path
) -> None:
    source = made(
        tmp_path,
        'hata,Urban,small,900,5,30,1.5,151.0244,"a, b"',
        "hata,urban,small,900,0.5,30,1.5,,",
    )
    ended = loss("--table", source)
    assert ended.code == 0
    rows = list(csv.reader(io.StringIO(ended.out)))
    assert rows[1][-3:] == ["a, b", "151.0244041", ""]
    assert rows[2][-2:] == ["NaN", "distance outside the model's range"]
    assert (
        "2 rows, 1 of them out of range (NaN, see note), largest difference from loss_db 4.08e-06, in row 1"
        in ended.err
    )
    quiet = loss("--table", source, "--quiet")
    assert (quiet.out, quiet.err) == (ended.out, "")


def test_the_row_that_differs_most_is_named(loss: Callable[..., Ended], tmp_path: Path) -> None:
    header = "spl_at_30_48m_dbc,distance_m,level_dbc\n"
    source = made(tmp_path, "120,100,102.859", "120,100,101.859", "120,100,none", header=header)
    summary = json.loads(loss("--table", source, "--out", tmp_path / "out.csv", "--json").out)
    assert summary["largest_difference"] == pytest.approx(1.0, abs=1e-3)
    assert (summary["at_row"], summary["compared"]) == (2, 2)


def test_semicolons_come_back(loss: Callable[..., Ended], tmp_path: Path) -> None:
    source = made(tmp_path, "120;100", header="spl_at_30_48m_dbc;distance_m\n")
    assert (
        loss("--table", source, "--quiet").out
        == "spl_at_30_48m_dbc;distance_m;value;note\n120;100;102.8589771;\n"
    )


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        (["hata,urban,small,900,5,30,x,1,"], HATA, "Error: in.csv, row 1 (line 2): hm_m is 'x', which is no number"),
        (["hata,rural,small,900,5,30,1.5,1,"], HATA, "environment is 'rural', which is none of open, suburban, urban"),
        (["okumura,open,small,900,5,30,1.5,1,"], HATA, "model is 'okumura', which is none of hata, cost231"),
        (["1,2"], "a,b\n", "Error: in.csv: the header a,b belongs to no table of the calculator"),
        (["hata,urban,small,900,5,30"], "model,environment,city,f_mhz,d_km,hb_m\n", "nearly that of hata_cost231, but lacks the column hm_m"),
        (["120,100,1"], "spl_at_30_48m_dbc,distance_m,value\n", "has a column 'value' already"),
        ([], HATA, "has no row below its header"),
    ],
)  # fmt: skip
def test_bad_tables(
    loss: Callable[..., Ended], tmp_path: Path, rows: list[str], header: str, words: str
) -> None:
    source, out = made(tmp_path, *rows, header=header), tmp_path / "out.csv"
    ended = loss("--table", source, "--out", out)
    assert ended.code == 2
    assert words in ended.err
    assert ended.out == ""
    assert not out.exists()


def test_places_that_cannot_be_written(loss: Callable[..., Ended], tmp_path: Path) -> None:
    source = made(tmp_path, "120,100", header="spl_at_30_48m_dbc,distance_m\n")
    before = source.read_bytes()
    ended = loss("--table", source, "--out", source)
    assert (ended.code, "is the table itself" in ended.err) == (2, True)
    assert source.read_bytes() == before
    ended = loss("--table", source, "--out", tmp_path)
    assert (ended.code, "it is a folder; name a file" in ended.err) == (1, True)
    ended = loss("--table", source, "--out", tmp_path / "none" / "out.csv")
    assert (ended.code, f"cannot write {tmp_path / 'none' / 'out.csv'}" in ended.err) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


ONE = ("--distance-km", 5, "--frequency-mhz", 900)


def test_one_link(loss: Callable[..., Ended]) -> None:
    ended = loss("--model", "hata", *ONE, "--environment", "suburban")
    assert (ended.code, ended.out) == (0, "141.082 dB\n")
    assert "M. Hata" in ended.err
    assert loss("--model", "hata", *ONE, "--large-city", "-q") == Ended(0, "151.041 dB\n", "")
    ended = loss(
        "--model", "rma_los", "--distance-km", 2, "--frequency-mhz", 800, "--base-height-m", 35
    )
    assert ended.out == "105.592 dB\n"
    assert "standard deviation 6.0 dB" in ended.err


def test_one_link_as_json(loss: Callable[..., Ended]) -> None:
    document = json.loads(
        loss(
            "--model",
            "uma_nlos",
            "--distance-km",
            0.8,
            "--frequency-mhz",
            2100,
            "--base-height-m",
            25,
            "--json",
        ).out
    )
    assert document.pop("loss_db") == pytest.approx(133.444, abs=0.001)
    assert document == {
        "schema": "ew4all/loss/1",
        "model": "uma_nlos",
        "source": "3GPP TR 38.901 v19.4, tables 7.4.1-1 and 7.4.2-1",
        "sd_db": 6.0,
        "note": "",
    }


def test_one_link_out_of_range(loss: Callable[..., Ended]) -> None:
    ended = loss("--model", "hata", "--distance-km", 0.5, "--frequency-mhz", 900)
    assert (ended.code, ended.out) == (0, "NaN\n")
    assert "note: distance outside the model's range" in ended.err
    assert "outside its range the formula gives 115.8" in ended.err
    document = json.loads(
        loss("--model", "hata", "--distance-km", 0.5, "--frequency-mhz", 900, "--json").out
    )
    assert document["loss_db"] is None
    assert document["note"] == "distance outside the model's range"
    # The spread of RMa over streets without a width is infinite, which JSON has no number for.
    narrow = ("--model", "rma", "--distance-km", 5, "--frequency-mhz", 900, "--street-width-m", 0)
    assert json.loads(loss(*narrow, "--json").out)["sd_db"] is None
    assert "inf" not in loss(*narrow).err


def test_one_link_over_terrain(loss: Callable[..., Ended], tmp_path: Path) -> None:
    """The worked number of the note: 25.99 dB over free space."""
    heights = (50, 60, 90, 70, 55, 50)
    profile = made(
        tmp_path,
        *(f"{1000 * i},{h}" for i, h in enumerate(heights)),
        header="distance_m,height_m\n",
    )
    arguments = (
        "--frequency-mhz",
        800,
        "--base-height-m",
        30,
        "--mobile-height-m",
        1.5,
        "--profile",
        profile,
    )
    over = float(loss("--model", "terrain", *arguments).out.split()[0])
    free = 32.4478 + 20.0 * math.log10(800.0) + 20.0 * math.log10(math.hypot(5.0, 0.0285))
    assert over - free == pytest.approx(25.99, abs=0.01)
    assert (
        loss("--model", "combined", *arguments, "--environment", "open").out == f"{over:.3f} dB\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a --table, or for one link also --model and --distance-km and --frequency-mhz"),
        (("--model", "hata", "--distance-km", 5), "for one link also --frequency-mhz"),
        (("--model", "hatta", *ONE), "there is no model 'hatta' (did you mean hata?); there are free_space, hata"),
        (("--model", "hata", *ONE, "--environment", "rural"), "there is no environment 'rural'"),
        (("--model", "terrain", *ONE), "needs the terrain: give --profile FILE.csv with distance_m and height_m"),
        (("--model", "hata", *ONE, "--out", "x.csv"), "--out is for --table"),
        (("--table", "x.csv", "--model", "hata"), "it excludes --model"),
        (("--table", "x.csv", "--json"), "--json with --table needs --out"),
        (("--table", "none.csv"), "there is no table at none.csv"),
        (("--model", "hata", *ONE, "--model", "uma"), "--model was given twice"),
    ],
)  # fmt: skip
def test_bad_options(loss: Callable[..., Ended], arguments: tuple[object, ...], words: str) -> None:
    ended = loss(*arguments)
    assert ended.code == 2
    assert ended.err.startswith("Error: ")
    assert words in ended.err


def test_bad_profiles(loss: Callable[..., Ended], tmp_path: Path) -> None:
    for rows, header, words in (
        (
            ["0,1", "500,1", "400,2"],
            "distance_m,height_m\n",
            "must begin at 0 at the site and rise",
        ),
        (["0,1", "x,1"], "distance_m,height_m\n", "row 2 (line 3): distance_m is 'x'"),
        (["0,1"], "d,height_m\n", "has no column 'distance_m'; it has d, height_m"),
    ):
        profile = made(tmp_path, *rows, header=header)
        ended = loss("--model", "terrain", "--frequency-mhz", 800, "--profile", profile)
        assert (ended.code, words in ended.err) == (2, True), ended.err
    fine = made(tmp_path, "0,1", "500,1", header="distance_m,height_m\n")
    ended = loss("--model", "terrain", *ONE, "--profile", fine)
    assert (ended.code, "exclude each other" in ended.err) == (2, True)


def test_help_has_an_example(loss: Callable[..., Ended]) -> None:
    ended = loss("--help")
    assert ended.code == 0
    assert "ew4all loss --table hata_cost231.csv --out mine.csv" in ended.out
