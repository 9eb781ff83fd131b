"""An exercise led, and a warning issued, by the keys of a keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_browser import chromium, tab_to
from made_console import room_served
from made_console_seats import BOX, TABS, seats

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


def test_a_facilitator_leads_by_keys_alone(sit: Any, room: Room) -> None:
    page = sit().ready().page
    tab_to(page, ".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel"
    tab_to(page, "#clock-pause")
    page.keyboard.press("Enter")
    page.locator("#clock-start").wait_for()
    tab_to(page, "#tab-injects")
    tab_to(page, "#inject-i3 .do-fire")
    page.keyboard.press("Enter")
    page.locator("#inject-i3.fired").wait_for()
    tab_to(page, "#inject-i6 .do-edit")
    page.keyboard.press("Enter")
    page.locator("#inject-head:focus").wait_for()
    tab_to(page, "#inject-title")
    page.keyboard.press("Control+a")
    page.keyboard.type("Landslide at Gouyave and at Victoria")
    tab_to(page, "form.edit button.main")
    page.keyboard.press("Enter")
    page.locator("#inject-i6", has_text="and at Victoria").wait_for()
    page.locator("#tab-injects").focus()
    for tab in TABS["facilitator"][1:]:
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == f"tab-{tab}"
    tab_to(page, ".layers summary")
    done = [body["do"] for _, path, body in room.asked if path.endswith("/clock")]
    assert done == ["pause"]


def test_a_player_warns_by_keys_alone(sit: Any, room: Room) -> None:
    """Drawing an area, too: by a box of four numbers."""
    page = sit("ew4x_player").ready().page
    tab_to(page, "#tab-inbox")
    tab_to(page, ".message button")
    page.keyboard.press("Enter")
    tab_to(page, "#message-text")
    page.keyboard.type("EXERCISE: understood.")
    tab_to(page, "form button.main")
    page.keyboard.press("Enter")
    page.locator(".message", has_text="EXERCISE: understood.").wait_for()
    page.locator("#tab-inbox").focus()
    page.keyboard.press("ArrowRight")
    tab_to(page, "#alert-new")
    page.keyboard.press("Enter")
    page.locator("#composer-head").wait_for()
    tab_to(page, "#area summary")
    page.keyboard.press("Enter")
    for side, degrees in BOX.items():
        tab_to(page, f"#area-{side}")
        page.keyboard.type(degrees)
    tab_to(page, "#area-box-use")
    page.keyboard.press("Enter")
    page.locator(".meter .over_reach").wait_for()
    tab_to(page, "#alert-channels input")
    page.keyboard.press("Space")
    tab_to(page, "#content-en-text")
    page.keyboard.type("Stay inside.")
    tab_to(page, ".composer button.main")
    page.keyboard.press("Enter")
    for button in ("approve", "issue"):
        page.locator(f".alert .do-{button}").wait_for()
        tab_to(page, f".alert .do-{button}")
        page.keyboard.press("Enter")
    page.locator(".alert.issued").wait_for()
    assert room.alerts[0]["state"] == "issued"
