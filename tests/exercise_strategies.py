"""Exercises as hypothesis draws them: sound, and with texts as people and spreadsheets could hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ew4all.sim.decisions import NetworkChange, PowerChange, Switch
from ew4all.sim.exercise import (
    DECISIONS,
    FACTS,
    After,
    Attachment,
    Comparison,
    Condition,
    Exercise,
    Expectation,
    Handout,
    Inject,
    InjectChannel,
    Objective,
    Phase,
    Reader,
    Role,
    RoleKind,
    Team,
    Unit,
    claims_to_be_real,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH_S = 10 * 3600.0

identifiers = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,12}", fullmatch=True).filter(
    lambda s: s.lower() not in DECISIONS
)
letters = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn"), exclude_characters="\ufffe\uffff\x85"
)
lines = (
    st.text(letters | st.sampled_from("=+-@'\"|;,:#&<>_x0041_"), min_size=1, max_size=20)
    .map(str.strip)
    .filter(lambda s: bool(s) and not claims_to_be_real(s))
)
texts = (
    st.lists(lines | st.just(""), min_size=1, max_size=4)
    .map("\n".join)
    .filter(lambda s: bool(s.strip()) and not claims_to_be_real(s))
)
maybe_text = st.just("") | texts
maybe_line = st.just("") | lines
times = st.integers(0, int(LENGTH_S)).map(float) | st.floats(0.001, LENGTH_S, allow_nan=False)
files = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.md", fullmatch=True)
places = st.none() | lines


@st.composite
def conditions(draw: Callable[..., Any]) -> Condition:
    fact = FACTS[draw(st.sampled_from(sorted(FACTS)))]
    values = {
        Unit.SHARE: st.floats(0, 1),
        Unit.YES_NO: st.sampled_from((0.0, 1.0)),
        Unit.SECONDS: st.floats(0, 1e6),
        Unit.NUMBER: st.integers(0, 1000).map(float),
        Unit.PEOPLE: st.floats(0, 1e9),
    }
    zone = draw(places) if fact.by_zone else None
    channel = draw(lines) if fact.by_channel else None
    sign = draw(st.sampled_from(Comparison))
    return Condition(fact.name, sign, draw(values[fact.unit]), zone, channel)


effects = st.one_of(
    st.builds(NetworkChange, st.floats(0, 1), places, st.none() | st.sampled_from(("2g", "4g")), places),
    st.builds(PowerChange, st.booleans(), places),
    st.builds(Switch, st.sampled_from(("siren", "cell_broadcast")), st.booleans()),
)  # fmt: skip


@st.composite
def _injects(draw: Callable[..., Any], teams: list[str]) -> tuple[Inject, ...]:
    names = draw(st.lists(identifiers, min_size=1, max_size=5, unique=True))
    made = []
    for k, name in enumerate(names):
        waits = tuple(draw(st.lists(conditions(), max_size=2)))
        time_s, after = None, None
        kind = draw(st.sampled_from(("time", "inject", "decision", "hand")))
        if kind == "time":
            time_s = draw(times.filter(lambda t: t <= LENGTH_S / 2))
        elif kind == "inject" and k:
            after = After(
                inject=draw(st.sampled_from(names[:k])), delay_s=draw(st.integers(0, 60)) * 1.0
            )
        elif kind == "decision":
            after = After(
                decision=draw(st.sampled_from(sorted(DECISIONS))),
                team=draw(st.none() | st.sampled_from(teams)),
                delay_s=draw(times),
            )
        made.append(
            Inject(
                name, draw(lines), draw(texts), time_s, after, waits,
                draw(st.none() | st.just(LENGTH_S)) if waits else None, draw(maybe_line),
                tuple(draw(st.lists(st.sampled_from(teams), unique=True, max_size=3))),
                draw(st.sampled_from(InjectChannel)), draw(maybe_text),
                tuple(draw(st.lists(st.builds(Attachment, lines, files), max_size=2))),
                tuple(draw(st.lists(effects, max_size=2))), draw(maybe_line), draw(times), draw(maybe_text),
            )
        )  # fmt: skip
    return tuple(made)


@st.composite
def exercises(draw: Callable[..., Any]) -> Exercise:
    teams = draw(st.lists(identifiers, min_size=1, max_size=3, unique=True))
    injects = draw(_injects(teams))
    goals = draw(st.lists(identifiers, min_size=1, max_size=2, unique=True))
    expected = [
        Expectation(
            name, draw(texts), draw(st.sampled_from(goals)), draw(st.none() | st.sampled_from(teams)),
            draw(st.none() | st.sampled_from([i.identifier for i in injects])), draw(st.none() | times.filter(bool)),
            draw(st.floats(0.01, 1000)), draw(st.none() | st.sampled_from(sorted(DECISIONS))),
            tuple(draw(st.lists(conditions(), max_size=2))),
        )
        for name in draw(st.lists(identifiers, max_size=2, unique=True))
    ]  # fmt: skip
    starts = sorted(draw(st.sets(times.filter(lambda t: t < LENGTH_S), max_size=3)))
    return Exercise(
        draw(identifiers), draw(lines), LENGTH_S, draw(lines), draw(maybe_text), draw(maybe_text),
        tuple(draw(st.lists(st.sampled_from(("en", "fr", "ar", "pt-BR")), min_size=1, max_size=3))),
        draw(times), draw(st.booleans()), draw(st.floats(1, 120)),
        tuple(Team(t, draw(lines), draw(maybe_line), draw(maybe_text)) for t in teams),
        (Role("lead", "Lead", RoleKind.FACILITATOR), Role("p", draw(lines), RoleKind.PLAYER, teams[0], draw(maybe_text))),
        injects,
        tuple(Objective(g, draw(lines), draw(maybe_text)) for g in goals),
        tuple(expected),
        tuple(
            draw(st.lists(st.builds(Handout, lines, files, st.sampled_from(Reader), st.just(tuple(teams[:1]))), max_size=2))
        ),
        tuple(Phase(draw(lines), s, draw(st.none() | st.floats(1, 120)), draw(maybe_text)) for s in starts),
        tuple(draw(st.lists(texts, max_size=2))), tuple(draw(st.lists(texts, max_size=2))),
    )  # fmt: skip
