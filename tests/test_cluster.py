"""`reach` on the processes of a Dask cluster on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from ew4all.cli import app
from ew4all.demo import CASE

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def address() -> Iterator[str]:
    distributed: Any = pytest.importorskip(
        "distributed", reason="the extra `cluster` is not installed"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def reach(*more: str) -> Any:
    given = CASE.arguments()
    arguments = ["reach", "--json", "--quiet", *more, "--hazard", str(given["hazard"])]
    arguments += ["--population", str(given["population"]), "--zones", str(given["zones"])]
    arguments += [f"--coverage={key}={path}" for key, path in given["coverage"].items()]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")
def test_a_cluster_gives_the_same_digits_as_one_thread(address: str) -> None:
    assert reach("--cluster", address) == reach("--workers", "1")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")
def test_a_cluster_can_be_started_by_its_address() -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    assert reach("--cluster", "local:2") == reach("--workers", "2")
