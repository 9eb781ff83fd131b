"""docs/measures.md says what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typer.main import get_command

from ew4all.cli import app
from ew4all.planning import costs, measure_defaults
from ew4all.planning.measures import KINDS
from ew4all.readers.measures import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_is_that_of_the_code(repository: Path) -> None:
    page = (repository / "docs" / "measures.md").read_text("utf-8")
    assert f"<!-- costs -->\n{costs.markdown()}" in page
    assert f"<!-- assumptions -->\n{measure_defaults.markdown_rows()}" in page
    command = get_command(app).commands["plan"].commands["measures"]  # type: ignore[attr-defined]
    options = {o for p in command.params for o in p.opts}
    for option in re.findall(r"(?<!-)--[a-z][a-z-]+", page):
        assert option in options, option
    for name in (*KINDS, *COLUMNS):
        assert f"`{name}`" in page, name
