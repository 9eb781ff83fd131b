"""The operator's configuration file: who may send what, where to, and who must agree.

It lies outside every scenario, is named by its full path by the program that sends, and is looked
for nowhere. Whatever is doubtful in it is refused, all reasons at once: a missing or unknown key,
a file that others can read or change, one key for two persons. The gateway is off unless the file
says ``enabled = true``. docs/gateway.md shows a whole file.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.alerts.drill import DrillIdentifier, DrillStatus
from ew4all.alerts.guarded_file import guarded_bytes
from ew4all.alerts.operator_keys import confirmation_key, must_fit
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["DRILLS", "DRILL_STATUSES", "Destination", "OperatorFile", "read_operator_file"]

DRILLS: Final = frozenset(int(identifier) for identifier in DrillIdentifier)
DRILL_STATUSES: Final = frozenset({DrillStatus.EXERCISE.value, DrillStatus.TEST.value})
# Drafts and System messages go to nobody (OASIS CAP 1.2, section 3.2.1, status).
STATUSES: Final = frozenset({"Actual", *DRILL_STATUSES})
INTERFACES: Final = frozenset({"cbsp", "ngap", "s1ap", "sbcap"})
OLDEST_ALERT_MINUTES: Final = 60
"""How long after `sent` an alert may still be sent, where the file says nothing; our own choice."""


@dataclass(frozen=True)
class Destination:
    """A network element that the operator named, and what may be sent to it.

    `interface` is one of cbsp, sbcap, s1ap, ngap. `statuses` are the CAP statuses and
    `identifiers` the message identifiers that may go there. `whole_network`: messages that name no
    cells and no tracking areas are allowed, and so is a Stop of all messages.
    """

    name: str
    interface: str
    host: str
    port: int
    statuses: frozenset[str]
    identifiers: frozenset[int]
    whole_network: bool = False


@dataclass(frozen=True)
class OperatorFile:
    """What the file says, checked. `sha256` is that of the file, for the audit log."""

    enabled: bool
    certificate_pem: bytes
    key_pem: bytes = field(repr=False)
    log: Path
    persons: Mapping[str, Ed25519PublicKey]
    destinations: Mapping[str, Destination]
    oldest_alert: timedelta
    sha256: str


def read_operator_file(path: Path, passphrase: bytes | None = None) -> OperatorFile:
    """Read the operator's file and all files that it names.

    Parameters
    ----------
    path
        In full, from the root: nothing is looked for.
    passphrase
        Of the signing key, where it is encrypted.

    Raises
    ------
    RefusedError
        With every reason that was found.
    """
    path = Path(path)
    if not path.is_absolute():
        msg = f"the operator's file must be named by its full path, and {path} is not; nothing is sent"
        raise RefusedError(msg)
    content = guarded_bytes(path, secret=False)
    try:
        told = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        msg = f"the operator's file {path} is no TOML file ({error}); nothing is sent"
        raise RefusedError(msg) from error
    reader = _Reader(path.parent)
    made = reader.file(told, hashlib.sha256(content).hexdigest(), passphrase)
    if made is None or reader.reasons:
        msg = f"the operator's file {path} is refused, and nothing is sent: {'; '.join(reader.reasons)}"
        raise RefusedError(msg)
    return made


class _Reader:
    """Collects what is wrong while it reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reasons: list[str] = []

    def file(
        self, told: dict[str, Any], sha256: str, passphrase: bytes | None
    ) -> OperatorFile | None:
        wanted = {"enabled", "signing", "audit", "limits", "persons", "destinations"}
        self.must_know(told, wanted, "the file")
        enabled = told.get("enabled", False)
        if not isinstance(enabled, bool):
            self.reasons.append("enabled must be true or false")
        signing = self.table(told, "signing", {"certificate", "key"})
        certificate = self.named(signing, "certificate", "signing", secret=False)
        key = self.named(signing, "key", "signing", secret=True)
        if certificate and key:
            try:
                must_fit(certificate, key, passphrase)
            except RefusedError as error:
                self.reasons.append(str(error))
        audit = self.table(told, "audit", {"log"})
        log = self.path(audit.get("log"), "audit.log")
        limits = told.get("limits", {})
        oldest = OLDEST_ALERT_MINUTES
        if isinstance(limits, dict):
            self.must_know(limits, {"oldest_alert_minutes"}, "limits")
            oldest = limits.get("oldest_alert_minutes", oldest)
        if not _whole(oldest, 1, 24 * 60):
            self.reasons.append("limits.oldest_alert_minutes must be 1 to 1440")
            return None
        persons = self.persons(told.get("persons"))
        destinations = self.destinations(told.get("destinations"))
        if log is None or self.reasons:
            return None
        return OperatorFile(
            enabled is True,
            certificate,
            key,
            log,
            persons,
            destinations,
            timedelta(minutes=oldest),
            sha256,
        )

    def persons(self, told: object) -> dict[str, Ed25519PublicKey]:
        """Read the keys of those who confirm; two keys that are the same would be one person."""
        if not isinstance(told, dict) or len(told) < 2:
            self.reasons.append("persons must name two persons at least, each with a public_key")
            return {}
        found: dict[str, Ed25519PublicKey] = {}
        owners: dict[bytes, str] = {}
        for name, entry in told.items():
            where = f"persons.{name}"
            if not isinstance(entry, dict):
                self.reasons.append(f"{where} must be a table")
                continue
            self.must_know(entry, {"public_key"}, where)
            pem = self.named(entry, "public_key", where, secret=False)
            if not pem:
                continue
            try:
                found[name] = confirmation_key(pem, where)
            except RefusedError as error:
                self.reasons.append(str(error))
                continue
            raw = found[name].public_bytes_raw()
            if raw in owners:
                self.reasons.append(f"{where} and persons.{owners[raw]} have the same key")
            owners[raw] = name
        return found

    def destinations(self, told: object) -> dict[str, Destination]:
        if not isinstance(told, dict) or not told:
            self.reasons.append("destinations must name one destination at least")
            return {}
        found = {}
        for name, entry in told.items():
            if isinstance(entry, dict):
                destination = self.destination(name, entry)
                if destination is not None:
                    found[name] = destination
            else:
                self.reasons.append(f"destinations.{name} must be a table")
        return found

    def destination(self, name: str, told: dict[str, Any]) -> Destination | None:
        where = f"destinations.{name}"
        wanted = {"interface", "host", "port", "statuses", "identifiers", "whole_network"}
        self.must_know(told, wanted, where)
        before = len(self.reasons)
        interface, host, port = (told.get(key) for key in ("interface", "host", "port"))
        if interface not in INTERFACES:
            self.reasons.append(f"{where}.interface must be one of {', '.join(sorted(INTERFACES))}")
        if not isinstance(host, str) or not host.strip() or not host.isascii():
            self.reasons.append(f"{where}.host must be a name or an address")
        if not _whole(port, 1, 65_535):
            self.reasons.append(f"{where}.port must be 1 to 65535")
        statuses, identifiers = told.get("statuses"), told.get("identifiers")
        if (
            not isinstance(statuses, list)
            or not statuses
            or not all(isinstance(status, str) and status in STATUSES for status in statuses)
        ):
            self.reasons.append(f"{where}.statuses must list some of {', '.join(sorted(STATUSES))}")
        if (
            not isinstance(identifiers, list)
            or not identifiers
            or not all(_whole(identifier, 0, 0xFFFF) for identifier in identifiers)
        ):
            self.reasons.append(f"{where}.identifiers must list message identifiers")
        if not isinstance(told.get("whole_network", False), bool):
            self.reasons.append(f"{where}.whole_network must be true or false")
        if len(self.reasons) > before or statuses is None or identifiers is None:
            return None
        live = sorted(set(identifiers) - DRILLS)
        if "Actual" not in statuses and live:
            self.reasons.append(
                f"{where} is for drills and lists the live identifier {live[0]}; remove it"
            )
        return Destination(
            name,
            str(interface),
            str(host),
            int(port or 0),
            frozenset(statuses),
            frozenset(identifiers),
            told.get("whole_network", False),
        )

    def table(self, told: dict[str, Any], key: str, wanted: set[str]) -> dict[str, Any]:
        held = told.get(key)
        if not isinstance(held, dict):
            self.reasons.append(f"there is no table [{key}] with {' and '.join(sorted(wanted))}")
            return {}
        self.must_know(held, wanted, key)
        return held

    def must_know(self, told: dict[str, Any], wanted: set[str], where: str) -> None:
        for key in sorted(set(told) - wanted):
            self.reasons.append(f"{where} holds {key!r}, which is no key of it")

    def path(self, told: object, what: str) -> Path | None:
        if not isinstance(told, str) or not told.strip():
            self.reasons.append(f"{what} must name a file")
            return None
        return self.folder / told

    def named(self, told: dict[str, Any], key: str, where: str, *, secret: bool) -> bytes:
        """Read a file that the operator's file names; empty where that was refused."""
        path = self.path(told.get(key), f"{where}.{key}")
        if path is None:
            return b""
        try:
            return guarded_bytes(path, secret=secret)
        except RefusedError as error:
            self.reasons.append(str(error))
            return b""


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
