"""docs/cbsp.md: its example prints what it says, and its tables are those of the code."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ew4all.alerts.broadcast_record import State
from ew4all.alerts.wire.cbsp_messages import CBSP_MESSAGES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "cbsp.md").read_text(encoding="utf-8")


def table(page: str, name: str) -> list[str]:
    return page.partition(f"<!-- table: {name} -->\n")[2].partition("<!-- end -->")[0].splitlines()


def test_the_example_prints_what_it_says(page: str) -> None:
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, flags=re.DOTALL)
    assert found is not None
    command = [sys.executable, "-c", found[1]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == found[2]


def test_every_message_is_listed_with_its_fields(page: str) -> None:
    rows = []
    for form in sorted(CBSP_MESSAGES, key=lambda form: form.TYPE):
        fields = [
            f"[{field.name}]" if field.default is None or field.default == () else field.name
            for field in dataclasses.fields(form)
        ]
        rows.append(f"| {int(form.TYPE)} | `{form.__name__}` | {', '.join(fields)} |")
    assert table(page, "messages")[2:] == rows


def test_every_state_is_listed(page: str) -> None:
    rows = table(page, "states")[2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [str(s) for s in State]


def test_every_module_exists(page: str) -> None:
    import importlib

    named = re.findall(r"^\| `((?:wire\.)?[a-z_]+)` \|", page, flags=re.MULTILINE)
    assert len(named) == 8
    for name in named:
        importlib.import_module(f"ew4all.alerts.{name}")
