"""Effects of injects and what sets injects off, as text: ``network 40 % in V1 for 4g of North``, ``gauge + 15 min``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ew4all.exercises.condition_text import WORD, quoted, unquoted
from ew4all.exercises.span_text import plain_number, span_text
from ew4all.scenario.values import duration_s
from ew4all.sim.decisions import NetworkChange, PowerChange, Switch
from ew4all.sim.exercise import DECISIONS, After

if TYPE_CHECKING:
    from ew4all.sim.exercise import Effect

__all__ = ["after_of", "after_text", "effect_of", "effect_text"]

_ON: Final = {"on": True, "off": False}
_NETWORK: Final = re.compile(
    rf"network\s+(?P<share>\d+(?:\.\d*)?|\.\d+)\s*(?P<percent>%)?(?:\s+in\s+(?P<zone>{WORD}))?"
    rf"(?:\s+for\s+(?P<technology>{WORD}))?(?:\s+of\s+(?P<operator>{WORD}))?",
    re.IGNORECASE,
)
_POWER: Final = re.compile(rf"power\s+(?P<on>on|off)(?:\s+in\s+(?P<zone>{WORD}))?", re.IGNORECASE)
_SWITCH: Final = re.compile(rf"channel\s+(?P<channel>{WORD})\s+(?P<on>on|off)", re.IGNORECASE)
_HOW: Final = (
    "write `network 40 % in ZONE for 4g of OPERATOR` (the service that is left), `power off in ZONE` or `channel siren off`; ZONE, "
    "technology and OPERATOR may be left out"
)
_DECISION: Final = re.compile(
    rf"(?:decision\s+)?(?P<decision>\w+)(?:\s+by\s+(?P<team>{WORD}))?", re.IGNORECASE
)


def effect_of(text: str) -> Effect:
    """Return the effect that a text says.

    Raises
    ------
    ValueError
        It says none; the message says how to write one.
    """
    plain = text.strip()
    if found := _NETWORK.fullmatch(plain):
        share = float(found["share"]) / (100.0 if found["percent"] else 1.0)
        if share > 1:
            msg = f"{plain[:80]!r} leaves more than all of the service; write 0 to 100 %"
            raise ValueError(msg)
        return NetworkChange(
            share, _name(found["zone"]), _name(found["technology"]), _name(found["operator"])
        )
    if found := _POWER.fullmatch(plain):
        return PowerChange(_ON[found["on"].lower()], _name(found["zone"]))
    if found := _SWITCH.fullmatch(plain):
        return Switch(unquoted(found["channel"]), _ON[found["on"].lower()])
    msg = f"{plain[:80]!r} is no effect; {_HOW}"
    raise ValueError(msg)


def _name(text: str | None) -> str | None:
    return None if text is None else unquoted(text)


def effect_text(effect: Effect) -> str:
    """Return an effect as text; `effect_of` reads exactly it back."""
    if isinstance(effect, Switch):
        return f"channel {quoted(effect.channel)} {_word(effect.on)}"
    if isinstance(effect, PowerChange):
        return f"power {_word(effect.on)}{_part('in', effect.zone)}"
    percent = round(effect.share * 100.0, 10)
    exact = percent / 100.0 == effect.share
    share = f"{plain_number(percent)} %" if exact else plain_number(effect.share)
    rest = _part("in", effect.zone) + _part("for", effect.technology) + _part("of", effect.operator)
    return f"network {share}{rest}"


def _word(on: bool) -> str:
    return "on" if on else "off"


def _part(word: str, name: str | None) -> str:
    return "" if name is None else f" {word} {quoted(name)}"


def after_of(text: str) -> After:
    """Return what sets an inject off: ``gauge``, ``gauge + 15 min``, ``decision issue_alert by mayor + 5 min``.

    A name that is one of `DECISIONS` is a decision even without the word.

    Raises
    ------
    ValueError
        It says neither.
    """
    what, plus, delay = text.strip().partition("+")
    try:
        delay_s = duration_s(delay.strip()) if plus else 0.0
    except ValueError as error:
        msg = f"{text[:80]!r} has no delay that can be read: {error}"
        raise ValueError(msg) from error
    what = what.strip()
    found = _DECISION.fullmatch(what)
    is_decision = found is not None and (
        what.lower().startswith("decision ") or found["decision"].lower() in DECISIONS
    )
    if found is not None and is_decision:
        return After(None, found["decision"].lower(), _name(found["team"]), delay_s)
    if not what or re.search(r"\s", what):
        msg = f"{text[:80]!r} does not say what the inject comes after; write `INJECT + 15 min` or `decision issue_alert by TEAM + 5 min`"
        raise ValueError(msg)
    return After(what, None, None, delay_s)


def after_text(after: After) -> str:
    """Return what sets an inject off as text; `after_of` reads it back."""
    if after.decision is not None:
        what = f"decision {after.decision}" + _part("by", after.team)
    else:
        what = after.inject or ""
    return what + (f" + {span_text(after.delay_s)}" if after.delay_s else "")
