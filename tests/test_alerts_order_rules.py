"""What an order must fulfil: signed and current alert, and messages that fit it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_gateway import (
    MESSAGE,
    PEER,
    MadeOperator,
    cap_alert,
    made_operator,
    order,
    refused,
    signer,
)

from ew4all.alerts import gateway as module
from ew4all.alerts import order_rules
from ew4all.alerts.gateway import Order
from ew4all.alerts.operator_file import read_operator_file
from ew4all.alerts.order_rules import judge
from ew4all.alerts.signature import Outcome, Verification, sign
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import MessageError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def operator(tmp_path: Path) -> MadeOperator:
    return made_operator(tmp_path / "operator", whole_network=False)


@pytest.fixture
def live(tmp_path: Path) -> MadeOperator:
    return made_operator(
        tmp_path / "live", statuses=("Actual", "Exercise"), identifiers=(4371, 4352, 4381, 4355)
    )


@pytest.mark.parametrize(
    ("cap", "reason"),
    [
        ({"status": "Draft"}, "an alert of status Draft goes to nobody"),
        ({"status": "System"}, "an alert of status System goes to nobody"),
        ({"status": "Actual"}, "alerts of status Actual may not go to bsc-1"),
        ({"msg_type": "Ack"}, "a message of type Ack is never broadcast"),
        ({"msg_type": "Error"}, "a message of type Error is never broadcast"),
        ({"msg_type": "Cancel", "infos": 0}, "a Cancel stops messages and broadcasts none"),
        ({"infos": 0}, "has no info block"),
        ({"expires": None}, "info block 1 does not say when it expires"),
        ({"sent": timedelta(minutes=-9), "expires": timedelta(minutes=-1)}, "info block 1 expired"),
        ({"effective": timedelta(minutes=30)}, "takes effect at"),
        ({"sent": timedelta(minutes=-61)}, "more than 1:00:00 ago"),
        ({"sent": timedelta(minutes=5)}, "in the future"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)  # fmt: skip
def test_alerts_that_are_not_sent(operator: MadeOperator, cap: dict[str, Any], reason: str) -> None:
    now = datetime.now(UTC)
    cap = {k: now + v if isinstance(v, timedelta) else v for k, v in cap.items()}
    wish = order(operator, **cap)
    assert reason in refused(operator, wish, *operator.confirmations(wish))


@pytest.mark.parametrize("scope", ["Private", "Restricted"])
def test_what_is_for_some_is_not_broadcast(operator: MadeOperator, scope: str) -> None:
    extra = "<restriction>r</restriction>" if scope == "Restricted" else "<addresses>a</addresses>"
    data = cap_alert(scope=scope).replace(b"</scope>", f"</scope>{extra}".encode())
    wish = Order(
        sign(data, operator.agency.key_pem, operator.agency.certificate_pem), (MESSAGE,), "bsc-1"
    )
    why = refused(operator, wish, *operator.confirmations(wish))
    assert f"its scope is {scope}" in why


def test_an_alert_that_the_agency_did_not_sign(operator: MadeOperator) -> None:
    stranger = signer("Stranger")
    signed = operator.signed()
    for data, reason in (
        (cap_alert(), "the alert carries no signature"),
        (
            sign(cap_alert(), stranger.key_pem, stranger.certificate_pem),
            "does not lead to a trusted",
        ),
        (signed.replace(b"This is a drill", b"Leave at once"), "changed after it was signed"),
        (signed.replace(b"Exercise", b"Actual", 1), "changed after it was signed"),
        (b"", "is empty"),
    ):
        wish = Order(data, (MESSAGE,), "bsc-1")
        why = refused(operator, wish, *operator.confirmations(wish))
        assert "the alert is not signed by the agency's key" in why
        assert reason in why


def test_a_certificate_that_has_expired_today(
    operator: MadeOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was valid when the alert says that it was sent, which whoever holds the key can choose."""
    wish = order(operator, expires=datetime(2199, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(module, "_now", lambda: datetime(2150, 1, 1, tzinfo=UTC))
    assert "certificate is not valid today" in refused(operator, wish)


def test_what_counts_is_what_was_signed_and_not_the_file(
    operator: MadeOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Verification(Outcome.VALID, "", "CN=Agency", cap_alert(status="Draft"))
    wish = order(operator)
    monkeypatch.setattr(order_rules, "verify", lambda *_, **__: draft)
    assert "an alert of status Draft goes to nobody" in refused(operator, wish)


def test_an_alert_that_breaks_cap(operator: MadeOperator) -> None:
    data = cap_alert().replace(b"12.0,-61.8</polygon>", b"12.0,-61.9</polygon>")
    wish = Order(
        sign(data, operator.agency.key_pem, operator.agency.certificate_pem), (MESSAGE,), "bsc-1"
    )
    assert "the alert breaks CAP (cap.polygon.open" in refused(operator, wish)


# The messages


@pytest.mark.parametrize("identifier", [4352, 4370, 4371, 4378, 4383, 4396, 4400, 6400, 919])
def test_a_drill_never_has_a_live_identifier(live: MadeOperator, identifier: int) -> None:
    wish = order(live, replace(MESSAGE, message_identifier=identifier))
    why = refused(live, wish, *live.confirmations(wish))
    assert f"the identifier {identifier} is live and the alert is of status Exercise" in why


@pytest.mark.parametrize("kind", [0, 1, 2, 4, 7])
def test_a_drill_never_shows_another_warning_than_a_test(live: MadeOperator, kind: int) -> None:
    """4355 is the test of ETWS, but devices go by the warning type beside it."""
    message = WriteReplace(4355, 0x4010, 5, 1, None, None, warning_type=kind << 9 | 0x180)
    wish = order(live, message)
    assert "devices would show another warning" in refused(live, wish, *live.confirmations(wish))
    test = replace(message, warning_type=3 << 9 | 0x180)
    assert live.sendable(test).release(**PEER) == (test,)


@pytest.mark.parametrize("interface", ["ngap", "s1ap", "sbcap"])
def test_a_drill_never_takes_a_warning_off_the_air(tmp_path: Path, interface: str) -> None:
    made = made_operator(tmp_path / "o", interface=interface)
    wish = order(made)
    assert "a drill silences no warning" in refused(made, wish, *made.confirmations(wish))
    assert made.sendable(replace(MESSAGE, concurrent=True))
    everything = order(made, Stop(4381, 0x4010, stop_all=True))
    assert "a drill silences no warning" in refused(made, everything)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (replace(MESSAGE, message_identifier=4355), ""),
        (replace(MESSAGE, broadcasts=0), "0 broadcasts means until it is stopped"),
        (replace(MESSAGE, broadcasts=500), "after the alert expired"),
        (replace(MESSAGE, cells=()), "goes to the whole network"),
        (Stop(4381, 0x4010), "goes to the whole network"),
        (Stop(4381, 0x4010, cells=(1,), stop_all=True), "it stops every message"),
        (Stop(4371, 0x4010, cells=(1,)), "the identifier 4371 is live"),
    ],
    ids=["fine", "endless", "outlives", "everywhere", "stop everywhere", "stop all", "stop live"],
)
def test_messages_that_are_not_sent(operator: MadeOperator, message: Any, reason: str) -> None:
    wish = order(operator, message)
    if not reason:
        assert operator.gateway().authorise(wish, operator.confirmations(wish))
        return
    assert reason in refused(operator, wish, *operator.confirmations(wish))


def test_one_message_of_many_is_enough_to_stop_all(operator: MadeOperator) -> None:
    wish = order(operator, MESSAGE, replace(MESSAGE, message_identifier=4370), MESSAGE)
    assert "message 2: the identifier 4370" in refused(
        operator, wish, *operator.confirmations(wish)
    )


def test_the_real_thing_is_possible_and_is_kept_apart(live: MadeOperator) -> None:
    real = replace(MESSAGE, message_identifier=4371)
    assert live.sendable(real, status="Actual").release(**PEER) == (real,)
    wish = order(live, status="Actual")
    assert "is for drills and the alert is Actual" in refused(live, wish)


def test_an_order_takes_exact_types_only(operator: MadeOperator) -> None:
    class Changing(WriteReplace):
        pass

    class Text(str):
        __slots__ = ()

    fields: dict[str, Any] = {name: getattr(MESSAGE, name) for name in MESSAGE.__dataclass_fields__}
    data = operator.signed()
    for parts in (
        (data, [MESSAGE], "bsc-1"),
        (bytearray(data), (MESSAGE,), "bsc-1"),
        (data, (Changing(**fields),), "bsc-1"),
        (data, (replace(MESSAGE, cells=[1]),), "bsc-1"),
        (data, (MESSAGE,), Text("bsc-1")),
        (data, ("4370",), "bsc-1"),
        (data, (), "bsc-1"),
    ):
        with pytest.raises(RefusedError, match="order"):
            Order(*parts)
    with pytest.raises(RefusedError, match="exactly that type"):
        operator.gateway().authorise(type("Forged", (Order,), {})(data, (MESSAGE,), "bsc-1"), ())


def test_a_message_that_is_changed_after_it_was_allowed(operator: MadeOperator) -> None:
    """Frozen data classes can be changed by force; the gateway sends its own copies."""
    mine = replace(MESSAGE)
    wish = order(operator, mine)
    given = operator.confirmations(wish)
    sendable = operator.gateway().authorise(wish, given)
    object.__setattr__(mine, "message_identifier", 4370)
    first = sendable.release(**PEER)
    object.__setattr__(first[0], "message_identifier", 4370)
    assert sendable.release(**PEER) == (MESSAGE,)


def test_a_message_that_is_broken_open_before(operator: MadeOperator) -> None:
    mine = replace(MESSAGE)
    wish = order(operator, mine)
    object.__setattr__(mine, "cells", [1, 2])
    with pytest.raises(RefusedError, match="something else was given"):
        operator.gateway().authorise(wish, ())
    object.__setattr__(mine, "cells", (1, 2))
    object.__setattr__(mine, "message_identifier", 70_000)
    with pytest.raises(MessageError):
        operator.gateway().authorise(wish, ())


def test_a_message_that_is_changed_before(operator: MadeOperator) -> None:
    mine = replace(MESSAGE)
    wish = order(operator, mine)
    given = operator.confirmations(wish)
    object.__setattr__(mine, "cells", (1, 2, 3))
    assert "is for another order" in refused(operator, wish, *given)


@pytest.fixture(scope="module")
def signed_by_status(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, bytes]]:
    """Return an operator's file that allows as much as one can, and an alert of each status."""
    made = made_operator(
        tmp_path_factory.mktemp("all") / "operator",
        statuses=("Actual", "Exercise", "Test"),
        identifiers=tuple(range(4352, 4423)),
    )
    statuses = ("Actual", "Exercise", "Test", "Draft", "System")
    return read_operator_file(made.config), {s: made.signed(status=s) for s in statuses}


@given(
    status=st.sampled_from(("Actual", "Exercise", "Test", "Draft", "System")),
    identifier=st.integers(4352, 4422),
    warning_type=st.none() | st.integers(0, 0xFFFF),
    broadcasts=st.integers(0, 300),
    cells=st.lists(st.integers(0, 9), unique=True).map(tuple),
    stops=st.booleans(),
)
def test_whatever_is_asked_for_a_drill_stays_a_drill(
    signed_by_status: tuple[Any, dict[str, bytes]],
    status: str,
    identifier: int,
    warning_type: int | None,
    broadcasts: int,
    cells: tuple[int, ...],
    *,
    stops: bool,
) -> None:
    """The rules of the issue once more, said in another way, against every order that is allowed."""
    operator, signed = signed_by_status
    message = (
        Stop(identifier, 0x4010, cells=cells)
        if stops
        else replace(
            MESSAGE,
            message_identifier=identifier,
            warning_type=warning_type,
            broadcasts=broadcasts,
            cells=cells,
        )
    )
    ruling = judge(Order(signed[status], (message,), "bsc-1"), operator, datetime.now(UTC))
    if ruling.reasons:
        return
    assert status in {"Actual", "Exercise", "Test"}
    assert (identifier in {4355, 4380, 4381, 4394, 4398, 4399}) == (status != "Actual")
    if isinstance(message, WriteReplace):
        assert 0 < broadcasts <= 122, "an hour, every half minute, and two more"
        if warning_type is not None:
            assert identifier - 4352 == warning_type >> 9
