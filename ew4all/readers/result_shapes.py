"""What must stand in a result of an earlier command before it is read: a file that was cut or edited is told, not tripped over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["must_hold"]

_NUMBER: Final = float
_TEXT: Final = str
_NUMBERS: Final = {"*": _NUMBER}
_RANGE: Final = {"value": _NUMBER, "low": _NUMBER, "high": _NUMBER}

# A key that ends with "?" may be missing (a number or a text null, too), "*" stands for every key, a list for rows of one
# shape, a tuple for what may be said; "&key" names what must stand beside a key.
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
    "&channels": ("people", "by_channel"),
    "&by_channel": ("channels",),
}
_ANSWER: Final = ("yes", "partly", "no", "unknown")
_MEASURE: Final = {
    "id": _TEXT, "kind": _TEXT, "name": _TEXT, "people_alone": _NUMBER, "lon?": _NUMBER, "lat?": _NUMBER, "&lon": ("lat",),
}  # fmt: skip
_FACTS: Final = {
    "signal?": _NUMBERS, "by_channel?": {"*": _NUMBERS}, "channels?": _NUMBERS, "hazards?": _NUMBERS,
}  # fmt: skip
_SHAPES: Final[dict[str, Any]] = {
    "ew4all/gaps/1": {
        "total": _BLOCK,
        "zones": [{"id": _TEXT, "name": _TEXT, **_BLOCK}],
        "groups?": [{"name": _TEXT, **_BLOCK}],
        "hazards?": [{"name": _TEXT, **_BLOCK}],
        "degraded?": _BLOCK,
        "facilities?": [{"kind": _TEXT, "count": _NUMBER, **_FACTS, "degraded?": _FACTS}],
        "channels?": [_TEXT],
        "extent_deg?": [_NUMBER],
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
        "not_chosen?": [_MEASURE],
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
            "channels": [{"id": _TEXT, "name": _TEXT, "reached?": _RANGE, "whole?": _RANGE, "capital?": _RANGE, "year?": _RANGE, "&whole": ("capital", "year")}],
        },
        "readiness?": {"counts?": {"*": _NUMBER}},
        "regulatory?": [{"id": _TEXT, "answer": _ANSWER}],
        "extent_deg?": [_NUMBER],
        "notes?": [_TEXT],
    },
    "ew4all/plan-indicators/1": {
        "country": _TEXT,
        "dates": [_TEXT],
        "indicators": [{"name": _TEXT, "unit": _TEXT, "date": _TEXT, "value?": _NUMBER, "low?": _NUMBER, "high?": _NUMBER}],
        "status": [{"id": _TEXT, "answer": _ANSWER}],
        "extent_deg?": [_NUMBER],
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
            if key.startswith("&"):
                _must_go_with(value, key[1:], inner, where, name)
                continue
            plain = key.removesuffix("?")
            for found in value if plain == "*" else (plain,):
                there = value.get(found)
                # A number or a text that is not known may be null; a list or a table is left out.
                is_open = found not in value or not isinstance(inner, list | dict)
                if there is None and key.endswith("?") and is_open:
                    continue
                _check(there, inner, f"{where}.{found}" if where else str(found), name)
    elif isinstance(shape, tuple):
        if value not in shape:
            _refuse(where, f"none of {', '.join(shape)}", name)
    elif shape is _NUMBER:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            _refuse(where, "no number", name)
    elif not isinstance(value, shape):
        _refuse(where, "no text" if shape is _TEXT else "neither true nor false", name)


def _must_go_with(
    value: Mapping[str, Any], key: str, needed: tuple[str, ...], where: str, name: str
) -> None:
    """Raise where a key is there without others that it is nothing without."""
    if value.get(key) is None:
        return
    for other in needed:
        if value.get(other) is None:
            _refuse(f"{where}.{other}" if where else other, f"not there beside {key}", name)


def _refuse(where: str, what: str, name: str) -> None:
    msg = f"{name}: {where or 'the file'} is {what}; was it cut or edited? Run the command again that made it"
    raise OptionError(msg)
