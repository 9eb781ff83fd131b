"""README and its neighbours: what they say is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from itertools import chain
from typing import TYPE_CHECKING

import pytest

import ew4all

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def command(repository: Path, name: str) -> str:
    """Return a command of README the way `.ci/run` reads it."""
    run = [str(repository / ".ci" / "run"), "--print-command", name]
    found = subprocess.run(run, cwd=repository, capture_output=True, text=True, check=True)
    return found.stdout.removesuffix("\n")


@pytest.mark.parametrize(
    ("name", "job"),
    [
        ("demo", ".venv/bin/ew4all demo --out demo-out"),
        ("test", ".venv/bin/python -m pytest -n 2"),
    ],
    ids=["demo", "test"],
)
def test_readme_command_does_everything_in_one_line(
    repository: Path, readme: str, name: str, job: str
) -> None:
    line = command(repository, name)
    assert "\n" not in line
    make, install, run = line.split(" && ")
    assert make == "python3 -m venv .venv"
    assert install.startswith(".venv/bin/pip install --only-binary=:all: -c constraints.txt ")
    assert run == job
    assert readme.splitlines().count(line) == 1
    assert (repository / "constraints.txt").is_file()


def test_system_packages_stand_above_the_commands(repository: Path, readme: str) -> None:
    packages = "python3-venv libgomp1 libexpat1 libpango-1.0-0 libpangoft2-1.0-0"
    assert readme.index(f"apt-get install -y {packages}") < readme.index("<!-- command: demo -->")
    assert f"needed=({packages})" in (repository / ".ci" / "run").read_text("utf-8")


def test_library_example_prints_what_readme_says(readme: str, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", readme, flags=re.DOTALL)
    assert found is not None
    code, printed = found.groups()
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == printed


def test_options_of_the_example_exist(readme: str) -> None:
    from typer.main import get_command

    from ew4all.cli import app

    found = re.search(r"```sh\n(ew4all reach .*?)```", readme, flags=re.DOTALL)
    assert found is not None
    reach = get_command(app).commands["reach"]  # type: ignore[attr-defined]
    known = {option for parameter in reach.params for option in parameter.opts}
    used = set(re.findall(r"--[a-z-]+", found.group(1)))
    assert len(used) > 8
    assert used <= known


def test_links_and_pictures_exist(repository: Path, readme: str) -> None:
    texts = {"README.md": readme}
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        texts[name] = (repository / name).read_text(encoding="utf-8")
    missing = {
        f"{name}: {target}"
        for name, text in texts.items()
        for target in re.findall(r"\]\(([^)#]+)", text)
        if "://" not in target and not (repository / target).exists()
    }
    assert missing == set()


def test_one_version_everywhere(repository: Path) -> None:
    cited = re.search(r"^version: (.*)$", (repository / "CITATION.cff").read_text("utf-8"), re.M)
    assert cited is not None
    assert cited.group(1) == ew4all.__version__
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "ew4all/__init__.py"


def test_constraints_are_exact_and_name_no_index(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    names = [pin.partition("==")[0] for pin in pins]
    assert names == sorted(set(names))
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", pin) for pin in pins)


def test_every_dependency_is_constrained(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in lines}
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[><=!~\[; ]", want)[0] for want in wanted}
    assert names - {project["name"]} <= pinned
