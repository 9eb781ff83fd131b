"""`ew4all plan feasibility` from data to documents: the demo, a made country, Lesotho, and what cannot be told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import docx
import numpy as np
import pytest
import shapely
from affine import Affine
from lxml import html
from pypdf import PdfReader
from typer.testing import CliRunner

from ew4all.cells import Cells
from ew4all.cli import app
from ew4all.demo import CASE, NOTICE
from ew4all.errors import AssumptionError, InputError, OptionError, ReadError
from ew4all.plan_feasibility import feasibility
from ew4all.planning.questionnaire import Answers, questions, read_answers
from ew4all.report.feasibility_document import obstacles, verdict
from ew4all.report.feasibility_words import number_text, range_text
from ew4all.report.rounding import people_text

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CORNER = Affine(0.01, 0.0, 28.0, 0.0, -0.01, -29.0)
PEOPLE = (np.full((20, 30), 10.0), CORNER, "EPSG:4326")
HALF = np.zeros((20, 30))
HALF[:, :15] = 1.0


def made(**more: Any) -> Any:
    layers = {"4g": (HALF, CORNER, "EPSG:4326")}
    given = {"population_unit": "count", "coverage": layers, "name": "Nowhere"}
    return feasibility(PEOPLE, **{**given, **more})


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["plan", "feasibility", *(str(a) for a in arguments)])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("demo") / "out"
    done = run("--demo", "--roamers", 12_000, "--out", out, "--json")
    assert done.exit_code == 0, done.output
    return out, json.loads((out / "feasibility.json").read_text("utf-8"))


def test_one_command_writes_the_document_of_the_demo(demo: tuple[Path, dict[str, Any]]) -> None:
    out, document = demo
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert set(record["outputs"]) == {p.name for p in out.iterdir()}
    assert {"feasibility.html", "feasibility.pdf", "feasibility.docx", "map.png", "readiness.toml"} <= set(record["outputs"])  # fmt: skip
    assert document["schema"] == "ew4all/feasibility/1"
    assert document["country"] == "Grenada"
    assert document["notice"] == NOTICE
    assert document["people"]["total"] == pytest.approx(111_454)
    # 39 invented sites: read from the list, not typed.
    assert document["network"]["sites"] == len(_rows_of("sites.csv"))


def _rows_of(name: str) -> list[str]:
    from ew4all.demo import extra

    return extra(name).read_text("utf-8").splitlines()[1:]


def test_the_three_formats_hold_the_countrys_numbers(demo: tuple[Path, dict[str, Any]]) -> None:
    out, document = demo
    page = html.fromstring((out / "feasibility.html").read_text("utf-8")).text_content()
    pdf = "\n".join(p.extract_text() for p in PdfReader(out / "feasibility.pdf").pages)
    word = "\n".join(docx.Document(str(out / "feasibility.docx")).element.body.itertext())
    numbers = [
        people_text(document["people"]["covered"]["4g"]),
        people_text(document["people"]["uncovered"]),
        people_text(document["received"]["value"]),
        people_text(document["visitors"]["received"]),
        number_text(document["economics"]["channels"][0]["whole"]["value"]),
        *(people_text(z["people"]["uncovered"]) for z in document["zones"] if z["id"] != "outside"),
    ]
    for text in (page, pdf, word):
        assert all(number in text for number in numbers)
        for heading in ("Readiness", "Regulatory checklist", "requirements for a call for tenders", "Across the border"):  # fmt: skip
            assert heading in text
    assert len(re.findall(r"\{[a-z]+\}", page)) == 0
    for page_of in PdfReader(out / "feasibility.pdf").pages:
        assert NOTICE.upper() in page_of.extract_text()


def test_counts_are_those_of_reach(demo: tuple[Path, dict[str, Any]]) -> None:
    import ew4all

    _, document = demo
    case = CASE.arguments()
    del case["hazard"], case["cap"], case["title"]
    found = ew4all.reach(**case, area=CASE.zones)
    assert document["people"]["covered"] == pytest.approx(dict(found.people.covered))
    assert document["waterfall"][-1]["people"] == pytest.approx(found.waterfall[-1].people)
    lost = sum(row["lost"] for row in document["waterfall"])
    assert lost + document["waterfall"][-1]["people"] == pytest.approx(document["people"]["in_area"])  # fmt: skip


def test_a_made_country_by_hand() -> None:
    found = made()
    assert found.people == pytest.approx(6000.0)
    assert found.reach.people.covered == pytest.approx({"4g": 3000.0, "any": 3000.0})
    chain = 0.99 * 0.95 * 0.97 * 0.96 * 0.98 * 0.95
    assert found.received is not None
    assert found.received.value == pytest.approx(3000.0 * chain)
    capable = next(s for s in found.steps if s.step == "device_capable")
    assert capable.people_low == pytest.approx(3000.0 * chain * 0.34 / 0.97)
    assert found.received.low == pytest.approx(capable.people_low)
    sms = next(c for c in found.channels if c.id == "lb_sms")
    assert sms.reached is not None
    assert sms.reached.value == pytest.approx(3000.0 * 0.95 * 0.94)


def test_operators_of_their_own_subscribers_lower_both_message_channels() -> None:
    layers = {"4g:A": (HALF, CORNER, "EPSG:4326"), "4g:B": (1.0 - HALF, CORNER, "EPSG:4326")}
    found = made(coverage=layers, operator_share={"A": 0.5, "B": 0.5})
    # Everybody is covered by one of them, half of the subscribers by their own.
    assert found.reach.people.covered["any"] == pytest.approx(6000.0)
    sms = next(c for c in found.channels if c.id == "lb_sms")
    assert sms.reached is not None
    assert sms.reached.value == pytest.approx(3000.0 * 0.95 * 0.94)
    assert found.operators == ("A", "B")


def test_visitors_have_phones_and_come_on_top() -> None:
    found = made(roamers=100.0).visitors
    assert found is not None
    assert found.covered == pytest.approx(50.0)
    assert found.received == pytest.approx(50.0 * 0.99 * 0.97 * 0.96 * 0.98 * 0.95)
    assert made().visitors is None
    assert made(readiness=Answers(facts={"roamers": 40.0})).visitors.people == 40.0


def test_sirens_are_counted_on_the_people() -> None:
    # 20 x 30 cells of about 1.08 km2; a siren of 700 m covers 0.98 km2 of them: two for each cell.
    sirens = next(c for c in made(cost={"siren_radius_m": 700.0}).channels if c.id == "sirens")
    assert sirens.number is not None
    assert sirens.number.value == pytest.approx(2 * 0.8 * 600)
    assert sirens.reached is not None
    assert sirens.reached.value == pytest.approx(0.8 * 6000.0 * 0.765)


def test_an_open_question_is_neither_yes_nor_no() -> None:
    found = made()
    assert found.counts()["unknown"] == len(found.asked())
    assert "cannot be said yet" in verdict(found)
    critical = [one for one in found.asked() if one.question.critical]
    yes = Answers(
        answers={q.id: "yes" for q in questions() if not q.per_operator},
        operators={"A": {q.id: "yes" for q in questions() if q.per_operator}},
    )
    all_met = made(readiness=yes)
    assert verdict(all_met) == f"Cell broadcast is feasible: all {len(critical)} conditions without which there is no service are met."  # fmt: skip
    one_no = Answers(answers={**yes.answers, "mandate": "no"}, operators=yes.operators)
    assert "once 1 of" in verdict(made(readiness=one_no))
    missing, open_ = obstacles(made(readiness=one_no))
    assert [one.question.id for one in missing] == ["mandate"]
    assert open_ == []


def test_networks_are_asked_only_about_technologies_they_have() -> None:
    layers = {"4g:A": (HALF, CORNER, "EPSG:4326"), "2g:B": (HALF, CORNER, "EPSG:4326")}
    asked = {(a.question.id, a.operator) for a in made(coverage=layers).asked()}
    assert {("cb_4g", "A"), ("cb_2g", "B"), ("cbc", "A"), ("cbc", "B")} <= asked
    assert not {("cb_2g", "A"), ("cb_4g", "B"), ("cb_5g", "A")} & asked


def test_without_coverage_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    found = feasibility(PEOPLE, population_unit="count", out=tmp_path, formats="html")
    document = found.to_dict()
    assert "received" not in document
    assert "covered" not in document["economics"]["channels"][0]
    text = html.fromstring((tmp_path / "feasibility.html").read_text("utf-8")).text_content()
    assert "Nothing is known here of mobile coverage" in text
    assert "not known" in text
    assert not (tmp_path / "coverage.png").exists()


def test_the_written_questionnaire_can_be_given_back(tmp_path: Path) -> None:
    made(
        out=tmp_path / "a",
        formats="html",
        readiness=Answers(answers={"mandate": "yes"}, remarks={"mandate": "Act 4"}),
    )
    path = tmp_path / "a" / "readiness.toml"
    assert read_answers(path.read_bytes(), "x").answers["mandate"] == "yes"
    made(out=tmp_path / "b", formats="html", readiness=path)
    assert "Act 4" in (tmp_path / "b" / "feasibility.html").read_text("utf-8")
    record = json.loads((tmp_path / "b" / "run.json").read_text("utf-8"))
    assert record["command"] == "plan feasibility"


def test_figures_on_the_command_line_reach_the_document(tmp_path: Path) -> None:
    done = run(
        "--demo", "--cost", "lb_sms=1000000", "--cost", "lb_sms_year=50000", "--cost", "horizon_years=4", "--format",
        "html", "--out", tmp_path, "--json", "--quiet",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    economics = json.loads(done.stdout)["economics"]
    assert economics["years"] == 4
    sms = next(c for c in economics["channels"] if c["id"] == "lb_sms")
    assert sms["priced"]
    assert sms["year"]["value"] == 50_000
    assert "given by the user" in (tmp_path / "feasibility.html").read_text("utf-8")


def test_a_price_is_taken_away(tmp_path: Path) -> None:
    done = run("--demo", "--cost", "siren=nan", "--format", "html", "--out", tmp_path, "--json", "--quiet")  # fmt: skip
    assert done.exit_code == 0, done.output
    sirens = next(
        c for c in json.loads(done.stdout)["economics"]["channels"] if c["id"] == "sirens"
    )
    assert not sirens["priced"]
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["settings"]["cost"] == {"siren": "nan"}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no population was given"),
        (["--demo", "--population", "x.tif"], "--demo brings its own data; leave --population out"),
        (["--demo", "--sites", "x.csv"], "leave --sites out"),
        (["--demo", "--format", "odt"], "there is no format 'odt'"),
        (["--demo", "--cost", "sirenes=3"], "no cost called 'sirenes'"),
        (["--demo", "--cost", "siren=much"], "--cost wants a number"),
        (["--demo", "--cost", "siren"], "--cost wants the form"),
        (["--demo", "--readiness", "no-such-file.toml"], "no-such-file.toml cannot be read"),
        (["--demo", "--assume", "device_capable=2"], "device_capable is a fraction"),
        (["--population", "no-such-file.tif"], "no-such-file.tif"),
        (["--population", "x.tif", "--foreign-sites", "y.csv"], "give --sites, or leave them out"),
        (["--population", "x.tif", "--dem", "y.tif"], "give --sites, or leave them out"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_is_wrong_stops_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(AssumptionError):
        made(cost={"siren": -1.0}, out=tmp_path / "out")
    with pytest.raises(OptionError, match="0 or more, but got -3"):
        made(roamers=-3.0, out=tmp_path / "out")
    with pytest.raises(ReadError):
        made(readiness=tmp_path / "none.toml", out=tmp_path / "out")
    with pytest.raises(InputError):
        made(country=[shapely.box(10.0, 10.0, 11.0, 11.0)], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_coverage_and_sites_together_sites_tell_the_border_alone() -> None:
    cells = Cells.of([28.05, 28.25], [-29.1, -29.1], ["4g", "4g"], operator="X")
    found = made(sites=cells, country=[shapely.box(28.0, -29.2, 28.15, -29.0)])
    assert found.reach.people.covered["4g"] == pytest.approx(3000.0)
    assert found.border is not None
    assert (found.border.cells_home, found.border.cells_abroad) == (1, 1)
    assert found.network is not None
    assert found.network.cells == 1


def test_numbers_as_people_read_them() -> None:
    assert [number_text(v) for v in (99.96, 0.5, 12.0, 999_999.0, 1e-9)] == ["100", "0.5", "12", "1,000,000", "0.000000001"]  # fmt: skip
    assert range_text(None, number_text) == "not known"


@pytest.mark.slow
def test_lesotho_with_its_border(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "data"
    found = feasibility(
        str(data / "population/africa_worldpop_2020_density_20km.tif"), population_unit="per_km2", name="Lesotho",
        zones=str(data / "admin/lso_adm1_cod.json"), sites=str(data / "towers/lso_opencellid.csv"),
        sites_options={"max_age_years": None}, out=tmp_path, formats="html,docx",
    )  # fmt: skip
    border = found.border
    assert border is not None
    # 1,936 cells; about 198 stand in South Africa (README of the data, by another outline).
    assert border.cells_home + border.cells_abroad == 1936
    assert border.cells_abroad == pytest.approx(198, abs=10)
    inside = border.inside
    assert inside.people == pytest.approx(1.33e6, rel=0.08)
    assert 0.0 < inside.only_abroad <= inside.abroad < 0.05 * inside.people
    assert inside.home + inside.abroad + inside.unserved == pytest.approx(inside.people)
    for key in ("people", "home", "abroad"):
        assert sum(getattr(z, key) for z in border.zones) == pytest.approx(
            getattr(inside, key), rel=1e-6
        )
    assert border.outside is not None
    assert border.outside.home > 1e5
    # What the country's own cells cover is what `reach` counts.
    covered = found.reach.people.covered["any"]
    assert inside.home + inside.abroad - inside.only_abroad == pytest.approx(covered, rel=2e-3)
    assert len(found.reach.zones) == 11
    assert (tmp_path / "border.png").is_file()
