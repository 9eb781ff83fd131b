"""Every finding that reading a CAP file can have: its code, how grave it is, what to do.

Codes are stable. An error breaks a MUST of the standard, its schema, or a limit that protects the
reader, or leaves in doubt whom the alert warns, or when; a warning breaks a SHOULD, or is what people
get wrong; an info is worth knowing. docs/cap.md shows this table, and a test compares the two.

References
----------
OASIS CAP 1.2, sections 3.2 (elements) and 3.3 (rules on characters, times and security). The schema
is checked word for word. The pages of the standard could not be read when this was made: rules that
only its text holds were compared with its sentences as other open implementations quote them (CAPNet,
CAPLib++), save for the digest of a resource, which is from knowledge of the standard.
"""

from __future__ import annotations

from ew4all.alerts.file_codes import FILE_RULES
from ew4all.alerts.findings import Finding, Level, Rule

__all__ = ["RULES", "finding"]

_ERROR, _WARNING, _INFO = Level.ERROR, Level.WARNING, Level.INFO


def finding(code: str, path: str, line: int | None, message: str) -> Finding:
    """Return the finding of this code."""
    rule = RULES[code]
    return Finding(code, rule.severity, path, line, message, rule.hint)


_FORM = {
    "cap.element.missing": Rule(_ERROR, "a required element is absent", "add it"),
    "cap.element.order": Rule(
        _ERROR, "an element stands after one that must follow it", "keep the order of the standard"
    ),
    "cap.element.repeated": Rule(
        _ERROR, "an element occurs twice that may occur once", "keep one of them"
    ),
    "cap.element.unknown": Rule(
        _ERROR,
        "an element that CAP does not have at this place; what it says would be lost",
        "remove it, or put it in a parameter",
    ),
    "cap.element.content": Rule(
        _ERROR, "elements inside an element that holds text", "write plain text there"
    ),
    "cap.element.text": Rule(
        _ERROR,
        "text between elements of CAP 1.0 or 1.1; it would be lost",
        "put it in an element, or remove it",
    ),
    "cap.element.blank": Rule(_ERROR, "a required element is empty", "fill it"),
    "cap.element.empty": Rule(
        _WARNING, "an optional element is empty; it is read as absent", "fill it or leave it out"
    ),
    "cap.value.enumeration": Rule(
        _ERROR, "not one of the words that the standard allows here", "use one of the words named"
    ),
    "cap.value.blanks": Rule(
        _ERROR, "blanks or line ends around a word of an enumeration", "write the word alone"
    ),
    "cap.value.deprecated": Rule(
        _ERROR,
        "'Very Likely', a word of CAP 1.0; it is read as Likely",
        "write Likely",
    ),
    "cap.time.form": Rule(
        _ERROR,
        "a time that cannot be read",
        "write it as 2026-01-31T18:30:00-05:00",
    ),
    "cap.time.zone": Rule(
        _ERROR, "a time without its offset from UTC", "add the offset, such as -05:00"
    ),
    "cap.time.letter": Rule(
        _ERROR, "a time with the letter Z; the standard forbids it", "write +00:00 instead of Z"
    ),
    "cap.time.letter_old": Rule(
        _WARNING,
        "a time with the letter Z in CAP 1.0, which does not forbid it",
        "write +00:00 instead of Z",
    ),
    "cap.time.fraction": Rule(_ERROR, "a time with a fraction of a second", "write whole seconds"),
    "cap.number": Rule(_ERROR, "text where a number must stand", "write a plain number"),
    "cap.language.form": Rule(
        _ERROR, "not a language tag (RFC 3066)", "write a tag such as en-GB, fr or zh-Hant"
    ),
    "cap.pair.form": Rule(
        _ERROR, "a parameter, event code or geocode of CAP 1.0 that is not NAME=value", "add the ="
    ),
    "cap.language.default": Rule(
        _INFO, "no language is named, so en-US applies", "name the language of the text"
    ),
}

_ALERT = {
    "cap.identifier.characters": Rule(
        _ERROR,
        "an identifier with a blank, comma, < or &; references to it break",
        "use letters, digits, dots and hyphens",
    ),
    "cap.sender.characters": Rule(
        _ERROR,
        "a sender with a blank, comma, < or &; references to it break",
        "use an address or a domain name",
    ),
    "cap.references.missing": Rule(
        _ERROR,
        "an Update, Cancel, Ack or Error that names no message it refers to",
        "add references: sender,identifier,sent",
    ),
    "cap.references.syntax": Rule(
        _ERROR,
        "a reference that is not sender,identifier,sent",
        "write the three, with commas and no blank",
    ),
    "cap.references.self": Rule(_ERROR, "the alert refers to itself", "name the earlier message"),
    "cap.references.repeated": Rule(_WARNING, "the same reference twice", "name each message once"),
    "cap.references.later": Rule(
        _WARNING, "a reference to a message sent later than this one", "check both times"
    ),
    "cap.references.sender": Rule(
        _WARNING,
        "a reference to another sender's message",
        "make sure that this sender may replace that message",
    ),
    "cap.restriction.missing": Rule(
        _ERROR, "scope Restricted without a restriction", "say who may receive it"
    ),
    "cap.restriction.unused": Rule(
        _WARNING, "a restriction although scope is not Restricted", "set scope or remove it"
    ),
    "cap.addresses.missing": Rule(_ERROR, "scope Private without addresses", "name the recipients"),
    "cap.quotes": Rule(
        _ERROR,
        "quotation marks that do not match in addresses or incidents",
        "close the quotation, or remove the mark",
    ),
    "cap.note.missing": Rule(
        _WARNING,
        "an Exercise or an Error without a note that explains it",
        "name the exercise, or the reason, in note",
    ),
    "cap.status.not_actual": Rule(
        _INFO, "the status is not Actual: nobody is to be warned", "treat it as its status says"
    ),
    "cap.scope.default": Rule(
        _INFO, "CAP 1.0 without a scope: it is read as Public", "name the scope"
    ),
    "cap.password": Rule(
        _WARNING,
        "the password of CAP 1.0, which later versions do not have; it is passed over",
        "leave it out: a signature says who sent an alert",
    ),
    "cap.info.missing": Rule(
        _WARNING, "an Alert or Update that tells nothing (no info)", "add an info block"
    ),
    "cap.info.repeated": Rule(_WARNING, "two info blocks are the same", "keep one of them"),
    "cap.sent.future": Rule(
        _WARNING, "sent lies in the future", "check the clock of the sender, and its offset"
    ),
    "cap.expired": Rule(_INFO, "the information has expired", "use it for analysis only"),
}

_INFO_BLOCK = {
    "cap.expires.missing": Rule(
        _WARNING, "no expires: each receiver sets its own end", "say when the alert ends"
    ),
    "cap.expires.before_effective": Rule(
        _ERROR,
        "it expires before it takes effect (effective, else sent): it is never in force",
        "correct the times or their offsets",
    ),
    "cap.expires.at_once": Rule(
        _WARNING,
        "it expires in the moment in which it takes effect: it is never in force",
        "let it last as long as people need it",
    ),
    "cap.onset.before_effective": Rule(
        _WARNING,
        "onset lies before effective (or sent): the event had begun already",
        "right for an event that goes on; otherwise correct the times",
    ),
    "cap.onset.after_expires": Rule(
        _WARNING,
        "the event begins after the information has expired",
        "let the alert last until the event",
    ),
    "cap.text.markup": Rule(
        _WARNING,
        "tags or character entities of HTML in a text: phones and signs show them as they stand",
        "write plain text",
    ),
    "cap.web.relative": Rule(
        _WARNING, "web is no full address", "write the address with its scheme (https://)"
    ),
    "cap.resource.nothing": Rule(
        _WARNING, "a resource without uri and without content", "add uri or derefUri"
    ),
    "cap.resource.relative": Rule(
        _WARNING,
        "uri is no full address and the content is not in the file",
        "write the address with its scheme (https://)",
    ),
    "cap.resource.mime": Rule(
        _WARNING, "mimeType is not of the form type/subtype", "write one such as image/png"
    ),
    "cap.resource.size": Rule(_ERROR, "a size below zero", "write the number of bytes"),
    "cap.resource.base64": Rule(_ERROR, "derefUri is not base64", "encode the content in base64"),
    "cap.resource.digest_form": Rule(
        _WARNING, "digest is no SHA-1 of 40 hexadecimal digits", "compute it again"
    ),
    "cap.resource.digest": Rule(
        _ERROR,
        "digest is not that of the content: one of the two was altered",
        "do not use the content; get the file again",
    ),
    "cap.area.missing": Rule(_WARNING, "an info block without an area", "say where it applies"),
}

_AREA = {
    "cap.area.words_only": Rule(
        _WARNING,
        "an area in words alone: no program can find the people in it",
        "add a polygon or circle",
    ),
    "cap.area.geocodes_only": Rule(
        _INFO,
        "an area of geocodes alone: it needs a table of what they stand for",
        "add a polygon, as the standard recommends",
    ),
    "cap.polygon.empty": Rule(
        _ERROR, "an empty polygon; nothing can be read", "remove it, or write its pairs"
    ),
    "cap.polygon.empty_old": Rule(
        _WARNING,
        "an empty polygon in CAP 1.0 or 1.1; it is read as absent",
        "leave it out",
    ),
    "cap.polygon.syntax": Rule(
        _ERROR,
        "a polygon that is not a list of latitude,longitude",
        "write pairs such as 38.47,-120.14 with one blank between",
    ),
    "cap.polygon.comma": Rule(
        _ERROR, "a comma after a pair; it is passed over", "remove the comma"
    ),
    "cap.polygon.pairs": Rule(
        _ERROR, "a polygon of fewer than four pairs", "give at least three corners and close it"
    ),
    "cap.polygon.open": Rule(
        _ERROR,
        "the last pair is not the first: whether a corner is missing cannot be told",
        "repeat the first pair at the end if the shape is whole",
    ),
    "cap.polygon.latitude": Rule(
        _ERROR, "a latitude beyond 90 degrees", "write latitude first, in degrees"
    ),
    "cap.polygon.longitude": Rule(
        _WARNING,
        "a longitude beyond 180 degrees; it is read as running on across the antimeridian",
        "write longitudes of -180 to 180",
    ),
    "cap.polygon.far": Rule(
        _ERROR, "a longitude beyond 360 degrees", "write longitudes of -180 to 180"
    ),
    "cap.polygon.swapped": Rule(
        _ERROR,
        "latitudes beyond 90 degrees where longitudes stay below: the two are exchanged",
        "write latitude first",
    ),
    "cap.polygon.flat": Rule(
        _ERROR, "a polygon that encloses no area", "give corners that are not on one line"
    ),
    "cap.polygon.crossing": Rule(
        _ERROR,
        "a ring that crosses itself so that its area depends on how it is read",
        "mend the polygon, for instance with QGIS 'Fix geometries', and look at the result",
    ),
    "cap.polygon.mended": Rule(
        _WARNING,
        "a ring that touches or repeats itself, though its area is not in doubt",
        "simplify the polygon",
    ),
    "cap.circle.empty": Rule(_ERROR, "an empty circle", "remove it, or write lat,lon radius"),
    "cap.circle.empty_old": Rule(
        _WARNING,
        "an empty circle in CAP 1.0 or 1.1; it is read as absent",
        "leave it out",
    ),
    "cap.circle.syntax": Rule(
        _ERROR, "a circle that is not lat,lon radius", "write it as 32.95,-115.5 25"
    ),
    "cap.circle.range": Rule(
        _ERROR,
        "a centre beyond 90 degrees of latitude or 360 of longitude",
        "write latitude first, in degrees",
    ),
    "cap.circle.longitude": Rule(
        _WARNING,
        "a centre whose longitude lies beyond 180 degrees; it is read as on the other side of the "
        "antimeridian",
        "write longitudes of -180 to 180",
    ),
    "cap.circle.radius": Rule(
        _ERROR,
        "a radius below zero, or beyond half the Earth (20,038 km)",
        "write the radius in kilometres",
    ),
    "cap.circle.pole": Rule(
        _ERROR, "a circle that holds a pole, which no map here can show", "give a polygon"
    ),
    "cap.circle.point": Rule(
        _INFO, "a radius of 0 km: a point, not an area", "give a radius if people are to be warned"
    ),
    "cap.ceiling.without_altitude": Rule(
        _ERROR, "a ceiling without an altitude", "add the altitude, in feet"
    ),
    "cap.ceiling.below_altitude": Rule(
        _ERROR, "the ceiling lies below the altitude", "exchange the two"
    ),
}

RULES: dict[str, Rule] = {**FILE_RULES, **_FORM, **_ALERT, **_INFO_BLOCK, **_AREA}
