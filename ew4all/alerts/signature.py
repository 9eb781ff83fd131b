"""XML signatures of CAP alerts: signing, and checking against pinned certificates.

There are three outcomes and not two. An alert whose text was changed is *invalid*; one signed by
somebody whom the user has not chosen to trust, or in a way that proves nothing any more (SHA-1),
*cannot be checked*; both differ from *valid*, and from an alert that carries no signature.

What was signed is not always what stands in the file: a signature can be moved to another place
(signature wrapping), or cover one element only. So a signature counts only directly under the
alert and for the whole of it, and whoever acts on a valid alert reads `Verification.signed`, the
very bytes that were signed, never the file.

References
----------
OASIS CAP 1.2, section 3.3.4.1; W3C XML Signature Syntax and Processing 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from lxml import etree

from ew4all.alerts.certificates import Trust, is_strong, read_certificates, trust
from ew4all.alerts.findings import Finding
from ew4all.alerts.signature_xml import Broken, Checked, Unusable, check_one
from ew4all.alerts.xml_guard import parsed
from ew4all.errors import CapError, InputError, ReadError, SigningError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

__all__ = ["Outcome", "Verification", "sign", "verify"]

DSIG = "http://www.w3.org/2000/09/xmldsig#"
CAP = (
    "urn:oasis:names:tc:emergency:cap:1.2",
    "urn:oasis:names:tc:emergency:cap:1.1",
    "http://www.incident.com/cap/1.0",
)
MOST_SIGNATURES = 4  # real alerts carry two at most: the agency's and the distributor's


class Outcome(StrEnum):
    """What became of a check."""

    VALID = "valid"
    INVALID = "invalid"
    UNCHECKED = "unchecked"
    NONE = "none"


@dataclass(frozen=True)
class Verification:
    """Outcome of a check, and why.

    `signer` is the subject of the certificate that made the signature. `signed` are the bytes that
    were signed, the only ones to act upon; they are there where the outcome is VALID and nowhere
    else.
    """

    outcome: Outcome
    reason: str
    signer: str | None = None
    signed: bytes | None = None


def verify(
    data: bytes | etree._Element,
    anchors: Sequence[bytes],
    *,
    at: datetime | None = None,
) -> Verification:
    """Check the signatures of one alert.

    Parameters
    ----------
    data
        The alert as it was received; or its element, where it was taken out of a feed. An element
        whose comments were left out cannot be checked if the signature covers them.
    anchors
        PEM files of the certificates that the user trusts: authorities or signers.
    at
        When their certificates must have been valid; by default the time at which the alert says
        that it was sent. Aware.

    Returns
    -------
    Verification
        Of several signatures: INVALID if one that names a trusted signer is wrong; otherwise VALID
        if one leads to a trusted certificate; otherwise INVALID if one is wrong; otherwise
        UNCHECKED. NONE if there is no signature at all.

    Raises
    ------
    ReadError
        One of `anchors` is no certificate.
    InputError
        `at` has no offset from UTC.
    """
    if at is not None and at.tzinfo is None:
        msg = "the time of the check has no offset from UTC; give an aware time"
        raise InputError(msg)
    pinned = [
        certificate
        for number, pem in enumerate(anchors, 1)
        for certificate in read_certificates(pem, f"trusted certificate {number}")
    ]
    try:
        root = _root(data)
    except Unusable as error:
        return Verification(Outcome.UNCHECKED, str(error))
    try:
        total = _count(root)
    except Broken as error:
        return Verification(Outcome.INVALID, str(error))
    if total == 0:
        return Verification(Outcome.NONE, "the alert carries no signature")
    results = [_verify_one(root, position, pinned, at) for position in range(total)]
    number, result = _decisive(results)
    if total == 1:
        return result.verification
    found = result.verification
    return replace(found, reason=f"signature {number} of {total}: {found.reason}")


@dataclass(frozen=True)
class _Result:
    """One signature's outcome, and whether its maker is, or is said to be, a trusted one."""

    verification: Verification
    names_trusted: bool = True


def _decisive(results: Sequence[_Result]) -> tuple[int, _Result]:
    """Return the signature that decides, and its number.

    A broken one decides where it names a trusted signer. Where it names a stranger it is as good as
    none beside one that is valid: anybody can add it, and the valid one covers the whole alert.
    """
    ranks = {Outcome.INVALID: 2, Outcome.VALID: 1, Outcome.UNCHECKED: 3}

    def rank(numbered: tuple[int, _Result]) -> tuple[int, int]:
        number, result = numbered
        outcome = result.verification.outcome
        if outcome is Outcome.INVALID and result.names_trusted:
            return 0, number
        return ranks[outcome], number

    return min(enumerate(results, 1), key=rank)


def sign(
    data: bytes, key_pem: bytes, certificate_pem: bytes, *, passphrase: bytes | None = None
) -> bytes:
    """Sign an alert as a whole (enveloped; RSA or ECDSA with SHA-256, exclusive canonical XML).

    A signature that is there already stays, and is covered by the new one. What comes out was
    checked against the certificate before it is given: there is no way to get an alert out of this
    function that is not signed.

    Parameters
    ----------
    data
        The alert.
    key_pem, certificate_pem
        The private key, and the certificate of its public half; certificates that lead from it to
        an authority may follow in the same file.
    passphrase
        Where the key is encrypted.

    Raises
    ------
    CapError
        `data` is no alert that can be read.
    SigningError
        The key cannot be used, does not belong to the certificate, or what it made does not pass
        the check; or the alert carries a signature that is wrong. Do not publish the alert without
        its signature.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding
    from signxml.algorithms import SignatureMethod
    from signxml.exceptions import InvalidInput
    from signxml.signer import XMLSigner

    try:
        root = _root(data)
        _count(root)
    except (Unusable, Broken) as error:
        msg = f"the alert cannot be signed: {error}"
        raise CapError(msg) from error
    if any(e.get("Id") == "placeholder" for e in root.findall(f"{{{DSIG}}}Signature")):
        msg = "the alert cannot be signed: it holds an empty signature; remove it"
        raise CapError(msg)
    before = verify(data, [])
    if before.outcome is Outcome.INVALID:
        msg = (
            f"the alert carries a signature that is wrong ({before.reason}), and signing it once more "
            f"would hide that; nothing is published"
        )
        raise SigningError(msg)
    key, method = _private_key(key_pem, passphrase)
    try:
        chain = list(read_certificates(certificate_pem, "the certificate"))
    except ReadError as error:
        raise SigningError(str(error)) from error
    try:
        signed = XMLSigner(
            signature_algorithm=SignatureMethod(method),
            c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
        ).sign(root, key=key, cert=chain)
    except (InvalidInput, UnsupportedAlgorithm, ValueError, TypeError) as error:
        msg = f"the signature could not be made ({error}); nothing is published"
        raise SigningError(msg) from error
    content = bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))
    check = verify(content, [chain[0].public_bytes(Encoding.PEM)])
    if check.outcome is not Outcome.VALID:
        msg = (
            f"the signature does not stand up to its own check ({check.reason}); nothing is "
            f"published. Key and certificate must belong together, and the certificate must be valid "
            f"at the time at which the alert is sent"
        )
        raise SigningError(msg)
    return content


def _private_key(
    pem: bytes, passphrase: bytes | None
) -> tuple[RSAPrivateKey | EllipticCurvePrivateKey, str]:
    """Return the key and the name of the algorithm that goes with it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"the private key cannot be read ({error}); nothing is signed and nothing published"
        raise SigningError(msg) from error
    if isinstance(key, RSAPrivateKey):
        return key, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    if isinstance(key, EllipticCurvePrivateKey):
        return key, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    msg = "the private key is neither RSA nor elliptic curve, which XML signatures of CAP need"
    raise SigningError(msg)


def _verify_one(
    root: etree._Element, position: int, anchors: Sequence[Certificate], at: datetime | None
) -> _Result:
    try:
        checked = check_one(root, position, anchors)
        if at is None:
            at = _sent(checked.signed)
    except Broken as error:
        named = error.certificates
        moments = [certificate.not_valid_before_utc for certificate in named]
        trusted = any(
            trust(certificate, named, anchors, moment).trust is not Trust.UNKNOWN
            for certificate, moment in zip(named, moments, strict=True)
        )
        return _Result(Verification(Outcome.INVALID, str(error)), trusted)
    except Unusable as error:
        return _Result(Verification(Outcome.UNCHECKED, str(error)))
    return _Result(_trusted(checked, anchors, at))


def _trusted(checked: Checked, anchors: Sequence[Certificate], at: datetime) -> Verification:
    if checked.certificate is None:
        reason = (
            "the signature fits the text, and names a key without a certificate that is not the "
            "key of a trusted certificate"
        )
        return Verification(Outcome.UNCHECKED, reason)
    answer = trust(checked.certificate, checked.others, anchors, at)
    if answer.trust in (Trust.EXPIRED, Trust.FORBIDDEN):
        return Verification(Outcome.INVALID, answer.reason, checked.signer)
    if answer.trust is Trust.UNKNOWN:
        return Verification(Outcome.UNCHECKED, answer.reason, checked.signer)
    # Only now: weakness says nothing about a signature of which nothing else is known.
    if checked.weak is not None or not is_strong(checked.certificate):
        weak = checked.weak or "its key is too short or of another kind than RSA and elliptic curve"
        reason = f"{answer.reason}, but the signature proves nothing today: {weak}"
        return Verification(Outcome.UNCHECKED, reason, checked.signer)
    return Verification(Outcome.VALID, answer.reason, checked.signer, checked.signed)


def _root(data: bytes | etree._Element) -> etree._Element:
    """Parse the alert on its own, whatever it was part of."""
    content = data if isinstance(data, bytes) else etree.tostring(data, with_tail=False)
    guarded = parsed(content, "the alert")
    if isinstance(guarded, Finding):
        raise Unusable(guarded.message)
    # Once more, with the comments and processing instructions that a signature may cover.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    root = etree.fromstring(content, parser)
    name = etree.QName(root)
    if name.localname != "alert" or name.namespace not in CAP:
        msg = (
            f"its root element is {name.localname!r} and not a CAP alert; give the alert alone, byte "
            f"for byte as it was sent"
        )
        raise Unusable(msg)
    return root


def _count(root: etree._Element) -> int:
    """Count the signatures directly under the alert; one anywhere else was moved."""
    every = list(root.iter(f"{{{DSIG}}}Signature"))
    direct = [signature for signature in every if signature.getparent() is root]
    if len(direct) < len(every):
        msg = (
            "a signature stands elsewhere than directly under the alert, where CAP has it: "
            "somebody moved it, and what it covers is not what the alert says"
        )
        raise Broken(msg)
    if any(True for _ in root.iter(*(f"{{{space}}}alert" for space in CAP)) if _ is not root):
        msg = "an alert stands inside the alert: it may be the signed one, and the outer one is not"
        raise Broken(msg)
    if len(direct) > MOST_SIGNATURES:
        msg = f"it carries {len(direct)} signatures; more than {MOST_SIGNATURES} are refused"
        raise Broken(msg)
    if len({(s.findtext(f"{{{DSIG}}}SignatureValue") or "").strip() for s in direct}) < len(direct):
        msg = "a signature stands there twice: somebody copied it"
        raise Broken(msg)
    return len(direct)


def _sent(signed: bytes) -> datetime:
    """Return when the alert was sent, from what was signed."""
    root = _root(signed)
    text = root.findtext(f"{{{etree.QName(root).namespace}}}sent", "").strip()
    try:
        sent = datetime.fromisoformat(text)
    except ValueError:
        sent = None
    if sent is None or sent.tzinfo is None:
        msg = f"it says {text!r} of when it was sent, so the time for its certificate is unknown"
        raise Unusable(msg)
    return sent
