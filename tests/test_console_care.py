"""What the console takes care of: what is written lasts, what is asked is asked once, what is shown is not old; by a scripted service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from made_browser import chromium, violations
from made_console import ID, room_served
from made_console_seats import compose, seats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from made_console import Room

pytestmark = pytest.mark.slow

ALERT: dict[str, Any] = {
    "id": "a1", "version": 1, "state": "issued", "team": "nema", "headline": "EXERCISE: Stay inside", "hazard": "cyclone", "channels": ["radio"],
    "contents": [{"language": "en", "text": "EXERCISE: Stay inside"}], "duration_s": 3600, "status": "Exercise", "area": None, "national": True,
    "issued_s": 600.0, "expires_s": 4200.0,
}  # fmt: skip


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


def posts(room: Room, ending: str) -> list[Any]:
    return [body for method, path, body in room.asked if method == "POST" and path.endswith(ending)]


def test_a_facilitator_shows_a_key_where_one_is_wanted(sit: Any, room: Room) -> None:
    room.wants_key = True
    page = sit("", at="").page
    page.locator("#key").fill("ew4_wrong")
    page.get_by_role("button", name="Use this key").click()
    page.get_by_text("Your seat has expired").wait_for()  # what the scripted service says of it
    page.locator("#key").fill("ew4_key")
    page.get_by_role("button", name="Use this key").click()
    page.locator("#lobby-ready + ul li").first.wait_for()
    assert violations(page) == []


def test_what_is_written_outlives_a_look_at_another_tab(sit: Any) -> None:
    seat = sit("ew4x_player").ready()
    page = seat.page
    seat.turn("alert")
    compose(page)
    seat.turn("inbox")
    page.locator(".message button").first.click()
    page.locator("#message-text").fill("We are drafting it.")
    seat.turn("alert")
    assert page.locator("#content-en-text").input_value().startswith("Stay inside, away")
    assert page.locator("#alert-channels input").first.is_checked()
    page.get_by_text("The area has 4 corners.").first.wait_for()
    seat.turn("inbox")
    assert page.locator("#message-text").input_value() == "We are drafting it."
    page.get_by_role("button", name="Cancel").click()
    seat.turn("alert")
    page.locator(".composer").get_by_role("button", name="Cancel", exact=True).click()
    page.locator("#alert-new").click()
    assert page.locator("#content-en-text").input_value() == "", "what was given up is gone"
    seat.is_well()


def test_a_double_click_asks_once(sit: Any, room: Room) -> None:
    room.slow_s = 0.4
    seat = sit().ready()
    page = seat.page
    page.locator("#inject-i3 .do-fire").dblclick()
    page.locator("#inject-i3.fired").wait_for()
    seat.turn("decisions")
    page.locator("#decision-kind").select_option("request_power")
    page.locator("#of-decisions form button.main").dblclick()
    page.locator("#of-decisions").get_by_text("The decision takes effect now.").wait_for()
    seat.turn("people")
    page.get_by_role("button", name="Make the link").dblclick()
    page.locator("#invite-link").wait_for()
    page.wait_for_timeout(1000)
    assert len(posts(room, "/i3")) == len(posts(room, "/decisions")) == 1
    assert len(posts(room, "/invitations")) == 1
    seat.turn("figures")
    seat.turn("people")
    assert page.locator("#invite-link").is_visible(), "the link that is shown once is still there"


def test_a_discussion_that_is_over_is_not_shown(sit: Any, room: Room) -> None:
    clock = room.state["clock"]
    clock.update(state="paused", reason="discussion", ends_at="2026-06-01T12:05:00Z")
    page = sit().ready().page
    page.get_by_text("Discussion in the room, planned until").wait_for()
    for name in ("reason", "ends_at"):  # as the service tells it
        del clock[name]
    page.locator("#clock-start").click()
    page.locator(".clock.running").wait_for()
    assert page.get_by_text("Discussion in the room").count() == 0


def test_what_changes_with_the_time_is_told(sit: Any, room: Room) -> None:
    """An alert that expires, and figures that are of an earlier moment, are in no event of their own."""
    room.alerts.append({**ALERT})
    room.alerts.append({**ALERT, "id": "s1", "headline": "", "contents": [], "channels": ["siren"]})
    seat = sit().ready()
    page = seat.page
    room.tell("tick", {"as_of_s": 900.0, "is_late": True})
    page.get_by_text("Figures as of 06:15:00").wait_for()
    room.tell("tick", {"is_late": False})
    page.get_by_text("Figures as of").wait_for(state="detached")
    seat.turn("alert")
    order = page.locator(".alert", has_text="Sound sirens")
    (shown,) = order.get_by_role("button").all_inner_texts()
    assert re.sub(r"\s+", "", shown) == "Cancelthealert:Soundsirens"
    room.alerts[0]["state"] = "expired"
    room.tell("tick", {"alerts": [{"id": "a1", "version": 1, "state": "expired", "team": "nema"}]})
    gone = page.locator(".alert.expired", has_text="Stay inside")
    gone.wait_for()
    assert gone.locator(".do-cancel").count() == 0
    seat.is_well()


def test_what_comes_next_is_what_comes_by_itself(sit: Any, room: Room) -> None:
    room.injects[2].update(state="fired", fired_s=1800.0, version=2)
    conditions = [{"fact": "alert_issued", "comparison": "=", "value": 0.0, "zone": None, "channel": None}]  # fmt: skip
    room.injects[6].update(state="pending", conditions=conditions, time_s=900.0)
    page = sit().ready().page
    page.locator(".next", has_text="Landslide at Gouyave").wait_for()
    assert "an alert was issued: no" in page.locator("#inject-i7").inner_text()


def test_what_waits_for_a_decision_has_its_time_once_it_is_taken(sit: Any, room: Room) -> None:
    room.injects[3].update(time_s=None, due_s=None, state="pending", after={"inject": None, "decision": "order_sirens", "team": None, "delay_s": 60})  # fmt: skip
    page = sit().ready().page
    page.locator("#inject-i4", has_text="1 minute after").wait_for()
    room.injects[3]["due_s"] = 2000.0
    room.tell("decision", {"decision": {**room.decisions[0], "id": 99, "seq": 99}})
    page.locator("#inject-i4 .when", has_text="06:33").wait_for()


def test_a_score_that_is_written_stays_whatever_is_found(sit: Any, room: Room) -> None:
    seat = sit("ew4x_evaluator").ready()
    page = seat.page
    page.locator("#score-e1-note").fill("They waited for the minister.")
    page.locator("#score-e1").fill("3")
    row = room.scores["scores"][1]
    row.update(points=0.0, state="missed")
    page.locator(".expectation.missed").wait_for()
    assert page.locator("#score-e1-note").input_value() == "They waited for the minister."
    row.update(points=5.0, state="judged", comment="Well done", version=2, by="Ben")
    told = page.locator(".expectation", has=page.locator("#score-e1")).get_by_role("alert")
    told.get_by_text("Well done").wait_for()
    assert page.locator("#score-e1-note").input_value() == "They waited for the minister."
    assert violations(page) == []
    told.get_by_role("button", name="Keep mine").click()
    page.locator(".expectation", has=page.locator("#score-e1")).get_by_role("button", name="Save").click()  # fmt: skip
    page.locator(".expectation.judged").get_by_text("Saved.").wait_for()
    assert (row["points"], row["comment"]) == (3, "They waited for the minister.")


def test_whoever_was_put_out_is_not_told_to_wait(sit: Any, room: Room) -> None:
    page = sit("ew4x_player").ready().page
    room.out.add("ew4x_player")
    room.cut()
    room.is_down = False
    page.get_by_text("does not come back by itself").wait_for()
    page.get_by_text("Your seat has expired or was withdrawn").first.wait_for()
    assert page.get_by_text("this page comes back").count() == 0


def test_keys_are_heard_once_after_a_change_of_language(sit: Any) -> None:
    seat = sit("ew4x_player").ready()
    page = seat.page
    for language in ("fr", "es", "en"):
        page.locator("#language").select_option(language)
        page.locator(f"html[lang={language}]").wait_for()
    seat.watched.settle()
    seat.turn("alert")
    page.locator("#alert-new").click()
    page.locator("#area-draw").click()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5
    for dx, dy in ((-100, -60), (100, -80), (90, 100), (-80, 90)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(350)
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="Close the shape").click()
    page.get_by_text("The area has 3 corners.").first.wait_for()
    seat.is_well()


def test_the_focus_goes_to_what_opens_and_back(sit: Any) -> None:
    seat = sit().ready()
    page = seat.page
    page.locator("#inject-i3 .do-edit").click()
    page.locator("#inject-head:focus").wait_for()
    page.locator("form.edit").get_by_role("button", name="Cancel").click()
    page.locator("#inject-i3 .do-edit:focus").wait_for()
    page.locator("#clock-end").click()
    page.locator("[role=alertdialog] button:focus", has_text="Cancel").wait_for()
    page.keyboard.press("Escape")
    page.locator("#clock-end:focus").wait_for()
    seat.turn("messages")
    page.locator(".message button").last.click()
    page.locator("#letter-head:focus").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator(".message button:focus").wait_for()


def test_shares_and_spans_say_no_more_than_is_true(sit: Any) -> None:
    page = sit("", at="").page
    page.locator("main h2").first.wait_for()
    found = page.evaluate(
        """async () => { const { percent, span } = await import("/console/app/words.js");
        return [[75123, 75424], [75423, 75424], [1, 75424], [0, 10], [10, 10], [1, 2]].map(([a, b]) => percent(a, b))
          .concat([45, 90, 1800, 5400, 7500, 14400].map(span)); }"""
    )
    assert found == [
        "99.6%", ">99.9%", "<0.1%", "0%", "100%", "50%",
        "45 seconds", "1 minute 30 seconds", "30 minutes", "90 minutes", "2 hours 5 minutes", "4 hours",
    ]  # fmt: skip


@pytest.mark.parametrize(("at", "width", "height"), [("", 1280, 900), ("", 820, 1180), ("&view=wall", 1280, 720), ("&view=wall", 1920, 1080)])  # fmt: skip
def test_the_numbers_of_a_whole_country_fit(sit: Any, room: Room, at: str, width: int, height: int) -> None:  # fmt: skip
    room.state["counters"] = dict.fromkeys(room.state["counters"], 62_345_678)
    page = sit("", "ru", at=f"#exercise={ID}{at}", width=width, height=height).page
    page.locator(".counters dd", has_text="678").first.wait_for()
    over = page.evaluate(
        "[...document.querySelectorAll('.counters > div')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)"
    )
    assert over == []
