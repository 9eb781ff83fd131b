"""Facts, decisions, columns and keys of exercises as Markdown, for their document."""

from __future__ import annotations

from typing import Any, Final

from ew4all.exercises.document import (
    AfterSection,
    ExerciseDocument,
    ExpectationSection,
    HandoutSection,
    InjectSection,
    ObjectiveSection,
    PhaseSection,
    RoleSection,
    TeamSection,
)
from ew4all.exercises.inject_columns import FIELDS
from ew4all.scenario.section import Section
from ew4all.sim.exercise import DECISIONS, FACTS

__all__ = ["columns_table", "decisions_table", "facts_table", "keys_tables"]

_SECTIONS: Final[tuple[tuple[str, type[Section]], ...]] = (
    ("top", ExerciseDocument), ("a row of phases", PhaseSection), ("a row of teams", TeamSection), ("a row of roles", RoleSection),
    ("a row of objectives", ObjectiveSection), ("a row of injects", InjectSection), ("after, as a section", AfterSection),
    ("a row of expectations", ExpectationSection), ("a row of handouts", HandoutSection),
)  # fmt: skip
_SHOWN: Final = 8


def facts_table() -> str:
    """Return the facts that conditions may ask for."""
    lines = ["| fact | value | meaning | of a zone |", "| --- | --- | --- | --- |"]
    for fact in FACTS.values():
        name = f"`{fact.name}(CHANNEL)`" if fact.by_channel else f"`{fact.name}`"
        sites = "; with cell sites only" if fact.needs_sites else ""
        lines.append(
            f"| {name} | {fact.unit} | {fact.meaning}{sites} | {'yes' if fact.by_zone else ''} |"
        )
    return "\n".join(lines) + "\n"


def decisions_table() -> str:
    """Return the decisions that injects may follow and expectations may ask for."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in DECISIONS.items()]
    return "\n".join(["| decision | meaning |", "| --- | --- |", *rows]) + "\n"


def columns_table() -> str:
    """Return the fields of a list of injects, and headers under which each is found."""
    rows = [
        f"| `{name}` | {', '.join(known[:_SHOWN])}{', ...' if len(known) > _SHOWN else ''} |"
        for name, known in FIELDS.items()
    ]
    return (
        "\n".join(["| field | headers that are known, among others |", "| --- | --- |", *rows])
        + "\n"
    )


def keys_tables() -> str:
    """Return a table of keys for each section."""
    lines: list[str] = []
    for name, section in _SECTIONS:
        lines += [
            f"**{name}**: {_plain(section.__doc__)}",
            "",
            "| key | default | meaning |",
            "| --- | --- | --- |",
        ]
        lines += [_row(section, key) for key in section.model_fields]
        lines.append("")
    return "\n".join(lines)


def _row(section: type[Section], key: str) -> str:
    field = section.model_fields[key]
    default = "needed"
    if not field.is_required():
        default = _default(key, field.get_default(call_default_factory=True))
    return f"| `{field.alias or key}` | {default} | {_plain(field.description)} |"


def _default(key: str, value: Any) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if key in ("start", "delay", "discussion", "scenario_start"):
        return "`0`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
