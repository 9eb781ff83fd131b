"""One XML signature of an alert: its shape, its mathematics, and the bytes that it covers.

`signxml` does the mathematics. What it is given is made plain first: one reference, to the whole
alert, through transforms that cannot choose parts of it (no XPath, no XSLT, no base64).
"""

from __future__ import annotations

import base64
import binascii
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from ew4all.alerts.certificates import name_of, read_certificate
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography.x509 import Certificate

__all__ = ["Broken", "Checked", "Unusable", "check_one"]

DSIG = "http://www.w3.org/2000/09/xmldsig#"
ENVELOPED = f"{DSIG}enveloped-signature"
# Canonical XML 1.0 and 1.1 and exclusive canonical XML, each with and without comments.
CANONICAL: Final = frozenset(
    name + comments
    for name, comments in (
        ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", ""),
        ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "#WithComments"),
        ("http://www.w3.org/2006/12/xml-c14n11", ""),
        ("http://www.w3.org/2006/12/xml-c14n11", "#WithComments"),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", ""),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "WithComments"),
    )
)
MOST_CERTIFICATES = 8
_IDS = {"id", "Id", "ID"}


class Broken(Exception):
    """The signature is wrong: it does not belong to what the alert says.

    `certificates` are those that it names, and that need not have anything to do with it.
    """

    def __init__(self, reason: str, certificates: tuple[Certificate, ...] = ()) -> None:
        super().__init__(reason)
        self.certificates = certificates


class Unusable(Exception):
    """Nothing can be said about the signature."""


@dataclass(frozen=True)
class Checked:
    """A signature that fits the alert; whether its maker is to be trusted is another question.

    `certificate` is that of the key that made it; None where only a bare key is named. `others` are
    the certificates that came along. `weak` tells why it proves nothing today, or is None.
    """

    signed: bytes
    certificate: Certificate | None
    others: tuple[Certificate, ...]
    weak: str | None

    @property
    def signer(self) -> str | None:
        """Subject of the certificate."""
        return None if self.certificate is None else name_of(self.certificate)


@dataclass(frozen=True)
class _Shape:
    """What a signature says of itself."""

    method: str
    digest: str
    certificates: tuple[Certificate, ...]
    has_bare_key: bool


def check_one(root: etree._Element, position: int, anchors: Sequence[Certificate]) -> Checked:
    """Check the signature that is number `position`, from 0, of those directly under the alert.

    Other signatures may have been there when it was made, or have been added afterwards, so both
    are tried; what it covered then is all that counts.

    Raises
    ------
    Broken
        It does not fit the text, or covers something else than the alert.
    Unusable
        It uses what nobody here can or should check.
    """
    shape = _shape(root, root.findall(f"{{{DSIG}}}Signature")[position])
    by_bare_key = not shape.certificates and shape.has_bare_key
    candidates: list[Certificate | None] = (
        [None] if by_bare_key else [*(shape.certificates or anchors)]
    )
    if not candidates:
        msg = "it names no certificate, and none was given that could have made it (--trust)"
        raise Unusable(msg)
    signature = root.findall(f"{{{DSIG}}}Signature")[position]
    key, wrong = _key_of(root, signature, candidates)
    if key is _NOBODY:
        if not (shape.certificates or by_bare_key):
            msg = "it names no certificate, and none of the trusted ones made it"
            raise Unusable(msg)
        raise Broken(_laid_out_anew(root, position, candidates) or wrong, shape.certificates)
    for tree in _arrangements(root, position):
        try:
            signed, used = _mathematics(tree, key)
        except _WrongText as error:
            wrong = str(error)
        except _WrongKey as error:  # the key is right for the signature alone, so this is a trick
            raise Broken(str(error), shape.certificates) from error
        else:
            owner = _owner(used, anchors) if by_bare_key else key
            return Checked(signed, owner, shape.certificates, _weakness(shape))
    raise Broken(wrong, shape.certificates)


def _key_of(
    root: etree._Element, signature: etree._Element, candidates: Sequence[Certificate | None]
) -> tuple[Certificate | None, str]:
    """Return whose key made a signature, whatever it covers; `_NOBODY`, and why, if none of them.

    The rest of the alert plays no part in this, so it is left out: a large alert with many
    certificates must not buy much work.
    """
    alone = etree.Element(root.tag, dict(root.attrib), nsmap=root.nsmap)
    alone.append(deepcopy(signature))
    wrong = ""
    for candidate in candidates:
        try:
            _mathematics(alone, candidate)
        except _WrongText:
            return candidate, ""
        except _WrongKey as error:
            wrong = wrong or str(error)
        else:
            return candidate, ""
    return _NOBODY, wrong


def _laid_out_anew(
    root: etree._Element, position: int, candidates: Sequence[Certificate | None]
) -> str:
    """Say so where the signature is of one of the keys once blanks between elements are taken out."""
    tree = next(_arrangements(root, position))
    for element in tree.iter():
        if element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    key, _ = _key_of(tree, tree[0], candidates)
    if key is _NOBODY:
        return ""
    said = (
        "the file was laid out anew after it was signed: blanks between its elements were added, "
        "which breaks every signature"
    )
    try:
        _mathematics(tree, key)
    except (_WrongText, _WrongKey):
        return f"{said}; other parts of it may have been changed too. Get the file as it was sent"
    return f"{said}. Get the file as it was sent"


def _shape(root: etree._Element, signature: etree._Element) -> _Shape:
    """Read a signature, and refuse what could make it cover anything but the whole alert."""
    info = _only(signature, "SignedInfo")
    _bytes(_only(signature, "SignatureValue"), "its value")
    canonical = _only(info, "CanonicalizationMethod").get("Algorithm", "")
    if canonical not in CANONICAL:
        msg = f"it brings its text into the form {canonical!r}, which is unknown here"
        raise Unusable(msg)
    references = info.findall(f"{{{DSIG}}}Reference")
    if len(references) != 1:
        msg = f"it covers {len(references)} things; a signature of an alert covers the alert alone"
        raise Unusable(msg)
    _must_cover(root, references[0])
    digest = _only(references[0], "DigestMethod").get("Algorithm", "")
    _bytes(_only(references[0], "DigestValue"), "its digest")
    method = _only(info, "SignatureMethod").get("Algorithm", "")
    _must_be_known(method, digest)
    return _Shape(
        method,
        digest,
        _certificates(signature),
        signature.find(f"{{{DSIG}}}KeyInfo/{{{DSIG}}}KeyValue") is not None
        and signature.find(f"{{{DSIG}}}KeyInfo/{{{DSIG}}}X509Data") is None,
    )


def _must_cover(root: etree._Element, reference: etree._Element) -> None:
    uri = reference.get("URI")
    if uri is None:
        msg = "it does not say what it covers"
        raise Unusable(msg)
    if uri:
        named = [
            element
            for element in root.iter(etree.Element)
            if uri[1:] in {v for k, v in element.attrib.items() if etree.QName(k).localname in _IDS}
        ]
        if not uri.startswith("#") or uri == "#" or named != [root]:
            msg = f"it covers {uri!r} and not the alert as a whole, so the alert is not what was signed"
            raise Broken(msg)
    transforms = reference.findall(f"{{{DSIG}}}Transforms/{{{DSIG}}}Transform")
    for transform in transforms:
        name = transform.get("Algorithm", "")
        if name != ENVELOPED and name not in CANONICAL:
            msg = f"it transforms the alert by {name!r}, which could leave parts of it out"
            raise Unusable(msg)


def _must_be_known(method: str, digest: str) -> None:
    from signxml.algorithms import DigestAlgorithm, SignatureMethod

    try:
        name = SignatureMethod(method).name
        DigestAlgorithm(digest)
    except ValueError as error:
        msg = f"it uses an unknown algorithm ({error})"
        raise Unusable(msg) from error
    if name.startswith("HMAC"):
        msg = "it was made with a shared secret (HMAC), which whoever checks it could have made too"
        raise Unusable(msg)


def _certificates(signature: etree._Element) -> tuple[Certificate, ...]:
    place = f"{{{DSIG}}}KeyInfo/{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate"
    found = signature.findall(place)
    if len(found) > MOST_CERTIFICATES:
        msg = f"it carries {len(found)} certificates; more than {MOST_CERTIFICATES} are refused"
        raise Unusable(msg)
    try:
        return tuple(read_certificate(_bytes(e, "its certificate")) for e in found)
    except ReadError as error:
        msg = f"the certificate inside it cannot be used: {error}"
        raise Unusable(msg) from error


def _arrangements(root: etree._Element, position: int) -> Iterator[etree._Element]:
    """Yield the alert with this signature in front, and those of the others that it may cover."""
    total = len(root.findall(f"{{{DSIG}}}Signature"))
    kept = dict.fromkeys(
        (frozenset({position}), frozenset(range(position + 1)), frozenset(range(total)))
    )
    content = etree.tostring(root)
    for keep in kept:
        tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
        signatures = tree.findall(f"{{{DSIG}}}Signature")
        for number, signature in enumerate(signatures):
            if number not in keep:
                _take_out(signature)
        # signxml takes the first one. Taking an enveloped signature out leaves no trace of where it
        # stood, so moving it does not change what it covers.
        wanted = signatures[position]
        _take_out(wanted)
        wanted.tail = None
        tree.insert(0, wanted)
        yield tree


def _take_out(element: etree._Element) -> None:
    """Remove an element and leave the text behind it where it is."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


_NOBODY: Final[Any] = object()


class _WrongKey(Exception):
    """Another key than this one made the signature."""


class _WrongText(Exception):
    """The signature is right and belongs to another text."""


@cache
def _verifier() -> type[Any]:
    """Return signxml's verifier, with the canonical form of a part of a document put right.

    lxml 6.1 repeats namespaces inside a part that is canonicalised within its document by the
    inclusive algorithms, so that sound signatures fail (seen on four real alerts). A part that is
    parsed on its own comes out as the standard says; lxml writes inherited namespaces with it.
    """
    from signxml.verifier import XMLVerifier

    class Verifier(XMLVerifier):
        def _c14n(self, nodes: Any, *arguments: Any, **named: Any) -> Any:
            part = etree.tostring(nodes, with_tail=False)
            return super()._c14n(self._fromstring(part), *arguments, **named)  # type: ignore[no-untyped-call]

    return Verifier


def _mathematics(tree: etree._Element, certificate: Certificate | None) -> tuple[bytes, bytes]:
    """Return what was signed and the public key (PEM) that it was signed with."""
    import cryptography.exceptions
    from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
    from signxml.exceptions import InvalidDigest, InvalidInput
    from signxml.verifier import SignatureConfiguration

    configuration = SignatureConfiguration(
        require_x509=certificate is not None,
        location="./",
        expect_references=1,
        signature_methods=frozenset(SignatureMethod),
        digest_algorithms=frozenset(DigestAlgorithm),
        # Validity is asked for later and of the whole chain, so here any time at which it is valid.
        verification_time=None if certificate is None else certificate.not_valid_before_utc,
        # XML Signature 1.1, section 4.4.3.2: Canonical XML 1.0 where no transform says otherwise.
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    try:
        result: Any = _verifier()().verify(
            tree, x509_cert=certificate, validate_schema=False, expect_config=configuration
        )
    except InvalidDigest as error:
        msg = "the text was changed after it was signed (its digest is another one)"
        raise _WrongText(msg) from error
    except (cryptography.exceptions.InvalidSignature, InvalidInput, NotImplementedError) as error:
        why = f" ({error})" if isinstance(error, InvalidInput) else ""
        msg = f"the signature was not made by the key that it names{why}"
        raise _WrongKey(msg) from error
    except (
        cryptography.exceptions.UnsupportedAlgorithm,
        etree.XMLSyntaxError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        msg = f"it has a form that cannot be checked ({error})"
        raise Unusable(msg) from error
    if result.signed_xml is None or result.signed_xml.tag != tree.tag:
        msg = "it covers something else than the alert"
        raise _WrongText(msg)
    return bytes(result.signed_data), bytes(result.signature_key)


def _owner(public_key_pem: bytes, anchors: Sequence[Certificate]) -> Certificate | None:
    """Return the trusted certificate of a bare key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    for anchor in anchors:
        key = anchor.public_key()
        if key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) == public_key_pem:
            return anchor
    return None


def _weakness(shape: _Shape) -> str | None:
    # Chosen-prefix collisions of SHA-1 are practical since 2020 (Leurent and Peyrin, USENIX Security).
    parts = {"signature": shape.method, "digest": shape.digest}
    return next((f"its {what} uses SHA-1" for what, n in parts.items() if n.endswith("sha1")), None)


def _only(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(f"{{{DSIG}}}{tag}")
    if len(found) != 1:
        msg = f"it has {len(found)} elements {tag} where it must have one"
        raise Broken(msg)
    return found[0]


def _bytes(element: etree._Element, what: str) -> bytes:
    text = "".join((element.text or "").split())
    try:
        content = base64.b64decode(text, validate=True)
        if base64.b64encode(content).decode("ascii") != text:  # bits that decoding throws away
            msg = "its last letter is another one than writing it gives"
            raise binascii.Error(msg)
    except ValueError as error:
        msg = f"{what} is not written in base64 ({error})"
        raise Broken(msg) from error
    if not content or len(element):
        msg = f"{what} is empty"
        raise Broken(msg)
    return content
