"""A whole exercise in real browsers on a real service: a facilitator and two players, from a list of injects to the report."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pypdf
import pytest
from made_browser import Watched, chromium, violations
from made_console_seats import TABS
from made_processes import Running, waited

from ew4all.exercises.converting import content_of
from ew4all.exercises.loading import load_exercise
from ew4all.sim.exercise import claims_to_be_real

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

EXERCISE: Final = """\
schema: ew4all/exercise/1
id: valley-drill
title: Valley drill
purpose: Two desks, one hour. Who decides, on what, and how soon.
scenario: valley-flash-flood
length: 2 h 30 min
teams:
  - {id: flood, name: Flood service, agency: Water authority, brief: One of you is awake. You issue warnings for the whole valley.}
  - {id: telecom, name: Telecom desk, agency: Regulator and operators, brief: You know the sites and what feeds them.}
objectives:
  - {id: o1, title: Decide within minutes, text: A rule takes the place of a search for certainty.}
  - {id: o2, title: Keep the network, text: Power is asked for before batteries are empty.}
injects:
  - {id: gauge, at: 1 min, title: The gauge rises, text: The gauge rises by a metre in ten minutes., from: Gauge at the weir, to: flood, channel: phone, expected: Warn the valley}
  - {id: mast, at: 4 min, title: A mast without mains, text: The mast above the town has no mains., from: Mayor's office, to: telecom, expected: Ask for power}
  - {id: press, at: 1 h 50 min, title: A reporter asks, text: How many people were warned?, from: Press, to: flood, channel: phone, expected: Answer}
expectations:
  - {id: e1, text: An alert is issued within fifteen minutes of the gauge., objective: o1, team: flood, after: gauge, within: 15 min, points: 4, decision: issue_alert}
  - {id: e2, text: Half of those at risk were warned., objective: o1, within: 1 h, points: 3, when: people_warned_share >= 50 %}
  - {id: e3, text: Power is asked for., objective: o2, team: telecom, after: mast, within: 20 min, points: 2, decision: request_power}
  - {id: e4, text: The press is told what is known and what is not., objective: o1, team: flood, after: press, within: 10 min, points: 2}
"""
BOX: Final = {"west": "-147.00", "south": "-30.00", "east": "-146.91", "north": "-29.80"}
SHOTS: Final = os.environ.get("EW4ALL_CONSOLE_PICTURES", "")
"""A folder for pictures of what the three see; those of docs/console.md are made so."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as made:
        yield made


class Desk(Watched):
    """Somebody's browser."""

    def __init__(self, browser: Any, service: Running, at: str, language: str = "en") -> None:
        super().__init__(browser, service.url)
        self.page.add_init_script(f"localStorage.setItem('ew4all.console.language', '{language}')")
        self.open(at)

    def turn(self, tab: str) -> None:
        self.page.locator(f"#tab-{tab}").click()
        self.page.locator(f"#of-{tab} h2").first.wait_for()

    def joined(self, name: str) -> None:
        self.page.locator("#join-name").fill(name)
        self.page.locator("form.join button.main").click()
        self.page.locator(".link.live").wait_for()

    def looked_at(self, name: str) -> None:
        """Everything that a view must be, whoever sees it."""
        self.page.wait_for_timeout(400)
        assert "EXERCISE" in self.page.locator(".banner").inner_text()
        assert violations(self.page) == [], name
        assert not re.search(
            r"\bundefined\b|\bNaN\b|\[object", self.page.locator("#console").inner_text()
        ), name
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png")

    def saved(self, label: str) -> bytes:
        with self.page.expect_download() as waiting:
            self.page.locator(".files a", has_text=label).click()
        assert waiting.value.suggested_filename.startswith("EXERCISE-")
        return Path(waiting.value.path()).read_bytes()


def listed(folder: Path) -> Path:
    """The exercise as a workbook, which is how facilitators write theirs: injects, teams, expectations on a sheet each."""
    (folder / "drill.yaml").write_text(EXERCISE, "utf-8")
    exercise = load_exercise(folder / "drill.yaml").exercise
    (folder / "drill.xlsx").write_bytes(content_of(exercise, ".xlsx"))
    return folder / "drill.xlsx"


def seconds(page: Any) -> int:
    """What the clock shows, exercise time."""
    found = re.search(r"T\+(\d+):(\d\d):(\d\d)", page.locator(".clock").first.inner_text())
    assert found is not None
    hours, minutes, rest = (int(part) for part in found.groups())
    return 3600 * hours + 60 * minutes + rest


def number(text: str) -> int:
    found = re.match(r"[\d,]+", text)
    return int(found[0].replace(",", "")) if found else 0


def invited(leader: Desk, browser: Any, service: Running, role: str, name: str, team: str = "") -> Desk:  # fmt: skip
    leader.turn("people")
    page = leader.page
    page.locator("#invite-role").select_option(role)
    if team:
        page.locator("#invite-team").select_option(label=team)
    page.locator("#invite-name").fill(f"For {name}")
    page.locator("form button.main").click()
    page.locator(".link-made", has_text=f"For {name}").wait_for()
    link = page.locator("#invite-link").input_value()
    assert link.startswith(f"{service.url}/console/#join=")
    made = Desk(browser, service, link.removeprefix(service.url + "/"))
    if role == "player":
        made.looked_at("join")
    made.joined(name)
    return made


def looked_through(desk: Desk, role: str, tabs: list[str]) -> None:
    """Every view of a role."""
    for tab in tabs:
        desk.turn(tab)
        desk.looked_at(f"{role}-{tab}")


def warned(player: Desk) -> None:
    """Draw an area, write a text, look at the phone; draft, approve, issue."""
    player.turn("alert")
    page = player.page
    page.locator("#alert-new").click()
    page.locator("#area summary").first.click()
    for side, degrees in BOX.items():
        page.locator(f"#area-{side}").fill(degrees)
    page.locator("#area-box-use").click()
    page.locator("#alert-channels label", has_text="Cell broadcast").locator("input").check()
    page.locator(".content textarea").first.fill("Flood in the valley. Go up to high ground now.")
    page.locator(".phone .screen").wait_for()
    page.locator(".meter .over_reach").wait_for()
    player.looked_at("player-composer")
    page.locator(".composer button.main").click()
    for state, button in (("draft", "approve"), ("approved", "issue")):
        page.locator(f".alert.{state} .do-{button}").click()
    page.locator(".alert.issued").wait_for()


def test_a_whole_exercise(browser: Any, tmp_path: Path) -> None:
    service = Running(tmp_path, workers=0)
    desks: list[Desk] = []
    try:
        leader = Desk(browser, service, "console/")
        desks.append(leader)
        page = leader.page
        page.locator("#own-file").set_input_files(listed(tmp_path))
        page.locator("#own-title").fill("Valley drill")
        page.locator("#own-scenario").select_option("valley-flash-flood")
        page.locator("#lobby-ready + ul li").first.wait_for()
        leader.looked_at("lobby")
        page.locator("section[aria-labelledby=lobby-own] button").last.click()
        page.locator(".link.live").wait_for(timeout=180_000)
        assert "Valley drill" in page.locator("#console").inner_text()
        page.locator(".inject").nth(2).wait_for(timeout=180_000)

        flood = invited(leader, browser, service, "player", "Ana", "Flood service")
        desks.append(flood)
        telecom = invited(leader, browser, service, "player", "Ben", "Telecom desk")
        desks.append(telecom)

        page.locator("#clock-speed").select_option("60")
        page.locator("#clock-start").click()
        flood.page.locator(".message", has_text="The gauge rises").wait_for()
        telecom.page.locator(".message", has_text="A mast without mains").wait_for()
        assert flood.page.locator(".message", has_text="A mast without mains").count() == 0

        page.locator("#clock-pause").click()
        page.locator("#clock-start").wait_for()
        stands = seconds(page)
        warned(flood)
        # The alert of one team is what all see, at once; and the truth is not.
        telecom.turn("alert")
        telecom.page.locator(".alert.issued").wait_for()
        telecom.turn("decisions")
        telecom.page.locator("#decision-kind").select_option("request_power")
        telecom.page.locator("#of-decisions form button.main").click()
        leader.turn("decisions")
        page.locator("#of-decisions .log tr", has_text="Telecom desk").first.wait_for()
        assert seconds(page) == stands == seconds(flood.page) == seconds(telecom.page)
        telecom.turn("inbox")
        telecom.page.locator("#message-new").click()
        telecom.page.locator("#message-text").fill("Two generators are on their way.")
        telecom.page.locator("form button.main").click()
        leader.turn("messages")
        page.locator(".message", has_text="Two generators").wait_for()

        page.locator("#clock-start").click()
        here = page.evaluate("location.href.slice(location.origin.length + 1)")
        leader.turn("figures")
        waited(lambda: number(page.locator(".counters .warned dd").first.inner_text()) > 0, 120.0)
        wall = Desk(browser, service, here + "&view=wall")
        desks.append(wall)
        wall.page.locator(".wall").wait_for()
        wall.looked_at("wall")
        arabic = Desk(browser, service, here, "ar")
        desks.append(arabic)
        arabic.page.locator(".link.live").wait_for()
        arabic.turn("figures")
        arabic.looked_at("facilitator-ar")

        leader.turn("injects")
        page.locator(".inject", has_text="A reporter asks").locator(".do-fire").click()
        flood.turn("inbox")
        flood.page.locator(".message", has_text="A reporter asks").wait_for()

        page.locator("#clock-pause").click()
        looked_through(leader, "facilitator", TABS["facilitator"])
        leader.turn("figures")
        page.locator(".lines .key", has_text="alert issued").wait_for()
        looked_through(flood, "player", TABS["ew4x_player"])
        for role in ("evaluator", "observer"):
            desk = invited(leader, browser, service, role, f"the {role}")
            looked_through(desk, role, TABS[f"ew4x_{role}"])
            desk.close()
        page.locator(".controls button.end").click()
        page.locator(".controls [role=alertdialog] button").first.click()
        for desk in (flood, telecom):
            desk.page.get_by_text("ended").first.wait_for()
        leader.turn("score")
        page.locator(".expectation.met", has_text="An alert is issued").wait_for()
        leader.turn("report")
        page.locator("#report-make").click()
        page.locator(".files a", has_text="Report (PDF)").wait_for(timeout=300_000)
        leader.looked_at("facilitator-report")
        pdf = leader.saved("Report (PDF)")
        text = "\n".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf)).pages)
        for said in ("EXERCISE", "Valley drill", "The gauge rises", "Ana", "Flood service"):
            assert said in text, said
        assert not claims_to_be_real(text)
        assert leader.saved("Report (DOCX)")[:2] == b"PK"
        assert b"EXERCISE" in leader.saved("timeline.csv")
        log = leader.saved("Log of everything").decode()
        assert "Two generators" in log
        for desk in desks:
            assert desk.strangers() == []
            # Browsers write down by themselves that the exercise was still being opened.
            assert [one for one in desk.said if "503" not in one] == []
        # What the service never sent a player cannot be found in the page.
        for desk in (flood, telecom):
            asked = " ".join(one for one in desk.requests if "/v1/" in one)
            assert not re.search(r"/geo/(hazard|missed)|/curves|/injects|/scores|/branches|/log", asked)  # fmt: skip
    finally:
        for desk in desks:
            desk.close()
        service.stop()
    assert "Traceback" not in service.log(), service.log()[-5000:]
