"""The console in a real browser against a scripted service: each view, in six languages, and with a line that breaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from made_browser import chromium, violations
from made_console import ID, SECRET, room_served
from made_console_seats import TABS, compose, opened, seats
from test_console import PLURALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_console import Room

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as made:
        yield made


@pytest.fixture
def room() -> Iterator[Room]:
    with room_served() as made:
        yield made


@pytest.fixture
def sit(browser: Any, room: Room) -> Iterator[Any]:
    with seats(browser, room) as made:
        yield made


@pytest.mark.parametrize("language", sorted(PLURALS))
@pytest.mark.parametrize("token", list(TABS))
def test_nothing_hinders_people_with_other_means(sit: Any, token: str, language: str) -> None:
    seat = sit(token, language).ready()
    page = seat.page
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language,
        "rtl" if language == "ar" else "ltr",
    ]
    for tab in TABS[token]:
        seat.turn(tab)
        opened(page)
        if tab == "alert" and token in {"facilitator", "ew4x_player"}:
            compose(page)
            opened(page)
        if tab == "injects" and token == "facilitator":
            page.locator(".inject .do-edit").first.click()
        if tab in {"messages", "inbox"} and page.locator("#message-new").count():
            page.locator("#message-new").click()
        page.wait_for_timeout(150)
        assert violations(page) == [], tab
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{tab}: {over} pixels too wide"
    seat.is_well()


@pytest.mark.parametrize("language", sorted(PLURALS))
@pytest.mark.parametrize("at", ["", f"#join={SECRET}", f"#exercise={ID}&view=wall"])
def test_nothing_hinders_at_the_door_and_on_the_wall(sit: Any, at: str, language: str) -> None:
    seat = sit("", language, at=at)
    seat.page.locator("main h2").first.wait_for()
    if not at:
        seat.page.locator("#lobby-ready + ul li").first.wait_for()
    seat.page.wait_for_timeout(300)
    assert violations(seat.page) == []
    seat.is_well()


def test_plurals_are_those_of_the_browser(sit: Any) -> None:
    page = sit("", at="").page
    found = page.evaluate(
        "(codes) => codes.map((code) => new Intl.PluralRules(code).resolvedOptions().pluralCategories)",
        list(PLURALS),
    )
    assert [set(one) for one in found] == list(PLURALS.values())


@pytest.mark.parametrize("language", sorted(PLURALS))
def test_no_key_of_the_catalogue_is_shown_bare(sit: Any, language: str) -> None:
    seat = sit("", language).ready()
    for tab in TABS["facilitator"]:
        seat.turn(tab)
        said = seat.page.locator("#console").inner_text()
        bare = re.findall(r"\b(?:inject|alert|map|tab|state|clock|figure|score|people|message|decision|channel|link|role)\.[a-z_.]+\b", said)  # fmt: skip
        assert bare == []
        assert not re.search(r"\{\w+\}|undefined|NaN|\[object", said), tab


def test_players_get_no_truth(sit: Any, room: Room) -> None:
    seat = sit("ew4x_player").ready()
    for tab in TABS["ew4x_player"]:
        seat.turn(tab)
    seat.page.wait_for_timeout(2500)
    asked = [url.partition("/v1/")[2] for url in seat.watched.requests if "/v1/" in url]
    assert not [one for one in asked if re.search(r"hazard|missed|curves|injects|scores|branches|invitations|log", one)]  # fmt: skip
    said = seat.page.locator("#console").inner_text()
    assert "75,424" not in said
    assert "Mains lost" not in said
    assert seat.page.get_by_label("Hazard and its front").count() == 0
    seat.is_well()
    del room


def test_clock_is_run_from_the_console(sit: Any, room: Room) -> None:
    seat = sit().ready()
    page = seat.page
    page.locator("#clock-pause").click()
    page.locator("#clock-start").wait_for()
    before = page.locator(".clock .time").inner_text()
    page.wait_for_timeout(1500)
    assert page.locator(".clock .time").inner_text() == before, "it stands"
    page.locator("#clock-step").click()
    page.locator("#clock-jump").fill("0:01")
    page.get_by_role("button", name="Jump", exact=True).click()
    page.get_by_text("That moment has passed").wait_for()
    page.locator("#clock-jump").fill("soon")
    page.get_by_role("button", name="Jump", exact=True).click()
    page.get_by_text("Write a time as").wait_for()
    page.locator("#clock-jump").fill("1:30:00")
    page.get_by_role("button", name="Jump", exact=True).click()
    page.locator(".clock .time", has_text="07:30:00").wait_for()
    page.locator("#clock-speed").select_option("60")
    page.locator("#clock-start").click()
    page.locator(".clock.running").wait_for()
    done = [body["do"] for _, path, body in room.asked if path.endswith("/clock")]
    assert done == ["pause", "step", "jump", "speed", "resume"]
    page.get_by_role("button", name="End the exercise").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    assert [body["do"] for _, path, body in room.asked if path.endswith("/clock")] == done


def test_an_exercise_begins_at_the_speed_that_was_chosen(sit: Any, room: Room) -> None:
    room.state["clock"] |= {"state": "ready", "time_s": 0.0, "speed": 1.0}
    page = sit().ready().page
    page.locator("#clock-speed").select_option("30")
    page.locator("#clock-start").click()
    page.locator(".clock.running").wait_for()
    asked = [body for _, path, body in room.asked if path.endswith("/clock")]
    assert asked == [{"do": "start", "speed": 30}]


def test_injects_are_fired_held_skipped_and_taken_back(sit: Any, room: Room) -> None:
    page = sit().ready().page
    row = page.locator("#inject-i3")
    for button, state in (("Hold", "held"), ("Release", "waiting"), ("Skip", "skipped"), ("Undo", "waiting"), ("Fire now", "fired")):  # fmt: skip
        row.get_by_role("button", name=re.compile(f"^{button}")).click()
        row.locator(".state", has_text=state).wait_for()
    assert [b["do"] for _, p, b in room.asked if p.endswith("/i3")] == ["hold", "release", "skip", "undo", "fire"]  # fmt: skip


def test_two_facilitators_edit_the_same_inject(sit: Any, room: Room) -> None:
    first, second = sit().ready().page, sit().ready().page
    for page in (first, second):
        page.locator("#inject-i4 .do-edit").click()
    first.locator("#inject-title").fill("The minister speaks at nine")
    first.get_by_role("button", name="Save", exact=True).click()
    first.locator("#inject-i4", has_text="The minister speaks at nine").wait_for()
    second.locator("#inject-title").fill("The minister is silent")
    second.get_by_role("button", name="Save", exact=True).click()
    told = second.locator(".conflict")
    told.get_by_text("Nothing was overwritten").wait_for()
    assert "The minister speaks at nine" in told.inner_text()
    assert "The minister is silent" in told.inner_text()
    assert violations(second) == []
    assert next(i for i in room.injects if i["id"] == "i4")["title"] == "The minister speaks at nine"  # fmt: skip
    told.get_by_role("button", name="Save mine over it").click()
    second.locator("#inject-i4", has_text="The minister is silent").wait_for()
    assert next(i for i in room.injects if i["id"] == "i4")["title"] == "The minister is silent"


def test_a_faulty_inject_is_told_at_its_field(sit: Any) -> None:
    page = sit().ready().page
    page.locator("#inject-i3 .do-edit").click()
    page.locator("#inject-title").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#inject-title-told", has_text="an inject has a title").wait_for()
    page.locator("#inject-time").fill("soon")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#inject-time-told", has_text="Write a time as").wait_for()


def test_a_list_is_looked_at_before_it_is_taken(sit: Any, room: Room, tmp_path: Any) -> None:
    room.state["clock"].update(state="ready", time_s=0.0)
    page = sit().ready().page
    assert page.locator(".do-fire").count() == 0, "nothing is fired before the start"
    page.locator("#inject-new").click()
    page.locator("#inject-import").click()
    (tmp_path / "mine.xlsx").write_bytes(b"PK")
    page.locator("#import-file").set_input_files(tmp_path / "mine.xlsx")
    page.get_by_text("12 new, 3 changed, 1 the same").wait_for()
    page.get_by_label("Remarks").select_option("text")
    page.get_by_text("“soon” is no time").wait_for()
    assert "row 7" in page.locator(".problem").inner_text()
    assert violations(page) == []
    take = page.get_by_role("button", name="Import them")
    assert take.is_disabled()
    page.get_by_label("Remarks").select_option("")
    page.get_by_text("12 new, 3 changed, 1 the same").wait_for()
    take.click()
    take.wait_for(state="detached")
    assert len([1 for m, p, _ in room.asked if p.endswith("/imports")]) == 4


def test_an_alert_is_drawn_and_issued(sit: Any, room: Room) -> None:
    """What is missed and reached beyond is shown while the area is drawn, before its shape is closed."""
    seat = sit("ew4x_player").ready()
    page = seat.page
    seat.turn("alert")
    seat.watched.settle()
    page.locator("#alert-new").click()
    page.get_by_role("button", name="Save as draft").click()
    page.get_by_text("There is no area yet").wait_for()
    page.locator("#area-draw").click()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6
    for dx, dy in ((-100, -60), (100, -80), (90, 120)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(350)
    page.mouse.move(x - 100, y + 90)
    page.locator(".meter .missed dd", has_text="7,200").wait_for()
    assert page.locator(".meter .over_reach dd").inner_text() == "4,100"
    page.mouse.dblclick(x - 90, y + 100)
    page.get_by_text("The area has 4 corners.").first.wait_for()
    page.get_by_role("button", name="Save as draft").click()
    page.get_by_text("Choose at least one channel.").wait_for()
    page.locator("#alert-channels input").first.check()
    page.get_by_role("button", name="Save as draft").click()
    page.get_by_text("A text is missing.").wait_for()
    page.locator(".content textarea").first.fill("Stay inside. " * 120)
    page.locator(".phone dd.bad").wait_for()
    page.get_by_role("button", name="Save as draft").click()
    page.locator("#content-en-text-told", has_text="19 pages").wait_for()
    page.locator(".content textarea").first.fill("Stay inside, away from windows, until 18:00.")
    page.locator(".phone dd", has_text="1 / 15").wait_for()
    page.get_by_role("button", name="Save as draft").click()
    for button in ("Approve", "Issue"):
        page.locator(".alert").get_by_role("button", name=re.compile(f"^{button}")).click()
    page.locator(".alert.issued").wait_for()
    kinds = [body["kind"] for _, path, body in room.asked if path.endswith("/decisions")]
    assert kinds == ["draft_alert", "draft_alert", "approve_alert", "issue_alert"]
    sent = [b for _, p, b in room.asked if p.endswith("/decisions")][1]["alert"]
    assert len(sent["area"]["coordinates"][0]) == 5
    seat.is_well(refused=1)


def test_an_area_outside_the_exercise_is_told_at_once(sit: Any) -> None:
    seat = sit("ew4x_player").ready()
    seat.turn("alert")
    page = seat.page
    page.locator("#alert-new").click()
    page.locator("#area summary").nth(1).click()
    page.locator("#area-lines").fill("5, 50\n6, 50\n6, 51")
    page.locator("#area-lines-use").click()
    page.locator("#area-told", has_text="outside the area of the exercise").wait_for()
    for text, told in (("5, 50\n6", "Line 2 is no pair"), ("5, 50\n6, 50", "three corners"), ("200, 5\n1, 2\n3, 4", "Line 1 is not on the Earth")):  # fmt: skip
        page.locator("#area-lines").fill(text)
        page.locator("#area-lines-use").click()
        page.locator("#area-told", has_text=told).wait_for()


def test_messages_go_between_teams(sit: Any, room: Room) -> None:
    player, leader = sit("ew4x_player").ready(), sit().ready()
    leader.turn("messages")
    leader.page.locator("#message-new").click()
    leader.page.locator("#message-to").get_by_label("NaDMA").check()
    leader.page.locator("#message-from").fill("Prime Minister")
    leader.page.locator("#message-text").fill("EXERCISE: what do you need?")
    leader.page.get_by_role("button", name="Send").click()
    got = player.page.locator(".message", has_text="Prime Minister")
    got.wait_for()
    got.get_by_role("button", name=re.compile("^Answer")).click()
    player.page.locator("#message-text").fill("EXERCISE: fuel.")
    player.page.get_by_role("button", name="Send").click()
    leader.page.locator(".message", has_text="EXERCISE: fuel.").wait_for()
    sent = [b for m, p, b in room.asked if p.endswith("/messages")]
    assert sent[0]["from"] == "Prime Minister"
    assert sent[1]["reply_to"] > 0


def test_a_lost_line_comes_back_and_tells_what_was_missed(sit: Any, room: Room) -> None:
    seat = sit("ew4x_player").ready()
    page = seat.page
    room.cut()
    page.get_by_text("The connection is lost").wait_for()
    before = page.locator(".clock .time").inner_text()
    page.wait_for_timeout(1200)
    assert page.locator(".clock .time").inner_text() == before, "what is not known is not shown"
    late = {**room.messages[-1], "id": 50, "title": "EXERCISE: the bridge is gone"}
    room.messages.append(late)
    room.tell("message", {"message": late})
    room.is_down = False
    page.locator(".missed").get_by_text("Connected again after").wait_for()
    told = page.locator(".missed").inner_text()
    assert "1 thing happened" in told
    assert "the bridge is gone" in told
    page.locator(".message", has_text="the bridge is gone").wait_for()
    assert page.locator(".message", has_text="the bridge is gone").count() == 1
    assert violations(page) == []
    page.get_by_role("button", name="Close").click()
    page.locator(".link.live").wait_for()


def test_invitations(sit: Any, browser: Any, room: Room) -> None:
    leader = sit().ready()
    leader.turn("people")
    page = leader.page
    page.locator("#invite-name").fill("Desk 1")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#invite-link").input_value()
    assert link.endswith(f"#join={SECRET}")
    guest = sit("", at=link.partition("/console/")[2])
    guest.page.locator("#join-name").fill("Maria")
    guest.page.get_by_role("button", name="Join", exact=True).click()
    guest.page.get_by_text("Player · NaDMA").wait_for()
    assert SECRET not in guest.page.url
    guest.page.reload()
    guest.page.get_by_text("Player · NaDMA").wait_for()
    kept = guest.page.evaluate("[Object.values(localStorage), document.cookie]")
    assert kept == [["en"], ""], "nothing outlives the tab but the language"
    page.get_by_role("button", name=re.compile("^Withdraw")).click()
    page.get_by_text("withdrawn").wait_for()
    bad = sit("", at="#join=ew4i_wrong")
    bad.page.locator("#join-name").fill("Eve")
    bad.page.get_by_role("button", name="Join", exact=True).click()
    bad.page.get_by_text("This invitation is not valid").wait_for()
    del browser, room


def test_scores_and_lessons(sit: Any, room: Room) -> None:
    one, other = sit("ew4x_evaluator").ready().page, sit("ew4x_evaluator").ready().page
    for page in (one, other):
        page.locator("#score-e1").wait_for()
    one.locator("#score-e1").fill("4")
    one.locator("#score-e1-note").fill("Late, but clear.")
    one.locator(".expectation", has=one.locator("#score-e1")).get_by_role("button", name="Save").click()  # fmt: skip
    one.locator(".expectation.judged").wait_for()
    other.locator("#score-e1").fill("1")
    other.locator(".expectation", has=other.locator("#score-e1")).get_by_role("button", name="Save").click()  # fmt: skip
    other.get_by_text("Somebody else scored this meanwhile").wait_for()
    assert room.scores["scores"][1]["points"] == 4
    one.locator("#note-text").fill("The list of contacts was out of date.")
    one.get_by_label("A lesson").check()
    one.locator("#notes-head + form").get_by_role("button", name="Save").click()
    one.locator(".card", has_text="The list of contacts was out of date.").last.wait_for()
    assert room.notes[0]["is_lesson"] is True


def test_what_if_is_compared(sit: Any) -> None:
    seat = sit().ready()
    seat.turn("decisions")
    page = seat.page
    page.locator("#branch-to").fill("0:15:00")
    page.get_by_role("button", name="Play it and compare").click()
    page.get_by_role("columnheader", name="What if").wait_for()
    assert "56,000" in page.locator(".card", has_text="06:15").last.inner_text()


def test_the_report_is_made_by_one_click(sit: Any, room: Room) -> None:
    seat = sit().ready()
    seat.turn("report")
    page = seat.page
    page.locator("#report-make").click()
    page.get_by_text("being made").wait_for()
    assert page.locator("#report-make").is_disabled()
    names = ["curves.csv", "report.docx", "report.html", "report.pdf"]
    where = f"/v1/exercises/{ID}/report"
    room.report = {"state": "done", "events": 41, "files": [{"name": n, "size": 180_400, "href": f"{where}/{n}"} for n in names]}  # fmt: skip
    page.locator(".files a", has_text="Report (PDF)").wait_for()
    assert "41 entries" in page.locator("#of-report").inner_text()
    shown = page.locator(".files a").all_inner_texts()
    assert shown == ["Report (PDF)", "Report (DOCX)", "Report (HTML)", "curves.csv", "Log of everything (JSON lines)"]  # fmt: skip
    assert violations(page) == []
    room.report = {"state": "failed", "problem": "the simulation ended while it was made"}
    seat.turn("figures")
    seat.turn("report")
    page.locator("#of-report .problem", has_text="the simulation ended").wait_for()
    seat.is_well()


@pytest.mark.parametrize(("width", "height"), [(640, 450), (820, 1180), (1024, 768), (1920, 1080)])
@pytest.mark.parametrize("language", ["ar", "ru"])
def test_everything_fits(sit: Any, width: int, height: int, language: str) -> None:
    """Text at 200 % on a small screen, tablets on both sides, a projector; the longest words and the other direction."""
    seat = sit("", language, width=width, height=height).ready()
    for tab in TABS["facilitator"]:
        seat.turn(tab)
        over = seat.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{tab}: {over} pixels too wide"
        inside = seat.page.evaluate("(() => { const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth })()")  # fmt: skip
        assert inside <= 1, f"{tab}: the panel is {inside} pixels too wide"
        if width > 1024:
            down = seat.page.evaluate("document.documentElement.scrollHeight - innerHeight")
            assert down <= 0, f"{tab}: the page scrolls by {down} pixels, and EXERCISE with it"
    assert seat.page.locator("#map canvas").bounding_box()["height"] > 200
    shown = seat.page.locator(".banner").bounding_box()
    assert 0 <= shown["y"] < height, "EXERCISE is on the screen wherever one has scrolled"


def test_first_load_is_light_and_quick(sit: Any) -> None:
    painted = []
    for _ in range(3):
        seat = sit("", "ar").ready()
        seat.watched.settle()
        sent = seat.page.evaluate("performance.getEntriesByType('resource').reduce((sum, e) => sum + e.transferSize, 0)")  # fmt: skip
        assert 500_000 < sent < 1_500_000
        painted.append(seat.page.evaluate("performance.getEntriesByName('first-paint')[0].startTime"))  # fmt: skip
    assert min(painted) < 2000, painted


def test_nothing_moves_where_less_motion_is_asked_for(sit: Any) -> None:
    seat = sit("", reduced_motion="reduce").ready()
    moving = seat.page.evaluate("document.getAnimations().length")
    assert moving == 0
