"""`ew4all alert build`: a CAP alert for a drill, out of a template."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.alerts.drill import DrillStatus
from ew4all.cli.alert.inputs import geocode_table
from ew4all.cli.options import language_tag, moment
from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import console, print_json, reporting, say
from ew4all.errors import MissingCrsError, OptionError, TemplateError
from ew4all.readers.whole_file import whole_file

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ew4all.alerts.building import Built
    from ew4all.alerts.templates import Templates

__all__ = ["build"]

_LONGEST_H = 24.0 * 7


def build(
    hazard: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="chemical, cyclone, earthquake, flash_flood, flood, heat, landslide, storm, tsunami, volcano, "
            "wildfire, or one of --template.",
        ),
    ],
    language: Annotated[
        list[str],
        typer.Option(
            metavar="TAG",
            help="ar, en, es, fr, ru, zh (fr-CA takes fr), or one of --template. Repeatable; the first is the main one.",
        ),
    ],
    place: Annotated[
        list[str],
        typer.Option(metavar="[TAG=]TEXT", help="Where. TAG= for one language. Repeatable."),
    ],
    time: Annotated[
        list[str],
        typer.Option(
            metavar="[TAG=]TEXT",
            help="Until when, as people say it: 'tonight', '18:00'. Repeatable.",
        ),
    ],
    status: Annotated[
        DrillStatus, typer.Option(help="What the alert is. A real alert cannot be made here.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.xml", help="The CAP 1.2 file to write.")],
    action: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TAG=]TEXT", help="What to do; the template's words by default. Repeatable."
        ),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="[TAG=]TEXT", help="Who warns. Repeatable.")
    ] = None,
    area: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Polygons of the area: any vector file, WKT or CAP. Simplified outward.",
        ),
    ] = None,
    geocodes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Where the geocodes of a CAP alert in --area lie, as for reach. Repeatable.",
        ),
    ] = None,
    hours: Annotated[
        float, typer.Option(metavar="H", help="How long it is valid, from --sent on.")
    ] = 2.0,
    sent: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When it is sent, with its offset. Default: now."),
    ] = None,
    sender: Annotated[
        str | None, typer.Option(metavar="NAME", help="CAP sender; drill@example.org by default.")
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="CAP identifier; made of the content by default."),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="Hazards and languages of your own; docs/authoring.md."
        ),
    ] = None,
    most_vertices: Annotated[
        int, typer.Option(metavar="N", min=10, help="Most vertices of the area.")
    ] = 100,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build a CAP alert for an exercise, a test or a draft, and show how long its texts are on air.

    For example:

        ew4all alert build --hazard flood --language en --language fr --place "Green Valley" --place "fr=Val Vert"
        --time 18:00 --source "Met Office" --area valley.geojson --status Exercise --out drill.xml
    """
    with reporting():
        from ew4all.alerts.building import DEFAULT_SENDER, InLanguage
        from ew4all.alerts.building import build as build_alert
        from ew4all.alerts.cap_write import write
        from ew4all.writers.plain_table import write_text

        for tag in language:
            language_tag("--language", tag)
        begin = datetime.now(UTC) if sent is None else moment("--sent", sent)
        if not 0.0 < hours <= _LONGEST_H:
            msg = f"--hours {hours} is not between 0 and {_LONGEST_H:.0f}"
            raise OptionError(msg)
        places = _by_language("--place", place, language)
        times = _by_language("--time", time, language)
        actions = _by_language("--action", action or [], language)
        sources = _by_language("--source", source or [], language)
        contents = [
            InLanguage(
                tag,
                _needed("--place", places, tag),
                _needed("--time", times, tag),
                actions.get(tag),
                sources.get(tag, ""),
            )
            for tag in language
        ]
        built = build_alert(
            _templates(template),
            hazard,
            contents,
            status,
            sent=begin,
            expires=_end(begin, hours),
            area=None if area is None else _area(area, geocodes),
            sender=sender or DEFAULT_SENDER,
            identifier=identifier,
            most_vertices=most_vertices,
        )
        data = write(built.alert.alert)
        _must_be_valid(data)
        write_text(out, data.decode("utf-8"))
        if as_json:
            print_json(_document(built, out))
        else:
            from ew4all.report.message_table import build_report

            console().print(build_report(built))
        say(f"Written to {out}", quiet=quiet or as_json)


def _document(built: Built, out: Path) -> dict[str, Any]:
    return {
        "schema": "ew4all/alert-build/1",
        "purpose": "drill",
        "file": str(out),
        "identifier": built.alert.identifier,
        "status": str(built.alert.status),
        "languages": [
            {
                "language": said.texts.language,
                "event": said.texts.event,
                "headline": said.texts.headline,
                "description": said.texts.description,
                "instruction": said.texts.instruction,
                "reviewed": said.texts.reviewed,
                "short": {"text": said.texts.short, **said.short.as_dict()},
                "message": {"text": said.texts.message, **said.message.as_dict()},
                "hints": [{"code": h.code, "message": h.message} for h in said.hints],
            }
            for said in built.said
        ],
        "messages": [
            {
                "message_identifier": int(message.message_identifier),
                "serial_number": message.serial_number,
                "language": message.language,
                "text": message.text,
                "repetition_s": message.repetition_s,
                "broadcasts": message.broadcasts,
            }
            for message in built.messages
        ],
        "area": None
        if built.area is None
        else {
            "polygons": len(built.area.polygons),
            "vertices": built.area.vertices,
            "added_km2": built.area.added_km2,
        },
        "notes": list(built.notes),
    }


def _by_language(option: str, given: list[str], languages: list[str]) -> dict[str, str]:
    """Return a text for each language: its own, or the one that names none."""
    plain: list[str] = []
    own: dict[str, str] = {}
    tags = {tag.lower(): tag for tag in languages}
    for text in given:
        found = re.match(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)=", text)
        if found is None:
            plain.append(text)
            continue
        tag = tags.get(found[1].lower())
        if tag is None:
            msg = f"{option} {text!r} is for {found[1]}, which is none of --language {', '.join(languages)}"
            raise OptionError(msg)
        if tag in own:
            msg = f"{option} was given twice for {tag}"
            raise OptionError(msg)
        own[tag] = text[found.end() :]
    if len(plain) > 1:
        msg = f"{option} was given {len(plain)} times; say which language each is for: {option} fr=..."
        raise OptionError(msg)
    return {**(dict.fromkeys(languages, plain[0]) if plain else {}), **own}


def _end(begin: datetime, hours: float) -> datetime:
    try:
        end = begin + timedelta(hours=hours)
        end.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        msg = f"--hours {hours:g} from {begin.isoformat()} on ends beyond the calendar; give an earlier --sent"
        raise OptionError(msg) from error
    return end


def _needed(option: str, texts: dict[str, str], tag: str) -> str:
    if tag not in texts:
        msg = f"{option} says nothing in {tag}; give {option} {tag}=..."
        raise OptionError(msg)
    return texts[tag]


def _templates(path: Path | None) -> Templates:
    from ew4all.alerts.templates import read_templates, shipped

    if path is None:
        return shipped()
    return read_templates(whole_file(path, "--template"), str(path), shipped())


def _area(path: str, geocodes: list[str] | None) -> BaseGeometry:
    import numpy as np
    import shapely
    from pyproj import CRS

    from ew4all.mending import repaired
    from ew4all.readers.vectors import read_vector

    layer = read_vector(path, "area", geocodes=geocode_table(geocodes))
    lonlat = CRS.from_epsg(4326)
    shapes = [
        repaired(shape, layer.name)[0]
        for shape in layer.geometries
        if shape is not None and not shape.is_empty
    ]
    if layer.crs is None:
        msg = f"--area {path} does not say its coordinate reference system; give it one"
        raise MissingCrsError(msg)
    if not layer.crs.equals(lonlat, ignore_axis_order=True):
        from pyproj import Transformer

        to_lonlat = Transformer.from_crs(layer.crs, lonlat, always_xy=True)
        shapes = [
            shapely.transform(s, lambda xy: np.column_stack(to_lonlat.transform(*xy.T)))
            for s in shapes
        ]
    return shapely.union_all(shapes)


def _must_be_valid(data: bytes) -> None:
    """Read what is to be written the way every receiver would; nothing that is wrong goes out."""
    from ew4all.alerts.cap_xml import read_alerts
    from ew4all.alerts.findings import Level

    for reading in read_alerts(data, "the alert"):
        wrong = [found for found in reading.findings if found.severity is Level.ERROR]
        if wrong:
            msg = f"the alert would not be valid: {wrong[0].message}; {wrong[0].hint}"
            raise TemplateError(msg)
