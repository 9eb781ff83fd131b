"""docs/cap-areas.md says what the code does: its tables are made from the code here, and compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from made_cap import written

from ew4all.alerts.profile_fields import FIELDS
from ew4all.alerts.profiles import NAMES, check, load, parse
from ew4all.alerts.thread_links import CODES
from ew4all.readers.geocodes import read_geocodes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "cap-areas.md").read_text(encoding="utf-8")


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def test_every_code_of_a_thread_is_on_the_page(page: str) -> None:
    rows = [[f"`{code}`", meaning] for code, meaning in CODES.items()]
    assert table(["code", "meaning"], rows) in page


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_of_a_profile_is_on_the_page(page: str, name: str) -> None:
    profile = load(name)
    rows = [
        [f"`{r.code.rpartition('.')[2]}`", str(r.level), r.on, r.message, r.source, r.status]
        for r in profile.rules
    ]
    wanted = table(["`profile." + name + ".`", "severity", "of", "finding", "source", "sure"], rows)
    assert wanted in page, wanted
    assert profile.title in page


def test_every_field_of_a_rule_is_on_the_page(page: str) -> None:
    named = set(re.findall(r"`(\w+)`", page.partition("Fields:")[2].partition("\n\n")[0]))
    assert named == set(FIELDS)


def block(page: str, after: str) -> str:
    return re.search(rf"{re.escape(after)}.*?```\w*\n(.*?)```", page, re.DOTALL)[1]


def test_the_table_of_geocodes_on_the_page_can_be_read(page: str, tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(block(page, "**A table of geocodes**"), encoding="utf-8")
    found = read_geocodes(str(path))
    assert found.knows(("SAME", "006037"))
    assert found.repeating == {"ugc"}


def test_the_profile_on_the_page_can_be_read_and_used(page: str) -> None:
    from test_alerts_profiles import PLAIN

    profile = parse(block(page, "**A profile of your own**").encode(), "mine.toml")
    assert [f.code for f in check(PLAIN, profile)] == ["profile.ministry.contact"]


def test_the_example_of_the_library_runs(page: str, tmp_path: Path) -> None:
    from test_study_cap import A, B

    code = block(page, "## In Python")
    first, second = written(tmp_path, flood=A, **{"flood-update": B})
    code = code.replace('"flood.xml"', repr(first)).replace('"flood-update.xml"', repr(second))
    told: list[str] = []
    exec(code, {"print": lambda *words: told.append(" ".join(map(str, words)))})
    assert told == ["B", "A", "info block 1: 1 area"]
