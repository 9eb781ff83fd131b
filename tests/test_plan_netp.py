"""`ew4all plan netp`: what is put together, what is missing, and bad input."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from command_line import command_line
from made_results_of_plans import made_feasibility, made_gaps, made_plan, made_run, put
from pypdf import PdfReader

import ew4all
from ew4all.demo import CASE, NOTICE
from ew4all.errors import OptionError, QuestionnaireError, ReadError
from ew4all.report.netp_document import annex_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


def words_of(found: ew4all.Netp) -> str:
    from ew4all.report.document_html import html_text

    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html_text(annex_of(found)))).replace("\xa0", " ")  # fmt: skip


@pytest.fixture
def every(tmp_path: Path) -> list[Path]:
    gaps = put(tmp_path / "gaps", "gaps.json", made_gaps())
    facts = tmp_path / "facts.toml"
    facts.write_text('country = "Atlantis"\n[channels]\ncell_broadcast = "no"\n[status]\ncap = "yes"\n', encoding="utf-8")  # fmt: skip
    played = put(tmp_path / "run", "summary.json", made_run())
    ew4all.indicators(gaps=[("2026-01-01", gaps)], run=[("2026-01-01", played)], facts=[("2026-01-01", facts)], out=tmp_path / "indicators")  # fmt: skip
    return [
        gaps,
        put(tmp_path / "measures", "plan.json", made_plan()),
        put(tmp_path / "feasibility", "feasibility.json", made_feasibility()),
        tmp_path / "indicators",
    ]


def test_recommendations_by_hand(every: list[Path]) -> None:
    found = ew4all.netp(every)
    by_name = {one.advice.name: one.advice for one in found.recommendations}
    assert set(by_name) == {"2 × siren", "Community radio", "2 × warden team, without a price", "Introduce cell broadcast"}  # fmt: skip
    assert by_name["2 × siren"].people == pytest.approx(50.0)
    assert by_name["2 × siren"].cost.value == pytest.approx(51_566.0)
    assert by_name["2 × siren"].rows == ("siren-1", "siren-2")
    assert by_name["Community radio"].cost.low == pytest.approx(70_000.0 * (10_000 + 15_000) / 70_000.0)  # fmt: skip
    wardens = by_name["2 × warden team, without a price"]
    # Nobody knows whether the two tell the same people: at least the nine of the larger.
    assert (wardens.people, wardens.people_high, wardens.cost.value) == (9.0, None, None)
    # 900 reached by any, 500 by radio: 400 by cell broadcast alone.
    broadcast = by_name["Introduce cell broadcast"]
    assert (broadcast.people, broadcast.people_high) == (pytest.approx(400.0), pytest.approx(400.0))
    # As long as the plan: 1,000,000 and five times 200,000.
    assert broadcast.cost.value == 2e6
    assert "over 5 years, not discounted" in broadcast.note
    document = found.to_dict()
    assert [one["rank"] for one in document["recommendations"]] == [1, 2, 3, 4]
    assert next(o for o in document["recommendations"] if o["kind"] == "warden")["priced"] is False
    items = {one["id"]: one for one in document["checklist"]["items"]}
    assert (items["cap"]["answer"], items["cap"]["given_by"]) == ("yes", "facts")
    assert (items["law_disaster"]["answer"], items["law_disaster"]["given_by"]) == ("yes", "feasibility")  # fmt: skip
    for one in found.inputs:
        assert one.path is not None
        with open(one.path, "rb") as file:  # noqa: PTH123
            assert hashlib.sha256(file.read()).hexdigest() == one.sha256


def test_the_order_of_folders_does_not_matter(every: list[Path]) -> None:
    assert ew4all.netp(every).to_dict() == ew4all.netp(every[::-1]).to_dict()


def test_cell_broadcast_in_service_is_not_recommended(tmp_path: Path, every: list[Path]) -> None:
    facts = tmp_path / "f.toml"
    facts.write_text('[channels]\ncell_broadcast = "yes"\n', encoding="utf-8")
    ew4all.indicators(facts=[("2026-01-01", facts)], country="Atlantis", out=tmp_path / "i")
    found = ew4all.netp([*every[:3], tmp_path / "i"])
    assert "cell_broadcast" not in {one.advice.kind for one in found.recommendations}


def test_people_of_cell_broadcast_alone_are_bounds_beside_several_channels(tmp_path: Path) -> None:
    gaps = made_gaps()
    gaps["total"]["by_channel"]["sms"] = 650.0
    study = put(tmp_path / "f", "feasibility.json", made_feasibility())
    found = ew4all.netp([put(tmp_path / "g", "gaps.json", gaps), study])
    (one,) = (r.advice for r in found.recommendations)
    # Radio 500 and SMS 650 reach between 650 and all 900 of those reached: cell broadcast adds 0 to 250.
    assert (one.people, one.people_high) == (0.0, pytest.approx(250.0))
    assert "0 to 250" in words_of(found)


def test_what_a_plan_says_against_its_numbers_stands_with_them(tmp_path: Path) -> None:
    said = "whole settlements stand in single cells: what reaches little ground (sirens, wardens) seems to reach more people than it would"
    found = ew4all.netp([put(tmp_path, "plan.json", made_plan(notes=["flat land", said]))])
    notes = {one.advice.kind: one.advice.note for one in found.recommendations}
    assert notes["siren"] == said
    assert notes["community_radio"] == ""
    assert f"Read first: {said}." in words_of(found)


def test_missing_parts_are_said(every: list[Path]) -> None:
    found = ew4all.netp(every[:1])
    assert [said.partition(":")[0] for said in found.missing][:3] == ["measures", "feasibility", "indicators"]  # fmt: skip
    assert any("network degraded" in said for said in found.missing)
    assert found.recommendations == ()
    words = words_of(found)
    for command in ("plan measures", "plan feasibility", "plan indicators"):
        assert f"Missing: no result of ew4all {command} was given" in words
    assert "There is nothing to recommend" in words
    alone = ew4all.netp([every[2]])
    assert alone.recommendations[0].advice.people is None
    assert "cannot be told" in words_of(alone)


def test_words_of_the_annex(every: list[Path]) -> None:
    words = words_of(ew4all.netp(every))
    for said in (
        "1,000 people were counted", "600 (60 %)", "newly reach 80 of 100 people", "no price", "at least 9", "Location-based SMS",
        "650 (300 to 680)", "Common Alerting Protocol", "The rule:", "siren-1, siren-2", "gaps/gaps.json", "made by hand",
    ):  # fmt: skip
        assert said in words, said


def test_a_gap_analysis_with_an_outage_shows_both(tmp_path: Path) -> None:
    worse = made_gaps()["total"] | {"coverage_gap": 400.0, "reachable": 400.0, "sites": 10, "sites_down": 2.5, "members": 2}  # fmt: skip
    gaps = put(tmp_path, "gaps.json", made_gaps(degraded=worse))
    words = words_of(ew4all.netp([gaps]))
    assert "2.5 of 10 sites are off the air" in words
    assert "no signal 100 (10 %) 400 (40 %)" in words


def test_totals_that_differ_are_told(tmp_path: Path) -> None:
    gaps = put(tmp_path / "g", "gaps.json", made_gaps(1009.0))
    study = put(tmp_path / "f", "feasibility.json", made_feasibility())
    assert ew4all.netp([gaps, study]).notes == ()
    gaps = put(tmp_path / "h", "gaps.json", made_gaps(1020.0))
    notes = ew4all.netp([gaps, study]).notes
    assert len(notes) == 1
    assert "people differ by 2.0%: 1,000" in notes[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "no result was given"),
        (["nowhere"], "is no folder"),
        (["empty"], "holds no result"),
        (["g", "g2"], "two results of ew4all gaps"),
        (["old"], "has the schema 'ew4all/gaps/0'"),
        (["g", "zones"], "have other zones"),
        (["f", "i"], "several countries: Atlantis (ew4all plan feasibility); Mu (ew4all plan indicators)"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(tmp_path: Path, given: list[str], said: str) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "g", "gaps.json", made_gaps())
    put(tmp_path / "g2", "gaps.json", made_gaps())
    put(tmp_path / "old", "gaps.json", made_gaps(schema="ew4all/gaps/0"))
    put(tmp_path / "f", "feasibility.json", made_feasibility())
    put(tmp_path / "zones", "feasibility.json", made_feasibility(zones=[{"id": "b", "name": "B"}]))
    facts = tmp_path / "facts.toml"
    facts.write_text('country = "Mu"\n', encoding="utf-8")
    ew4all.indicators(facts=[("2026-01-01", facts)], out=tmp_path / "i")
    with pytest.raises((OptionError, ReadError), match=re.escape(said)):
        ew4all.netp([tmp_path / name for name in given])


def test_places_in_no_zone_come_after_all_ranks(tmp_path: Path) -> None:
    made = made_gaps()
    (a,) = made["zones"]
    rest = {key: value for key, value in a.items() if not key.startswith("rank")}
    zones = [
        {**rest, "id": "outside", "name": "outside"},
        {**a, "id": "c", "name": "Ceta", "rank": 3},
        {**a, "id": "b", "name": "Beta", "rank": 2},
        {**a, "name": "Alfa"},
    ]
    words = words_of(ew4all.netp([put(tmp_path, "gaps.json", {**made, "zones": zones})]))
    at = [words.index(name) for name in ("Alfa", "Beta", "Ceta")]
    assert at == sorted(at)
    assert words.index("outside", at[0]) > at[-1]


LESOTHO, GRENADA = [27.0, -30.7, 29.5, -28.5], [-61.8, 11.98, -61.4, 12.53]


def placed(lon: float, lat: float) -> dict[str, Any]:
    plan = made_plan()
    for key in ("chosen", "not_chosen", "unpriced"):
        plan[key] = [{**row, "lon": lon, "lat": lat} for row in plan.get(key, ())]
    return plan


def test_results_of_two_countries_are_no_annex(tmp_path: Path) -> None:
    gaps = put(tmp_path / "g", "gaps.json", {**made_gaps(), "extent_deg": LESOTHO})
    there = put(tmp_path / "there", "plan.json", placed(28.2, -29.5))
    away = put(tmp_path / "away", "plan.json", placed(-61.7, 12.1))
    assert ew4all.netp([gaps, there]).to_dict()["recommendations"]
    with pytest.raises(
        OptionError, match=r"several countries.*lie elsewhere, the first at longitude -61\.70"
    ):
        ew4all.netp([gaps, away])
    other = put(tmp_path / "o", "gaps.json", {**made_gaps(), "extent_deg": GRENADA})
    ew4all.indicators(gaps=[("2026-01-01", other)], out=tmp_path / "i")
    with pytest.raises(OptionError, match=r"several countries: ew4all gaps is of longitude 27\.00"):
        ew4all.netp([gaps, tmp_path / "i"])
    with pytest.raises(OptionError, match="gap analyses are of several countries: that of 2025-01-01"):  # fmt: skip
        ew4all.indicators(gaps=[("2026-01-01", other), ("2025-01-01", gaps)])


def test_a_feasibility_study_of_another_country_is_no_part(tmp_path: Path) -> None:
    """Names are what people type: Lesotho's plan and Grenada's study were one annex, with a note that people differ."""
    away = put(tmp_path / "f", "feasibility.json", {**made_feasibility(), "extent_deg": GRENADA})
    there = put(tmp_path / "there", "plan.json", placed(28.2, -29.5))
    with pytest.raises(OptionError, match=r"ew4all plan feasibility is of longitude -61\.80 .*lie elsewhere"):  # fmt: skip
        ew4all.netp([there, away])
    gaps = put(tmp_path / "g", "gaps.json", {**made_gaps(), "extent_deg": LESOTHO})
    with pytest.raises(OptionError, match=r"several countries: ew4all gaps .*; ew4all plan feasibility"):  # fmt: skip
        ew4all.netp([gaps, away])


def test_facilities_are_part_of_the_annex(tmp_path: Path) -> None:
    kinds = [
        {"kind": "schools", "count": 458, "outside": 0, "signal": {"any": 400, "none": 58}, "channels": {"none": 50, "one": 8, "two_or_more": 400}},
        {"kind": "health_sites", "count": 185, "outside": 0, "signal": {"any": 185, "none": 0}},
    ]  # fmt: skip
    words = words_of(ew4all.netp([put(tmp_path / "g", "gaps.json", made_gaps(facilities=kinds))]))
    assert "Facilities schools health sites number 458 185" in words
    assert "without any signal 58" in words
    bare = [{"kind": "schools", "count": 458, "outside": 0}]
    words = words_of(ew4all.netp([put(tmp_path / "b", "gaps.json", made_gaps(facilities=bare))]))
    assert "What reaches them cannot be told" in words


@pytest.mark.parametrize(
    ("total", "title"),
    [
        (None, "Where people are left out"),
        ({"people": 1000.0}, "Where people live"),
        ({"area_km2": 581.0, "covered_km2": {"any": 31.0}}, "Where there is a mobile signal"),
    ],
)
def test_a_map_is_called_what_it_shows(tmp_path: Path, total: dict[str, Any] | None, title: str) -> None:  # fmt: skip
    """Samoa has no coverage and Ibiza no people: their maps were called 'Where people are left out', too."""
    made = made_gaps() if total is None else made_gaps(total=total, zones=[], hazards=[])
    folder = put(tmp_path, "gaps.json", made)
    plt.imsave(folder / "map.png", np.zeros((4, 4)))
    assert f"Figure 1. {title}" in words_of(ew4all.netp([folder]))


def test_a_first_recommendation_without_people_is_a_sentence(tmp_path: Path) -> None:
    words = words_of(ew4all.netp([put(tmp_path, "feasibility.json", made_feasibility())]))
    assert "1 recommendation: Introduce cell broadcast, people newly reached cannot be told, 3,000,000" in words  # fmt: skip


def test_answers_that_hold_nothing_are_a_mistake(tmp_path: Path) -> None:
    gaps = put(tmp_path / "g", "gaps.json", made_gaps())
    empty = tmp_path / "answers.toml"
    empty.write_text("# nothing yet\n", encoding="utf-8")
    with pytest.raises(QuestionnaireError, match=r"answers\.toml holds nothing; fill it in"):
        ew4all.netp([gaps], answers=empty)
    with pytest.raises(QuestionnaireError, match=r"answers\.toml holds nothing"):
        ew4all.indicators(gaps=[("2026-01-01", gaps)], facts=[("2026-01-01", empty)])


def test_the_demo_as_a_user_runs_it(run: Callable[..., Ended], tmp_path: Path) -> None:
    gaps: dict[str, Any] = {
        "zone_id": "id", "zone_name": "name", "coverage": CASE.coverage, "operator_share": CASE.operator_share,
        "channels": {"sms": None}, "hazards": {"winds": CASE.hazard},
    }  # fmt: skip
    ew4all.gaps(CASE.population, CASE.zones, **gaps, title="Grenada", notice=NOTICE, out=tmp_path / "gaps")  # fmt: skip
    ew4all.indicators(gaps=[("2024-07-01", tmp_path / "gaps")], country="Grenada", out=tmp_path / "indicators")  # fmt: skip
    out = tmp_path / "netp"
    asked = (
        "plan",
        "netp",
        "--from",
        str(tmp_path / "gaps"),
        "--from",
        str(tmp_path / "indicators"),
    )
    ended = run(*asked, "--out", str(out), "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document == json.loads((out / "netp.json").read_text(encoding="utf-8"))
    assert document["notice"] == NOTICE
    pdf = "".join(page.extract_text() for page in PdfReader(out / "netp.pdf").pages)
    with zipfile.ZipFile(out / "netp.docx") as made:
        docx = re.sub(r"<[^>]+>", "", made.read("word/document.xml").decode())
    page = (out / "netp.html").read_text(encoding="utf-8")
    for text in (pdf, docx, page):
        assert "Saint George" in text
        assert "Who is left out" in text
        assert "no result of ew4all plan measures" in re.sub(r"\s+", " ", text)
    assert not re.search(r"(src|href)=\"(?!data:|#)|url\(", page)
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    assert run(*asked, "--out", str(out), "--quiet", "--answers", str(out / "checklist.toml"), "--format", "html").code == 0  # fmt: skip
    # The checklist that was written gives the same answers back.
    again = json.loads((out / "netp.json").read_text(encoding="utf-8"))
    assert again["checklist"]["counts"] == document["checklist"]["counts"]
    assert not (out / "netp.pdf").exists()
    assert first["checklist.toml"] == (out / "checklist.toml").read_bytes()
    ended = run("plan", "netp", "--from", str(tmp_path))
    assert ended.code == 2
    assert ended.err.startswith("Error: --from")


def _without(document: dict[str, Any], path: list[str | int]) -> dict[str, Any]:
    here: Any = document
    for key in path[:-1]:
        here = here[key]
    del here[path[-1]]
    return document


@pytest.mark.parametrize(
    ("name", "document", "said"),
    [
        ("gaps.json", _without(made_gaps(), ["total"]), "total is no table"),
        ("gaps.json", _without(made_gaps(), ["total", "channels", "one"]), "total.channels.one is no number"),
        ("gaps.json", made_gaps(zones=[{"id": "a"}]), "zones[0].name is no text"),
        ("gaps.json", made_gaps(total={"people": float("nan")}), "total.people is no number"),
        ("plan.json", _without(made_plan(), ["chosen", 0, "people_added"]), "chosen[0].people_added is no number"),
        ("plan.json", made_plan(chosen="siren"), "chosen is no list"),
        ("gaps.json", _without(made_gaps(), ["total", "by_channel"]), "total.by_channel is not there beside channels"),
        ("gaps.json", _without(made_gaps(), ["zones", 0, "channels"]), "zones[0].channels is not there beside by_channel"),
        ("gaps.json", made_gaps(groups=None), "groups is no list"),
        ("plan.json", made_plan(not_chosen=[{**made_plan()["chosen"][0], "lon": 28.0}]), "not_chosen[0].lat is not there beside lon"),
        ("feasibility.json", _without(made_feasibility(), ["economics", "channels", 0, "year"]), "channels[0].year is not there beside whole"),
        ("feasibility.json", made_feasibility(regulatory=[{"id": "authority", "answer": "maybe"}]), "regulatory[0].answer is none of yes, partly, no, unknown"),
        ("feasibility.json", made_feasibility(received={"value": 1.0, "low": "x", "high": 2.0}), "received.low is no number"),
    ],
)  # fmt: skip
def test_a_result_that_was_edited_is_told(
    tmp_path: Path, name: str, document: dict[str, Any], said: str
) -> None:
    with pytest.raises(OptionError, match=re.escape(said)):
        ew4all.netp([put(tmp_path, name, document)])
