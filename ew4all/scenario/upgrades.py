"""Scenario files of earlier versions become such of this one; comments and order stay."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ew4all.errors import ScenarioError
from ew4all.scenario.document import SCHEMA
from ew4all.scenario.findings import error_of
from ew4all.scenario.yaml_text import read_marked

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STEPS", "upgraded"]

_PREFIX: Final = "ew4all/scenario/"
NEWEST: Final = int(SCHEMA.removeprefix(_PREFIX))

STEPS: dict[int, Callable[[Any], None]] = {}
"""Version to what changes a document of it, in place, into the next; versions are whole numbers from 1."""


def upgraded(text: str, name: str) -> tuple[str, list[str]]:
    """Return the text of a scenario in the newest version, and what was done; nothing where it is of that already.

    Raises
    ------
    ScenarioError
        It is no YAML, or of a version that does not exist.
    """
    read = read_marked(text)
    if read.findings or not isinstance(read.value, dict):
        raise (
            error_of(name, read.findings)
            if read.findings
            else _wrong(name, "it is no mapping of keys to values")
        )
    said = read.value.get("schema")
    done: list[str] = []
    if said is None:
        # A file from before versions were written down is of the first.
        text = f"schema: {_PREFIX}1\n{text}"
        said = f"{_PREFIX}1"
        done.append(f"added schema: {_PREFIX}1")
    number = str(said).removeprefix(_PREFIX)
    if not str(said).startswith(_PREFIX) or not number.isdigit() or not int(number) >= 1:
        raise _wrong(name, f"its schema is {said!r}; versions are {_PREFIX}1 to {SCHEMA}")
    if int(number) > NEWEST:
        raise _wrong(
            name,
            f"its schema is {said}, but this ew4all knows versions up to {SCHEMA}; install a newer one",
        )
    if int(number) == NEWEST:
        return text, done
    return _stepped(text, int(number), name, done), done


def _stepped(text: str, number: int, name: str, done: list[str]) -> str:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    try:
        document = yaml.load(text)
    except YAMLError as error:
        raise _wrong(name, f"it is no YAML: {error}") from error
    for version in range(number, NEWEST):
        STEPS[version](document)
        document["schema"] = f"{_PREFIX}{version + 1}"
        done.append(f"from version {version} to {version + 1}")
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _wrong(name: str, what: str) -> ScenarioError:
    return ScenarioError(f"{name} cannot be upgraded: {what}")
