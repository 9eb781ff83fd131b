"""docs/mapping.md and docs/authoring.md say what the code does."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from ew4all.alerts.mapping_profile import profile, profile_names, read_profile
from ew4all.alerts.mapping_table import classes_markdown, triples_markdown
from ew4all.alerts.templates import read_templates, shipped

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMS = ("wea", "eu-alert", "etws")


def tables() -> dict[str, str]:
    systems = [profile(name) for name in SYSTEMS]
    countries = [profile(name) for name in profile_names() if name not in SYSTEMS]
    return {
        "classes": classes_markdown(systems),
        "countries": classes_markdown(countries),
        "triples": triples_markdown([*systems, profile("de"), profile("fr")]),
    }


@pytest.mark.parametrize("name", ["classes", "countries", "triples"])
def test_tables_are_those_of_the_code(repository: Path, name: str) -> None:
    """With EW4ALL_BENCH_WRITE=1 they are written instead."""
    path = repository / "docs" / "mapping.md"
    text = path.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- table: {name} -->\n)(.*?)(<!-- end -->)", flags=re.DOTALL)
    found = pattern.search(text)
    assert found is not None
    if os.environ.get("EW4ALL_BENCH_WRITE"):
        path.write_text(
            pattern.sub(lambda m: f"{m[1]}\n{tables()[name]}\n{m[3]}", text), encoding="utf-8"
        )
        return
    assert found[2].strip("\n") == tables()[name].strip("\n")


def test_every_profile_stands_in_the_page(repository: Path) -> None:
    text = (repository / "docs" / "mapping.md").read_text(encoding="utf-8")
    for name in profile_names():
        assert f"| {name} |" in text


def blocks(repository: Path, page: str) -> list[str]:
    text = (repository / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)


def test_the_profile_in_the_page_is_one(repository: Path) -> None:
    (example,) = blocks(repository, "mapping.md")
    rules = read_profile(example.encode(), "docs/mapping.md")
    assert rules.classes[0].name == "dam_break"


def test_the_templates_in_the_page_are_some(repository: Path) -> None:
    (example,) = blocks(repository, "authoring.md")
    mine = read_templates(example.encode(), "docs/authoring.md", shipped())
    assert "sw" in mine.frames
