"""What must stand in a result of an earlier command before it is read: a file that was cut or edited is told, not tripped over."""

from __future__ import annotations

import math
from typing import Any, Final

from ew4all.errors import OptionError

__all__ = ["must_hold"]

_NUMBER: Final = float
_TEXT: Final = str
_NUMBERS: Final = {"*": _NUMBER}
_RANGE: Final = {"value": _NUMBER, "low": _NUMBER, "high": _NUMBER}

# A key that ends with "?" may be missing (or null), "*" stands for every key, a list for rows of one shape.
_BLOCK: Final = {
    "people?": _NUMBER,
    "coverage_gap?": _NUMBER,
    "usage_gap?": _NUMBER,
    "reachable?": _NUMBER,
    "covered?": _NUMBERS,
    "channels?": {"none": _NUMBER, "one": _NUMBER, "two_or_more": _NUMBER},
    "by_channel?": _NUMBERS,
    "sites?": _NUMBER,
    "sites_down?": _NUMBER,
    "members?": _NUMBER,
    "rank?": _NUMBER,
}
_MEASURE: Final = {"id": _TEXT, "kind": _TEXT, "name": _TEXT, "people_alone": _NUMBER}
_SHAPES: Final[dict[str, Any]] = {
    "ew4all/gaps/1": {
        "total": _BLOCK,
        "zones": [{"id": _TEXT, "name": _TEXT, **_BLOCK}],
        "groups?": [{"name": _TEXT, **_BLOCK}],
        "hazards?": [{"name": _TEXT, **_BLOCK}],
        "degraded?": _BLOCK,
        "channels?": [_TEXT],
        "cannot?": [_TEXT],
        "notes?": [_TEXT],
    },
    "ew4all/reach/1": {
        "people": {"total?": _NUMBER, "in_area?": _NUMBER, "at_risk?": _NUMBER, "covered?": _NUMBERS},
        "waterfall?": [{"step": _TEXT, "people": _NUMBER}],
    },
    "ew4all/run/1": {
        "denominator": {"at_risk": _NUMBER},
        "warned": {"any": {"mean": _NUMBER}, "two_or_more?": _NUMBER, "channels?": {"*": {"only?": _NUMBER}}},
        "in_time?": _NUMBER,
    },
    "ew4all/plan-measures/1": {
        "budget": _NUMBER,
        "currency": _TEXT,
        "years": _NUMBER,
        "cost": _NUMBER,
        "people": {"total": _NUMBER, "unreached_before": _NUMBER, "newly_reached": _NUMBER},
        "chosen": [{**_MEASURE, "cost": _NUMBER, "people_added": _NUMBER, "proposed_here": bool}],
        "unpriced": [_MEASURE],
        "costs": {"*?": _NUMBER},
        "notes?": [_TEXT],
    },
    "ew4all/feasibility/1": {
        "country": _TEXT,
        "people": {"in_area": _NUMBER, "covered?": _NUMBERS},
        "zones?": [{"id": _TEXT}],
        "received?": _RANGE,
        "border?": {"inside?": {"abroad": _NUMBER}},
        "economics?": {
            "years": _NUMBER,
            "currency": _TEXT,
            "channels": [{"id": _TEXT, "name": _TEXT, "reached?": _RANGE, "whole?": _RANGE}],
        },
        "readiness?": {"counts?": {"*": _NUMBER}},
        "regulatory?": [{"id": _TEXT, "answer": _TEXT}],
        "notes?": [_TEXT],
    },
    "ew4all/plan-indicators/1": {
        "country": _TEXT,
        "dates": [_TEXT],
        "indicators": [{"name": _TEXT, "unit": _TEXT, "date": _TEXT, "value?": _NUMBER, "low?": _NUMBER, "high?": _NUMBER}],
        "status": [{"id": _TEXT, "answer": _TEXT}],
        "notes?": [_TEXT],
    },
}  # fmt: skip


def must_hold(document: Any, schema: str, name: str) -> None:
    """Raise where a result lacks what its schema has, or holds a word where a number must be.

    Parameters
    ----------
    name
        What messages call the file.

    Raises
    ------
    OptionError
        The place that is wrong.
    """
    _check(document, _SHAPES[schema], "", name)


def _check(value: Any, shape: Any, where: str, name: str) -> None:
    if isinstance(shape, list):
        if not isinstance(value, list):
            _refuse(where, "no list", name)
        for k, row in enumerate(value):
            _check(row, shape[0], f"{where}[{k}]", name)
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            _refuse(where, "no table", name)
        for key, inner in shape.items():
            plain = key.removesuffix("?")
            for found in value if plain == "*" else (plain,):
                there = value.get(found)
                if there is None and key.endswith("?"):
                    continue
                _check(there, inner, f"{where}.{found}" if where else str(found), name)
    elif shape is _NUMBER:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            _refuse(where, "no number", name)
    elif not isinstance(value, shape):
        _refuse(where, "no text" if shape is _TEXT else "neither true nor false", name)


def _refuse(where: str, what: str, name: str) -> None:
    msg = f"{name}: {where or 'the file'} is {what}; was it cut or edited? Run the command again that made it"
    raise OptionError(msg)
