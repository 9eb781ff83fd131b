"""`ew4all alert diff`: what two alerts say differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ew4all.cli.parameters import Json
from ew4all.cli.terminal import console, print_json, reporting
from ew4all.errors import CapError, OptionError
from ew4all.readers.whole_file import whole_file

if TYPE_CHECKING:
    from ew4all.alerts.cap import Alert

__all__ = ["diff"]


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A CAP alert; - for standard input.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one, such as its update.")],
    as_json: Json = False,
) -> None:
    """Show what two CAP alerts say differently, whatever their XML looks like.

    The order of blocks, where a polygon begins, and the offset that a moment is written with do not count.
    """
    with reporting():
        from ew4all.alerts.cap_diff import differences

        if first == second == "-":
            msg = "standard input can be read once only; name a file"
            raise OptionError(msg)
        found = differences(_alert(first), _alert(second))
        if as_json:
            rows = [
                {"path": d.path, "change": str(d.change), "before": d.before, "after": d.after}
                for d in found
            ]
            print_json(
                {"schema": "ew4all/alert-diff/1", "a": first, "b": second, "differences": rows}
            )
        else:
            from ew4all.report.alert_table import diff_report

            console().print(diff_report(found))


def _alert(path: str) -> Alert:
    """Return the one alert of a file."""
    from ew4all.alerts.cap_xml import read_alerts
    from ew4all.alerts.findings import Level

    readings = read_alerts(whole_file(path), path)
    if len(readings) > 1:
        msg = f"{path} holds {len(readings)} alerts; give a file with one"
        raise CapError(msg)
    reading = readings[0]
    if reading.alert is None:
        errors = [each for each in reading.findings if each.severity is Level.ERROR]
        where = f", line {errors[0].line}" if errors[0].line else ""
        msg = (
            f"{path}{where}: {errors[0].message}, so the alert cannot be compared; "
            f"`ew4all alert check {path}` tells all that is wrong with it"
        )
        raise CapError(msg)
    return reading.alert
