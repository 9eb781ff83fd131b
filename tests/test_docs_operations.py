"""docs/operations.md and deploy/: what they name is there, and the units are units."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from ew4all.api.feeds.configured import FeedSettings
from ew4all.api.settings import Limits, Settings

if TYPE_CHECKING:
    from pathlib import Path

PAGES = ("docs/operations.md", "docs/events.md", "docs/feeds.md", "deploy/ew4all.env", "deploy/Containerfile", "deploy/ew4all.service", "deploy/ew4all-worker@.service")  # fmt: skip
ELSEWHERE = {"EW4ALL_CACHE_DIR"}
"""Settings of the library, not of the service."""


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_that_is_named_is_one(repository: Path, name: str) -> None:
    known = {f"EW4ALL_{n.upper()}" for n in Settings.model_fields}
    known |= {f"EW4ALL_LIMIT_{n.upper()}" for n in Limits.model_fields} | ELSEWHERE
    told = set(re.findall(r"EW4ALL_[A-Z_]*[A-Z]", (repository / name).read_text("utf-8")))
    assert told
    assert told <= known


def test_every_limit_is_listed_with_its_default(repository: Path) -> None:
    text = (repository / "docs/operations.md").read_text("utf-8")
    rows = re.findall(r"\| `EW4ALL_LIMIT_(\w+)` \| ([\d.,]+) \| ([^|]+) \|", text)
    told = {
        name.lower(): (float(value.replace(",", "")), about.strip()) for name, value, about in rows
    }
    fields = Limits.model_fields
    assert told == {name: (float(f.default), f.description) for name, f in fields.items()}


def test_defaults_that_are_told_are_those(repository: Path) -> None:
    """Of the form `EW4ALL_NAME` (15 s): the number behind a setting is its default."""
    settings, limits, mb = Settings(), Limits(), 1 << 20
    count = 0
    for name in PAGES[:3]:
        text = (repository / name).read_text("utf-8")
        for setting, number, unit in re.findall(r"`EW4ALL_(\w+)`\s\(([\d.,]+)( MB)?", text):
            low = setting.lower()
            at = getattr(limits, low.removeprefix("limit_")) if low.startswith("limit_") else getattr(settings, low)  # fmt: skip
            assert float(number.replace(",", "")) * (mb if unit else 1) == float(at), setting
            count += 1
    assert count >= 12


def test_feeds_of_the_examples_can_be_read(repository: Path) -> None:
    page = (repository / "docs/feeds.md").read_text("utf-8")
    example = (repository / "deploy/ew4all.env").read_text("utf-8")
    for text in (
        re.findall(r"EW4ALL_FEEDS='([^']+)'", page)[0],
        re.findall(r"EW4ALL_FEEDS=(\[.*\])", example)[0],
    ):
        (feed,) = (FeedSettings(**one) for one in json.loads(text))
        assert feed.reach is not None
    told = {
        n
        for n in re.findall(r"^\| `(\w+)` \| [^|]*\| ", page, re.MULTILINE)
        if n in FeedSettings.model_fields
    }
    assert told == set(FeedSettings.model_fields) - {"title"}


@pytest.mark.parametrize("name", ["ew4all.service", "ew4all-worker@.service"])
def test_units_are_accepted_by_systemd(repository: Path, tmp_path: Path, name: str) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not there: the units are not checked")
    text = (repository / "deploy" / name).read_text("utf-8")
    program = re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE)[0]
    # The program, user and settings of the host are not there; everything else is as it is.
    text = text.replace(program, "/bin/true").replace("User=ew4all", "User=root").replace("Group=ew4all", "Group=root")  # fmt: skip
    unit = tmp_path / name.replace("@.", "@1.")
    unit.write_text(text, "utf-8")
    ran = subprocess.run(
        [verify, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    said = [one for one in ran.stderr.splitlines() if "ew4all" in one]
    assert (ran.returncode, said) == (0, []), ran.stderr


def test_the_container_file_is_of_known_instructions(repository: Path) -> None:
    text = (repository / "deploy/Containerfile").read_text("utf-8")
    lines = [one for one in text.splitlines() if one and not one.startswith("#")]
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}  # fmt: skip
    assert {one.split()[0] for one in lines} <= known
    for file in re.findall(r"^COPY ((?!--)[^\n]+) \S+$", text, re.MULTILINE):
        assert all((repository / one).exists() for one in file.split())
    extra = re.findall(r'"\.\[(\w+)\]"', text)[0]
    assert f"\n{extra} = [" in (repository / "pyproject.toml").read_text("utf-8")
    assert "USER ew4all" in lines
    assert "not run here" in text


def test_every_dependency_of_the_package_is_told_with_its_use(repository: Path) -> None:
    """Whoever audits starts from this table: what is not in it is not looked at."""
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for_users = [one for name in ("postgres", "exact", "h3", "report", "cluster") for one in extras[name]]  # fmt: skip
    needed = {re.split(r"[\[<>=]", one)[0] for one in (*project["dependencies"], *for_users)}
    text = (repository / "docs/operations.md").read_text("utf-8").partition("## Dependencies")[2]
    first = " ".join(re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE))
    told = set(re.sub(r"\([^)]*\)", "", first).replace(",", " ").split())
    assert told - {"package", "---"} == needed
