"""Parameters that several commands have, so that they mean and say the same in each."""

from __future__ import annotations

from typing import Annotated

import typer

Population = Annotated[
    list[str],
    typer.Option(
        metavar="[NAME=]FILE",
        help="Raster of people, or polygons with --population-column. Repeat it for groups (age, sex).",
    ),
]
PopulationUnit = Annotated[
    str | None,
    typer.Option(
        metavar="count|per_km2|per_ha",
        help="What the population raster holds, where it does not say so.",
    ),
]
PopulationColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of people, where the population is polygons."),
]
Coverage = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TECH[:OPERATOR]=FILE",
        help="Coverage layer of 2g, 3g, 4g, 5g or any: raster of 0/1, shares or levels, or polygons. Repeatable.",
    ),
]
CoverageMin = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[TECH[:OPERATOR]=]LEVEL",
        help="Level from which on a coverage raster counts as covered, in its unit (dBm). Repeatable.",
    ),
]
Cap = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="CAP 1.2 alert whose area is the warning area. Repeat it for a thread of updates and cancellations.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="When the state of the --cap messages is wanted, or now; by default when the last was sent.",
    ),
]
Geocodes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Where the geocodes of --cap lie: CSV of name, value, geometry, or polygons with such columns. Repeatable.",
    ),
]
OperatorShare = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SHARE", help="Market share of an operator, 0 to 1. Repeatable."),
]
ZoneId = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of their identifiers.")]
ZoneName = Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of their names.")]

Sites = Annotated[
    str,
    typer.Argument(
        metavar="SITES", help="List of cells or sites: OpenCelliD, an operator's or a regulator's."
    ),
]
SitesColumn = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=COLUMN",
        help="Column of the list of sites that holds lon, lat, radio, azimuth, height, power, band, tai, ... Repeatable.",
    ),
]
SitesTechnology = Annotated[
    str | None,
    typer.Option(
        metavar="2g|3g|4g|5g",
        help="Technology of every row of the list of sites that does not say it.",
    ),
]
Country = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Outline of the country: cells far outside are dropped."),
]
MaxAgeYears = Annotated[
    float,
    typer.Option(
        metavar="YEARS", help="Rows of the list of sites last seen longer ago are dropped."
    ),
]
Dem = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Terrain heights, metres, for the signal. Without it, flat land."
    ),
]
LandCover = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Land cover raster for towns and open country. Without it, by density of people.",
    ),
]
LandCoverClass = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CLASS=open|suburban|urban|built",
        help="What a class of --landcover means, where its legend is not known. Repeatable.",
    ),
]
ResolutionM = Annotated[
    float | None,
    typer.Option(
        metavar="M", help="Width of a pixel; by default that of a population cell, 250 at most."
    ),
]
AssumeRadio = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="Replace a default: height_m, power_dbm, decode_4g_dbm, shadowing_sd_db, ... Repeatable.",
    ),
]

Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Threads. The result is the same for any number."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document with all digits.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no messages, errors only.")
]
