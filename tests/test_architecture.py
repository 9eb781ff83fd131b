"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ew4all

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(ew4all.__file__).parent
LONGEST_FILE_LINES = 500

# Drawers that fill up, and names of the standard library that break it once their folder is on
# the search path.
FORBIDDEN_NAMES = {
    "base", "common", "core", "email", "helpers", "misc", "platform", "queue", "select", "signal",
    "statistics", "types", "util", "utils",
}  # fmt: skip

KERNELS_MAY_IMPORT = {"__future__", "math", "numba", "numpy", "typing"}


def sources(repository: Path) -> list[Path]:
    folders = ("ew4all", "tests", "benchmarks", "tools")
    return sorted(path for folder in folders for path in (repository / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of every module that a file imports, at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports in full"
            assert node.module is not None
            yield node.module
            # A module of the package may also be named on the right-hand side.
            if node.module.partition(".")[0] == "ew4all":
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def committed(repository: Path) -> list[Path]:
    """Return the files that git holds or would take; without git, all but the obvious caches."""
    if shutil.which("git") is not None and (repository / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
        paths = [repository / name for name in listed.stdout.split("\0") if name]
        return [path for path in paths if path.is_file()]
    return [
        path
        for path in repository.rglob("*")
        if path.is_file()
        and not any(
            part.startswith(".") or part in {"__pycache__", "demo-out"}
            for part in path.relative_to(repository).parts
        )
    ]


def kernel_modules() -> list[str]:
    """Return the modules of the package that import numba."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if any(name.partition(".")[0] == "numba" for name in imported(path)):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            found.append(".".join(parts).removesuffix(".__init__"))
    return found


def test_files_stay_short(repository: Path) -> None:
    lines = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(repository)
    }
    assert {path: n for path, n in lines.items() if n > LONGEST_FILE_LINES} == {}


def test_no_drawers_and_no_names_of_the_standard_library(repository: Path) -> None:
    names = {path: {path.stem, path.parent.name} for path in sources(repository)}
    assert {path: bad for path, parts in names.items() if (bad := parts & FORBIDDEN_NAMES)} == {}


def test_no_submodule_hides_a_public_name() -> None:
    """``import ew4all.reach`` would replace the function ``ew4all.reach`` by a module."""
    modules = {module.name for module in pkgutil.iter_modules([str(PACKAGE)])}
    assert modules & set(ew4all.__all__) == set()


def test_nobody_imports_a_top_level_coverage(repository: Path) -> None:
    """That is coverage.py; ours is ``ew4all.coverage``."""
    wrong = [
        path
        for path in sources(repository)
        if any(name.partition(".")[0] == "coverage" for name in imported(path))
    ]
    assert wrong == []
    assert not (repository / "coverage").exists()
    assert not (repository / "tests" / "coverage").exists()


def test_tests_are_flat_and_named_after_what_they_test(repository: Path) -> None:
    nested = [
        path for path in (repository / "tests").rglob("test_*.py") if path.parent.name != "tests"
    ]
    assert nested == []


@pytest.mark.parametrize("path", ["ew4all/coverage/kernels.py", "tests/coverage_demo.json"])
def test_git_ignores_nothing_of_ours(repository: Path, path: str) -> None:
    """A line ``coverage/``, usual in templates, would silently leave our package out."""
    if shutil.which("git") is None or not (repository / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "check-ignore", "--no-index", path]
    found = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert found.returncode == 1, f"ignored: {found.stdout}{found.stderr}"


def test_imports_keep_their_contracts(repository: Path) -> None:
    code = "from importlinter.cli import lint_imports_command as run; run()"
    command = [sys.executable, "-c", code, "--no-cache", "--config", "pyproject.toml"]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_whatever_is_imported_is_declared(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {
        re.split(r"[><=\[]", wanted)[0].replace("-", "_") for wanted in project["dependencies"]
    }
    # One name to install, another to import.
    names = {"ruamel_yaml": "ruamel", "titiler_core": "titiler"}
    declared |= {names[name] for name in declared if name in names}
    known = declared | sys.stdlib_module_names | {"ew4all"}
    strangers = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        for name in imported(path)
        if name.partition(".")[0] not in known
    }
    assert strangers == set()


def test_no_paths_of_a_machine_and_no_package_index(repository: Path) -> None:
    """Written in pieces, so that this file passes its own test."""
    places = "|".join(("work", "root", "tmp", "home/[a-z]", "Users/[A-Z]", "dev/shm", "opt"))
    hosts = "|".join(("pypi", "pythonhosted", "npmjs", "anaconda", "crates"))
    pattern = re.compile(rf"(?<![\w.$}}/-])/(?:{places})\b|\b(?:{hosts})\.(?:org|com|io)\b")
    found = {
        f"{path.relative_to(repository)}:{number}: {line.strip()}"
        for path in committed(repository)
        if b"\0" not in (content := path.read_bytes())[:8000]
        # Scripts of others are as they were published; what a browser asks for is looked at by tests of the pages.
        if not is_vendored(path)
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1)
        if pattern.search(line)
    }
    assert found == set()


def is_vendored(path: Path) -> bool:
    """Whether a manifest beside a file, or above, names it with its SHA-256."""
    for folder in path.parents[:5]:
        if (folder / "manifest.json").is_file():
            return path.name in (folder / "manifest.json").read_text("utf-8")
    return False


def test_every_module_has_its_layer(repository: Path) -> None:
    """A module that no layer names would escape the contract."""
    settings = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["tool"]
    layers = next(c for c in settings["importlinter"]["contracts"] if c["type"] == "layers")
    placed = set(re.findall(r"ew4all\.(\w+)", " ".join(layers["layers"])))
    modules = {module.name for module in pkgutil.iter_modules([str(PACKAGE)])}
    assert modules - placed == set()


def test_numba_never_sees_our_coverage_package(tmp_path: Path) -> None:
    code = (
        "import importlib.util, ew4all.coverage.kernels\n"
        "found = importlib.util.find_spec('coverage')\n"
        "assert found is None or 'ew4all' not in str(found.origin), found.origin"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_kernels_know_numpy_and_numba_only() -> None:
    modules = kernel_modules()
    assert "ew4all.coverage.kernels" in modules
    for module in modules:
        path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
        others = {
            name
            for name in imported(path)
            if name.partition(".")[0] not in KERNELS_MAY_IMPORT
            and not any(name == kernel or name.startswith(f"{kernel}.") for kernel in modules)
        }
        assert others == set(), f"{module} imports {others}"


def test_every_kernel_is_cached_and_frees_the_interpreter() -> None:
    """``parallel=True`` ends the process when two threads of a server call the kernel."""
    from numba.core.caching import NullCache
    from numba.core.dispatcher import Dispatcher

    kernels = {
        f"{module}.{name}": value
        for module in kernel_modules()
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, Dispatcher)
    }
    assert kernels
    for name, kernel in kernels.items():
        assert kernel.targetoptions.get("nogil"), f"{name} holds the interpreter: nogil=True"
        assert not kernel.targetoptions.get("parallel"), f"{name} must not be parallel"
        assert not isinstance(kernel._cache, NullCache), f"{name} is not kept: cache=True"
