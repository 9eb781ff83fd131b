"""What the report of a run says and shows: sentences that hold, numbers that tell something, labels that do not touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_played import once, replicas, scenario

from ew4all.report import run_curves
from ew4all.report.run_outputs import write_run
from ew4all.report.run_report import _cards, _events
from ew4all.run_library import play_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.run_library import Run


def warned(run: Run) -> float:
    return float(run.results.count("warned").mean)


def test_a_channel_that_fails_costs_at_least_whom_it_alone_warns(tmp_path: Path) -> None:
    """With word of mouth it costs more: whom it warns tells others. The report says at least."""
    whole = once()
    without = play_scenario(scenario(channels=["location_sms", "radio", "word_of_mouth"]))
    alone = float(whole.results.channel("cell_broadcast", "only").mean)
    assert warned(whole) - warned(without) > 1.02 * alone > 0.0
    write_run(tmp_path, whole.results, whole.places, settings={}, seconds={})
    text = (tmp_path / "report.html").read_text("utf-8")
    assert '"Only this one" is what a failure of the channel would cost at least' in text
    assert "ew4all compare" in text


def test_a_band_that_is_one_number_is_not_shown() -> None:
    cards = _cards(replicas().results)
    assert [card["words"].partition(":")[0] for card in cards][:2] == ["people at risk", "warned"]
    assert cards[0]["more"] == ""
    assert cards[1]["more"].endswith(" in 9 of 10 replicas")
    assert all(card["more"] == "" for card in _cards(once().results))


def test_an_alert_that_waits_for_a_channel_is_told() -> None:
    off = {"at": 0, "switch": {"channel": "radio", "on": False}}
    found = play_scenario(scenario(decisions=[off]))
    words = [event["words"] for event in _events(found.results)]
    assert "alert waits for a channel that is off: radio" in words


@pytest.mark.parametrize("issued", [0, "10 min", "5 h"])
def test_marks_of_alerts_do_not_touch_the_titles(
    issued: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(run_curves, "write_png", lambda canvas, *_: drawn.append(canvas))
    run = play_scenario(
        scenario(alert={"issued": issued}, hazard={"arrival": "5 h"}, run={"duration": "6 h"})
    )
    run_curves.draw_run_curves(tmp_path / "curves.png", run.results)
    figure = drawn[0].figure
    drawn[0].draw()
    wide = figure.axes[-1]
    marks = [text for text in wide.texts if text.get_text() == "alert"]
    assert len(marks) == 1
    mark = marks[0].get_window_extent()
    gap_px = 2.0 / 72.0 * figure.dpi
    titles = [axes._left_title for axes in figure.axes if axes.get_title(loc="left")]
    assert titles or issued == "5 h"
    for title in [*titles, *figure.texts]:
        box = title.get_window_extent()
        assert not box.padded(gap_px).overlaps(mark), title.get_text()
