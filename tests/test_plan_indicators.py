"""`ew4all plan indicators`: numbers by hand, what cannot be told, series, the page, and bad input."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from command_line import command_line
from made_results_of_plans import made_gaps, made_reach, made_run, put
from pypdf import PdfReader

import ew4all
from ew4all.errors import InputError, OptionError, QuestionnaireError, ReadError
from ew4all.planning.indicator_facts import blank_facts, blank_facts_csv, facts_asked, read_facts
from ew4all.planning.indicators import definitions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended

DAY = "2026-01-01"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


def facts_file(folder: Path, text: str, name: str = "facts.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_by_hand(tmp_path: Path) -> None:
    gaps = put(tmp_path / "gaps", "gaps.json", made_gaps())
    run_ = put(tmp_path / "run", "summary.json", made_run())
    reach = put(tmp_path / "reach", "reach.json", made_reach())
    found = ew4all.indicators(gaps=[(DAY, gaps)], run=[(DAY, run_)], reach=[(DAY, reach)])
    value = {one.definition.id: one.value for one in found.latest}
    # 900 of 1,000 are reached by at least one, though the channels' counts add up to 1,200.
    assert value["sendai_g3"] == pytest.approx(90_000.0)
    assert value["sendai_g3_mass_media"] == pytest.approx(50_000.0)
    assert value["sendai_g3_ict"] == pytest.approx(70_000.0)
    assert value["multi_channel"] == pytest.approx(0.3)
    assert value["one_channel"] == pytest.approx(0.6)
    assert value["no_channel"] == pytest.approx(0.1)
    assert value["theory_any"] == pytest.approx(0.9)
    assert value["theory_cell_broadcast"] == pytest.approx(0.7)
    assert value["reach_received"] == pytest.approx(320.0 / 400.0)
    assert value["run_warned"] == pytest.approx(0.8)
    assert value["run_in_time"] == pytest.approx(0.7)
    # Those at risk are the 500 of the flood: 0.9 could be reached, (400 - 40 by word of mouth alone) / 500 were.
    assert value["theory_less_reached"] == pytest.approx(0.9 - 360.0 / 500.0)
    assert value["network_any"] == pytest.approx(0.9)
    assert value["network_4g"] == pytest.approx(0.8)
    assert value["coverage_gap"] == pytest.approx(0.1)
    assert value["usage_gap"] == pytest.approx(0.2)
    assert [(p.kind, p.id, p.value) for p in found.parts] == [
        ("zone", "a", pytest.approx(90_000.0)),
        ("hazard", "flood", pytest.approx(90_000.0)),
    ]
    assert found.of("sendai_g3").inputs == (0,)
    assert "takes cell_broadcast, radio as in use" in found.of("sendai_g3").condition
    assert found.country == "Atlantis"
    assert found.notes == ()


def test_what_is_not_known_is_absent_and_never_zero(tmp_path: Path) -> None:
    bare = made_gaps()
    bare["total"] = {"people": 1000.0}
    bare["zones"], bare["hazards"] = [], []
    gaps = put(tmp_path, "gaps.json", bare)
    document = ew4all.indicators(gaps=[(DAY, gaps)]).to_dict()
    assert {one["id"] for one in document["indicators"]} == set(definitions())
    for one in document["indicators"]:
        assert "value" not in one, one["id"]
        assert one["cannot"]
    assert document["series"] == {}
    # The same reason is said once, with everything for which it is so.
    assert sum(len(said.split("; ")) for said in document["cannot"]) == len(document["indicators"])
    assert len(document["cannot"]) < 8
    ew4all.indicators(gaps=[(DAY, gaps)], out=tmp_path / "out")
    assert "None of it can be told" in (tmp_path / "out" / "dashboard.html").read_text("utf-8")
    local = ew4all.indicators(gaps=[(DAY, put(tmp_path / "b", "gaps.json", made_gaps()))])
    # Nobody asked for sirens: whether there are any is not known.
    assert local.of("sendai_g3_local").value is None
    assert "not known" in local.of("sendai_g3_local").cannot


def test_a_channel_that_is_not_in_use_does_not_count(tmp_path: Path) -> None:
    gaps = put(tmp_path, "gaps.json", made_gaps())
    off = facts_file(tmp_path, f'date = "{DAY}"\n[channels]\ncell_broadcast = "no"\nradio = "yes"\n')  # fmt: skip
    found = ew4all.indicators(gaps=[(DAY, gaps)], facts=[(None, off)])
    assert found.of("sendai_g3").value == pytest.approx(50_000.0)
    assert found.of("sendai_g3").condition == ""
    assert "not in use" in found.of("sendai_g3_ict").cannot
    # Radio reaches 500: the other 500 are reached by none. Who is reached by one or two cannot be told from sums.
    assert found.of("no_channel").value == pytest.approx(0.5)
    assert "repeat it without" in found.of("multi_channel").cannot
    assert found.of("channels_in_use").value == 1.0
    # Theory stays what it is.
    assert found.of("theory_any").value == pytest.approx(0.9)
    # What is counted there and not in G-3 is said.
    assert (
        "counts cell_broadcast too, which the facts say is not in use"
        in found.of("theory_any").condition
    )


def test_several_of_more_channels_have_bounds(tmp_path: Path) -> None:
    more = made_gaps()
    more["total"]["by_channel"]["sms"] = 650.0
    found = ew4all.indicators(gaps=[(DAY, put(tmp_path, "gaps.json", more))])
    one = found.of("sendai_g3_ict")
    assert (one.value, one.low, one.high) == (None, 70_000.0, 90_000.0)
    assert one.to_dict()["low"] == 70_000.0
    assert found.of("sendai_g3").value == pytest.approx(90_000.0)


def test_theory_is_not_set_beside_other_people_or_channels(tmp_path: Path) -> None:
    gaps = put(tmp_path / "g", "gaps.json", made_gaps())
    few = put(tmp_path / "few", "summary.json", made_run(at_risk=450.0))
    found = ew4all.indicators(gaps=[(DAY, gaps)], run=[(DAY, few)]).of("theory_less_reached")
    assert found.value is None
    assert "450 people at risk" in found.cannot
    other = made_run()
    other["warned"]["channels"]["siren"] = {"only": 0.0}
    sirens = put(tmp_path / "s", "summary.json", other)
    found = ew4all.indicators(gaps=[(DAY, gaps)], run=[(DAY, sirens)]).of("theory_less_reached")
    assert "the run has siren" in found.cannot


def test_facts_hold_from_their_date_on(tmp_path: Path) -> None:
    gaps = put(tmp_path, "gaps.json", made_gaps())
    off = facts_file(tmp_path, 'date = "2025-06-01"\n[channels]\ncell_broadcast = "no"\n')
    on = facts_file(tmp_path, '[channels]\ncell_broadcast = "yes"\nradio = "yes"\n', "on.toml")
    days = ["2025-01-01", "2025-07-01", "2026-01-01"]
    found = ew4all.indicators(gaps=[(day, gaps) for day in days], facts=[(None, off), ("2025-09-01", on)])  # fmt: skip
    line = {one.date: one for one in found.line("sendai_g3")}
    assert [line[day].value for day in days] == pytest.approx([90_000.0, 50_000.0, 90_000.0])
    assert [bool(line[day].condition) for day in days] == [True, True, False]
    assert any("hold from their date" in note for note in found.notes)


def test_a_series_over_dates(tmp_path: Path) -> None:
    first = put(tmp_path / "1", "gaps.json", made_gaps())
    grown = made_gaps(1200.0)
    grown["channels"] = ["cell_broadcast", "radio", "sms"]
    second = put(tmp_path / "2", "gaps.json", grown)
    facts = facts_file(tmp_path, 'date = "2025-06-01"\n[status]\ncap = "yes"\n')
    found = ew4all.indicators(gaps=[("2026-01-01", second), ("2025-01-01", first)], facts=[(None, facts)])  # fmt: skip
    assert found.dates == ("2025-01-01", "2025-06-01", "2026-01-01")
    line = found.to_dict()["series"]["sendai_g3"]
    assert [point["date"] for point in line] == ["2025-01-01", "2026-01-01"]
    assert [point["of"] for point in line] == [1000.0, 1200.0]
    assert any("people differ by 16.7%" in note for note in found.notes)
    assert any("different channels" in note for note in found.notes)
    assert next(s for s in found.status if s.id == "cap").date == "2025-06-01"
    assert next(s for s in found.status if s.id == "netp").answer == "unknown"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("no date", {"gaps": [(None, "g")]}, "has no date"),
        ("bad date", {"gaps": [("2026-13-01", "g")]}, "is no date"),
        ("twice", {"gaps": [(DAY, "g"), (DAY, "g")]}, f"was given twice for {DAY}"),
        ("another schema", {"reach": [(DAY, "g/gaps.json")]}, "has the schema 'ew4all/gaps/1'"),
        ("no such file", {"gaps": [(DAY, "h")]}, "cannot be read"),
        ("nothing", {}, "nothing was given"),
        ("no json", {"gaps": [(DAY, "no.json")]}, "is no JSON"),
        ("a list", {"gaps": [(DAY, "list.json")]}, "holds no table"),
        ("two countries", {"gaps": [(DAY, "g")], "facts": [(DAY, "x.toml"), ("2025-01-01", "y.toml")]}, "several countries"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(
    tmp_path: Path, name: str, given: dict[str, Any], said: str
) -> None:
    put(tmp_path / "g", "gaps.json", made_gaps())
    (tmp_path / "no.json").write_text("{", encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    facts_file(tmp_path, 'country = "X"\n', "x.toml")
    facts_file(tmp_path, 'country = "Y"\n', "y.toml")
    placed = {role: [(when, tmp_path / path) for when, path in rows] for role, rows in given.items()}  # fmt: skip
    with pytest.raises((InputError, ReadError), match=re.escape(said)):
        ew4all.indicators(**placed)
    assert name


def test_facts_to_fill_in_are_facts(tmp_path: Path) -> None:
    text = blank_facts("Lesotho", DAY)
    read = read_facts(text.encode(), "blank")
    assert (read.country, read.date) == ("Lesotho", DAY)
    assert set(read.channels) | set(read.status) == {f.id for f in facts_asked() if f.part != "numbers"}  # fmt: skip
    assert set(read.channels.values()) == {"unknown"}
    empty = read_facts(blank_facts_csv("Lesotho", DAY).encode(), "blank.csv")
    assert (empty.country, empty.date, empty.channels, empty.status) == ("Lesotho", DAY, {}, {})
    table = "fact,value,source\ncountry,Lesotho\ncap,yes,ministry\nchurch_bells,partly\nobserved_reached,30\nobserved_asked,40\nnetp,\n"
    read = read_facts(table.encode(), "facts.csv")
    assert read.status == {"cap": "yes"}
    assert read.channels == {"church_bells": "partly"}
    assert read.sources == {"cap": "ministry"}
    assert read.numbers == {"observed_reached": 30.0, "observed_asked": 40.0}
    path = facts_file(tmp_path, table, "facts.csv")
    found = ew4all.indicators(facts=[(DAY, path)])
    assert found.of("observed_reached").value == 0.75


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("[status]\ncaps = 'yes'", "f.toml", "did you mean cap?"),
        ("[status]\ncap = 'maybe'", "f.toml", "'maybe' is none of"),
        ("[numbers]\nobserved_asked = -1", "f.toml", "no number of 0 or more"),
        ("[numbers]\nobserved_asked = 5\nobserved_reached = 6", "f.toml", "more than observed_asked"),
        ("[status", "f.toml", "is no TOML file"),
        ("a,b\n1,2\n", "f.csv", "facts as CSV have"),
        ("fact,value\ncap,yes\ncap,no\n", "f.csv", "stands there twice"),
        ("fact,value\nobserved_asked,many\n", "f.csv", "is no number"),
        ("[sources]\ncap = 'me'", "f.toml", "there is no key 'cap'"),
    ],
)  # fmt: skip
def test_bad_facts(text: str, name: str, said: str) -> None:
    with pytest.raises(QuestionnaireError, match=re.escape(said)):
        read_facts(text.encode(), name)


def test_the_folder_and_its_page(run: Callable[..., Ended], tmp_path: Path) -> None:
    gaps = put(tmp_path / "a", "gaps.json", made_gaps(title="<b>Atlantis</b>"))
    later = put(tmp_path / "b", "gaps.json", made_gaps(notice="demo data, not for operations"))
    facts = facts_file(tmp_path, blank_facts("<b>Atlantis</b>", "2025-01-01"))
    out = tmp_path / "out"
    ended = run("plan", "indicators", "--gaps", f"2025-01-01={gaps}", "--gaps", f"{DAY}={later}", "--facts", str(facts), "--out", str(out), "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert json.loads((out / "indicators.json").read_text(encoding="utf-8")) == document
    assert document["schema"] == "ew4all/plan-indicators/1"
    assert all(len(one["sha256"]) == 64 for one in document["inputs"])
    rows = list(csv.DictReader((out / "indicators.csv").read_text("utf-8").splitlines()))
    assert len(rows) == len(definitions())
    assert all(row["notice"] == "demo data, not for operations" for row in rows)
    series = list(csv.DictReader((out / "series.csv").read_text("utf-8").splitlines()))
    assert {row["date"] for row in series} == {"2025-01-01", DAY}
    page = (out / "dashboard.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;Atlantis&lt;/b&gt;" in page
    assert not re.search(r"(src|href)=\"(?!data:)|url\(", page)
    pages = PdfReader(out / "dashboard.pdf").pages
    assert len(pages) == 1
    width, height = (float(side) / 72.0 * 25.4 for side in pages[0].mediabox.upper_right)
    assert (round(width), round(height)) == (210, 297)
    assert "DEMO DATA" in pages[0].extract_text().upper()
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["command"] == "plan indicators"  # fmt: skip


def test_the_command_tells_and_ends_with_2(run: Callable[..., Ended], tmp_path: Path) -> None:
    gaps = put(tmp_path / "a", "gaps.json", made_gaps())
    ended = run("plan", "indicators", "--gaps", str(gaps), "--date", DAY)
    assert ended.code == 0, ended.err
    assert "90,000" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    ended = run("plan", "indicators", "--gaps", str(gaps))
    assert ended.code == 2
    assert ended.err.startswith("Error: ")
    assert "Traceback" not in ended.err
    facts = tmp_path / "facts.toml"
    assert run("plan", "indicators", "--write-facts", str(facts)).code == 0
    assert run("plan", "indicators", "--write-facts", str(facts)).code == 2


def test_the_same_inputs_give_the_same_numbers_in_any_order(tmp_path: Path) -> None:
    a, b = (put(tmp_path / n, "gaps.json", made_gaps(p)) for n, p in (("a", 1000.0), ("b", 1005.0)))
    one = ew4all.indicators(gaps=[("2025-01-01", a), (DAY, b)]).to_dict()
    two = ew4all.indicators(gaps=[(DAY, b), ("2025-01-01", a)]).to_dict()
    assert one["series"] == two["series"]
    with pytest.raises(OptionError, match="is a file"):
        ew4all.indicators(gaps=[(DAY, a)], out=a / "gaps.json")


def test_one_page_whatever_is_known(tmp_path: Path) -> None:
    much = made_gaps(
        1e7, title="Republic of the Far and Very Wide Islands of the Southern Ocean " * 2
    )
    much["total"]["by_channel"] |= {f"channel {k}": 1e6 for k in range(30)}
    much["channels"] = list(much["total"]["by_channel"])
    gaps = put(tmp_path / "g", "gaps.json", much)
    played = put(tmp_path / "r", "summary.json", made_run())
    reach = put(tmp_path / "e", "reach.json", made_reach())
    facts = facts_file(
        tmp_path,
        "[channels]\n" + "".join(f'"a channel of a long name, number {k}" = "partly"\n' for k in range(30))
        + "[numbers]\nobserved_asked = 9\nobserved_reached = 5\n",
    )  # fmt: skip
    days = [f"{year}-0{month}-01" for year in range(2020, 2026) for month in (1, 5, 9)]
    ew4all.indicators(
        gaps=[(day, gaps) for day in days], run=[(days[0], played)], reach=[(days[3], reach)], facts=[(days[0], facts)],
        out=tmp_path / "out",
    )  # fmt: skip
    assert len(PdfReader(tmp_path / "out" / "dashboard.pdf").pages) == 1
    for name in ("few", "again"):
        ew4all.indicators(gaps=[("2025-01-01", gaps)], out=tmp_path / name)
    # The same inputs give the same bytes, in every file.
    for path in (tmp_path / "few").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name
    assert len(PdfReader(tmp_path / "few" / "dashboard.pdf").pages) == 1


@pytest.mark.slow
def test_lesotho_is_the_full_annex(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "data"
    given: dict[str, Any] = {
        "population_unit": "per_km2",
        "refine": data / "places/geonames_cities500_selected.csv",
        "sites": data / "towers/lso_opencellid.csv",
        "sites_options": {"max_age_years": 100.0},
    }
    africa = data / "population/africa_worldpop_2020_density_20km.tif"
    zones = data / "admin/lso_adm1_cod.json"
    found = ew4all.gaps(africa, zones, **given, channels={"sms": None}, out=tmp_path / "gaps")
    ew4all.feasibility(
        africa, zones=zones, name="Lesotho", **given, formats="html", out=tmp_path / "feasibility"
    )
    day = "2026-01-01"
    ew4all.indicators(
        gaps=[(day, tmp_path / "gaps")], country="Lesotho", out=tmp_path / "indicators"
    )
    total = found.total
    assert total.people is not None
    assert total.none is not None
    annex = ew4all.netp(
        [tmp_path / name for name in ("gaps", "feasibility", "indicators")], out=tmp_path / "netp"
    )
    g3 = next(
        o
        for o in json.loads((tmp_path / "indicators/indicators.json").read_text("utf-8"))[
            "indicators"
        ]
        if o["id"] == "sendai_g3"
    )
    assert g3["value"] == pytest.approx(1e5 * (1.0 - total.none / total.people))
    assert g3["value"] <= 1e5 * total.covered["any"] / total.people
    # Cell broadcast and SMS reach many of the same people: what cell broadcast adds is little of what it reaches.
    (advice,) = (one.advice for one in annex.recommendations)
    assert advice.people == pytest.approx(
        total.people - total.none - total.by_channel["sms"], abs=1.0
    )
    assert annex.notes == ()
    pages = PdfReader(tmp_path / "netp/netp.pdf").pages
    # Names of two words may stand on two lines of a cell.
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for zone in found.zones[:-1]:
        assert zone.name in text
