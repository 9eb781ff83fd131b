"""The audit log: one line for everything that was sent or refused, each bound to the one before.

A line is a JSON object in canonical form (sorted keys, no blanks, ASCII). Its `hash` is the SHA-256
of the line without it, and `previous` is the hash of the line before, so a changed, inserted,
missing or exchanged line is found. The head, in a file beside the log, says how many lines there
are and what the last hash is, so a cut tail is found too.

Whoever can write both files can write a whole new log. Note the head elsewhere from time to time
(``ew4all alert audit`` prints it): a log that does not contain a head noted before was rewritten.

This module opens files, and it is the only one in this package besides the gateway and the
transports that does.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["GENESIS", "Audit", "AuditLog", "AuditRecord", "Entry", "verify_log"]

GENESIS: Final = "0" * 64
"""What the first line names as the hash before it."""

LOCK_WAIT_S = 10.0
_OWN = {"number", "time", "event", "previous", "hash"}


@dataclass(frozen=True)
class AuditRecord:
    """One line of the log; `number` counts from 1, `body` is all that is not bookkeeping."""

    number: int
    time: str
    event: str
    body: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Audit:
    """A log that holds together. `interrupted`: the last line was being written when power failed."""

    records: tuple[AuditRecord, ...]
    head: str
    interrupted: bool

    @property
    def events(self) -> dict[str, int]:
        """How many lines there are of each kind."""
        return dict(sorted(Counter(record.event for record in self.records).items()))


def verify_log(path: Path, *, noted: str | None = None) -> Audit:
    """Check a whole log against itself and against its head.

    Parameters
    ----------
    path
        The log; its head lies beside it, with ``.head`` behind the name.
    noted
        A head that was noted at another place before: one of the lines must have it.

    Raises
    ------
    AuditError
        A line was changed, inserted, exchanged or taken out, the end was cut off, or a file is
        missing.
    """
    return _State.read(path).audit(noted)


class AuditLog:
    """A log that is open for new lines, for several writers on one machine (POSIX file locks).

    Raises
    ------
    AuditError
        The log or its head is missing. A log is made by `create` and never by opening it: an
        emptied folder must not pass for a new log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not (path.is_file() and _head_of(path).is_file()):
            msg = (
                f"there is no audit log {path} with its head; make one once with "
                f"AuditLog.create, and if there was one, find out who removed it"
            )
            raise AuditError(msg)

    @classmethod
    def create(cls, path: Path) -> AuditLog:
        """Make an empty log.

        Raises
        ------
        AuditError
            There is a file of that name already, or it cannot be written.
        """
        if os.name != "posix":
            msg = (
                "the audit log needs the file locks of a POSIX system, so nothing may be sent here"
            )
            raise AuditError(msg)
        if path.exists() or _head_of(path).exists():
            msg = f"{path} or its head is there already; a log is never made anew over another one"
            raise AuditError(msg)
        try:
            _write(path, b"", os.O_CREAT | os.O_EXCL)
            _write_head(path, 0, GENESIS, None)
        except OSError as error:
            msg = f"the audit log {path} cannot be made ({error})"
            raise AuditError(msg) from error
        return cls(path)

    @contextmanager
    def locked(self) -> Iterator[Entry]:
        """Hold the log alone: what is read from it stays true until the new line is written.

        Raises
        ------
        AuditError
            The log does not hold together, another process holds it too long, or it cannot be
            written.
        """
        try:
            with _lock(self.path):
                state = _State.read(self.path)
                state.repair()
                yield Entry(self.path, state)
        except OSError as error:
            msg = f"the audit log {self.path} cannot be written ({error}), so nothing may be sent"
            raise AuditError(msg) from error

    def append(self, event: str, body: Mapping[str, Any]) -> AuditRecord:
        """Write one line; it is on disk when this returns."""
        with self.locked() as entry:
            return entry.append(event, body)


class Entry:
    """The log while it is locked."""

    def __init__(self, path: Path, state: _State) -> None:
        self._path = path
        self._records = list(state.records)

    @property
    def records(self) -> tuple[AuditRecord, ...]:
        """All lines, checked."""
        return tuple(self._records)

    def append(self, event: str, body: Mapping[str, Any]) -> AuditRecord:
        """Write one line; it is on disk when this returns.

        Raises
        ------
        AuditError
            `body` holds a name that the log uses itself, or what JSON cannot write.
        """
        number = len(self._records) + 1
        previous = self._records[-1].hash if self._records else GENESIS
        if taken := sorted(_OWN & set(body)):
            msg = f"a line of the audit log cannot hold its own {taken[0]!r}"
            raise AuditError(msg)
        line = {
            **body,
            "number": number,
            "time": datetime.now(UTC).isoformat(timespec="microseconds"),
            "event": event,
            "previous": previous,
        }
        try:
            line["hash"] = _hash(line)
            content = _canonical(line) + b"\n"
        except (TypeError, ValueError) as error:
            msg = f"a line of the audit log cannot be written as JSON ({error})"
            raise AuditError(msg) from error
        # Announced, written, confirmed: wherever power fails, the next reader knows what was meant.
        _write_head(self._path, number - 1, previous, content)
        _write(self._path, content, os.O_APPEND)
        _write_head(self._path, number, str(line["hash"]), None)
        record = _record(content, number, previous, self._path)
        self._records.append(record)
        return record


@dataclass(frozen=True)
class _State:
    """Both files as they are, found to agree."""

    path: Path
    records: tuple[AuditRecord, ...]
    missing: bytes
    announced: bool

    @classmethod
    def read(cls, path: Path) -> _State:
        if path.is_dir():
            msg = f"{path} is a folder and no audit log; name the file"
            raise AuditError(msg)
        try:
            content = path.read_bytes()
            head = json.loads(_head_of(path).read_bytes())
            count, last = abs(int(head["records"])), str(head["hash"])
            announced = str(head["announced"] or "").encode("ascii")
        except OSError as error:
            msg = (
                f"the audit log {path} or its head {_head_of(path).name} cannot be read ({error}); "
                f"both must be there, and a missing one means that somebody removed it"
            )
            raise AuditError(msg) from error
        except (ValueError, KeyError, TypeError) as error:
            msg = f"the head {_head_of(path)} of the audit log was changed ({error})"
            raise AuditError(msg) from error
        lines = content.splitlines(keepends=True)
        records: list[AuditRecord] = []
        for number, line in enumerate(lines[:count], 1):
            previous = records[-1].hash if records else GENESIS
            records.append(_record(line, number, previous, path))
        _must_end(path, records, count, last)
        rest = b"".join(lines[count:])
        if not announced.startswith(rest):
            msg = (
                f"{path}: behind line {count} there is something that its head does not know; it was "
                f"added by another program, or the head was set back"
            )
            raise AuditError(msg)
        if announced:
            records.append(_record(announced, count + 1, last, path))
        return cls(path, tuple(records), announced[len(rest) :], bool(announced))

    def audit(self, noted: str | None) -> Audit:
        hashes = [GENESIS, *(record.hash for record in self.records)]
        if noted is not None and noted.strip().lower() not in hashes:
            msg = (
                f"{self.path} does not contain the head that was noted before ({noted}): it was cut "
                f"before that line, or rewritten"
            )
            raise AuditError(msg)
        return Audit(self.records, hashes[-1], self.announced)

    def repair(self) -> None:
        """Finish a line that was announced when power failed."""
        if self.announced:
            if self.missing:
                _write(self.path, self.missing, os.O_APPEND)
            _write_head(self.path, len(self.records), self.records[-1].hash, None)


def _must_end(path: Path, records: list[AuditRecord], count: int, last: str) -> None:
    if len(records) < count:
        msg = f"{path} has {len(records)} lines and its head says {count}: the end was cut off"
        raise AuditError(msg)
    if (records[-1].hash if records else GENESIS) != last:
        msg = f"{path}: line {count} is not the one that the head names; the log or the head was changed"
        raise AuditError(msg)


def _record(line: bytes, number: int, previous: str, path: Path) -> AuditRecord:
    """Read one line and check everything about it."""
    where = f"{path}, line {number}"
    try:
        held = json.loads(line)
        same = isinstance(held, dict) and _canonical(held) + b"\n" == line
    except (ValueError, RecursionError) as error:
        msg = f"{where} is not what was written: it is no JSON any more ({error})"
        raise AuditError(msg) from error
    if not same or not set(held) >= _OWN:
        msg = f"{where} was changed: it is not written as this log writes"
        raise AuditError(msg)
    own = held.pop("hash")
    if own != _hash(held):
        msg = f"{where} was changed: it does not fit its own hash"
        raise AuditError(msg)
    if held["previous"] != previous or held["number"] != number:
        msg = (
            f"{where} does not follow the line before it (it says number {held['number']}): lines "
            f"were exchanged, inserted or taken out"
        )
        raise AuditError(msg)
    body = {key: value for key, value in held.items() if key not in _OWN}
    return AuditRecord(number, str(held["time"]), str(held["event"]), body, previous, str(own))


def _canonical(held: Mapping[str, Any]) -> bytes:
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _hash(held: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(held)).hexdigest()


def _head_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.head")


def _write_head(path: Path, count: int, last: str, announced: bytes | None) -> None:
    """Replace the head in one step."""
    head = {
        "records": count,
        "hash": last,
        "announced": None if announced is None else announced.decode("ascii"),
    }
    fresh = path.with_name(f"{path.name}.head.new")
    _write(fresh, _canonical(head) + b"\n", os.O_CREAT | os.O_TRUNC)
    fresh.replace(_head_of(path))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(path: Path, content: bytes, how: int) -> None:
    """Write through to the disk; readable by the owner alone, and never through a link."""
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | how, 0o600)
    try:
        while content:
            content = content[os.write(handle, content) :]
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError as error:  # pragma: no cover - not a POSIX system
        msg = "the audit log needs the file locks of a POSIX system, so nothing may be sent here"
        raise AuditError(msg) from error
    handle = os.open(
        path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600
    )
    try:
        end = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > end:
                    msg = f"another program holds the audit log {path} for more than {LOCK_WAIT_S:g} s"
                    raise AuditError(msg) from error
                time.sleep(0.01)
        yield
    finally:
        os.close(handle)  # which frees the lock
