"""Somebody's browser in an exercise of a scripted service, and what several tests do in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from made_browser import Watched
from made_console import ID, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from made_console import Room

TABS = {
    "facilitator": ["injects", "figures", "messages", "alert", "decisions", "score", "people", "briefing", "report"],
    "ew4x_player": ["inbox", "alert", "decisions", "briefing"],
    "ew4x_evaluator": ["score", "injects", "messages", "figures", "alert", "decisions", "report"],
    "ew4x_observer": ["messages", "alert", "decisions", "briefing"],
}  # fmt: skip
BOX = {"west": "-61.8", "south": "12", "east": "-61.6", "north": "12.2"}


class Seat:
    """Somebody's browser in the exercise."""

    def __init__(self, browser: Any, room: Room, token: str = "", language: str = "en", at: str = f"#exercise={ID}", **how: Any) -> None:  # fmt: skip
        self.watched = Watched(browser, room.url, how.pop("width", 1280), how.pop("height", 900), **how)  # fmt: skip
        page = self.watched.page
        page.add_init_script(f"localStorage.setItem('ew4all.console.language', '{language}')")
        if token in TOKENS:
            page.add_init_script(f"sessionStorage.setItem('ew4all.key', '{token}')")
        self.page = self.watched.open("console/" + at)

    def ready(self) -> Seat:
        self.page.locator(".link.live").wait_for()
        return self

    def turn(self, tab: str) -> None:
        self.page.locator(f"#tab-{tab}").click()
        self.page.locator(f"#of-{tab} h2").first.wait_for()

    def is_well(self, refused: int = 0) -> None:
        """It asked nobody else and complained of nothing but so many refusals, which browsers write down by themselves."""
        assert self.watched.strangers() == []
        assert [one for one in self.watched.said if "400" in one] == self.watched.said
        assert len(self.watched.said) == refused
        assert "EXERCISE" in self.page.locator(".banner").inner_text()


@contextmanager
def seats(browser: Any, room: Room) -> Iterator[Callable[..., Seat]]:
    """Yield what seats somebody; all leave at the end."""
    taken: list[Seat] = []

    def made(*given: Any, **how: Any) -> Seat:
        taken.append(Seat(browser, room, *given, **how))
        return taken[-1]

    try:
        yield made
    finally:
        for seat in taken:
            seat.watched.close()


def compose(page: Any) -> None:
    """Fill in the form of an alert, by its fields."""
    page.locator("#alert-new").click()
    page.locator("#area summary").first.click()
    for side, degrees in BOX.items():
        page.locator(f"#area-{side}").fill(degrees)
    page.locator("#area-box-use").click()
    page.locator("#alert-channels input").first.check()
    page.locator(".content textarea").first.fill("Stay inside, away from windows, until 18:00.")
    page.locator(".phone .screen").wait_for()
    page.locator(".meter .over_reach").wait_for()


def opened(page: Any) -> None:
    """Open everything that can be unfolded in the panel."""
    page.evaluate(
        "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
    )
