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
