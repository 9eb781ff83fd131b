"""`ew4all alert sign`, `verify` and `audit` as a user calls them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from command_line import command_line
from made_gateway import MESSAGE, cap_alert, made_operator, order, private_pem, refused, signer

from ew4all.alerts.audit import verify_log
from ew4all.alerts.signature import Outcome, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended

AGENCY = signer()


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in (
        ("alert.xml", cap_alert()),
        ("key.pem", AGENCY.key_pem),
        ("cert.pem", AGENCY.certificate_pem),
    ):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def sign_options(folder: Path, **replaced: Any) -> list[str]:
    named = {"--key": "key.pem", "--cert": "cert.pem", "--out": "signed.xml", **replaced}
    options = [part for key, name in named.items() for part in (key, str(folder / name))]
    return ["alert", "sign", str(folder / "alert.xml"), *options]


def test_sign_and_verify(run: Callable[..., Ended], folder: Path) -> None:
    ended = run(*sign_options(folder))
    assert (ended.code, ended.out) == (0, "")
    signed = folder / "signed.xml"
    assert verify(signed.read_bytes(), [AGENCY.certificate_pem]).outcome is Outcome.VALID
    ended = run("alert", "verify", str(signed), "--trust", str(folder / "cert.pem"))
    assert ended.code == 0
    assert "valid: signed by CN=Agency" in ended.out
    ended = run("alert", "verify", str(signed))
    assert ended.code == 2
    assert "unchecked: no trusted certificate was given" in ended.out
    ended = run("alert", "verify", str(folder / "alert.xml"))
    assert (ended.code, "none: the alert carries no signature" in ended.out) == (2, True)


def test_verify_as_json_and_what_was_signed(run: Callable[..., Ended], folder: Path) -> None:
    run(*sign_options(folder), "--quiet")
    trust = ("--trust", str(folder / "cert.pem"), "--out", str(folder / "kept.xml"), "--json")
    told = json.loads(run("alert", "verify", str(folder / "signed.xml"), *trust).out)
    assert told["schema"] == "ew4all/signature/1"
    assert (told["signature"], told["signer"]) == ("valid", "CN=Agency")
    assert len(told["signed_sha256"]) == 64
    assert b"Signature" not in (folder / "kept.xml").read_bytes()
    (folder / "kept.xml").unlink()
    tampered = (folder / "signed.xml").read_bytes().replace(b"Exercise", b"Actual", 1)
    (folder / "signed.xml").write_bytes(tampered)
    ended = run("alert", "verify", str(folder / "signed.xml"), *trust)
    told = json.loads(ended.out)
    assert (ended.code, told["signature"], told["signed_sha256"]) == (2, "invalid", None)
    assert not (folder / "kept.xml").exists(), "what is not valid is not written"


def test_check_says_the_same_of_the_signature(run: Callable[..., Ended], folder: Path) -> None:
    run(*sign_options(folder), "--quiet")
    trust = ("--trust", str(folder / "cert.pem"), "--json")
    told = json.loads(run("alert", "check", str(folder / "signed.xml"), *trust).out)
    assert told[0]["signature"] == "valid"


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"--key": "alert.xml"}, 1, "private key cannot be read"),
        ({"--key": "missing.pem"}, 1, "cannot be read"),
        ({"--cert": "missing.pem"}, 2, "cannot be read"),
        ({"--cert": "other.pem"}, 1, "own check"),
        ({"--out": "alert.xml"}, 2, "--out is the alert itself"),
    ],
    ids=["no key", "missing key", "missing certificate", "another certificate", "over itself"],
)
def test_a_fault_while_signing_writes_nothing(
    run: Callable[..., Ended], folder: Path, change: dict[str, str], code: int, reason: str
) -> None:
    (folder / "other.pem").write_bytes(signer().certificate_pem)
    before = (folder / "alert.xml").read_bytes()
    ended = run(*sign_options(folder, **change))
    assert ended.code == code
    assert reason in ended.err
    assert not (folder / "signed.xml").exists()
    assert (folder / "alert.xml").read_bytes() == before


def test_a_key_that_others_can_read_is_refused(run: Callable[..., Ended], folder: Path) -> None:
    (folder / "key.pem").chmod(0o644)
    ended = run(*sign_options(folder))
    assert (ended.code, "chmod 600" in ended.err) == (1, True)


def test_an_encrypted_key(run: Callable[..., Ended], folder: Path) -> None:
    (folder / "key.pem").write_bytes(private_pem(AGENCY.key, b"secret"))
    assert run(*sign_options(folder)).code == 1
    (folder / "pass").write_bytes(b"secret\n")
    (folder / "pass").chmod(0o600)
    assert run(*sign_options(folder, **{"--passphrase-file": "pass"})).code == 0


@pytest.mark.parametrize("time", ["yesterday", "2026-01-01T00:00:00"])
def test_verify_at_a_time(run: Callable[..., Ended], folder: Path, time: str) -> None:
    ended = run("alert", "verify", str(folder / "alert.xml"), "--at", time)
    assert (ended.code, "--at" in ended.err) == (2, True)
    run(*sign_options(folder), "--quiet")
    late = ("--trust", str(folder / "cert.pem"), "--at", "2199-01-01T00:00:00Z")
    ended = run("alert", "verify", str(folder / "signed.xml"), *late)
    assert (ended.code, "was not valid after" in ended.out) == (2, True)


# The audit log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    operator = made_operator(tmp_path_factory.mktemp("o") / "operator")
    operator.sendable(MESSAGE)
    refused(operator, order(operator, status="Draft"))
    return operator.log


def test_audit(run: Callable[..., Ended], log: Path) -> None:
    ended = run("alert", "audit", str(log))
    lines = ended.out.splitlines()
    assert ended.code == 0
    assert "authorised  order" in lines[0]
    assert "to bsc-1  by amina and bruno" in lines[0]
    assert "an alert of status Draft goes to nobody" in lines[1]
    assert "intact, 2 lines (1 authorised, 1 refused)" in lines[2]
    assert lines[3] == f"Head: {verify_log(log).head}"


def test_audit_as_json(run: Callable[..., Ended], log: Path) -> None:
    told = json.loads(run("alert", "audit", str(log), "--json", "--last", "1").out)
    assert (told["intact"], told["records"]) == (True, 2)
    assert told["head"] == verify_log(log).head
    assert told["events"] == {"authorised": 1, "refused": 1}
    assert [entry["number"] for entry in told["last"]] == [2]


def test_audit_finds_one_changed_byte(run: Callable[..., Ended], log: Path) -> None:
    content = log.read_bytes()
    log.write_bytes(content.replace(b"amina", b"aminb", 1))
    ended = run("alert", "audit", str(log))
    assert ended.code == 2
    assert "line 1 was changed" in ended.err
    ended = run("alert", "audit", str(log), "--json")
    assert ended.code == 2
    assert json.loads(ended.out)["intact"] is False
    log.write_bytes(content)


def test_audit_compares_with_a_head_that_was_noted(run: Callable[..., Ended], log: Path) -> None:
    noted = verify_log(log).records[0].hash
    assert run("alert", "audit", str(log), "--head", noted).code == 0
    ended = run("alert", "audit", str(log), "--head", "f" * 64)
    assert (ended.code, "noted before" in ended.err) == (2, True)


def test_audit_of_nothing(run: Callable[..., Ended], tmp_path: Path) -> None:
    ended = run("alert", "audit", str(tmp_path / "none"))
    assert (ended.code, "cannot be read" in ended.err) == (2, True)


def test_a_log_does_not_steer_the_terminal(run: Callable[..., Ended], tmp_path: Path) -> None:
    operator = made_operator(tmp_path / "operator")
    operator.sendable(MESSAGE).record("sent\x1b[2J", "a\nb")
    out = run("alert", "audit", str(operator.log)).out
    assert "\x1b" not in out
    assert "sent?[2J a?b" in out
