"""An operator made for a test: keys, certificates, configuration, audit log, and two persons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from ew4all.alerts.audit import AuditLog, verify_log
from ew4all.alerts.cbs.cb_data import cb_data
from ew4all.alerts.cbs.pages import encode_text
from ew4all.alerts.confirmation import Confirmation, confirm
from ew4all.alerts.gateway import Gateway, Message, Order, Sendable
from ew4all.alerts.signature import sign
from ew4all.alerts.wire.request import WriteReplace
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2120, 1, 1, tzinfo=UTC)

CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>drill-1</identifier><sender>agency@example.org</sender><sent>{sent}</sent>
  <status>{status}</status><msgType>{msg_type}</msgType><scope>{scope}</scope>
  <note>Made for a test.</note>{references}
  {infos}
</alert>
"""
INFO = """<info>
    <language>en-US</language><category>Met</category><event>Flood</event>
    <urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed</certainty>
    {effective}{expires}
    <headline>EXERCISE EXERCISE. Flood.</headline><description>This is a drill.</description>
    <area><areaDesc>The river</areaDesc>
      <polygon>12.0,-61.8 12.1,-61.8 12.1,-61.7 12.0,-61.8</polygon></area>
  </info>"""


def cap_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def cap_alert(
    *,
    status: str = "Exercise",
    msg_type: str = "Alert",
    scope: str = "Public",
    sent: datetime | None = None,
    expires: datetime | str | None = "in an hour",
    effective: datetime | None = None,
    infos: int = 1,
) -> bytes:
    """Return a CAP alert that was sent just now and lives for an hour."""
    now = datetime.now(UTC)
    if isinstance(expires, str):
        expires = now + timedelta(hours=1)
    info = INFO.format(
        effective=f"<effective>{cap_time(effective)}</effective>" if effective else "",
        expires=f"<expires>{cap_time(expires)}</expires>" if expires else "",
    )
    references = (
        ""
        if msg_type == "Alert"
        else "<references>agency@example.org,drill-0,2026-01-01T00:00:00+00:00</references>"
    )
    return CAP.format(
        sent=cap_time(sent or now),
        status=status,
        msg_type=msg_type,
        scope=scope,
        references=references,
        infos=info * infos,
    ).encode()


@dataclass(frozen=True)
class Signer:
    """A key and its certificate; `issuer` is None where it signed itself."""

    key: Any
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        return private_pem(self.key)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def private_pem(key: Any, passphrase: bytes | None = None) -> bytes:
    encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return pem


def public_pem(key: Any) -> bytes:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def signer(
    name: str = "Agency",
    *,
    issuer: Signer | None = None,
    key: Any = None,
    start: datetime = START,
    end: datetime = END,
    authority: bool = False,
    may_sign: bool = True,
) -> Signer:
    """Make a key (P-256 unless one is given) and a certificate for it."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=may_sign,
        content_commitment=False,
        key_encipherment=not may_sign,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is not None:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName("agency.example.org")]), critical=False
        )
    return Signer(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


@dataclass
class MadeOperator:
    """A gateway's folder; change `parts` and call `write` to change the configuration."""

    folder: Path
    agency: Signer
    persons: dict[str, Any]
    destination: dict[str, Any]
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "gateway.toml"

    @property
    def log(self) -> Path:
        return self.folder / "audit.jsonl"

    def write(self, **parts: str) -> MadeOperator:
        """Write the configuration, with some of its parts replaced."""
        self.parts.update(parts)
        self.config.write_text("\n".join(self.parts.values()), encoding="utf-8")
        self.config.chmod(0o600)
        return self

    def gateway(self) -> Gateway:
        return Gateway.open(self.config)

    def signed(self, **cap: Any) -> bytes:
        return sign(cap_alert(**cap), self.agency.key_pem, self.agency.certificate_pem)

    def confirmations(self, order: Order, *names: str) -> tuple[Confirmation, ...]:
        digest = self.gateway().digest(order)
        return tuple(
            confirm(name, digest, private_pem(self.persons[name]))
            for name in names or ("amina", "bruno")
        )

    def sendable(self, *messages: Message, **cap: Any) -> Sendable:
        """Let the gateway allow some messages, for a drill that was sent just now."""
        order = Order(self.signed(**cap), messages, self.destination["name"])
        return self.gateway().authorise(order, self.confirmations(order))


def made_operator(
    folder: Path,
    *,
    interface: str = "cbsp",
    host: str = "127.0.0.1",
    port: int = 48049,
    statuses: tuple[str, ...] = ("Exercise", "Test"),
    identifiers: tuple[int, ...] = (4355, 4380, 4381, 4394, 4398, 4399),
    whole_network: bool = True,
) -> MadeOperator:
    """Make an operator whose gateway is on, for drills unless `statuses` say otherwise."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    made = MadeOperator(
        folder,
        signer(),
        {name: ed25519.Ed25519PrivateKey.generate() for name in ("amina", "bruno", "chen")},
        {"name": "bsc-1", "interface": interface, "host": host, "port": port},
    )
    files = {"agency.pem": made.agency.certificate_pem, "agency.key": made.agency.key_pem}
    files.update({f"{name}.pem": public_pem(key) for name, key in made.persons.items()})
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    AuditLog.create(made.log)
    listed = ", ".join(f'"{status}"' for status in statuses)
    return made.write(
        enabled="enabled = true",
        signing='[signing]\ncertificate = "agency.pem"\nkey = "agency.key"',
        audit='[audit]\nlog = "audit.jsonl"',
        persons="\n".join(f'[persons.{name}]\npublic_key = "{name}.pem"' for name in made.persons),
        destination=f'[destinations.bsc-1]\ninterface = "{interface}"\nhost = "{host}"\nport = {port}\n'
        f"statuses = [{listed}]\nidentifiers = {list(identifiers)}\n"
        f"whole_network = {str(whole_network).lower()}",
    )


TEXT = encode_text("EXERCISE EXERCISE. Flood. This is a drill.", "en", "auto")
MESSAGE = WriteReplace(4381, 0x4010, 30, 10, TEXT.dcs, cb_data(TEXT.pages), cells=(1, 2))
PEER = {"interface": "cbsp", "host": "127.0.0.1", "port": 48049}


def order(operator: MadeOperator, *messages: Any, **cap: Any) -> Order:
    return Order(operator.signed(**cap), messages or (MESSAGE,), "bsc-1")


def refused(operator: MadeOperator, wish: Order, *given: Confirmation) -> str:
    """Return why an order is refused, after checking that the log says so too."""
    with pytest.raises(RefusedError) as caught:
        operator.gateway().authorise(wish, given)
    last = verify_log(operator.log).records[-1]
    assert last.event == "refused"
    assert "; ".join(last.body["reasons"]) in str(caught.value)
    return str(caught.value)
