"""The audit log: whatever is done to it is found, and it survives a power failure at any point."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ew4all.alerts import audit
from ew4all.alerts.audit import GENESIS, AuditLog, verify_log
from ew4all.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def head_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.head")


def made(folder: Path, lines: int = 5) -> Path:
    path = folder / "audit.jsonl"
    log = AuditLog.create(path)
    for number in range(lines):
        log.append("refused", {"reasons": [f"reason {number}", "ü\n\u2028"], "order": "a" * 64})
    return path


def test_a_log_holds_together(tmp_path: Path) -> None:
    path = made(tmp_path)
    found = verify_log(path)
    assert [record.number for record in found.records] == [1, 2, 3, 4, 5]
    assert found.events == {"refused": 5}
    assert found.records[0].previous == GENESIS
    assert found.head == found.records[-1].hash == json.loads(head_of(path).read_text())["hash"]
    assert found.records[0].body["reasons"] == ["reason 0", "ü\n\u2028"]
    assert not found.interrupted


def test_an_empty_log_holds_together(tmp_path: Path) -> None:
    assert verify_log(made(tmp_path, 0)).head == GENESIS


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = made(tmp_path)
    for file in (path, head_of(path)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = made(tmp_path_factory.mktemp("log"))
    return path, path.read_bytes()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_one_changed_byte_is_found(untouched: tuple[Path, bytes], at: int, mask: int) -> None:
    path, content = untouched
    data = bytearray(content)
    data[at % len(data)] ^= mask
    path.write_bytes(data)
    with pytest.raises(AuditError):
        verify_log(path)
    path.write_bytes(content)
    verify_log(path)


def test_every_byte_matters(untouched: tuple[Path, bytes]) -> None:
    path, content = untouched
    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(AuditError):
            verify_log(path)
    path.write_bytes(content)


def exchange(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:-1],
        lambda lines: lines[1:],
        lambda _: [],
        lambda lines: lines[:2] + lines[3:],
        exchange,
        lambda lines: [*lines, lines[-1]],
        lambda lines: [lines[0], *lines],
        lambda lines: [*lines, b"\n"],
        lambda lines: [*lines, b"{}\n"],
        lambda lines: [*lines[:-1], lines[-1][:-1]],
        lambda lines: [*lines[:-1], lines[-1][:40]],
        lambda lines: [line.replace(b'"number":3', b'"number":3,"number":3') for line in lines],
        lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    ],
    ids=[
        "cut tail",
        "cut head",
        "emptied",
        "taken out",
        "exchanged",
        "repeated",
        "put first",
        "blank line",
        "added",
        "no line end",
        "torn",
        "doubled key",
        "line ends",
    ],
)
def test_changed_lines_are_found(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = made(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))
    with pytest.raises(AuditError):
        verify_log(path)
    with pytest.raises(AuditError):
        AuditLog(path).append("refused", {})


def test_a_cut_end_is_called_so(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    with pytest.raises(AuditError, match="has 3 lines and its head says 5: the end was cut off"):
        verify_log(path)


def test_a_line_that_is_inserted_with_a_sound_hash_is_found(tmp_path: Path) -> None:
    """Somebody who knows how the log is written adds a line, or writes one anew."""
    path = made(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    forged = json.loads(lines[-1])
    forged["previous"], forged["number"] = forged.pop("hash"), 6
    forged["hash"] = audit._hash(forged)
    path.write_bytes(b"".join([*lines, audit._canonical(forged) + b"\n"]))
    with pytest.raises(AuditError, match="its head does not know"):
        verify_log(path)
    rewritten = json.loads(lines[2])
    rewritten["order"] = "b" * 64
    del rewritten["hash"]
    rewritten["hash"] = audit._hash(rewritten)
    lines[2] = audit._canonical(rewritten) + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match="line 4 does not follow"):
        verify_log(path)


def test_a_whole_new_log_is_found_by_a_head_that_was_noted_elsewhere(tmp_path: Path) -> None:
    path = made(tmp_path)
    noted = verify_log(path).head
    AuditLog(path).append("authorised", {})
    assert verify_log(path, noted=noted.upper()).events == {"authorised": 1, "refused": 5}
    path.unlink()
    head_of(path).unlink()
    made(tmp_path)
    with pytest.raises(AuditError, match="noted before"):
        verify_log(path, noted=noted)


def test_missing_files_are_found_and_never_made_anew(tmp_path: Path) -> None:
    path = made(tmp_path)
    head_of(path).unlink()
    with pytest.raises(AuditError, match="head"):
        verify_log(path)
    with pytest.raises(AuditError, match="find out who removed it"):
        AuditLog(path)
    with pytest.raises(AuditError, match="there already"):
        AuditLog.create(path)
    path.unlink()
    with pytest.raises(AuditError):
        verify_log(path)
    with pytest.raises(AuditError):
        AuditLog(path)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"{}",
        b"[]",
        b'{"records":"x","hash":"","announced":null}',
        b'{"records":-5,"hash":"' + b"0" * 64 + b'","announced":null}',
        b'{"records":5,"hash":"' + b"0" * 64 + b'","announced":"\xc3\xbc"}',
        b'{"records":4,"hash":"' + b"0" * 64 + b'","announced":null}',
    ],
    ids=["empty", "no keys", "a list", "words", "negative", "not ASCII", "another hash"],
)
def test_a_changed_head_is_found(tmp_path: Path, head: bytes) -> None:
    path = made(tmp_path)
    head_of(path).write_bytes(head)
    with pytest.raises(AuditError):
        verify_log(path)


def test_the_log_of_somebody_else_behind_a_link_is_not_written(tmp_path: Path) -> None:
    path = made(tmp_path)
    other = tmp_path / "other"
    other.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(other)
    before = other.read_bytes()
    with pytest.raises(AuditError, match="cannot be written"):
        AuditLog(path).append("refused", {})
    assert other.read_bytes() == before


@pytest.mark.parametrize("body", [{"hash": "x"}, {"x": float("nan")}, {"x": b"1"}, {"x": {1, 2}}])
def test_what_cannot_be_written_is_refused_before_anything_is(
    tmp_path: Path, body: dict[str, Any]
) -> None:
    path = made(tmp_path)
    before = path.read_bytes()
    with pytest.raises(AuditError):
        AuditLog(path).append("refused", body)
    assert path.read_bytes() == before
    verify_log(path)


class PowerFailureError(Exception):
    """Ends a write in the middle."""


@pytest.mark.parametrize("step", range(5))  # head, its name, line, head, its name
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_power_fails_at_any_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, share: float
) -> None:
    """The next reader finds a log that holds together, with the line or without it."""
    path = made(tmp_path)
    steps = iter(range(5))
    real_write, real_replace = os.write, type(path).replace

    def write(handle: int, content: bytes) -> int:
        if next(steps) == step:
            real_write(handle, content[: int(len(content) * share)])
            raise PowerFailureError
        return real_write(handle, content)

    def move(self: Path, target: Path) -> Path:
        if next(steps) == step:
            raise PowerFailureError
        return real_replace(self, target)

    log = AuditLog(path)
    with monkeypatch.context() as patch:
        patch.setattr(audit.os, "write", write)
        patch.setattr(type(path), "replace", move)
        with pytest.raises(PowerFailureError):
            log.append("authorised", {"nonces": ["n"]})
    found = verify_log(path)
    assert len(found.records) in (5, 6)
    log.append("refused", {})
    after = verify_log(path)
    assert not after.interrupted
    assert len(after.records) == len(found.records) + 1


def _write_many(path: Path, who: int) -> None:
    log = AuditLog(path)
    for number in range(20):
        log.append("refused", {"who": who, "what": number})


def test_several_programs_write_without_losing_a_line(tmp_path: Path) -> None:
    path = made(tmp_path, 0)
    context = multiprocessing.get_context("spawn")
    programs = [context.Process(target=_write_many, args=(path, who)) for who in range(2)]
    threads = [threading.Thread(target=_write_many, args=(path, who)) for who in (2, 3)]
    for worker in [*programs, *threads]:
        worker.start()
    for worker in [*programs, *threads]:
        worker.join()
    found = verify_log(path)
    assert len(found.records) == 80
    for who in range(4):
        mine = [record.body["what"] for record in found.records if record.body["who"] == who]
        assert mine == list(range(20))


def test_a_log_that_another_program_holds_is_waited_for_and_then_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path)
    monkeypatch.setattr(audit, "LOCK_WAIT_S", 0.05)
    with AuditLog(path).locked(), pytest.raises(AuditError, match="another program holds"):
        AuditLog(path).append("refused", {})
