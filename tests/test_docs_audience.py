"""docs/audience.md says what the code does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ew4all.sim import issuance, world
from ew4all.sim.audience import Audience
from ew4all.sim.audience_tables import AUDIENCE, RESPONSE, hourly_markdown
from ew4all.sim.parameters import markdown
from ew4all.sim.protective_action import FORMS, Response

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "audience.md").read_text("utf-8")


def test_tables_are_those_of_the_code(page: str) -> None:
    assert f"<!-- hourly -->\n{hourly_markdown()}\n" in page
    assert f"<!-- audience -->\n{markdown(AUDIENCE)}\n" in page
    assert f"<!-- response -->\n{markdown(RESPONSE)}\n" in page
    assert f"<!-- issuance -->\n{markdown(issuance.ISSUANCE)}\n" in page


def test_the_example_runs(page: str) -> None:
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {}
    exec(code, names)
    audience = names["audience"]
    assert isinstance(audience, Audience)
    assert audience.understanding(["st"]) == 0.95


def test_numbers_in_the_text_are_those_of_the_model(page: str) -> None:
    response = Response.of(Audience.usual())
    half, most = (response.within_s(share) / 60 for share in (0.5, 0.9))
    assert f"begun after {half:.0f} minutes, nine of ten after {most:.0f}" in page
    asleep = Audience.usual().hourly["asleep"]
    assert f"P(asleep at 7 h | asleep at 3 h) = {asleep[7]:g} / {asleep[3]:g}" in page
    for form in FORMS:
        assert f"| `{form}`" in page


def test_methods_of_the_page_exist(page: str) -> None:
    section = page.split("| `World` |", 1)[1].split("\n\n", 1)[0]
    named = [line.split("`")[1].split("(")[0] for line in section.splitlines() if "| `" in line]
    assert len(named) == 7
    assert all(hasattr(world.World, name) for name in named)
