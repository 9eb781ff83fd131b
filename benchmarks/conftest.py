"""What benchmarks share: the raster in memory, the rasters on disk, and the tables at the end.

They are no part of the test run; see README.md.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# First: it tells numba where compiled kernels are kept.
import ew4all  # noqa: F401
from benchmarks import settings
from benchmarks.report import Report, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.on_disk import Files
    from benchmarks.rivals import Country

_REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    """Start with empty tables."""
    config.stash[_REPORT] = Report()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Print the tables; write them into the README if asked and if the run was complete."""
    report = config.stash[_REPORT]
    if not report.sections:
        return
    terminalreporter.section("measured (markdown)")
    terminalreporter.write_line(markdown(report.parts()))
    if settings.WRITE:
        chosen = config.option.keyword or any("::" in argument for argument in config.args)
        if exitstatus == 0 and not chosen:
            report.write()
            terminalreporter.write_line("written into benchmarks/README.md")
        else:
            terminalreporter.write_line("not written: the run failed, or left out tests of a file")


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    """The tables of this run."""
    return pytestconfig.stash[_REPORT]


@pytest.fixture(scope="module", autouse=True)
def _goals_hold(report: Report) -> Iterator[None]:
    """Check the goals when a module has run and its tables are made."""
    yield
    report.must_hold()


@pytest.fixture(scope="module")
def country() -> Country:
    """The raster in memory with all that is made of it, freed after the module."""
    from benchmarks.rivals import Country

    return Country(settings.SIZE)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """The rasters on disk; deleted at the end, as they are large."""
    from benchmarks.on_disk import write_files

    if settings.FOLDER is None:
        folder = tmp_path_factory.mktemp("rasters")
    else:
        folder = Path(tempfile.mkdtemp(dir=settings.FOLDER))
    try:
        yield write_files(folder, settings.OUT_OF_CORE_SIZE)
    finally:
        shutil.rmtree(folder)
