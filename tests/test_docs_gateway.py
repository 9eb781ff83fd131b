"""docs/gateway.md: its commands make an operator whose file is accepted, and its example runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_gateway import cap_alert

from ew4all.alerts.audit import verify_log
from ew4all.alerts.drill import DrillIdentifier
from ew4all.alerts.operator_file import INTERFACES, OLDEST_ALERT_MINUTES, read_operator_file


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "gateway.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


@pytest.fixture(scope="module")
def operator(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do what the page says, in a folder of the test."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("docs") / "operator"
    folder.mkdir(mode=0o700)
    (commands,) = (block for block in blocks(page, "sh") if "openssl" in block)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in commands.strip().splitlines():
        subprocess.run(
            command, shell=True, cwd=folder, env=environment, check=True, capture_output=True
        )
    (toml,) = blocks(page, "toml")
    (folder / "gateway.toml").write_text(toml, encoding="utf-8")
    (folder / "gateway.toml").chmod(0o600)
    (folder / "drill.xml").write_bytes(cap_alert())
    return folder


def test_the_file_of_the_page_is_accepted_as_it_stands(operator: Path) -> None:
    found = read_operator_file(operator / "gateway.toml")
    assert found.enabled
    assert sorted(found.persons) == ["amina", "bruno"]
    assert found.oldest_alert.total_seconds() == OLDEST_ALERT_MINUTES * 60


def test_every_key_of_the_file_is_on_the_page(page: str, repository: Path) -> None:
    (toml,) = blocks(page, "toml")
    code = (repository / "ew4all" / "alerts" / "operator_file.py").read_text(encoding="utf-8")
    keys = set()
    for group in re.findall(r"(?:wanted = |told, \"\w+\", |limits, |entry, )\{([^}]*)\}", code):
        keys |= set(re.findall(r'"(\w+)"', group))
    assert {"enabled", "whole_network", "oldest_alert_minutes", "public_key", "log", "key"} <= keys
    assert {key for key in keys if not re.search(rf"\b{key}\b", toml)} == set()
    assert all(interface in toml for interface in INTERFACES)


def test_the_example_runs_and_prints_what_the_page_says(page: str, operator: Path) -> None:
    (code,), (printed,) = blocks(page, "python"), blocks(page, "text")
    code = code.replace("/etc/ew4all/gateway.toml", str(operator / "gateway.toml"))
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=operator, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout == printed
    assert verify_log(operator / "audit.jsonl").events == {"authorised": 1, "signed": 1}


def test_the_identifiers_of_drills_are_those_of_the_page(page: str) -> None:
    listed = ", ".join(str(int(identifier)) for identifier in DrillIdentifier)
    assert f"identifiers {listed}" in page
