"""docs/cap.md says what the code does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cap_texts import GOOD, SQUARE

from ew4all.alerts import cap_fields, cap_tree, cap_values, cap_xml, xml_guard
from ew4all.alerts.cap_codes import RULES
from ew4all.alerts.cap_xml import read_alerts

if TYPE_CHECKING:
    from pathlib import Path


def codes_table() -> str:
    """Return the table of all codes, in Markdown."""
    rows = [
        f"| `{code}` | {rule.severity} | {rule.meaning} | {rule.hint} |"
        for code, rule in RULES.items()
    ]
    return "\n".join(
        ["| code | severity | what it means | what to do |", "|---|---|---|---|", *rows]
    )


def test_every_code_is_listed(repository: Path) -> None:
    text = (repository / "docs" / "cap.md").read_text(encoding="utf-8")
    assert codes_table() in text, f"docs/cap.md must hold this table:\n{codes_table()}"


def test_the_limits_are_those_of_the_code(repository: Path) -> None:
    text = (repository / "docs" / "cap.md").read_text(encoding="utf-8")
    for limit, words in (
        (xml_guard.MOST_BYTES // 1_000_000, "MB"),
        (xml_guard.MOST_TAGS, "tags"),
        (xml_guard.MOST_DEPTH, "levels"),
        (cap_xml.MOST_ALERTS, "alerts"),
        (cap_tree.MOST_INFOS, "info blocks"),
        (cap_tree.MOST_AREAS, "areas"),
        (cap_tree.MOST_VERTICES, "vertices"),
        (cap_values.MOST_CHARACTERS, "characters"),
        (cap_fields.MOST_FINDINGS, "findings"),
    ):
        assert f"{limit:,} {words}" in text
    meanings = " ".join(rule.meaning for code, rule in RULES.items() if code.startswith("limit."))
    for number in re.findall(r"[0-9,]+", meanings):
        assert number in text


def test_the_library_example_runs(repository: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    text = (repository / "docs" / "cap.md").read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert match is not None
    opened = GOOD.replace(SQUARE, SQUARE[:-6]).encode()
    exec(match[1], {"data": opened})
    printed = capsys.readouterr().out
    assert "error cap.polygon.open /alert/info[1]/area[1]/polygon[1] 1" in printed
    assert "/alert/status Actual Test" in printed


def test_the_example_of_json_is_what_is_printed(repository: Path) -> None:
    text = (repository / "docs" / "cap.md").read_text(encoding="utf-8")
    match = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert match is not None
    (entry,) = json.loads(match[1])
    (finding,) = entry["findings"]
    opened = GOOD.replace(SQUARE, SQUARE[:-6]).encode()
    (found,) = read_alerts(opened, "flood.xml")[0].findings
    assert (finding["code"], finding["path"]) == (found.code, found.path)
    assert finding["message"] == f"{found.message}; {found.hint}"
