"""The operator's file: whatever is doubtful in it, or in the files around it, keeps the gateway shut."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from made_gateway import MESSAGE, MadeOperator, made_operator, private_pem, public_pem, signer

from ew4all.alerts import guarded_file
from ew4all.alerts.gateway import Gateway
from ew4all.alerts.guarded_file import guarded_bytes
from ew4all.alerts.operator_file import read_operator_file
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def operator(tmp_path: Path) -> MadeOperator:
    return made_operator(tmp_path / "operator")


def refused(operator: MadeOperator) -> str:
    with pytest.raises(RefusedError) as caught:
        operator.gateway()
    return str(caught.value)


def test_a_whole_file_is_read(operator: MadeOperator) -> None:
    found = read_operator_file(operator.config)
    assert found.enabled
    assert sorted(found.persons) == ["amina", "bruno", "chen"]
    assert found.destinations["bsc-1"].identifiers == {4355, 4380, 4381, 4394, 4398, 4399}
    assert "PRIVATE" not in repr(found), "the key does not get into a message or a log"


@pytest.mark.parametrize("enabled", ["", "enabled = false"])
def test_it_is_off_unless_it_says_that_it_is_on(operator: MadeOperator, enabled: str) -> None:
    assert not read_operator_file(operator.write(enabled=enabled).config).enabled


SIGNING = '[signing]\ncertificate = "agency.pem"\nkey = "agency.key"'
DESTINATION = """[destinations.bsc-1]
interface = "cbsp"
host = "127.0.0.1"
port = 48049
statuses = ["Exercise"]
identifiers = [4381]"""


@pytest.mark.parametrize(
    ("part", "text", "reason"),
    [
        ("enabled", 'enabled = "true"', "enabled must be true or false"),
        ("enabled", "enabled = 1", "enabled must be true or false"),
        ("enabled", "enabled = yes", "is no TOML file"),
        ("enabled", "enabled = true\nenabled = false", "is no TOML file"),
        ("enabled", "enable = true", "'enable', which is no key of it"),
        ("enabled", "enabled = true\nskip_confirmations = true", "'skip_confirmations', which is no"),
        ("signing", "", "there is no table [signing]"),
        ("signing", "[signing]", "signing.certificate must name a file"),
        ("signing", SIGNING.replace("agency.key", "amina.pem"), "signing.key cannot be read"),
        ("signing", SIGNING.replace("agency.key", "none"), "none cannot be read"),
        ("signing", SIGNING + "\npassphrase = 'x'", "'passphrase', which is no key of it"),
        ("audit", "", "there is no table [audit]"),
        ("audit", "[audit]\nlog = ''", "audit.log must name a file"),
        ("audit", "[audit]\nlog = 3", "audit.log must name a file"),
        ("audit", "[audit]\nlog = 'none.jsonl'", "none.jsonl cannot be read"),
        ("limits", "[limits]\noldest_alert_minutes = 0", "must be 1 to 1440"),
        ("limits", "[limits]\noldest_alert_minutes = true", "must be 1 to 1440"),
        ("limits", "[limits]\noldest_alert_minutes = 1e9", "must be 1 to 1440"),
        ("limits", "[limits]\noldest = 5", "'oldest', which is no key of it"),
        ("persons", "", "persons must name two persons at least"),
        ("persons", "[persons.amina]\npublic_key='amina.pem'", "two persons at least"),
        ("persons", "[persons]\na = 1\nb = 2", "persons.a must be a table"),
        (
            "persons",
            "[persons.a]\npublic_key='amina.pem'\n[persons.b]\npublic_key='amina.pem'",
            "persons.b and persons.a have the same key",
        ),
        ("persons", "[persons.a]\n[persons.b]\npublic_key='amina.pem'", "persons.a.public_key must"),
        (
            "persons",
            "[persons.a]\npublic_key='agency.pem'\n[persons.b]\npublic_key='amina.pem'",
            "persons.a.public_key cannot be read",
        ),
        (
            "persons",
            "[persons.a]\npublic_key='agency.key'\n[persons.b]\npublic_key='amina.pem'",
            "holds a private key",
        ),
        ("destination", "", "destinations must name one destination"),
        ("destination", "[destinations]\nx = 1", "destinations.x must be a table"),
        ("destination", DESTINATION.replace("cbsp", "smtp"), "interface must be one of cbsp, ngap"),
        ("destination", DESTINATION.replace("127.0.0.1", ""), "host must be a name"),
        ("destination", DESTINATION.replace("127.0.0.1", "\u0435xample.org"), "host must be a name"),
        ("destination", DESTINATION.replace("48049", "0"), "port must be 1 to 65535"),
        ("destination", DESTINATION.replace("48049", "'48049'"), "port must be 1 to 65535"),
        ("destination", DESTINATION.replace('"Exercise"', '"Draft"'), "statuses must list some of"),
        ("destination", DESTINATION.replace('"Exercise"', ""), "statuses must list some of"),
        ("destination", DESTINATION.replace("[4381]", "[]"), "identifiers must list"),
        ("destination", DESTINATION.replace("[4381]", "[70000]"), "identifiers must list"),
        ("destination", DESTINATION.replace("[4381]", "['all']"), "identifiers must list"),
        ("destination", DESTINATION.replace("[4381]", "[4381, 4370]"), "lists the live identifier 4370"),
        ("destination", DESTINATION + "\nwhole_network = 1", "whole_network must be true or false"),
        ("destination", DESTINATION + "\nany = true", "'any', which is no key of it"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_refused(
    operator: MadeOperator, part: str, text: str, reason: str
) -> None:
    operator.write(**{part: text})
    if part in {"enabled", "limits"}:  # top-level keys stand before the tables
        operator.parts = {part: text, **{k: v for k, v in operator.parts.items() if k != part}}
        operator.write()
    assert reason in refused(operator)


def test_all_reasons_are_told_at_once(operator: MadeOperator) -> None:
    operator.write(persons="", destination="", signing="")
    told = refused(operator)
    assert all(word in told for word in ("persons", "destinations", "[signing]"))


def test_a_relative_path_is_refused(
    operator: MadeOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is looked for in the folder in which somebody starts a program."""
    monkeypatch.chdir(operator.folder)
    with pytest.raises(RefusedError, match="full path"):
        Gateway.open(operator.config.relative_to(operator.folder))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cannot be read"):
        Gateway.open(tmp_path / "none.toml")


def test_key_and_certificate_belong_together(operator: MadeOperator) -> None:
    (operator.folder / "agency.key").write_bytes(signer().key_pem)
    assert "do not belong together" in refused(operator)


def test_the_certificate_of_an_authority_is_no_signer(operator: MadeOperator) -> None:
    """Whoever it certifies could sign for the agency."""
    authority = signer("Root", authority=True)
    (operator.folder / "agency.pem").write_bytes(authority.certificate_pem)
    (operator.folder / "agency.key").write_bytes(authority.key_pem)
    assert "is that of an authority" in refused(operator)


def test_two_certificates_are_one_too_many(operator: MadeOperator) -> None:
    with (operator.folder / "agency.pem").open("ab") as file:
        file.write(signer("Other").certificate_pem)
    assert "holds 2 certificates" in refused(operator)


def test_an_encrypted_key_needs_its_passphrase(operator: MadeOperator) -> None:
    (operator.folder / "agency.key").write_bytes(private_pem(operator.agency.key, b"secret"))
    assert "signing.key cannot be read" in refused(operator)
    gateway = Gateway.open(operator.config, passphrase=b"secret")
    assert "Sendable" not in repr(gateway)
    with pytest.raises(RefusedError):
        Gateway.open(operator.config, passphrase=b"guess")


def test_another_kind_of_key_confirms_nothing(operator: MadeOperator) -> None:
    (operator.folder / "amina.pem").write_bytes(public_pem(ec.generate_private_key(ec.SECP256R1())))
    assert "is no Ed25519 key" in refused(operator)


# Who else could have written or read it


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("gateway.toml", 0o620, "can be changed by other users"),
        ("gateway.toml", 0o602, "can be changed by other users"),
        ("agency.key", 0o640, "is a secret that other users can reach"),
        ("agency.key", 0o604, "is a secret that other users can reach"),
        ("agency.pem", 0o666, "can be changed by other users"),
        ("amina.pem", 0o666, "can be changed by other users"),
    ],
)
def test_files_that_others_can_reach(
    operator: MadeOperator, name: str, mode: int, reason: str
) -> None:
    (operator.folder / name).chmod(mode)
    assert reason in refused(operator)


def test_files_that_others_may_read_are_fine(operator: MadeOperator) -> None:
    for name in ("gateway.toml", "agency.pem", "amina.pem"):
        (operator.folder / name).chmod(0o644)
    assert operator.sendable(MESSAGE)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_in_which_others_can_exchange_files(operator: MadeOperator, mode: int) -> None:
    operator.folder.chmod(mode)
    assert "other users can exchange it" in refused(operator)


def test_a_folder_further_up(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    operator = made_operator(tmp_path / "open" / "operator")
    (tmp_path / "open").chmod(0o777)
    assert "other users can exchange it" in refused(operator)
    (tmp_path / "open").chmod(0o1777)
    assert operator.gateway(), "nobody can rename a folder of mine in a sticky one"


@pytest.mark.parametrize("name", ["gateway.toml", "agency.key", "amina.pem"])
def test_a_link_is_refused(operator: MadeOperator, name: str) -> None:
    (operator.folder / name).rename(operator.folder / "elsewhere")
    (operator.folder / name).symlink_to(operator.folder / "elsewhere")
    assert "a link in its place is refused too" in refused(operator)


def test_what_is_no_file_is_refused(operator: MadeOperator) -> None:
    operator.config.unlink()
    os.mkfifo(operator.config)  # opening it must not wait for somebody to write
    assert "no plain file" in refused(operator)
    operator.config.unlink()
    operator.config.mkdir()
    assert "no plain file" in refused(operator)


def test_files_of_somebody_else(operator: MadeOperator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_file.os, "geteuid", lambda: 4242)
    if os.getuid() == 0:  # what belongs to root is trusted by everybody
        assert read_operator_file(operator.config).enabled
        os.chown(operator.config, 1234, -1)
    assert "belongs to somebody else" in refused(operator)


def test_a_system_that_cannot_tell_who_owns_a_file(
    operator: MadeOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(guarded_file.os, "geteuid")
    assert "does not tell who can change a file" in refused(operator)


def test_a_huge_file_is_refused(operator: MadeOperator) -> None:
    operator.config.write_bytes(b"#" * (guarded_file.MOST_BYTES + 1))
    with pytest.raises(RefusedError, match="more than"):
        guarded_bytes(operator.config, secret=False)
