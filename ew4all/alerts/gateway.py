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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, final
from weakref import WeakKeyDictionary

from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ew4all.alerts.operator_file import Destination
    from ew4all.alerts.wire.request import Stop, WriteReplace

__all__ = ["Message", "Sendable"]

Message: TypeAlias = "WriteReplace | Stop"


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

    def __new__(cls, *_: object, **__: object) -> NoReturn:
        """Refuse: the gateway alone makes one."""
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
        grant = _grant(self)
        return grant.release(grant, interface, host, port)

    def record(self, outcome: str, detail: str = "") -> None:
        """Write to the audit log what became of it: sent, answered, failed, timed out.

        Raises
        ------
        RefusedError
            The audit log is damaged or cannot be written; stop sending.
        """
        grant = _grant(self)
        grant.record(grant, outcome, detail)


@dataclass(frozen=True)
class _Grant:
    """What one Sendable stands for."""

    digest: str
    destination: Destination
    messages: tuple[Message, ...]
    valid_until: datetime
    release: Callable[[_Grant, str, str, int], tuple[Message, ...]]
    record: Callable[[_Grant, str, str], None]


_GRANTS: WeakKeyDictionary[Sendable, _Grant] = WeakKeyDictionary()


def _sendable(grant: _Grant) -> Sendable:
    handle: Any = object.__new__(Sendable)
    _GRANTS[handle] = grant
    made: Sendable = handle
    return made


def _grant(handle: Sendable) -> _Grant:
    # The exact type: a look-alike with the hash of a real handle would otherwise find its grant.
    grant = _GRANTS.get(handle) if type(handle) is Sendable else None
    if grant is None:
        msg = "this Sendable was not made by the gateway, so nothing is sent; ask Gateway.authorise for one"
        raise RefusedError(msg)
    return grant


def _forged(done: str) -> NoReturn:
    msg = f"a Sendable cannot be {done}: Gateway.authorise alone makes one, for a confirmed order"
    raise RefusedError(msg)
