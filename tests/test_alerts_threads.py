from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts import cap, thread_links
from ew4all.alerts.findings import Level
from ew4all.alerts.threads import State, state, thread

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def info(**fields: Any) -> cap.Info:
    given = {
        "categories": (cap.Category.MET,),
        "event": "Flood",
        "urgency": cap.Urgency.IMMEDIATE,
        "severity": cap.Severity.SEVERE,
        "certainty": cap.Certainty.OBSERVED,
        "expires": NOON + 24 * HOUR,
    }
    return cap.Info(**{**given, **fields})


def alert(name: str, hours: float = 0.0, *names: cap.Alert, **fields: Any) -> cap.Alert:
    given = {
        "sender": "s@x",
        "status": cap.Status.ACTUAL,
        "msg_type": cap.MsgType.UPDATE if names else cap.MsgType.ALERT,
        "scope": cap.Scope.PUBLIC,
        "references": tuple(one.reference for one in names),
        "infos": (info(),),
    }
    return cap.Alert(identifier=name, sent=NOON + hours * HOUR, **{**given, **fields})


def cancel(name: str, hours: float, *names: cap.Alert, **fields: Any) -> cap.Alert:
    return alert(name, hours, *names, msg_type=cap.MsgType.CANCEL, infos=(), **fields)


def seen(found: State) -> dict[str, str]:
    """Return the place of each alert."""
    places = ("active", "scheduled", "later", "superseded", "cancelled", "expired", "all_clear")
    return {a.identifier: place for place in places for a in getattr(found, place)}


def at(hours: float, *messages: cap.Alert, **options: Any) -> State:
    return state(messages, NOON + hours * HOUR, **options)


def codes(found: State) -> list[str]:
    return [f.code for f in found.findings]


def test_an_alert_is_in_force_from_when_it_is_sent_until_it_expires() -> None:
    one = alert("A", infos=(info(expires=NOON + 3 * HOUR),))
    assert seen(at(-1, one)) == {"A": "later"}
    assert seen(at(0, one)) == {"A": "active"}
    assert seen(at(2.99, one)) == {"A": "active"}
    assert seen(at(3, one)) == {"A": "expired"}


def test_an_update_supersedes_what_it_names_from_when_it_is_sent() -> None:
    a = alert("A")
    b = alert("B", 1, a)
    assert seen(at(0.5, a, b)) == {"A": "active", "B": "later"}
    assert seen(at(1, a, b)) == {"A": "superseded", "B": "active"}
    assert at(1, a, b).ended_by == {a.reference: (b.reference,)}


def test_a_chain_leaves_its_last_message() -> None:
    a = alert("A")
    b = alert("B", 1, a)
    c = alert("C", 2, b)
    assert seen(at(3, c, a, b)) == {"A": "superseded", "B": "superseded", "C": "active"}
    # Many producers name the whole chain.
    every = alert("C", 2, a, b)
    assert seen(at(3, a, b, every)) == {"A": "superseded", "B": "superseded", "C": "active"}


def test_what_a_message_ended_stays_ended_when_that_message_ends() -> None:
    a = alert("A")
    b = alert("B", 1, a, infos=(info(expires=NOON + 2 * HOUR),))
    assert seen(at(3, a, b)) == {"A": "superseded", "B": "expired"}
    assert seen(at(3, a, b, cancel("C", 1.5, b))) == {"A": "superseded", "B": "cancelled"}


def test_a_cancel_ends_all_that_it_names_and_is_no_alert_itself() -> None:
    a = alert("A")
    b = alert("B", 0.5)
    found = at(2, a, b, cancel("C", 1, a, b))
    assert seen(found) == {"A": "cancelled", "B": "cancelled"}
    assert found.active == ()
    assert seen(at(0.9, a, b, cancel("C", 1, a, b))) == {"A": "active", "B": "active"}


def test_a_cancel_of_the_first_message_leaves_its_update_and_says_so() -> None:
    a = alert("A")
    b = alert("B", 1, a)
    found = at(3, a, b, cancel("C", 2, a))
    assert seen(found) == {"A": "cancelled", "B": "active"}
    assert codes(found) == ["thread.reference.ended"]
    assert codes(at(3, a, b, cancel("C", 2, a, b))) == []


def test_two_updates_of_one_alert_are_both_in_force_and_told() -> None:
    a = alert("A")
    found = at(3, a, alert("B", 1, a), alert("C", 2, a))
    assert seen(found) == {"A": "superseded", "B": "active", "C": "active"}
    assert codes(found) == ["thread.fork"]


def test_unrelated_alerts_stand_side_by_side() -> None:
    assert seen(at(2, alert("A"), alert("B", 1))) == {"A": "active", "B": "active"}


def test_an_update_that_takes_effect_later_leaves_the_alert_until_then() -> None:
    a = alert("A")
    b = alert("B", 1, a, infos=(info(effective=NOON + 5 * HOUR),))
    assert seen(at(2, a, b)) == {"A": "active", "B": "scheduled"}
    assert seen(at(5, a, b)) == {"A": "superseded", "B": "active"}


def test_info_blocks_live_by_themselves() -> None:
    blocks = (
        info(expires=NOON + HOUR),
        info(effective=NOON + 2 * HOUR, expires=NOON + 3 * HOUR),
    )
    one = alert("A", infos=blocks)
    for hours, place, chosen in (
        (0.5, "active", (0,)),
        (1.5, "scheduled", ()),
        (2.5, "active", (1,)),
        (3.5, "expired", ()),
    ):
        found = at(hours, one)
        assert seen(found) == {"A": place}
        assert found.warning_infos(one) == chosen


def test_effective_before_sending_counts_from_sending() -> None:
    assert seen(at(-0.5, alert("A", infos=(info(effective=NOON - HOUR),)))) == {"A": "later"}


def test_an_all_clear_warns_nowhere() -> None:
    clear = info(response_types=(cap.ResponseType.ALL_CLEAR,))
    a = alert("A")
    b = alert("B", 1, a, infos=(clear,))
    assert seen(at(2, a, b)) == {"A": "superseded", "B": "all_clear"}
    both = alert("B", 1, a, infos=(clear, info()))
    assert seen(at(2, a, both))["B"] == "active"
    assert at(2, a, both).warning_infos(both) == (1,)
    mixed = info(response_types=(cap.ResponseType.ALL_CLEAR, cap.ResponseType.MONITOR))
    assert seen(at(2, a, alert("B", 1, a, infos=(mixed,))))["B"] == "active"


def test_without_expires_the_recipient_decides() -> None:
    one = alert("A", infos=(info(expires=None),))
    found = at(1000, one)
    assert seen(found) == {"A": "active"}
    assert codes(found) == ["thread.expires.absent"]
    assert seen(at(5, one, life=6 * HOUR)) == {"A": "active"}
    limited = at(6, one, life=6 * HOUR)
    assert seen(limited) == {"A": "expired"}
    assert codes(limited) == []


@pytest.mark.parametrize("kind", [cap.MsgType.ACK, cap.MsgType.ERROR])
def test_acknowledgements_and_errors_change_nothing(kind: cap.MsgType) -> None:
    a = alert("A")
    found = at(2, a, alert("B", 1, a, msg_type=kind, infos=()))
    assert seen(found) == {"A": "active"}
    assert codes(found) == []


def test_references_are_compared_as_moments_not_as_texts() -> None:
    a = alert("A")
    written = replace(a.reference, sent=a.sent.astimezone(timezone(timedelta(hours=-10))))
    assert seen(at(2, a, alert("B", 1, references=(written,), msg_type=cap.MsgType.UPDATE))) == {
        "A": "superseded",
        "B": "active",
    }


def test_the_same_message_twice_counts_once() -> None:
    a = alert("A")
    found = at(1, a, replace(a))
    assert [x.identifier for x in found.active] == ["A"]
    assert codes(found) == ["thread.repeated"]


def changed(one: cap.Alert, **fields: Any) -> cap.Alert:
    return replace(one, **fields)


A = alert("A")
FOREIGN = alert("B", 1, A, sender="t@y")
DOUBTS: list[tuple[list[cap.Alert], str, Level, dict[str, str]]] = [
    # Messages, code, its level, and where each alert then stands two hours later.
    ([A, changed(A, note="other")], "thread.conflict", Level.ERROR, {"A": "active"}),
    (
        [A, changed(A, sent=NOON + HOUR)],
        "thread.identifier.reused",
        Level.ERROR,
        {"A": "active"},
    ),
    (
        [changed(A, references=(A.reference,), msg_type=cap.MsgType.UPDATE)],
        "thread.reference.self",
        Level.ERROR,
        {"A": "active"},
    ),
    ([A, alert("B", 1, A, A)], "thread.reference.repeated", Level.INFO, {"A": "superseded", "B": "active"}),
    ([alert("B", 1, A)], "thread.reference.unknown", Level.INFO, {"B": "active"}),
    ([cancel("C", 1, A)], "thread.reference.unknown", Level.WARNING, {}),
    (
        [A, alert("B", 1, changed(A, sent=NOON - HOUR))],
        "thread.reference.sent",
        Level.WARNING,
        {"A": "active", "B": "active"},
    ),
    (
        [A, alert("B", 1, changed(A, sender="u@z"))],
        "thread.reference.sender",
        Level.WARNING,
        {"A": "active", "B": "active"},
    ),
    ([A, FOREIGN], "thread.reference.foreign", Level.ERROR, {"A": "active", "B": "active"}),
    ([A, cancel("C", 1, A, sender="t@y")], "thread.reference.foreign", Level.ERROR, {"A": "active"}),
    (
        [A, cancel("C", 1, A, status=cap.Status.EXERCISE)],
        "thread.reference.status",
        Level.ERROR,
        {"A": "active"},
    ),
    (
        [alert("L", 1.5), alert("B", 1, alert("L", 1.5))],
        "thread.reference.later",
        Level.ERROR,
        {"L": "active", "B": "active"},
    ),
    (
        [A, alert("B", 1, A, msg_type=cap.MsgType.ALERT)],
        "thread.reference.idle",
        Level.WARNING,
        {"A": "active", "B": "active"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("messages", "code", "level", "places"), DOUBTS)
def test_what_cannot_be_followed_ends_nothing_and_is_told(
    messages: list[cap.Alert], code: str, level: Level, places: dict[str, str]
) -> None:
    found = at(2, *messages)
    assert codes(found) == [code]
    (finding,) = found.findings
    assert finding.severity is level
    assert finding.hint
    assert seen(found) == places


def test_messages_of_one_moment_that_name_each_other_all_stay() -> None:
    """Otherwise each would be superseded, and nobody warned."""
    names = ["A", "B", "C"]
    ring = [
        alert(one, 0, alert(other), msg_type=cap.MsgType.UPDATE)
        for one, other in zip(names, [*names[1:], names[0]], strict=True)
    ]
    found = at(1, *ring)
    assert seen(found) == dict.fromkeys(names, "active")
    assert codes(found) == ["thread.reference.cycle"] * 3
    chain = [alert("A"), alert("B", 0, alert("A"))]
    assert seen(at(1, *chain)) == {"A": "superseded", "B": "active"}


def test_statuses_do_not_stand_together() -> None:
    test = alert("T", 1, status=cap.Status.TEST)
    found = at(2, A, test)
    assert codes(found) == ["thread.status.mixed"]
    assert found.findings[0].severity is Level.ERROR
    assert codes(at(2, test, alert("U", 1, status=cap.Status.TEST))) == []
    # The test is over by then.
    short = alert("T", 1, status=cap.Status.TEST, infos=(info(expires=NOON + 1.5 * HOUR),))
    assert codes(at(2, A, short)) == []


def test_a_thread_of_thousands_is_resolved_at_once() -> None:
    """Chains, rings and strangers by the thousand: nothing grows with their square."""
    start = time.process_time()
    chain = [alert("M0")]
    for k in range(1, 3000):
        chain.append(alert(f"M{k}", k / 1000, chain[-1]))
    assert [a.identifier for a in at(5, *chain).active] == ["M2999"]
    names = [cap.Reference("s@x", f"R{k}", NOON) for k in range(3000)]
    ring = [
        alert(
            f"R{k}",
            0,
            msg_type=cap.MsgType.UPDATE,
            references=(names[(k + 1) % 3000], names[k - 5]),
        )
        for k in range(3000)
    ]
    assert len(at(5, *ring).active) == 3000
    strangers = tuple(cap.Reference("u@z", "M0", NOON + k * HOUR) for k in range(20_000))
    many = at(5, *chain[:10], alert("X", 1, msg_type=cap.MsgType.UPDATE, references=strangers))
    assert len(many.findings) == 20_000
    assert time.process_time() - start < 5.0


def test_somebody_may_act_for_another_sender_where_that_is_said() -> None:
    found = at(2, A, FOREIGN, may_replace={"t@y": {"s@x"}})
    assert seen(found) == {"A": "superseded", "B": "active"}
    assert codes(found) == []
    assert codes(at(2, A, FOREIGN, may_replace={"s@x": {"t@y"}})) == ["thread.reference.foreign"]


def test_doubts_arise_with_the_message_that_causes_them() -> None:
    assert codes(at(0.5, A, FOREIGN)) == []
    assert codes(at(1, A, FOREIGN)) == ["thread.reference.foreign"]


def test_a_message_that_could_not_be_read_is_an_error() -> None:
    class Reading:
        def __init__(self, found: cap.Alert | None) -> None:
            self.alert = found

    found = state([Reading(A), Reading(None)], NOON)
    assert seen(found) == {"A": "active"}
    assert [(f.code, f.severity) for f in found.findings] == [("thread.unreadable", Level.ERROR)]


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        thread([A]).state(datetime(2024, 7, 1))  # noqa: DTZ001


def test_every_code_is_listed_with_its_meaning() -> None:
    used = {code for _, code, _, _ in DOUBTS}
    elsewhere = {
        "thread.unreadable", "thread.repeated", "thread.reference.cycle", "thread.reference.ended",
        "thread.fork", "thread.expires.absent", "thread.status.mixed",
    }  # fmt: skip
    assert used | elsewhere == set(thread_links.CODES)


@st.composite
def threads_of_messages(draw: st.DrawFn) -> list[cap.Alert]:
    made: list[cap.Alert] = []
    for k in range(draw(st.integers(1, 7))):
        names = draw(st.lists(st.sampled_from(made), unique=True)) if made else []
        kind = draw(st.sampled_from([cap.MsgType.ALERT, cap.MsgType.UPDATE, cap.MsgType.CANCEL]))
        hours = draw(st.integers(0, 5))
        expires = NOON + draw(st.integers(1, 12)) * HOUR
        effective = NOON + draw(st.integers(0, 8)) * HOUR
        sender = draw(st.sampled_from(["s@x", "s@x", "t@y"]))
        infos = (info(expires=expires, effective=effective),)
        made.append(alert(f"M{k}", hours, *names, msg_type=kind, infos=infos, sender=sender))
    return made


@given(threads_of_messages(), st.integers(-1, 12), st.randoms(use_true_random=False))
def test_every_alert_stands_in_one_place_whatever_the_order(
    messages: list[cap.Alert], hours: int, random: Any
) -> None:
    found = at(hours, *messages)
    kept = [m for m in messages if m.msg_type is not cap.MsgType.CANCEL]
    places = ("active", "scheduled", "later", "superseded", "cancelled", "expired", "all_clear")
    every = list(itertools.chain.from_iterable(getattr(found, place) for place in places))
    assert sorted(a.identifier for a in every) == sorted(a.identifier for a in kept)
    shuffled = list(messages)
    random.shuffle(shuffled)
    assert at(hours, *shuffled) == found


@given(threads_of_messages(), st.integers(-1, 12))
def test_the_state_is_that_of_a_naive_twin(messages: list[cap.Alert], hours: int) -> None:
    """Only same-sender references to the past count; ended by whatever of them is sent and effective."""
    moment = NOON + hours * HOUR
    found = at(hours, *messages)

    def follows(one: cap.Alert, other: cap.Alert) -> bool:
        return (
            other.reference in one.references
            and other.sender == one.sender
            and other.sent <= one.sent
            and one.sent <= moment
            and (
                one.msg_type is cap.MsgType.CANCEL
                or (one.msg_type is cap.MsgType.UPDATE and one.infos[0].effective <= moment)
            )
        )

    active = {
        m.identifier
        for m in messages
        if m.msg_type is not cap.MsgType.CANCEL
        and m.sent <= moment
        and m.infos[0].effective <= moment < m.infos[0].expires
        and not any(follows(other, m) for other in messages)
    }
    assert {a.identifier for a in found.active} == active
