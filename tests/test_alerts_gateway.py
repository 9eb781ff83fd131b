"""The gateway: what it takes to send, and the switch, the address and the log that stop it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from made_gateway import (
    MESSAGE,
    PEER,
    MadeOperator,
    cap_alert,
    made_operator,
    order,
    private_pem,
    public_pem,
    refused,
)

from ew4all.alerts import gateway as module
from ew4all.alerts.audit import verify_log
from ew4all.alerts.cbs.cb_data import cb_data
from ew4all.alerts.cbs.pages import encode_text
from ew4all.alerts.gateway import Gateway, Order
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def operator(tmp_path: Path) -> MadeOperator:
    return made_operator(tmp_path / "operator", whole_network=False)


def test_a_confirmed_drill_is_sent_and_everything_is_written_down(operator: MadeOperator) -> None:
    sendable = operator.sendable(MESSAGE)
    assert sendable.release(**PEER) == (MESSAGE,)
    assert sendable.release(**PEER) == (MESSAGE,), "again after a restart of the peer"
    sendable.record("accepted", "cause 0")
    records = verify_log(operator.log).records
    assert [record.event for record in records] == ["authorised", "released", "released", "outcome"]
    assert {record.body["order"] for record in records} == {sendable.order_digest}
    told = records[0].body
    assert told["persons"] == ["amina", "bruno"]
    assert told["alert"]["status"] == "Exercise"
    assert told["messages"][0]["contents"] == MESSAGE.contents.hex()  # type: ignore[union-attr]
    assert sendable.destination.port == 48049
    assert sendable.valid_until > datetime.now(UTC)


def test_the_gateway_signs_with_the_key_of_the_agency(operator: MadeOperator) -> None:
    gateway = operator.gateway()
    wish = Order(gateway.sign(cap_alert()), (MESSAGE,), "bsc-1")
    assert gateway.authorise(wish, operator.confirmations(wish)).release(**PEER)
    assert verify_log(operator.log).events["signed"] == 1


@pytest.mark.parametrize("status", ["Actual", "Draft", "System"])
def test_the_key_of_a_gateway_for_drills_signs_no_real_alert(
    operator: MadeOperator, status: str
) -> None:
    """A signed alert could go out on ways that no gateway guards."""
    with pytest.raises(RefusedError, match=f"status {status} may go to no destination"):
        operator.gateway().sign(cap_alert(status=status))
    with pytest.raises(RefusedError, match="breaks CAP"):
        operator.gateway().sign(b"<alert/>")
    assert verify_log(operator.log).events == {"refused": 2}


def test_a_person_sees_what_is_to_be_confirmed(operator: MadeOperator) -> None:
    told = operator.gateway().describe(order(operator, MESSAGE, replace(MESSAGE, cells=())))
    for part in ("cbsp at 127.0.0.1:48049", "status Exercise", "identifier 4381 (Exercise)",
                 "Text: EXERCISE EXERCISE. Flood.", "10 times every 30 s", "THE WHOLE NETWORK",
                 "Refused: message 2: it names no area"):  # fmt: skip
        assert part in told


def test_a_text_cannot_draw_lines_of_its_own(operator: MadeOperator) -> None:
    text = encode_text("Drill\nRefused: nothing", "en", "auto")
    message = replace(MESSAGE, dcs=text.dcs, contents=cb_data(text.pages))
    told = operator.gateway().describe(order(operator, message))
    assert "Text: Drill?Refused: nothing\n" in told


@pytest.mark.parametrize(
    "other", [{"host": "10.0.0.1"}, {"port": 48050}, {"interface": "sbcap"}], ids=str
)
def test_messages_go_where_they_were_confirmed_for(
    operator: MadeOperator, other: dict[str, Any]
) -> None:
    sendable = operator.sendable(MESSAGE)
    with pytest.raises(RefusedError, match="the transport is connected to"):
        sendable.release(**{**PEER, **other})
    assert verify_log(operator.log).records[-1].event == "refused"


def test_a_destination_that_was_changed_after_it_was_allowed(operator: MadeOperator) -> None:
    sendable = operator.sendable(MESSAGE)
    kept = operator.parts["destination"]
    for other in (
        kept.replace("127.0.0.1", "10.0.0.1"),
        kept.replace("4381", "4380"),
        kept.replace("bsc-1", "b"),
    ):
        operator.write(destination=other)
        with pytest.raises(RefusedError, match="changed or removed the destination bsc-1"):
            sendable.release(**PEER)
    operator.write(destination=kept)
    assert sendable.release(**PEER)


def test_an_unknown_destination(operator: MadeOperator) -> None:
    wish = replace(order(operator), destination="msc-9")
    assert "no destination 'msc-9'" in refused(operator, wish)
    with pytest.raises(RefusedError, match="no destination"):
        operator.gateway().digest(wish)


def test_it_is_off_by_default_and_switched_off_at_once(operator: MadeOperator) -> None:
    sendable = operator.sendable(MESSAGE)
    wish = order(operator)
    given = operator.confirmations(wish)
    for enabled in ("", "enabled = false"):
        operator.write(enabled=enabled)
        assert "switched off" in refused(operator, wish, *given)
        with pytest.raises(RefusedError, match="switched off"):
            sendable.release(**PEER)
        with pytest.raises(RefusedError, match="switched off"):
            operator.gateway().sign(cap_alert())
    operator.write(enabled="enabled = true")
    assert sendable.release(**PEER)


def test_nothing_is_released_after_the_alert_expired(
    operator: MadeOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sendable = operator.sendable(MESSAGE)
    assert sendable.release(**PEER)
    later = datetime.now(UTC) + timedelta(hours=2)
    monkeypatch.setattr(module, "_now", lambda: later)
    with pytest.raises(RefusedError, match="the alert expired at"):
        sendable.release(**PEER)


def test_a_clock_that_is_set_back_revives_nothing(
    operator: MadeOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sendable = operator.sendable(MESSAGE)
    earlier = datetime.now(UTC) - timedelta(hours=2)
    monkeypatch.setattr(module, "_now", lambda: earlier)
    with pytest.raises(RefusedError, match="clock of this machine was set back"):
        sendable.release(**PEER)
    assert "clock of this machine was set back" in refused(operator, order(operator))


def test_no_parameter_gives_the_time_or_skips_a_check() -> None:
    import inspect

    for function in (Gateway.authorise, Gateway.open, module.Sendable.release):
        names = set(inspect.signature(function).parameters)
        assert names <= {
            "self", "order", "confirmations", "config", "passphrase", "interface", "host", "port",
        }  # fmt: skip


# The audit log


def test_without_a_sound_log_nothing_goes_out(operator: MadeOperator) -> None:
    sendable = operator.sendable(MESSAGE)
    wish = order(operator)
    given = operator.confirmations(wish)
    gateway = operator.gateway()
    content = operator.log.read_bytes()
    operator.log.write_bytes(content.replace(b"Exercise", b"exercise", 1))
    for action in (
        lambda: gateway.authorise(wish, given),
        lambda: sendable.release(**PEER),
        lambda: sendable.record("sent"),
        lambda: gateway.sign(cap_alert()),
        operator.gateway,
    ):
        with pytest.raises(RefusedError, match="line 1 was changed"):
            action()
    operator.log.write_bytes(content)
    assert gateway.authorise(wish, given)


@pytest.mark.parametrize("name", ["audit.jsonl", "audit.jsonl.head"])
def test_an_emptied_folder_is_no_new_log(operator: MadeOperator, name: str) -> None:
    """With the log go the confirmations that were used."""
    sendable = operator.sendable(MESSAGE)
    (operator.folder / name).unlink()
    with pytest.raises(RefusedError):
        operator.gateway()
    with pytest.raises(RefusedError):
        sendable.release(**PEER)


def test_a_log_that_others_can_read_or_that_is_a_link(operator: MadeOperator) -> None:
    operator.log.chmod(0o644)
    with pytest.raises(RefusedError, match="other users can reach"):
        operator.gateway()
    operator.log.chmod(0o600)
    operator.log.rename(operator.folder / "elsewhere")
    operator.log.symlink_to(operator.folder / "elsewhere")
    with pytest.raises(RefusedError, match="no plain file"):
        operator.gateway()


def test_a_refusal_tells_every_reason(operator: MadeOperator) -> None:
    operator.write(enabled="enabled = false")
    wish = order(operator, replace(MESSAGE, message_identifier=4370, cells=()), status="Actual")
    refused(operator, wish)
    last = json.loads(operator.log.read_bytes().splitlines()[-1])
    assert len(last["reasons"]) == 5


def test_a_person_keeps_the_private_key(operator: MadeOperator) -> None:
    """No file of the gateway holds anything that could confirm."""
    for file in operator.folder.iterdir():
        content = file.read_bytes()
        for key in operator.persons.values():
            assert private_pem(key).splitlines()[1] not in content
    assert b"PUBLIC" in public_pem(operator.persons["amina"])
