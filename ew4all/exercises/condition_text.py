"""Conditions as text: ``sites_out_share in GD-10 >= 50 %``, ``channel_on(siren) = no``."""

from __future__ import annotations

import difflib
import json
import re
from typing import Final

from ew4all.exercises.span_text import plain_number, span_text
from ew4all.scenario.values import duration_s
from ew4all.sim.exercise import FACTS, Comparison, Condition, Unit

__all__ = ["condition_of", "condition_text", "quoted", "unquoted"]

WORD: Final = r'[^\s"(),;+<>=!]+|"(?:[^"\\]|\\.)*"'
"""A name: bare where it has no spaces or signs, else in double quotes as JSON has them."""

_FORM: Final = re.compile(
    rf"\s*(?P<fact>\w+)\s*(?:\(\s*(?P<channel>{WORD})\s*\))?\s*(?:\bin\s+(?P<zone>{WORD}))?\s*"
    r"(?P<sign><=|>=|!=|==|=|<|>|≤|≥|≠)\s*(?P<value>.+?)\s*"
)
_SIGNS: Final = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!="}
_YES: Final = frozenset({"yes", "true", "1"})
_NO: Final = frozenset({"no", "false", "0"})
_BARE: Final = re.compile(r'[^\s"(),;+<>=!]+')
_HOW: Final = "write FACT, perhaps `in ZONE`, a sign and a value, such as `sites_out_share in GD-10 >= 50 %` or `alert_issued = no`"


def quoted(name: str) -> str:
    """Return a name as texts hold it: in quotes where it has spaces or signs."""
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def unquoted(text: str) -> str:
    """Return the name that a text holds.

    Raises
    ------
    ValueError
        A quoted text with an escape that JSON does not have.
    """
    return str(json.loads(text, strict=False)) if text.startswith('"') else text


def condition_of(text: str) -> Condition:
    """Return the condition that a text says.

    Raises
    ------
    ValueError
        It says none; the message says how to write one.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        msg = f"{text[:80]!r} is no condition; {_HOW}"
        raise ValueError(msg)
    fact = FACTS.get(found["fact"])
    if fact is None:
        near = difflib.get_close_matches(found["fact"][:60], FACTS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FACTS)}"
        msg = f"there is no fact {found['fact'][:60]!r}; {hint}"
        raise ValueError(msg)
    comparison = Comparison(_SIGNS.get(found["sign"], found["sign"]))
    zone, channel = found["zone"], found["channel"]
    return Condition(
        found["fact"],
        comparison,
        _value(found["value"], fact.unit, fact.name),
        None if zone is None else unquoted(zone),
        None if channel is None else unquoted(channel),
    )


def _value(text: str, unit: Unit, fact: str) -> float:
    plain = text.strip()
    if unit is Unit.YES_NO:
        word = plain.lower()
        if word not in _YES | _NO:
            msg = f"{fact} is yes or no, not {plain[:60]!r}"
            raise ValueError(msg)
        return 1.0 if word in _YES else 0.0
    if unit is Unit.SECONDS:
        try:
            return duration_s(plain)
        except ValueError as error:
            msg = f"{fact} is a time: {error}"
            raise ValueError(msg) from error
    is_percent = plain.endswith("%")
    try:
        value = float(plain.removesuffix("%").strip().replace(",", ""))
    except ValueError:
        msg = f"{plain[:60]!r} is no number; {_HOW}"
        raise ValueError(msg) from None
    if is_percent and unit not in (Unit.SHARE, Unit.NUMBER):
        msg = f"{fact} counts {unit}, not per cent; write the number alone"
        raise ValueError(msg)
    return _percent(value) if is_percent else value


def _percent(value: float) -> float:
    return value / 100.0


def condition_text(condition: Condition) -> str:
    """Return a condition as text; `condition_of` reads exactly it back."""
    fact = FACTS.get(condition.fact)
    channel = "" if condition.channel is None else f"({quoted(condition.channel)})"
    zone = "" if condition.zone is None else f" in {quoted(condition.zone)}"
    return (
        f"{condition.fact}{channel}{zone} {condition.comparison} "
        f"{_value_text(condition.value, Unit.NUMBER if fact is None else fact.unit)}"
    )


def _value_text(value: float, unit: Unit) -> str:
    if unit is Unit.YES_NO and value in (0.0, 1.0):
        return "yes" if value else "no"
    if unit is Unit.SECONDS:
        return span_text(value)
    if unit is Unit.SHARE:
        share = round(value * 100.0, 10)
        if _percent(share) == value:
            return f"{plain_number(share)} %"
    return plain_number(value)
