"""Confirmations: of two persons, for one order, for a few minutes, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from made_gateway import (
    MESSAGE,
    MadeOperator,
    made_operator,
    order,
    private_pem,
    refused,
)

from ew4all.alerts import confirmation as confirmations
from ew4all.alerts import gateway as module
from ew4all.alerts.confirmation import Confirmation, confirm
from ew4all.alerts.order_text import for_person
from ew4all.alerts.wire.request import Stop
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def operator(tmp_path: Path) -> MadeOperator:
    return made_operator(tmp_path / "operator", whole_network=False)


def test_one_person_is_not_enough(operator: MadeOperator) -> None:
    wish = order(operator)
    assert "0 of 2 persons" in refused(operator, wish)
    assert "1 of 2 persons" in refused(operator, wish, *operator.confirmations(wish, "amina"))
    twice = operator.confirmations(wish, "amina", "amina")
    assert "1 of 2 persons" in refused(operator, wish, *twice)


def test_a_confirmation_works_once(operator: MadeOperator) -> None:
    wish = order(operator)
    given = operator.confirmations(wish)
    operator.gateway().authorise(wish, given)
    why = refused(operator, wish, *given)
    assert "confirmation of amina was used before" in why
    assert "confirmation of bruno was used before" in why
    mixed = (given[0], *operator.confirmations(wish, "chen"))
    assert "1 of 2 persons" in refused(operator, wish, *mixed)
    assert operator.gateway().authorise(wish, operator.confirmations(wish)), "asked for anew"


def test_a_confirmation_is_for_one_order(operator: MadeOperator) -> None:
    wish = order(operator)
    given = operator.confirmations(wish)
    for other in (
        replace(wish, messages=(replace(MESSAGE, cells=(1, 2, 3)),)),
        replace(wish, messages=(replace(MESSAGE, broadcasts=11),)),
        replace(wish, messages=(MESSAGE, MESSAGE)),
        replace(wish, alert=operator.signed(status="Test")),
    ):
        assert "is for another order" in refused(operator, other, *given)


def test_an_address_that_was_changed_after_the_confirmation(operator: MadeOperator) -> None:
    """The name stays, and the operator's file now points it at the live network."""
    wish = order(operator)
    given = operator.confirmations(wish)
    operator.write(destination=operator.parts["destination"].replace("127.0.0.1", "10.0.0.1"))
    assert "is for another order" in refused(operator, wish, *given)


def test_confirmations_that_somebody_made_up(operator: MadeOperator) -> None:
    wish = order(operator)
    digest = operator.gateway().digest(wish)
    good = operator.confirmations(wish)
    stranger = private_pem(ed25519.Ed25519PrivateKey.generate())
    for forged, reason in (
        (confirm("amina", digest, stranger), "not made with this person's key"),
        (confirm("mallory", digest, stranger), "'mallory' is nobody who may confirm"),
        (replace(good[0], person="chen"), "not made with this person's key"),
        (replace(good[0], nonce="0" * 32), "not made with this person's key"),
        (replace(good[0], expires=good[0].expires + timedelta(days=1)), "not made with"),
        (replace(good[0], signature=b""), "not made with this person's key"),
    ):
        why = refused(operator, wish, forged, good[1])
        assert reason in why
        assert "1 of 2 persons" in why


def test_a_confirmation_of_another_type_counts_for_nothing(operator: MadeOperator) -> None:
    """A subclass answers for another order than it tells."""
    wish = order(operator)
    digest = operator.gateway().digest(wish)
    old = replace(confirm("amina", "f" * 64, private_pem(operator.persons["amina"])))

    class Forged(Confirmation):
        def signed_content(self) -> bytes:
            return old.signed_content()

    forged = Forged("amina", digest, old.issued, old.expires, old.nonce, old.signature)
    good = operator.confirmations(wish, "bruno")
    assert "of another type" in refused(operator, wish, forged, *good)
    assert "of another type" in refused(operator, wish, object(), *good)  # type: ignore[arg-type]


def test_a_confirmation_expires(operator: MadeOperator, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = order(operator)
    given = operator.confirmations(wish)
    later = datetime.now(UTC) + timedelta(minutes=11)
    monkeypatch.setattr(module, "_now", lambda: later)
    assert "expired at" in refused(operator, wish, *given)


def test_a_confirmation_from_the_future_or_for_too_long(
    operator: MadeOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = order(operator)
    digest = operator.gateway().digest(wish)
    key = operator.persons["amina"]
    now = datetime.now(UTC)

    def made(issued: datetime, expires: datetime) -> Confirmation:
        blank = Confirmation("amina", digest, issued, expires, "n", b"")
        return replace(blank, signature=key.sign(blank.signed_content()))

    future = made(now + timedelta(minutes=5), now + timedelta(minutes=9))
    long = made(now, now + timedelta(days=1))
    good = operator.confirmations(wish, "bruno")
    assert "from the future" in refused(operator, wish, future, *good)
    assert "valid for longer" in refused(operator, wish, long, *good)
    monkeypatch.setattr(confirmations, "LONGEST", timedelta(days=2))
    assert operator.gateway().authorise(wish, (long, *good)), "the rule is what refused it"


def test_a_confirmation_travels_as_text(operator: MadeOperator) -> None:
    wish = order(operator)
    for given in operator.confirmations(wish):
        assert Confirmation.from_text(given.to_text()) == given
    for text in (
        "",
        "[]",
        "{}",
        '{"person": 1}',
        "[" * 100_000,
        given.to_text().replace("+00:00", ""),
    ):
        with pytest.raises(RefusedError, match="no confirmation"):
            Confirmation.from_text(text)


# The order, as a person's own machine sees it


def test_a_person_works_out_the_digest_at_an_own_machine(operator: MadeOperator) -> None:
    area = replace(MESSAGE, area_coordinates=b"\x10\x0c\xff", tac=(7,), cells=())
    wish = order(operator, MESSAGE, area, Stop(4381, 0x4000, cells=(1,)))
    gateway = operator.gateway()
    words, digest = for_person(gateway.order_text(wish))
    assert digest == gateway.digest(wish)
    seen = gateway.describe(wish).splitlines()
    assert [line for line in seen if not line.startswith("Until")] == words.splitlines()
    key = private_pem(operator.persons["amina"])
    given = [confirm("amina", digest, key), *operator.confirmations(wish, "bruno")]
    assert gateway.authorise(wish, given)


def test_an_order_that_was_changed_on_its_way_has_another_digest(operator: MadeOperator) -> None:
    wish = order(operator)
    text = operator.gateway().order_text(wish)
    for old, new in (("4381", "4380"), ("127.0.0.1", "127.0.0.2"), ('"PD94', '"PD95')):
        assert old in text
        assert for_person(text.replace(old, new, 1))[1] != operator.gateway().digest(wish)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "x"),
        ('"schema"', '"skema"'),
        ("order/1", "order/2"),
        ('"kind": "WriteReplace"', '"kind": "Sendable"'),
        ('"serial_number"', '"number"'),
        ('"serial_number": 16400', '"serial_number": 99999'),
        ('"port": 48049', '"port": "48049"'),
        ('"host"', '"hots"'),
        ('"interface": "cbsp"', '"interface": 1'),
        ('"contents": "', '"contents": "zz'),
        ('"messages": [', '"messages": [[],'),
        ('"alert": "', '"alert": "!'),
    ],
)
def test_what_is_no_order_is_not_shown(operator: MadeOperator, old: str, new: str) -> None:
    text = operator.gateway().order_text(order(operator))
    assert old in text
    with pytest.raises(RefusedError, match="no order to confirm"):
        for_person(text.replace(old, new, 1))
