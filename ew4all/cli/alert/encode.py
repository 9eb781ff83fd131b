"""`ew4all alert encode`: the cell-broadcast messages that would carry an alert, for analysis."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ew4all.cli.alert.inputs import geocode_table, mapping_rules
from ew4all.cli.options import language_tag
from ew4all.cli.parameters import Json
from ew4all.cli.terminal import console, print_json, reporting
from ew4all.errors import CapError, OptionError
from ew4all.readers.whole_file import whole_file

if TYPE_CHECKING:
    from ew4all.alerts.cap import Alert, Reference
    from ew4all.alerts.encode_parameters import Parameters
    from ew4all.alerts.encoding import Encoded
    from ew4all.alerts.geocodes import GeocodeTable
    from ew4all.alerts.mapping_profile import Profile

__all__ = ["encode"]


def encode(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="CAP alert, or a feed of them; - for standard input."
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A text instead of a file; a test message by default."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="wea, eu-alert, etws; a country (ca, de, fr, gb, generic, jp, nl, us); or a file of your own.",
        ),
    ] = None,
    params: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="message_identifier, serial_number, repetition_s, broadcasts, plmn, tac, cells, concurrent, "
            "send_indication, segment_octets.",
        ),
    ] = None,
    previous: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Alert on air that FILE updates or cancels. Repeatable, oldest first.",
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="TAG", help="Language of --text, such as fr.")
    ] = None,
    geofence: Annotated[
        bool,
        typer.Option(
            "--geofence",
            help="Put the alert's area into the messages, for phones to compare with their own place.",
        ),
    ] = False,
    geocodes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="With --geofence: where the geocodes of FILE lie, as for reach. Repeatable.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show which cell-broadcast messages an alert becomes: pages, octets of every interface, what a phone shows.

    The result is analysis: nothing is sent, and nothing here can send.

    For example:

        ew4all alert encode alert.xml --profile wea --json

        ew4all alert encode --text "Test of the warning system." --json
    """
    with reporting():
        from ew4all.alerts.encode_parameters import Parameters, read_parameters

        if (file is None) == (text is None):
            msg = "give either a FILE or --text; see ew4all alert encode --help"
            raise OptionError(msg)
        given = Parameters()
        if params is not None:
            given = read_parameters(whole_file(str(params), "--params"), str(params))
        if text is not None:
            if previous or geofence:
                option = "--previous" if previous else "--geofence"
                msg = f"{option} is for a FILE; a text has no area and no predecessor"
                raise OptionError(msg)
            from ew4all.alerts.encoding import encode_message

            if language is not None:
                language_tag("--language", language)
            rules = mapping_rules(profile or "eu-alert", "--profile")
            named: list[tuple[str | None, Encoded]] = [
                (None, message) for message in encode_message(text, rules, given, language=language)
            ]
        else:
            if language is not None:
                msg = "--language is for --text; an alert says its language itself"
                raise OptionError(msg)
            if profile is None:
                msg = "an alert needs a --profile: which identifier it gets differs by country"
                raise OptionError(msg)
            if geocodes and not geofence:
                msg = "--geocodes tells where the area of --geofence lies; give both"
                raise OptionError(msg)
            rules = mapping_rules(profile, "--profile")
            named = _of_files(
                str(file),
                previous or [],
                rules,
                given,
                geofence=geofence,
                geocodes=geocode_table(geocodes),
            )
        if as_json:
            print_json(
                {
                    "schema": "ew4all/alert-encode/1",
                    "purpose": "analysis",
                    "profile": rules.name,
                    "messages": [
                        {**message.document(), "alert": identifier} for identifier, message in named
                    ],
                }
            )
        else:
            from ew4all.report.message_table import messages_report

            console().print(messages_report([message for _, message in named], rules.title))


def _of_files(
    file: str,
    previous: list[str],
    rules: Profile,
    given: Parameters,
    *,
    geofence: bool,
    geocodes: GeocodeTable | None,
) -> list[tuple[str | None, Encoded]]:
    """Encode the alerts of a file; those before them tell which messages are on air."""
    from ew4all.alerts.encode_parameters import Parameters
    from ew4all.alerts.encoding import encode_alert

    on_air: dict[Reference, tuple[Encoded, ...]] = {}
    # The parameters are for the file itself, and hold for its predecessors but for the number.
    earlier = Parameters(message_identifier=given.message_identifier)
    wanted: list[tuple[str | None, Encoded]] = []
    for path in [*previous, file]:
        for alert, doubts in _alerts(path):
            # Somebody else's message replaces nothing, whatever it says that it refers to.
            own = [r for r in alert.references if r.sender == alert.sender]
            known = [on_air[r] for r in own if r in on_air]
            if path == file and previous and not known and alert.references:
                named = ", ".join(f"{r.identifier} of {r.sender}" for r in alert.references)
                msg = (
                    f"{path} of {alert.sender} refers to {named}, which is none of the alerts given by "
                    f"--previous, or none of its own sender's"
                )
                raise CapError(msg)
            before = tuple(item for group in known for item in group) if known else None
            encoded = encode_alert(
                alert,
                rules,
                given if path == file else earlier,
                previous=before,
                geofence=geofence and path == file,
                geocodes=geocodes,
            )
            for replaced in own:
                on_air.pop(replaced, None)
            on_air[alert.reference] = encoded
            if path == file:
                wanted += [
                    (alert.identifier, replace(message, notes=(*message.notes, *doubts)))
                    for message in encoded
                ]
    return wanted


def _alerts(path: str) -> list[tuple[Alert, list[str]]]:
    """Return the alerts of a file, each with what speaks against acting on it."""
    from ew4all.alerts.cap_xml import read_alerts
    from ew4all.alerts.checking import signature_of
    from ew4all.alerts.findings import Level

    data = whole_file(path)
    alerts: list[tuple[Alert, list[str]]] = []
    for reading in read_alerts(data, path):
        errors = [each for each in reading.findings if each.severity is Level.ERROR]
        if reading.alert is None or errors:
            first = errors[0]
            where = f", line {first.line}" if first.line else ""
            msg = (
                f"{path}{where}: {first.message}, so the alert is not encoded; "
                f"`ew4all alert check {path}` tells all that is wrong with it"
            )
            raise CapError(msg)
        outcome, found = signature_of(reading)
        doubts = [f"{each.message}; {each.hint}" for each in found if outcome == "invalid"]
        alerts.append((reading.alert, doubts))
    return alerts
