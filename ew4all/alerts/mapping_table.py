"""The whole mapping of a profile as a table: every triple with every class of events.

Made by the mapping itself, one alert a row, so that the table says what the code does.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

from ew4all.alerts.cap import (
    Alert,
    Category,
    Certainty,
    Info,
    MsgType,
    NamedValue,
    Scope,
    Severity,
    Status,
    Urgency,
)
from ew4all.alerts.cbs import IDENTIFIERS, describe
from ew4all.alerts.mapping import map_alert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ew4all.alerts.mapping_profile import EventClass, Named, Profile

__all__ = ["Row", "as_csv", "classes_markdown", "example", "rows", "triples_markdown"]

_SENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """What becomes of an alert of one class with one triple; `identifier` None is a refusal."""

    profile: str
    event_class: str
    status: Status
    severity: Severity
    urgency: Urgency
    certainty: Certainty
    identifier: int | None
    reason: str


def rows(rules: Profile) -> Iterator[Row]:
    """Yield 125 triples for each class of a profile."""
    for kind in rules.classes:
        for severity, urgency, certainty in product(Severity, Urgency, Certainty):
            alert = example(kind)
            info = replace(alert.infos[0], severity=severity, urgency=urgency, certainty=certainty)
            (mapped,) = map_alert(replace(alert, infos=(info,)), rules)
            yield Row(
                rules.name,
                kind.name,
                alert.status,
                severity,
                urgency,
                certainty,
                mapped.message_identifier,
                mapped.reason,
            )


def example(kind: EventClass) -> Alert:
    """Return an alert of a class: of its first status, recognised by the first thing it names."""
    status = next(s for s in Status if s in kind.statuses)

    def first(named: Named) -> tuple[NamedValue, ...]:
        return tuple(NamedValue(name, values[0]) for name, values in named[:1])

    parameters = first(kind.parameters)
    codes = () if parameters else first(kind.event_codes)
    event = kind.events[0] if kind.events and not (parameters or codes) else "Something"
    info = Info(
        categories=(Category.OTHER,),
        event=event,
        urgency=Urgency.IMMEDIATE,
        severity=Severity.EXTREME,
        certainty=Certainty.OBSERVED,
        event_codes=codes,
        parameters=parameters,
        headline="A headline",
    )
    return Alert(
        identifier="example",
        sender="example@example.org",
        sent=_SENT,
        status=status,
        msg_type=MsgType.ALERT,
        scope=Scope.PUBLIC,
        infos=(info,),
    )


def as_csv(profiles: Iterable[Profile]) -> str:
    """Return every row as comma-separated values; an identifier is empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["profile", "event_class", "status", "severity", "urgency", "certainty", "identifier",
         "additional_language_identifier", "reason"]
    )  # fmt: skip
    for rules in profiles:
        for row in rows(rules):
            known = None if row.identifier is None else IDENTIFIERS.get(row.identifier)
            twin = known.twin if known is not None and rules.additional_languages else None
            writer.writerow(
                [row.profile, row.event_class, row.status, row.severity, row.urgency,
                 row.certainty, row.identifier or "", twin or "", row.reason]
            )  # fmt: skip
    return out.getvalue()


def triples_markdown(profiles: Sequence[Profile]) -> str:
    """Return 125 rows, and a column for each profile: the class that takes every other alert."""
    columns = []
    for rules in profiles:
        last = rules.classes[-1].name
        columns.append([row for row in rows(rules) if row.event_class == last])
    names = [f"{rules.name}, {rules.classes[-1].name}" for rules in profiles]
    lines = [
        f"| severity | urgency | certainty | {' | '.join(names)} |",
        f"| --- | --- | --- |{' --- |' * len(profiles)}",
    ]
    for line in zip(*columns, strict=True):
        cells = [
            "no" if row.identifier is None else f"**{row.identifier}** {_level(row.identifier)}"
            for row in line
        ]
        first = line[0]
        lines.append(
            f"| {first.severity} | {first.urgency} | {first.certainty} | {' | '.join(cells)} |"
        )
    return "\n".join(lines) + "\n"


def _level(identifier: int) -> str:
    known = IDENTIFIERS.get(identifier)
    return f"({known.eu_alert})" if known is not None and known.eu_alert else ""


def classes_markdown(profiles: Sequence[Profile]) -> str:
    """Return the classes of each profile in their order: how they are recognised, and their result."""
    lines = [
        "| profile | class | recognised by | status | triple | identifier | sure | source |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rules in profiles:
        for kind in rules.classes:
            if kind.identifier is None:
                listed = sorted({t.identifier for t in rules.triples.values() if t.identifier})
                identifier = ", ".join(map(str, listed)) or "none"
            else:
                identifier = f"{kind.identifier} {describe(kind.identifier)}"
            statuses = ", ".join(s for s in Status if s in kind.statuses)
            triple = f"one of {len(rules.triples)}" if kind.listed else "any"
            lines.append(
                f"| {rules.name} | {kind.name} | {_recognised(kind)} | {statuses} | {triple} | "
                f"{identifier} | {kind.sure} | {kind.source} |"
            )
    return "\n".join(lines) + "\n"


def _recognised(kind: EventClass) -> str:
    if kind.always:
        return "everything else"
    found = [
        f"{what} {name} {' or '.join(values)}"
        for what, named in (("parameter", kind.parameters), ("event code", kind.event_codes))
        for name, values in named
    ]
    if kind.events:
        found.append(f"event has {' or '.join(kind.events)}")
    return "; ".join(found)
