"""X.509 certificates: those that a user trusts, and whether a signer's leads to one of them.

A certificate that travels inside a message proves nothing by itself: anybody can make one. It
counts where it is one of the pinned certificates, or where a chain leads from it to one of them
(RFC 5280, section 6), at the time that the caller names.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cryptography.x509 import Certificate, KeyUsage
    from cryptography.x509.verification import ExtensionPolicy, Policy

__all__ = [
    "Trust",
    "Trusted",
    "is_strong",
    "name_of",
    "read_certificate",
    "read_certificates",
    "trust",
]

Read = TypeVar("Read")

# NIST SP 800-131A rev. 2: shorter keys are no longer acceptable for checking signatures.
LEAST_RSA_BITS = 2048
LEAST_EC_BITS = 224


class Trust(Enum):
    """Whether a certificate leads to a pinned one."""

    YES = auto()
    UNKNOWN = auto()
    EXPIRED = auto()
    FORBIDDEN = auto()


@dataclass(frozen=True)
class Trusted:
    """An answer and its reason."""

    trust: Trust
    reason: str


def read_certificates(pem: bytes, name: str) -> tuple[Certificate, ...]:
    """Read the certificates of a PEM file.

    Raises
    ------
    ReadError
        There is none, or one cannot be read.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return tuple(_strictly(load_pem_x509_certificates, pem))
    except ReadError as error:
        msg = (
            f"{name} holds no certificate that can be used ({error}); give a PEM file, whose blocks "
            f"begin with -----BEGIN CERTIFICATE-----"
        )
        raise ReadError(msg) from error


def read_certificate(der: bytes) -> Certificate:
    """Read one certificate as it stands in a signature.

    Raises
    ------
    ReadError
        It cannot be read, or breaks RFC 5280.
    """
    from cryptography.x509 import load_der_x509_certificate

    return _strictly(load_der_x509_certificate, der)


def _strictly(load: Callable[[bytes], Read], content: bytes) -> Read:
    """Read, and refuse what `cryptography` still reads with a warning: it breaks RFC 5280."""
    from cryptography.utils import CryptographyDeprecationWarning
    from cryptography.x509 import InvalidVersion

    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        try:
            return load(content)
        except (ValueError, InvalidVersion, CryptographyDeprecationWarning) as error:
            raise ReadError(str(error).partition(". ")[0]) from error


def name_of(certificate: Certificate) -> str:
    """Return the subject of a certificate, for people."""
    try:
        return certificate.subject.rfc4514_string() or "a certificate without a name"
    except ValueError:
        return "a certificate whose name cannot be read"


def is_strong(certificate: Certificate) -> bool:
    """Whether the key is of a kind and length that still proves something (RSA, elliptic curve)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    if isinstance(key, RSAPublicKey):
        return key.key_size >= LEAST_RSA_BITS
    return isinstance(key, EllipticCurvePublicKey) and key.key_size >= LEAST_EC_BITS


def trust(
    leaf: Certificate, others: Sequence[Certificate], anchors: Sequence[Certificate], at: datetime
) -> Trusted:
    """Tell whether a chain leads from `leaf` over some of `others` to one of `anchors`.

    Parameters
    ----------
    leaf, others
        The certificate that made the signature, and those that came along with it.
    anchors
        The pinned certificates: of authorities, or of signers themselves.
    at
        The time at which all of them must be valid; aware.
    """
    who = name_of(leaf)
    if not anchors:
        return Trusted(Trust.UNKNOWN, "no trusted certificate was given (--trust)")
    if leaf in anchors:
        if outside := _outside(leaf, at):
            return Trusted(Trust.EXPIRED, f"the certificate of {who} {outside}")
        if not _may_sign(leaf):
            return Trusted(
                Trust.FORBIDDEN, f"the certificate of {who} is not meant for signatures (KeyUsage)"
            )
        return Trusted(Trust.YES, f"signed by {who}, whose certificate is pinned")
    if _leads(leaf, others, anchors, at):
        return Trusted(Trust.YES, f"signed by {who}, whose certificate leads to a pinned one")
    # Would it lead there at some other time? Then the time is what is wrong, and the chain is not.
    for moment in _moments(leaf, others, anchors):
        if _leads(leaf, others, anchors, moment):
            outside = (
                _outside(leaf, at) or "leads to a pinned one over a certificate that was not valid"
            )
            when = f"{at.isoformat()}"
            return Trusted(
                Trust.EXPIRED, f"the certificate of {who} {outside} (checked for {when})"
            )
    return Trusted(
        Trust.UNKNOWN, f"signed by {who}, whose certificate does not lead to a trusted one"
    )


def _leads(
    leaf: Certificate, others: Sequence[Certificate], anchors: Sequence[Certificate], at: datetime
) -> bool:
    from cryptography.x509 import verification

    builder = verification.PolicyBuilder().store(verification.Store(list(anchors))).time(at)
    builder = builder.extension_policies(
        ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(), ee_policy=_for_signers()
    )
    try:
        builder.build_client_verifier().verify(leaf, [other for other in others if other != leaf])
    except verification.VerificationError:
        return False
    return True


def _for_signers() -> ExtensionPolicy:
    """Return what a signer's certificate must hold: if it limits its use, then to signatures."""
    from cryptography import x509
    from cryptography.x509 import verification

    def check(_policy: Policy, _certificate: Certificate, usage: KeyUsage | None) -> None:
        if usage is not None and not usage.digital_signature:
            msg = "not meant for signatures"
            raise ValueError(msg)

    return verification.ExtensionPolicy.permit_all().may_be_present(
        x509.KeyUsage, verification.Criticality.AGNOSTIC, check
    )


def _may_sign(certificate: Certificate) -> bool:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    return usage.digital_signature


def _outside(certificate: Certificate, at: datetime) -> str:
    """Return how a time lies outside a certificate's validity; empty where it does not."""
    if at < certificate.not_valid_before_utc:
        return f"was not valid before {certificate.not_valid_before_utc.isoformat()}"
    if at > certificate.not_valid_after_utc:
        return f"was not valid after {certificate.not_valid_after_utc.isoformat()}"
    return ""


def _moments(
    leaf: Certificate, others: Sequence[Certificate], anchors: Sequence[Certificate]
) -> list[datetime]:
    """Return times at which a chain could have been valid: where one of its certificates begins."""
    most_certificates = 16  # a message must not buy unlimited work with certificates inside it
    involved = [leaf, *others[:most_certificates], *anchors[:most_certificates]]
    return sorted({certificate.not_valid_before_utc for certificate in involved})
