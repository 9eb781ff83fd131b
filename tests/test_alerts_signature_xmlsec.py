"""Signatures beside xmlsec1, which shares no code with signxml: what one signs, the other accepts."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from made_gateway import cap_alert, signer

from ew4all.alerts.signature import Outcome, sign, verify

if TYPE_CHECKING:
    from pathlib import Path

XMLSEC = shutil.which("xmlsec1")
pytestmark = pytest.mark.skipif(
    XMLSEC is None, reason="xmlsec1 is not installed (apt-get install xmlsec1)"
)

TEMPLATE = """<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
  <CanonicalizationMethod Algorithm="{form}"/>
  <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#{kind}-sha256"/>
  <Reference URI=""><Transforms>
    <Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
  </Transforms>
  <DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>
</SignedInfo><SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo>
</Signature></alert>"""
FORMS = {
    "1.0": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "1.1": "http://www.w3.org/2006/12/xml-c14n11",
    "exclusive": "http://www.w3.org/2001/10/xml-exc-c14n#",
}
RSA = signer("RSA", key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
EC = signer("EC")


def xmlsec(*arguments: str | Path) -> bool:
    result = subprocess.run([str(XMLSEC), *map(str, arguments)], capture_output=True, check=False)
    return result.returncode == 0


@pytest.mark.parametrize("pair", [RSA, EC], ids=["rsa", "ec"])
def test_it_accepts_what_we_sign(tmp_path: Path, pair: object) -> None:
    assert isinstance(pair, type(RSA))
    data = sign(cap_alert(), pair.key_pem, pair.certificate_pem)
    for content, outcome in ((data, True), (data.replace(b"Exercise", b"Actual", 1), False)):
        path = tmp_path / "alert.xml"
        path.write_bytes(content)
        assert xmlsec("--verify", "--insecure", path) is outcome


@pytest.mark.parametrize("pair", [RSA, EC], ids=["rsa", "ec"])
@pytest.mark.parametrize("form", FORMS)
def test_we_accept_what_it_signs(tmp_path: Path, form: str, pair: object) -> None:
    """With the inclusive forms too, in which lxml by itself would repeat namespaces."""
    assert isinstance(pair, type(RSA))
    kind = "rsa" if pair is RSA else "ecdsa"
    empty = TEMPLATE.format(form=FORMS[form], kind=kind).encode()
    source, out = tmp_path / "alert.xml", tmp_path / "signed.xml"
    source.write_bytes(cap_alert().replace(b"</alert>", empty))
    (tmp_path / "key").write_bytes(pair.key_pem)
    (tmp_path / "cert").write_bytes(pair.certificate_pem)
    key = f"{tmp_path / 'key'},{tmp_path / 'cert'}"
    assert xmlsec("--sign", "--privkey-pem", key, "--output", out, source)
    data = out.read_bytes()
    assert verify(data, [pair.certificate_pem]).outcome is Outcome.VALID
    changed = data.replace(b"Exercise", b"Actual", 1)
    assert verify(changed, [pair.certificate_pem]).outcome is Outcome.INVALID


# What xmlsec1 accepts of the real alerts, whoever signed them. It shows no more than one signature.
SOUND = {
    "capparselib_no_info_tag.xml",
    "capparselib_ph.xml",
    "google_earthquake-iso8859-1.xml",
    "google_earthquake_signed.xml",
    "oasiscap_ipaws-5e6dd964023f1930ef638846.xml",
    "oasiscap_ipaws-5e6dd9de023f1930ef6548d9.xml",
    "oasiscap_ipaws-5e7e0fc5023f1930efcf3deb.xml",
}


def test_it_says_the_same_of_real_alerts(shared_data: Path) -> None:
    for path in sorted((shared_data / "cap-samples").glob("*.xml")):
        data = path.read_bytes()
        if data.count(b"SignatureValue>") != 2:
            continue
        assert xmlsec("--verify", "--insecure", path) is (path.name in SOUND), path.name
        outcome = verify(data, []).outcome
        if path.name in SOUND:
            assert outcome is Outcome.UNCHECKED, path.name
        else:  # without a URI we say that it cannot be told, and xmlsec1 takes the whole file
            assert outcome in {Outcome.INVALID, Outcome.UNCHECKED}, path.name
