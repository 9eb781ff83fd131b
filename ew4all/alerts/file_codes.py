"""Findings about a CAP file as a whole: limits, XML, feeds, signatures, several alerts together.

See `ew4all.alerts.cap_codes`, which has those about what an alert says.
"""

from __future__ import annotations

from ew4all.alerts.findings import Level, Rule

__all__ = ["FILE_RULES"]

_ERROR, _WARNING, _INFO = Level.ERROR, Level.WARNING, Level.INFO

_FILE = {
    "file.unreadable": Rule(
        _ERROR,
        "the file is missing, too large, or cannot be read",
        "check that it is the right file, and that you may read it",
    ),
    "limit.bytes": Rule(
        _ERROR, "the file is larger than 10 MB", "send one alert a file, pictures by their address"
    ),
    "limit.elements": Rule(
        _ERROR, "more than 400,000 tags", "send fewer alerts or areas in one file"
    ),
    "limit.depth": Rule(
        _ERROR, "elements nest deeper than 64 levels", "remove what is not CAP from the file"
    ),
    "limit.alerts": Rule(_ERROR, "a feed holds more than 5,000 alerts", "split the feed"),
    "limit.infos": Rule(_ERROR, "more than 1,000 info blocks", "split the alert"),
    "limit.areas": Rule(_ERROR, "more than 10,000 areas", "merge areas, or split the alert"),
    "limit.vertices": Rule(
        _ERROR, "more than 250,000 vertices", "simplify the polygons without shrinking the area"
    ),
    "limit.list": Rule(
        _ERROR,
        "references, addresses or incidents of more than 200,000 characters",
        "name fewer",
    ),
    "limit.findings": Rule(
        _INFO, "more findings than are listed", "correct what is listed, then check again"
    ),
    "xml.empty": Rule(_ERROR, "the file is empty", "get the file again"),
    "xml.doctype": Rule(
        _ERROR,
        "the file declares a document type (DOCTYPE), which can make a reader open other files or "
        "fill its memory; no CAP alert needs one",
        "do not use the file; if you trust its origin, remove the declaration",
    ),
    "xml.syntax": Rule(_ERROR, "the file is not well-formed XML", "get the file again"),
    "xml.encoding": Rule(
        _INFO, "the file is not in UTF-8", "publish in UTF-8, which every receiver reads"
    ),
    "feed.unwrapped": Rule(
        _INFO,
        "the alert was taken out of a feed or envelope",
        "the envelope itself is not checked",
    ),
    "feed.link": Rule(
        _WARNING,
        "entries of a feed link to alerts that are not in it",
        "save the alerts that the links name, and check them",
    ),
    "feed.no_alert": Rule(
        _ERROR,
        "a feed or envelope that holds no alert",
        "save the alert that it links to; nothing is fetched here",
    ),
    "cap.root": Rule(
        _ERROR, "the root element is no CAP alert and no feed of alerts", "give a CAP file"
    ),
    "cap.namespace": Rule(
        _ERROR,
        "an alert in a namespace that is not CAP 1.0, 1.1 or 1.2",
        "write urn:oasis:names:tc:emergency:cap:1.2 if the file follows CAP 1.2",
    ),
    "cap.version": Rule(
        _WARNING, "the alert is CAP 1.0 or 1.1", "publish CAP 1.2, which all receivers expect"
    ),
    "cap.schema": Rule(
        _ERROR, "the schema of CAP 1.2 does not allow this", "correct what the message names"
    ),
}

_SIGNATURE = {
    "signature.invalid": Rule(
        _ERROR,
        "a signature does not fit: the alert was altered, or laid out anew, after it was signed, or "
        "the signature moved",
        "do not warn anybody by it; get the alert as its sender sent it",
    ),
    "signature.untrusted": Rule(
        _WARNING,
        "a signature that the trusted certificates given cannot confirm",
        "give the certificate of the sender, got from the sender",
    ),
    "signature.unchecked": Rule(
        _INFO,
        "a signature that was not confirmed, because no trusted certificate was given",
        "give the certificate of the sender (--trust), got from the sender",
    ),
}

_TOGETHER = {
    "together.conflict": Rule(
        _WARNING,
        "an alert given before it has the same sender, identifier and time, and other content",
        "one of the two is false or was changed on the way: get it from its source again",
    ),
    "together.reused": Rule(
        _WARNING,
        "an alert given before it has the same sender and identifier, and another time",
        "an identifier may be used once only",
    ),
    "together.unknown": Rule(
        _INFO,
        "a reference to a message that was not given, where several were",
        "give that message too, to see what became of it",
    ),
    "together.mismatch": Rule(
        _WARNING,
        "a reference with the identifier of a message that was given, and another sender or time: "
        "it ends nothing",
        "correct the reference if that message is meant",
    ),
    "together.status": Rule(
        _WARNING,
        "an Update or Cancel of a message of another status, such as a test of an actual alert",
        "keep exercises and tests apart from actual alerts",
    ),
    "together.repeated": Rule(_INFO, "the same alert was given before it", "one is enough"),
}

FILE_RULES: dict[str, Rule] = {**_FILE, **_SIGNATURE, **_TOGETHER}
