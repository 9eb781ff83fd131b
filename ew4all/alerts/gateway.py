"""The only way out: what may be sent to a network, and who made sure of that.

A transport accepts `Sendable` and nothing else, and only `Gateway.authorise` makes one. The lock
does not rest on the caller's good will:

- a `Sendable` is an empty handle. What it stands for lies in a register that this module keeps, so
  an object that was made in another way (``object.__new__``, a copy, a pickle, a subclass) stands
  for nothing and is refused;
- its messages come out through `Sendable.release` alone, which reads the operator's file again,
  asks the clock of the machine, and writes a line to the audit log before it gives anything;
- there is no parameter for the time, none that skips a check, and no default path of a
  configuration.

Python cannot keep code in the same process from reaching into a module on purpose. A machine that
plays exercises therefore has no operator's file and no signing key: without them nothing here
opens, whatever the code does.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Never, NoReturn, Self, final
from weakref import WeakKeyDictionary

from ew4all.alerts.audit import AuditLog
from ew4all.alerts.confirmation import Confirmation, unconfirmed
from ew4all.alerts.guarded_file import must_be_guarded
from ew4all.alerts.operator_file import Destination, OperatorFile, read_operator_file
from ew4all.alerts.order import Message, Order, digest_of, message_record
from ew4all.alerts.order_rules import Ruling, judge, why_not_signed
from ew4all.alerts.order_text import text_of
from ew4all.alerts.order_words import words_of
from ew4all.alerts.signature import sign
from ew4all.errors import AuditError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ew4all.alerts.audit import Entry

__all__ = ["Confirmation", "Gateway", "Message", "Order", "Sendable"]


@final
class Sendable:
    """Messages that the gateway allows to be sent; made by `Gateway.authorise` only.

    Raises
    ------
    RefusedError
        Whatever tries to make, copy, pickle, change or subclass one; and every use of one that the
        gateway did not make.
    """

    __slots__ = ("__weakref__",)

    def __new__(cls, _nobody: Never) -> Self:
        """Refuse: the gateway alone makes one. No argument has the type that is asked for."""
        _forged("made")

    def __init_subclass__(cls, **_: object) -> NoReturn:
        """Refuse a subclass, which could answer differently."""
        _forged("subclassed")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse a change."""
        _forged("changed")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse a change."""
        _forged("changed")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be pickled or copied."""
        _forged("copied or stored")

    def __copy__(self) -> NoReturn:
        """Refuse to be copied."""
        _forged("copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        """Refuse to be copied."""
        _forged("copied")

    def __repr__(self) -> str:
        """Tell which order it stands for."""
        grant = _GRANTS.get(self)
        return "<Sendable: forged>" if grant is None else f"<Sendable: order {grant.digest[:16]}>"

    @property
    def destination(self) -> Destination:
        """Where it may be sent, and nowhere else."""
        return _grant(self).destination

    @property
    def order_digest(self) -> str:
        """SHA-256 of the order that two persons confirmed, in hex digits."""
        return _grant(self).digest

    @property
    def valid_until(self) -> datetime:
        """After this moment nothing is released any more: the alert has expired."""
        return _grant(self).valid_until

    def release(self, *, interface: str, host: str, port: int) -> tuple[Message, ...]:
        """Give the messages to the transport that is connected to their destination.

        A transport calls this each time that it sends them, also when it sends them again after
        the peer restarted. Each call is a line in the audit log, written before it returns.

        Parameters
        ----------
        interface, host, port
            Where the transport is connected, to be compared with the destination.

        Raises
        ------
        RefusedError
            Another peer than the destination; the alert expired; the operator switched the gateway
            off, changed the destination, or the audit log is damaged or cannot be written.
        """
        return _release(_grant(self), interface, host, port)

    def record(self, outcome: str, detail: str = "") -> None:
        """Write to the audit log what became of it: sent, answered, failed, timed out.

        Raises
        ------
        RefusedError
            The audit log is damaged or cannot be written; stop sending.
        """
        grant = _grant(self)
        told = {"order": grant.digest, "outcome": str(outcome), "detail": str(detail)}
        with _locked(_operator(grant.config, grant.passphrase)) as entry:
            entry.append("outcome", told)


class Gateway:
    """The gateway of one operator. It holds the name of a file and no decision: each is made anew.

    Raises
    ------
    RefusedError
        The operator's file, or a file that it names, is missing or doubtful; or the audit log is
        missing or damaged.
    """

    def __init__(self, config: Path, *, passphrase: bytes | None = None) -> None:
        self._config = Path(config)
        self._passphrase = passphrase
        with _locked(_operator(self._config, passphrase)):
            pass  # the whole log was checked

    @classmethod
    def open(cls, config: Path, *, passphrase: bytes | None = None) -> Gateway:
        """Open the gateway that an operator's file describes; `passphrase` is of the signing key."""
        return cls(config, passphrase=passphrase)

    def sign(self, alert: bytes) -> bytes:
        """Sign an alert with the agency's key; it still needs the confirmations to be sent.

        Raises
        ------
        RefusedError
            The gateway is switched off, or alerts of this status may go to none of its
            destinations: the key of a gateway for drills signs no real alert.
        SigningError
            The signature could not be made.
        """
        operator = _operator(self._config, self._passphrase)
        reasons = why_not_signed(alert, operator)
        told = {"alert_sha256": sha256(alert).hexdigest(), "operator_sha256": operator.sha256}
        with _locked(operator) as entry:
            if reasons:
                entry.append("refused", {**told, "reasons": reasons})
                msg = f"nothing is signed: {'; '.join(reasons)}"
                raise RefusedError(msg)
            entry.append("signed", told)
        return sign(alert, operator.key_pem, operator.certificate_pem, passphrase=self._passphrase)

    def digest(self, order: Order) -> str:
        """Return the digest that two persons confirm.

        Raises
        ------
        RefusedError
            There is no such destination.
        """
        return digest_of(order, _destination(order, _operator(self._config, self._passphrase)))

    def describe(self, order: Order) -> str:
        """Return what a person must see before confirming: alert, messages, destination, digest.

        Raises
        ------
        RefusedError
            There is no such destination.
        """
        operator = _operator(self._config, self._passphrase)
        digest = digest_of(order, _destination(order, operator))
        return words_of(order, judge(order, operator, _now()), digest)

    def order_text(self, order: Order) -> str:
        """Return the order as text, for the persons' own machines (`ew4all.alerts.order_text`).

        Raises
        ------
        RefusedError
            There is no such destination.
        """
        return text_of(order, _destination(order, _operator(self._config, self._passphrase)))

    def authorise(self, order: Order, confirmations: Sequence[Confirmation]) -> Sendable:
        """Give what a transport accepts, if nothing at all speaks against it.

        Parameters
        ----------
        order
            A signed alert, its messages and the name of a destination.
        confirmations
            Of two different persons, for this very order, not used before.

        Raises
        ------
        RefusedError
            With every reason. The refusal is in the audit log, if the log can be written.
        MessageError
            A message was forced out of its ranges after it was made.
        """
        if type(order) is not Order:
            msg = "an order is needed, of exactly that type; nothing is sent"
            raise RefusedError(msg)
        # Copies, checked anew: whoever keeps the parts, or another thread, cannot change what is
        # judged, confirmed, written down and sent.
        order = Order(order.alert, tuple(map(replace, order.messages)), order.destination)
        given = tuple(replace(c) if type(c) is Confirmation else c for c in confirmations)
        operator = _operator(self._config, self._passphrase)
        with _locked(operator) as entry:
            now = _now()
            return self._decide(order, given, operator, judge(order, operator, now), entry, now)

    def _decide(
        self,
        order: Order,
        confirmations: tuple[Confirmation, ...],
        operator: OperatorFile,
        ruling: Ruling,
        entry: Entry,
        now: datetime,
    ) -> Sendable:
        destination, valid_until = ruling.destination, ruling.valid_until
        reasons = [*ruling.reasons, *_set_back(entry, now)]
        digest = "" if destination is None else digest_of(order, destination)
        used = {
            nonce
            for record in entry.records
            if record.event == "authorised"
            for nonce in record.body["nonces"]
        }
        reasons += unconfirmed(confirmations, operator.persons, digest, used, now)
        told = {
            "order": digest,
            "operator_sha256": operator.sha256,
            "alert_sha256": sha256(order.alert).hexdigest(),
            "alert": None
            if ruling.alert is None
            else {
                "sender": ruling.alert.sender,
                "identifier": ruling.alert.identifier,
                "sent": ruling.alert.sent.isoformat(),
                "status": ruling.alert.status.value,
                "msg_type": ruling.alert.msg_type.value,
            },
            "destination": order.destination,
            "messages": [message_record(message) for message in order.messages],
            "persons": [c.person for c in confirmations if type(c) is Confirmation],
            "nonces": [c.nonce for c in confirmations if type(c) is Confirmation],
        }
        if reasons or destination is None or valid_until is None:
            entry.append("refused", {**told, "reasons": reasons})
            msg = f"nothing is sent: {'; '.join(reasons)}"
            raise RefusedError(msg)
        entry.append("authorised", {**told, "valid_until": valid_until.isoformat()})
        return _sendable(
            _Grant(digest, destination, order.messages, valid_until, self._config, self._passphrase)
        )


@dataclass(frozen=True, repr=False)
class _Grant:
    """What one Sendable stands for."""

    digest: str
    destination: Destination
    messages: tuple[Message, ...]
    valid_until: datetime
    config: Path
    passphrase: bytes | None


_GRANTS: WeakKeyDictionary[Sendable, _Grant] = WeakKeyDictionary()


def _sendable(grant: _Grant) -> Sendable:
    handle = object.__new__(Sendable)
    _GRANTS[handle] = grant
    return handle


def _grant(handle: object) -> _Grant:
    # The exact type: a look-alike with the hash of a real handle would otherwise find its grant.
    grant = _GRANTS.get(handle) if type(handle) is Sendable else None
    if grant is None:
        msg = (
            "this Sendable was not made by the gateway, so nothing is sent; ask Gateway.authorise "
            "for one"
        )
        raise RefusedError(msg)
    return grant


def _release(grant: _Grant, interface: str, host: str, port: int) -> tuple[Message, ...]:
    operator = _operator(grant.config, grant.passphrase)
    to = grant.destination
    with _locked(operator) as entry:
        now = _now()
        reasons = _set_back(entry, now)
        if not operator.enabled:
            reasons.append("the gateway was switched off")
        if operator.destinations.get(to.name) != to:
            reasons.append(f"the operator changed or removed the destination {to.name}")
        if (interface, host, port) != (to.interface, to.host, to.port):
            reasons.append(
                f"it is for {to.interface} at {to.host}:{to.port}, and the transport is connected "
                f"to {interface} at {host}:{port}"
            )
        if now >= grant.valid_until:
            reasons.append(f"the alert expired at {grant.valid_until.isoformat()}")
        told = {"order": grant.digest, "interface": interface, "host": host, "port": port}
        if reasons:
            entry.append("refused", {**told, "reasons": reasons})
            msg = f"nothing is sent: {'; '.join(reasons)}"
            raise RefusedError(msg)
        entry.append("released", told)
    return tuple(map(replace, grant.messages))


def _destination(order: Order, operator: OperatorFile) -> Destination:
    destination = operator.destinations.get(order.destination)
    if destination is None:
        msg = f"there is no destination {order.destination!r} in the operator's file"
        raise RefusedError(msg)
    return destination


def _operator(config: Path, passphrase: bytes | None) -> OperatorFile:
    return read_operator_file(config, passphrase)


@contextmanager
def _locked(operator: OperatorFile) -> Iterator[Entry]:
    """Hold the audit log; whatever is wrong with it is a reason to send nothing."""
    must_be_guarded(operator.log)
    try:
        with AuditLog(operator.log).locked() as entry:
            yield entry
    except AuditError as error:
        msg = f"nothing is sent: {error}"
        raise RefusedError(msg) from error


def _set_back(entry: Entry, now: datetime) -> list[str]:
    """Return a reason where the clock runs behind the audit log: an expired alert could revive."""
    if not entry.records:
        return []
    last = datetime.fromisoformat(entry.records[-1].time)
    if now < last - timedelta(seconds=1):
        return [f"the clock of this machine was set back behind the audit log ({last.isoformat()})"]
    return []


def _now() -> datetime:
    return datetime.now(UTC)


def _forged(done: str) -> NoReturn:
    msg = f"a Sendable cannot be {done}: Gateway.authorise alone makes one, for a confirmed order"
    raise RefusedError(msg)
