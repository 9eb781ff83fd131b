"""The package as a whole: what importing it costs, offers and leaves behind."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import ew4all
from ew4all import runtime
from ew4all.errors import WriteError

HEAVY = (
    "exactextract", "geopandas", "lxml", "matplotlib", "numba", "pandas", "pyarrow", "pyogrio",
    "pyproj", "rasterio", "shapely",
)  # fmt: skip

# A folder below a file can be created by nobody, root included.
NOWHERE = "/dev/null/nowhere"


def run(
    code: str, *, cwd: Path, check: bool = True, **changes: str | None
) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh interpreter; a variable set to None is taken out."""
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": None}
    environment |= {"EW4ALL_CACHE_DIR": None, "XDG_CACHE_HOME": None} | changes
    merged = {**os.environ, **environment}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=cwd,
        env={name: value for name, value in merged.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )
    if check:
        assert result.returncode == 0, result.stderr
    return result


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """Working, home and temporary folder in one, to see whatever is written."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    return tmp_path


def test_import_is_light_and_writes_nothing(sandbox: Path) -> None:
    code = f"import sys, ew4all; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = run(code, cwd=sandbox, HOME=str(sandbox / "home"), TMPDIR=str(sandbox / "tmp"))
    assert loaded.stdout.strip() == "[]"
    written = {path.relative_to(sandbox).as_posix() for path in sandbox.rglob("*")}
    assert written == {"home", "tmp"}


def test_help_loads_nothing_heavy(sandbox: Path) -> None:
    code = (
        "import sys; from ew4all.cli import main; sys.argv = ['ew4all', '--help']\n"
        "try: main()\n"
        f"finally: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    result = run(code, cwd=sandbox, HOME=str(sandbox / "home"), TMPDIR=str(sandbox / "tmp"))
    assert "reach" in result.stdout
    assert result.stderr.strip() == "[]"


def test_public_names_are_complete_and_found() -> None:
    assert ew4all.__all__ == sorted(ew4all.__all__)
    assert set(ew4all.__all__) <= set(dir(ew4all))
    for name in ew4all.__all__:
        assert getattr(ew4all, name) is not None
    assert callable(ew4all.reach)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'teleport'"):
        ew4all.__getattr__("teleport")


def test_version_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", ew4all.__version__)


def test_numba_cache_of_the_user_wins(sandbox: Path) -> None:
    code = "import os, ew4all; print(os.environ['NUMBA_CACHE_DIR'])"
    mine = str(sandbox / "mine")
    assert run(code, cwd=sandbox, NUMBA_CACHE_DIR=mine).stdout.strip() == mine
    told = run(code, cwd=sandbox, EW4ALL_CACHE_DIR=mine).stdout.strip()
    assert told == str(sandbox / "mine" / "numba")


def test_numba_cache_is_told_to_a_numba_that_was_there_first(sandbox: Path) -> None:
    code = "import numba, ew4all; print(numba.config.CACHE_DIR)"
    result = run(code, cwd=sandbox, EW4ALL_CACHE_DIR=str(sandbox / "mine"))
    assert result.stdout.strip() == str(sandbox / "mine" / "numba")


def test_cache_falls_back_to_a_private_temporary_folder(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EW4ALL_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", NOWHERE)
    monkeypatch.setattr("tempfile.tempdir", str(sandbox / "tmp"))
    first = runtime.cache_dir()
    assert first.parent == sandbox / "tmp"
    assert first.stat().st_mode & 0o777 == 0o700
    assert runtime.cache_dir() == first
    first.chmod(0o777)  # somebody else may have put compiled code in it
    assert runtime.cache_dir() != first


def test_cache_without_any_writable_folder_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EW4ALL_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", NOWHERE)
    monkeypatch.setattr("tempfile.tempdir", NOWHERE)
    with pytest.raises(WriteError, match="EW4ALL_CACHE_DIR"):
        runtime.cache_dir()


CACHED_KERNEL = """
import numba

@numba.njit(cache=True)
def kernel(x):
    return x
"""


def test_kernels_import_from_a_package_that_cannot_be_written(sandbox: Path) -> None:
    shutil.copytree(
        Path(ew4all.__file__).parent,
        sandbox / "ew4all",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    # A file where the folder of compiled code belongs: not even root can write there.
    for folder in [sandbox, *(p for p in (sandbox / "ew4all").rglob("*") if p.is_dir())]:
        (folder / "__pycache__").touch()
    (sandbox / "trap.py").write_text(CACHED_KERNEL)
    homeless = {"HOME": NOWHERE, "TMPDIR": str(sandbox / "tmp"), "PYTHONPATH": str(sandbox)}

    trap = run("import trap", cwd=sandbox, check=False, **homeless)
    assert "no locator available" in trap.stderr, "numba has become able to do without our care"

    code = "import ew4all.coverage.kernels as k; import trap; print(k.__file__)"
    found = run(code, cwd=sandbox, **homeless).stdout.strip()
    assert Path(found).is_relative_to(sandbox)
    assert {path.name for path in sandbox.iterdir()} == {
        "__pycache__", "ew4all", "home", "tmp", "trap.py",
    }  # fmt: skip
    assert not any((sandbox / "home").iterdir())


def test_tests_cannot_reach_the_network() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line,
        pytest.raises(PermissionError, match="may not reach the network"),
    ):
        line.connect(("192.0.2.1", 80))
