"""The package as syntax trees, for rules that must hold for whatever is added later."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import ew4all

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(ew4all.__file__).parent


@cache
def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def names_in(node: ast.AST | None) -> set[str]:
    """Return every name inside, also those in annotations that are written as text."""
    found: set[str] = set()
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
        elif isinstance(part, ast.alias):
            found.add(part.name.rpartition(".")[2])
        elif (
            isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isascii()
        ):
            try:
                found |= names_in(ast.parse(part.value, mode="eval"))
            except (SyntaxError, ValueError, RecursionError):
                continue
    return found


def called(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]


def imports(name: str) -> set[str]:
    """Return the modules of the package that importing or running `name` may load.

    Also those inside functions, and not those for the type checker alone.
    """
    every = modules()
    skipped = {
        id(inside)
        for node in ast.walk(every[name])
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in node.body
        for inside in ast.walk(part)
    }
    found = set()
    for node in ast.walk(every[name]):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & set(every)


def reaching(target: str) -> set[str]:
    """Return the modules from which a chain of imports leads to `target`.

    The package itself offers names of its upper modules and is left out: whoever imports a module
    of it would otherwise reach everything.
    """
    graph = {name: imports(name) - {"ew4all"} for name in modules() if name != "ew4all"}
    found: set[str] = set()
    while True:
        more = {name for name, used in graph.items() if used & (found | {target})} - {target}
        if more <= found:
            return found
        found |= more
