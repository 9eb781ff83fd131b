"""What a check of an alert finds: a stable code, how grave it is, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Level", "Rule"]


class Level(StrEnum):
    """How grave a finding is; an alert is valid if it has none of level ERROR."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    `code` is stable: programs may depend on it. `path` is the element, such as
    ``/alert/info[2]/area[1]/polygon[1]``, or empty where the file as a whole is meant; `line` is
    its line in the file, counted from 1. `hint` says what to do.
    """

    code: str
    severity: Level
    path: str
    line: int | None
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code stands for: `meaning` says it in general, a finding's message in particular."""

    severity: Level
    meaning: str
    hint: str
