"""All that can be said of a CAP file: its form, its rules, a profile, its times, its signature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ew4all.alerts import profiles
from ew4all.alerts.cap import MsgType
from ew4all.alerts.cap_codes import finding
from ew4all.alerts.cap_grammar import SIGNATURE
from ew4all.alerts.cap_place_rules import place_findings
from ew4all.alerts.cap_values import short
from ew4all.alerts.cap_xml import Reading, read_alerts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ew4all.alerts.cap import Alert, Reference
    from ew4all.alerts.findings import Finding
    from ew4all.alerts.profiles import Profile

__all__ = ["Checked", "check", "check_together", "unread"]

_ENDING = {MsgType.UPDATE, MsgType.CANCEL}


@dataclass(frozen=True, slots=True)
class Checked:
    """One alert of a file with all findings; `signature` is valid, invalid, unchecked or none."""

    name: str
    reading: Reading
    signature: str

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return self.reading.valid


def check(
    data: bytes,
    name: str,
    *,
    anchors: Sequence[bytes] = (),
    profile: Profile | None = None,
    at: datetime | None = None,
) -> tuple[Checked, ...]:
    """Check every alert of a file.

    Parameters
    ----------
    data, name
        See `ew4all.alerts.cap_xml.read_alerts`.
    anchors
        PEM files of certificates that are trusted to sign. They must have been valid when the alert
        was sent.
    profile
        Further demands, see `ew4all.alerts.profiles`.
    at
        The time of the check: what has expired by then is said. Aware. Without it, no time counts.

    Raises
    ------
    ReadError
        One of `anchors` is no certificate.
    """
    if anchors:
        from ew4all.alerts.certificates import read_certificates

        for number, pem in enumerate(anchors, 1):
            # At once: a wrong file must not pass because this alert carries no signature.
            read_certificates(pem, f"trusted certificate {number}")
    readings = read_alerts(data, name)
    checked = []
    for reading in readings:
        outcome, found = signature_of(reading, anchors)
        found += place_findings(reading)
        if profile is not None and reading.alert is not None:
            found += profiles.check(reading.alert, profile, reading.line_of)
        reading = reading.with_findings(found)
        checked.append(Checked(name, reading if at is None else reading.at(at), outcome))
    return tuple(checked)


def unread(name: str, why: str) -> Checked:
    """Return what a check says of a file that could not be read."""
    lacking = finding("file.unreadable", "", None, why)
    return Checked(name, Reading(0, None, (lacking,), None, None, b""), "unchecked")


def check_together(checked: Iterable[Checked]) -> tuple[Checked, ...]:
    """Add what several alerts are to each other: repeated, of one name, referring to each other.

    None of it makes an alert invalid, since which of two is wrong cannot be told from the two; what is in
    force at a time is told by `ew4all.alerts.threads`.
    """
    everything = tuple(checked)
    alerts = [a for each in everything if (a := each.reading.alert) is not None]
    if len(alerts) < 2:
        return everything
    known = {alert.reference: alert for alert in alerts}
    named = {alert.identifier: alert for alert in reversed(alerts)}
    first: dict[tuple[str, str], tuple[Checked, Alert]] = {}
    result = []
    for each in everything:
        alert = each.reading.alert
        if alert is not None:
            found = [
                replace(f, line=each.reading.line_of(f.path)) for f in _chain(alert, known, named)
            ]
            other, before = first.setdefault((alert.sender, alert.identifier), (each, alert))
            if other is not each:
                found.append(_pair(other, before, alert))
            each = replace(each, reading=each.reading.with_findings(found))
        result.append(each)
    return tuple(result)


def _chain(
    alert: Alert, known: Mapping[Reference, Alert], named: Mapping[str, Alert]
) -> Iterator[Finding]:
    path = "/alert/references"
    for reference in dict.fromkeys(alert.references):
        if reference == alert.reference:
            continue
        target, near = known.get(reference), named.get(reference.identifier)
        name = short(reference.identifier)
        if target is None and (near is None or near is alert):
            yield finding("together.unknown", path, None, f"{name} was not given")
        elif target is None and near is not None:
            message = (
                f"{name} was given, as sent by {short(near.sender)} at {near.sent.isoformat()}"
            )
            yield finding("together.mismatch", path, None, message)
        elif target is not None and target.status is not alert.status and alert.msg_type in _ENDING:
            message = f"{name} has the status {target.status}, and this message {alert.status}"
            yield finding("together.status", path, None, message)


def _pair(other: Checked, before: Alert, alert: Alert) -> Finding:
    where = f"{other.name}, alert {other.reading.index + 1}"
    identifier = short(alert.identifier)
    if alert == before:
        return finding("together.repeated", "/alert", None, f"{where} is the same alert")
    if alert.sent == before.sent:
        message = f"{where} has the identity of {identifier}, and other content"
        return finding("together.conflict", "/alert", None, message)
    message = (
        f"{where} has the identifier {identifier} too, and was sent at {before.sent.isoformat()}"
    )
    return finding("together.reused", "/alert", None, message)


def _is_whole(reading: Reading) -> bool:
    """Whether the alert is all that the file holds, so that its bytes are those of the file."""
    return reading.element is not None and reading.element.getparent() is None


def signature_of(reading: Reading, anchors: Sequence[bytes] = ()) -> tuple[str, list[Finding]]:
    """Return valid, invalid, unchecked or none, and what is to be said of it.

    Without `anchors` nobody's signature is confirmed; one that does not fit is invalid all the same.
    """
    element = reading.element
    if element is None:
        # A file that was refused may carry one; what was read and is no alert carries none.
        unread = any(f.code.startswith(("xml.", "limit.")) for f in reading.findings)
        return ("unchecked" if unread else "none"), []
    signature = next(element.iter(SIGNATURE), None)
    if signature is None:
        return "none", []
    from lxml.etree import C14NError

    from ew4all.alerts.signature import Outcome, Verification, verify

    try:
        found = verify(reading.data if _is_whole(reading) else element, anchors)
    except C14NError:
        # Such as a namespace that is no address: libxml2 then has no canonical form to compare.
        found = Verification(Outcome.UNCHECKED, "the alert has no canonical form")
    if found.outcome in {Outcome.VALID, Outcome.NONE}:
        return str(found.outcome), []
    code = {
        Outcome.INVALID: "signature.invalid",
        Outcome.UNCHECKED: "signature.untrusted" if anchors else "signature.unchecked",
    }[found.outcome]
    path, line = "/alert/Signature", signature.sourceline
    return str(found.outcome), [finding(code, path, line, found.reason)]
