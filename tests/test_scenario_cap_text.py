"""Languages and pages of a CAP alert are those of the run, unless the scenario says others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ew4all.demo import folder
from ew4all.scenario import scenario_from
from ew4all.scenario.cap_text import said_by

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.sim.decisions import Notice


def notice_of(alert: dict[str, Any], folder: Path) -> Notice:
    said = {
        "schema": "ew4all/scenario/1",
        "demo": "grenada",
        "alert": alert,
        "channels": ["cell_broadcast"],
    }
    (_, first), *_ = scenario_from(said, folder=folder).plan().decisions
    notice: Notice = first.notice  # type: ignore[union-attr]
    return notice


def test_the_demo_alert_tells_its_language_and_its_length(tmp_path: Path) -> None:
    notice = notice_of({"cap": "demo:alert.xml"}, tmp_path)
    assert (notice.languages, notice.pages) == (("en",), 5)


def test_what_the_scenario_says_counts(tmp_path: Path) -> None:
    said = {"cap": "demo:alert.xml", "languages": ["fr"], "pages": 3}
    notice = notice_of(said, tmp_path)
    assert (notice.languages, notice.pages) == (("fr",), 3)


def test_each_language_once_and_no_country(tmp_path: Path) -> None:
    text = (folder() / "alert.xml").read_text(encoding="utf-8")
    start, end = text.index("<info>"), text.index("</info>") + len("</info>")
    info = text[start:end]
    assert "<language>" in info
    more = [info.replace(">en", f">{tag}", 1) for tag in ("en-GB", "fr-GD")]
    two = tmp_path / "two.xml"
    two.write_text(text[:end] + "".join(more) + text[end:], encoding="utf-8")
    assert said_by(two)["languages"] == ("en", "fr")


@pytest.mark.parametrize("text", ["<rss/>", "no xml", "<a><alert/><alert/></a>"])
def test_what_is_no_alert_tells_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.xml").write_text(text, encoding="utf-8")
    assert said_by(tmp_path / "x.xml") == {}
