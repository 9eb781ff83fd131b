"""Keys that the operator's file names: that of the agency, and those of the persons who confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.certificates import name_of, read_certificates
from ew4all.errors import ReadError, RefusedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.x509 import Certificate

__all__ = ["confirmation_key", "must_fit", "only_certificate"]


def confirmation_key(pem: bytes, where: str) -> Ed25519PublicKey:
    """Read the public key of a person who confirms (Ed25519).

    Raises
    ------
    RefusedError
        It is something else, above all a private key, which belongs to the person alone.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY" in pem:
        msg = f"{where}.public_key holds a private key; the person keeps that one, make a new pair"
        raise RefusedError(msg)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        msg = f"{where}.public_key cannot be read ({error})"
        raise RefusedError(msg) from error
    if not isinstance(key, Ed25519PublicKey):
        msg = f"{where}.public_key is no Ed25519 key"
        raise RefusedError(msg)
    return key


def only_certificate(pem: bytes) -> Certificate:
    """Read the certificate of the agency.

    Raises
    ------
    RefusedError
        There is not exactly one, or it is that of an authority, which could let others sign.
    """
    from cryptography import x509

    try:
        found = read_certificates(pem, "signing.certificate")
    except ReadError as error:
        raise RefusedError(str(error)) from error
    if len(found) != 1:
        msg = (
            f"signing.certificate holds {len(found)} certificates, and must hold the agency's alone"
        )
        raise RefusedError(msg)
    try:
        authority = found[0].extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    except ValueError as error:
        msg = f"signing.certificate cannot be read ({error})"
        raise RefusedError(msg) from error
    if authority:
        msg = f"signing.certificate ({name_of(found[0])}) is that of an authority, not of a signer"
        raise RefusedError(msg)
    return found[0]


def must_fit(certificate_pem: bytes, key_pem: bytes, passphrase: bytes | None) -> None:
    """Check that key and certificate of the agency belong together.

    Raises
    ------
    RefusedError
        They do not, or one cannot be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    certificate = only_certificate(certificate_pem)
    try:
        key = load_pem_private_key(key_pem, password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"signing.key cannot be read ({error})"
        raise RefusedError(msg) from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        msg = "signing.key and signing.certificate do not belong together"
        raise RefusedError(msg)
