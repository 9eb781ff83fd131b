"""`ew4all alert audit`: whether the gateway's log still says what was written into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ew4all.cli.parameters import Json
from ew4all.cli.terminal import print_json, reporting
from ew4all.errors import AuditError

if TYPE_CHECKING:
    from ew4all.alerts.audit import AuditRecord

__all__ = ["audit"]


def audit(
    log: Annotated[
        Path,
        typer.Argument(metavar="LOG", help="The log; its head lies beside it.", show_default=False),
    ],
    head: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="A head that you noted before: the log must contain it."),
    ] = None,
    last: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many of the last lines to show.")
    ] = 20,
    as_json: Json = False,
) -> None:
    """Check the audit log of the gateway: every line, their chain, and the head.

    Exit code 2 if a line was changed, added, taken out or exchanged, or the end was cut off. Note
    the head that is printed at another place: whoever can write the log and its head can write both
    anew, and only a head that was noted elsewhere shows that.
    """
    with reporting():
        from ew4all.alerts.audit import verify_log

        try:
            found = verify_log(log, noted=head)
        except AuditError as error:
            if as_json:
                print_json(
                    {
                        "schema": "ew4all/audit/1",
                        "log": str(log),
                        "intact": False,
                        "reason": str(error),
                    }
                )
            raise
        shown = found.records[-last:] if last else ()
        if as_json:
            document = {
                "schema": "ew4all/audit/1",
                "log": str(log),
                "intact": True,
                "records": len(found.records),
                "head": found.head,
                "interrupted": found.interrupted,
                "events": found.events,
                "last": [
                    {
                        "number": record.number,
                        "time": record.time,
                        "event": record.event,
                        **record.body,
                    }
                    for record in shown
                ],
            }
            print_json(document)
            return
        for record in shown:
            typer.echo(_line(record))
        events = ", ".join(f"{count} {event}" for event, count in found.events.items())
        typer.echo(f"{log}: intact, {len(found.records)} lines{f' ({events})' if events else ''}")
        if found.interrupted:
            typer.echo("The last line was being written when the program ended; it is whole.")
        typer.echo(f"Head: {found.head}")


def _line(record: AuditRecord) -> str:
    body = record.body
    parts = [f"{record.number:>6}", record.time, record.event]
    if body.get("order"):
        parts.append(f"order {str(body['order'])[:16]}")
    if body.get("destination"):
        parts.append(f"to {body['destination']}")
    if body.get("persons"):
        parts.append(f"by {' and '.join(map(str, body['persons']))}")
    if body.get("reasons"):
        parts.append("; ".join(map(str, body["reasons"])))
    if body.get("outcome"):
        parts.append(f"{body['outcome']} {body.get('detail', '')}".strip())
    # A log quotes what strangers wrote: it must not steer the terminal or draw lines of its own.
    return "  ".join("".join(c if c.isprintable() else "?" for c in part) for part in parts)
