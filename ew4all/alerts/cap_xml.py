"""CAP files, read: bytes to alerts with findings.

Whatever the bytes are, reading them ends with a result: what is wrong is a finding with a code, a
path, a line and a hint. An alert is valid if it has no finding of severity error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap_codes import finding
from ew4all.alerts.cap_grammar import NAMESPACES, grammar
from ew4all.alerts.cap_paths import Paths, element_at
from ew4all.alerts.cap_rules import findings_at
from ew4all.alerts.cap_schema import violations
from ew4all.alerts.cap_tree import TreeReader
from ew4all.alerts.cap_values import short
from ew4all.alerts.feeds import unwrap
from ew4all.alerts.findings import Finding, Level
from ew4all.alerts.xml_guard import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ew4all.alerts.cap import Alert
    from ew4all.alerts.cap_schema import Violation
    from ew4all.alerts.feeds import Unwrapped

__all__ = ["Reading", "read_alerts"]

MOST_ALERTS = 5_000

# Errors that the schema sees too, though often at another element.
_OF_CONTENT = {
    "cap.element.missing",
    "cap.element.order",
    "cap.element.repeated",
    "cap.element.unknown",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One alert of a file, or what kept it from being read.

    `alert` is None exactly where something that the file says has no place in the model; it may be
    there though the alert is not valid. `data` are the bytes of the whole file as received, which a
    signature is checked on; `element` is the element of the alert, without comments, or None.
    `xsd_valid` is None where the schema of CAP 1.2 does not apply: CAP 1.0 and 1.1, and what is no
    alert at all. A file that is refused for its DOCTYPE is false: it is valid nowhere.
    """

    index: int
    alert: Alert | None
    findings: tuple[Finding, ...]
    cap_version: str | None
    xsd_valid: bool | None
    data: bytes
    element: Any = None

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return all(each.severity is not Level.ERROR for each in self.findings)

    def line_of(self, path: str) -> int | None:
        """Return the line of an element such as ``/alert/info[2]/expires``; None if there is none."""
        if self.element is None:
            return None
        found = element_at(self.element, path)
        return None if found is None else int(found.sourceline)

    def with_findings(self, more: Iterable[Finding]) -> Reading:
        """Return this reading with further findings."""
        found = [*self.findings, *more]
        return replace(self, findings=_sorted(found)) if len(found) > len(self.findings) else self

    def at(self, moment: datetime) -> Reading:
        """Return this reading with what is to be said of it at a time, such as that it expired."""
        if self.alert is None:
            return self
        found = findings_at(self.alert, moment)
        return self.with_findings(replace(each, line=self.line_of(each.path)) for each in found)


def read_alerts(data: bytes, name: str) -> tuple[Reading, ...]:
    """Read every alert of a file.

    Parameters
    ----------
    data
        The file as received: a CAP 1.0, 1.1 or 1.2 alert, or a feed or envelope that holds some
        (RSS, Atom, EDXL-DE, a root called alerts).
    name
        How messages name it, usually its path.

    Returns
    -------
    tuple of Reading
        One for each alert; a single one without an alert if there is none. Bad content is never an
        exception.
    """
    root = parsed(data, name)
    if isinstance(root, Finding):
        refused = False if root.code == "xml.doctype" else None
        return (Reading(0, None, (root,), None, refused, data),)
    inside = unwrap(root)
    if not inside.alerts:
        return (_nothing(root, inside, name, data),)
    shared: list[Finding] = []
    encoding = (root.getroottree().docinfo.encoding or "UTF-8").upper()
    if encoding not in {"UTF-8", "ASCII", "US-ASCII"}:
        shared.append(finding("xml.encoding", "", 1, f"{name} is in {encoding}"))
    if inside.wrapper is None:
        return (_reading(0, root, shared, data),)
    if len(inside.alerts) > MOST_ALERTS:
        message = (
            f"{name} holds {len(inside.alerts):,} alerts; more than {MOST_ALERTS:,} are refused"
        )
        return (Reading(0, None, (finding("limit.alerts", "", None, message),), None, None, data),)
    message = f"the alert is taken out of the {short(inside.wrapper)} that carries it"
    shared.append(finding("feed.unwrapped", "", root.sourceline, message))
    links = _links(inside, root)
    return tuple(
        _reading(k, element, [*shared, *(links if k == 0 else ())], data)
        for k, element in enumerate(inside.alerts)
    )


def _reading(index: int, element: Any, shared: Sequence[Finding], data: bytes) -> Reading:
    tag = element.tag
    namespace = tag[1 : tag.rfind("}")] if tag[0] == "{" else ""
    version = NAMESPACES.get(namespace)
    if version is None:
        message = f"the namespace of the alert is {short(namespace or 'missing')}, which is not CAP"
        found = finding("cap.namespace", "/alert", element.sourceline, message)
        return Reading(index, None, _sorted([*shared, found]), None, False, data, element)
    against = violations(element) if version == "1.2" else ()
    xsd_valid = not against if version == "1.2" else None
    reader = TreeReader(element, grammar(namespace), sound=xsd_valid is True)
    alert = reader.alert()
    found_all = [*shared, *reader.findings]
    if against:
        found_all += _unexplained(against, reader.findings, element)
    if xsd_valid is None:
        message = f"the alert is CAP {version}"
        found_all.append(finding("cap.version", "/alert", element.sourceline, message))
    return Reading(index, alert, _sorted(found_all), version, xsd_valid, data, element)


def _unexplained(against: Sequence[Violation], own: Sequence[Finding], alert: Any) -> list[Finding]:
    """Return what the schema says against an alert and the reader, whose words are better, does not."""
    errors = [each for each in own if each.severity is Level.ERROR]
    content = any(each.code in _OF_CONTENT for each in errors)
    wrong = {each.path for each in errors}
    paths = Paths(alert)
    found = []
    for each in against:
        path = paths.of(each.element)
        if not (content if each.of_content else path in wrong):
            found.append(finding("cap.schema", path, each.line, each.message))
    return found


def _nothing(root: Any, inside: Unwrapped, name: str, data: bytes) -> Reading:
    local = inside.wrapper or ""
    path = f"/{local[:60]}"
    if inside.known:
        message = f"{name} is a {local!r} that holds no alert"
        found = [finding("feed.no_alert", path, root.sourceline, message)]
        found += _links(inside, root)
    else:
        message = f"{name} is no CAP alert: its root element is {short(local)}"
        found = [finding("cap.root", path, root.sourceline, message)]
    return Reading(0, None, tuple(found), None, None, data)


def _links(inside: Unwrapped, root: Any) -> list[Finding]:
    found = []
    paths = Paths(root)
    for entry in inside.entries:
        what = "names no alert" if entry.link is None else f"links to {short(entry.link)}"
        message = f"an entry holds no alert; it {what}"
        if entry is inside.entries[-1] and inside.without > len(inside.entries):
            message += f" (and {inside.without - len(inside.entries):,} more entries)"
        path = paths.of(entry.element)
        found.append(finding("feed.link", path, entry.element.sourceline, message))
    return found


def _sorted(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of their lines."""
    return tuple(sorted(found, key=lambda each: each.line or 0))
