"""Confirmation of an order by a person, with a key that only this person holds (Ed25519, RFC 8032).

The gateway knows public keys alone, so neither its machine nor its configuration can confirm
anything. A confirmation is for one order, for a few minutes, and for one use.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ew4all.errors import RefusedError, SigningError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["LONGEST", "Confirmation", "confirm", "unconfirmed", "why_not"]

PERSONS_NEEDED: Final = 2

LONGEST: Final = timedelta(minutes=30)
"""Longest life of a confirmation; a person who confirmed an hour ago does not know what is so now."""

CLOCK_SKEW: Final = timedelta(seconds=60)
"""By how much the clocks of two machines may differ."""


@dataclass(frozen=True)
class Confirmation:
    """One person's word for one order. `nonce` makes it unlike every other, so it is used once."""

    person: str
    order_digest: str
    issued: datetime
    expires: datetime
    nonce: str
    signature: bytes

    def __post_init__(self) -> None:
        """Take exact types and aware times only."""
        texts, times = (self.person, self.order_digest, self.nonce), (self.issued, self.expires)
        exact = (
            all(type(text) is str for text in texts)
            and all(type(time) is datetime and time.tzinfo is not None for time in times)
            and type(self.signature) is bytes
        )
        if not exact:
            msg = "this is no confirmation: a part of it is of the wrong kind; ask for a new one"
            raise RefusedError(msg)

    def signed_content(self) -> bytes:
        """Return what the person's key signs."""
        told = {
            "purpose": "ew4all confirmation 1",
            "person": self.person,
            "order": self.order_digest,
            "issued": self.issued.astimezone(UTC).isoformat(),
            "expires": self.expires.astimezone(UTC).isoformat(),
            "nonce": self.nonce,
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")

    def to_text(self) -> str:
        """Return it as one line of JSON, to be carried to the gateway."""
        told = json.loads(self.signed_content())
        told["signature"] = base64.b64encode(self.signature).decode("ascii")
        return json.dumps(told, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Confirmation:
        """Read what `to_text` wrote.

        Raises
        ------
        RefusedError
            It is something else.
        """
        try:
            told = json.loads(text)
            issued, expires = (datetime.fromisoformat(told[key]) for key in ("issued", "expires"))
            signature = base64.b64decode(told["signature"], validate=True)
            person, order, nonce = told["person"], told["order"], told["nonce"]
        except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
            msg = f"this is no confirmation ({error}); ask the person for a new one"
            raise RefusedError(msg) from error
        return cls(person, order, issued, expires, nonce, signature)


def confirm(
    person: str,
    order_digest: str,
    key_pem: bytes,
    *,
    passphrase: bytes | None = None,
    valid_for: timedelta = timedelta(minutes=10),
) -> Confirmation:
    """Confirm an order, at the person's own machine.

    Parameters
    ----------
    person
        As the operator's file names this person.
    order_digest
        What `Gateway.digest` gave for the order; the person has seen the order itself.
    key_pem, passphrase
        The person's private key (Ed25519).
    valid_for
        At most 30 minutes.

    Raises
    ------
    SigningError
        The key cannot be used.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(key_pem, password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"the key of {person} cannot be read ({error}); nothing is confirmed"
        raise SigningError(msg) from error
    if not isinstance(key, Ed25519PrivateKey):
        msg = f"the key of {person} is no Ed25519 key, which confirmations need"
        raise SigningError(msg)
    if not timedelta(0) < valid_for <= LONGEST:
        msg = f"a confirmation is valid for {LONGEST} at most, not for {valid_for}"
        raise SigningError(msg)
    now = datetime.now(UTC)
    blank = Confirmation(person, order_digest, now, now + valid_for, secrets.token_hex(16), b"")
    return Confirmation(
        person, order_digest, now, blank.expires, blank.nonce, key.sign(blank.signed_content())
    )


def unconfirmed(
    confirmations: Sequence[Confirmation],
    persons: Mapping[str, Ed25519PublicKey],
    order_digest: str,
    used: AbstractSet[str],
    now: datetime,
) -> list[str]:
    """Return why the confirmations are not those of two persons; nothing where they are.

    Parameters
    ----------
    persons
        Who may confirm, and with which key.
    used
        Nonces of confirmations that have done their work.
    """
    reasons, agreed = [], set()
    for confirmation in confirmations:
        if type(confirmation) is not Confirmation:  # a subclass could say what it likes
            reasons.append("a confirmation is of another type")
            continue
        key = persons.get(confirmation.person)
        if key is None:
            reasons.append(f"{confirmation.person!r} is nobody who may confirm")
            continue
        why = why_not(confirmation, key, order_digest, now)
        if why is None and confirmation.nonce in used:
            why = f"the confirmation of {confirmation.person} was used before"
        if why is None:
            agreed.add(confirmation.person)
        else:
            reasons.append(why)
    if len(agreed) < PERSONS_NEEDED:
        reasons.append(
            f"{len(agreed)} of {PERSONS_NEEDED} persons confirmed this order; "
            f"{', '.join(sorted(persons))} may"
        )
    return reasons


def why_not(
    confirmation: Confirmation, key: Ed25519PublicKey, order_digest: str, now: datetime
) -> str | None:
    """Return why a confirmation does not count for an order; None where it does."""
    from cryptography.exceptions import InvalidSignature

    who = f"the confirmation of {confirmation.person}"
    try:
        key.verify(confirmation.signature, confirmation.signed_content())
    except InvalidSignature:
        return f"{who} was not made with this person's key"
    if confirmation.order_digest != order_digest:
        return f"{who} is for another order"
    if confirmation.expires - confirmation.issued > LONGEST:
        return f"{who} is valid for longer than {LONGEST}"
    if confirmation.issued > now + CLOCK_SKEW:
        return f"{who} comes from the future; set the clocks"
    if confirmation.expires <= now:
        return f"{who} expired at {confirmation.expires.isoformat()}"
    return None
