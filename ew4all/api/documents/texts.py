"""Texts of clients, made fit for a database and an answer."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["cleaned"]

_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL holds no zero character, and UTF-8 no half of a pair; an escape in YAML can make both."""


def cleaned(value: Any) -> Any:
    """Return plain values with such characters replaced."""
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, dict):
        return {cleaned(k): cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(v) for v in value]
    return value
