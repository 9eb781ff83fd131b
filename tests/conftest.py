"""What every test stands on: no network, no settings of the caller, the same draws every time."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

# First, so that compiled kernels stay in the user's cache from one session to the next, while
# everything else that a test caches goes to a folder of this session.
import ew4all  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[1]

# Settings of the tests themselves; every other EW4ALL_ variable is a setting of the program.
TEST_SETTINGS = ("EW4ALL_BENCH_", "EW4ALL_SLOW_SAMPLE", "EW4ALL_TEST_DATA")

hypothesis.settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, print_blob=True
)
hypothesis.settings.register_profile(
    "explore", deadline=None, max_examples=2000, database=None, print_blob=True
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With EW4ALL_SLOW_SAMPLE=n, keep the first n slow tests of each file: a bounded sample."""
    size = int(os.environ.get("EW4ALL_SLOW_SAMPLE", "0"))
    if size == 0:
        return
    taken: dict[Path, int] = {}
    kept, dropped = [], []
    for item in items:
        if item.get_closest_marker("slow"):
            taken[item.path] = taken.get(item.path, 0) + 1
            if taken[item.path] > size:
                dropped.append(item)
                continue
        kept.append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)


@pytest.fixture(scope="session", autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("EW4ALL_") and not name.startswith(TEST_SETTINGS):
                patch.delenv(name)
        patch.setenv("EW4ALL_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse every connection that would leave this machine, in Python, GDAL and PROJ."""

    def guarded(name: str) -> Any:
        original = getattr(socket.socket, name)

        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
                msg = f"a test may not reach the network: {address[0]}"
                raise PermissionError(msg)
            return original(self, address)

        return connect

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(name))
        patch.setenv("PROJ_NETWORK", "OFF")
        patch.setenv("GDAL_HTTP_PROXY", "127.0.0.1:9")  # the port that discards
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout that is tested."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real input (``data/``, ``cap-samples/``), which is not part of the repository."""
    folder = Path(os.environ.get("EW4ALL_TEST_DATA", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"real data not found at {folder}: set EW4ALL_TEST_DATA to its folder")
    return folder
