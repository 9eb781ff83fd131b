"""From the text of a scenario to a document, or to all that is wrong with it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.documents.records import Checked
from ew4all.api.jobs.contents import contents_of, laid_out
from ew4all.api.jobs.intake import in_scenario
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = ["TAKEN", "check_scenario"]

TAKEN: Final = ("application/yaml", "application/x-yaml", "text/yaml", "application/json")
"""Media types of a scenario; JSON is YAML, too."""

_LONGEST: Final = 1_000_000
"""Characters, as the process `run` takes them."""
_NAME: Final = "scenario.yaml"


def check_scenario(service: Service, asking: Principal, data: bytes) -> Checked:
    """Return a scenario that can be played.

    Raises
    ------
    Problem
        400: every fault with its pointer, line and column, or a file that is not there; 413: too long a text, too many replicas.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        told = f"the scenario is no text in UTF-8 (at byte {error.start:,}); save it as such"
        raise Problem(400, "not-utf-8", told) from error
    if len(text) > _LONGEST:
        raise Problem(
            413, "too-large", f"a scenario has at most {_LONGEST:,} characters, not {len(text):,}"
        )
    references = in_scenario(text)
    contents = contents_of(service, references, asking)
    with tempfile.TemporaryDirectory(prefix="ew4all-check-") as name:
        folder = Path(name).resolve()
        (folder / _NAME).write_text(text, "utf-8")
        found = service.checker.check(folder, _NAME, laid_out(service, contents, folder))
        if "faults" in found:
            raise _invalid(found["faults"], f"{folder}/")
    facts = found["facts"]
    most = service.settings.limits.replicas
    if facts["replicas"] > most:
        told = f"{facts['replicas']:,} replicas are more than the {most:,} that this service plays"
        fault = {"pointer": "#/run/replicas", "detail": told, "code": "too-many-replicas"}
        raise Problem(413, "too-many-replicas", told, errors=[fault])
    return Checked(text, found["title"] or "untitled", {**facts, "references": references})


def _invalid(faults: list[Mapping[str, Any]], folder: str) -> Problem:
    errors = [
        {
            "pointer": "#/" + one["path"].replace("~", "~0").replace(".", "/") if one["path"] else "#",
            "detail": one["message"].replace(folder, ""),
            "code": "scenario-fault",
            "line": one["line"],
            "column": one["column"],
        }
        for one in faults
    ]  # fmt: skip
    what = "; ".join(
        f"line {e['line']}, column {e['column']}: {e['pointer']}: {e['detail']}" for e in errors[:3]
    )
    count = f"{len(errors)} fault{'s' if len(errors) > 1 else ''}"
    return Problem(400, "invalid-scenario", f"the scenario has {count}: {what}", errors=errors)
