"""`ew4all alert check`: whether CAP files are what they should be, and who signed them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.parameters import Json
from ew4all.cli.terminal import console, reporting
from ew4all.errors import ReadError
from ew4all.readers.whole_file import whole_file

if TYPE_CHECKING:
    from ew4all.alerts.checking import Checked
    from ew4all.alerts.profiles import Profile

__all__ = ["check"]

_ENDINGS = {".cap", ".xml"}


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="CAP alerts, feeds or envelopes of them; a folder stands for its .xml and .cap files, - for standard input.",
            show_default=False,
        ),
    ],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CERT.pem", help="A certificate that is trusted to sign alerts. Repeatable."
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="Demands beyond the standard: cap-cp, eu-alert, meteoalarm, wea-ipaws, or a file of your own.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Say what has expired at this time, with its offset. Default: now."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check CAP 1.2 files (1.0 and 1.1 too): schema, rules of the standard, signature.

    Exit code 2 if any alert is not valid, that is, has a finding of severity error, or a file cannot be read.
    """
    with reporting():
        from ew4all.alerts.checking import check as check_file
        from ew4all.alerts.checking import check_together, unread
        from ew4all.readers.cap_files import instant

        moment = instant(at) or datetime.now(UTC)
        anchors = [whole_file(path, "--trust") for path in trust or ()]
        demands = _profile(profile)
        checked: list[Checked] = []
        for path in _paths(files):
            name = "standard input" if path == "-" else path
            try:
                data = _read(path, name)
            except ReadError as error:
                # The others are checked all the same; what to do stands in the rule.
                checked.append(unread(name, str(error).partition("; ")[0]))
                continue
            checked += check_file(data, name, anchors=anchors, profile=demands, at=moment)
        together = check_together(checked)
        if as_json:
            typer.echo(json.dumps(document(together), indent=2, ensure_ascii=False))
        else:
            from ew4all.report.alert_table import check_report

            console().print(check_report(together))
        if not all(each.valid for each in together):
            raise typer.Exit(2)


def document(checked: tuple[Checked, ...]) -> list[dict[str, Any]]:
    """Return what --json prints: one entry an alert."""
    return [
        {
            "file": each.name,
            "alert_index": each.reading.index,
            "cap_version": each.reading.cap_version,
            "xsd_valid": each.reading.xsd_valid,
            "valid": each.valid,
            "signature": each.signature,
            "findings": [
                {
                    "code": found.code,
                    "severity": str(found.severity),
                    "path": found.path,
                    "line": found.line,
                    "message": f"{found.message}; {found.hint}",
                }
                for found in each.reading.findings
            ],
        }
        for each in checked
    ]


def _read(path: str, name: str) -> bytes:
    if path != "-" and Path(path).is_dir():
        msg = f"{name} is a folder without .xml and .cap files; name the files"
        raise ReadError(msg)
    return whole_file(path, name=name)


def _paths(files: list[str]) -> list[str]:
    paths: list[str] = []
    for name in files:
        folder = Path(name)
        if name != "-" and folder.is_dir():
            inside = sorted(p for p in folder.iterdir() if p.suffix.lower() in _ENDINGS)
            paths += [str(p) for p in inside] or [name]
        else:
            paths.append(name)
    return paths


def _profile(name: str | None) -> Profile | None:
    if name is None:
        return None
    from ew4all.alerts.profiles import load, parse

    return parse(whole_file(name, "--profile"), name) if name.endswith(".toml") else load(name)
