"""The folder of `ew4all plan feasibility`: the document in each format, its pictures, tables and record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ew4all.planning.questionnaire import blank
from ew4all.report.border_map import draw_border
from ew4all.report.document_files import write_document
from ew4all.report.feasibility_document import document_of
from ew4all.report.feasibility_figures import chart_costs, chart_coverage, chart_waterfall
from ew4all.report.map import MapLayers, draw_map
from ew4all.report.palette import BLUE, INK, ORANGE, PEOPLE, UNCOVERED
from ew4all.report.panel import draw_legend, draw_number, side_text
from ew4all.report.rounding import share_text
from ew4all.report.view import View, north_up
from ew4all.writers.folder import writing
from ew4all.writers.records import write_json, write_record
from ew4all.writers.tables import write_zone_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.colors import LogNorm

    from ew4all.feasibility_results import Feasibility
    from ew4all.plan_border import BorderPicture
    from ew4all.study import Study

__all__ = ["write_feasibility"]


def write_feasibility(
    out: Path,
    study: Study,
    result: Feasibility,
    picture: BorderPicture | None,
    *,
    formats: tuple[str, ...],
    settings: Mapping[str, Any],
) -> None:
    """Write everything into a folder that `output_folder` gave.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    _draw_people(out / "map.png", study, result)
    charts = {"costs": chart_costs(result)}
    if result.received is not None:
        charts |= {"coverage": chart_coverage(result), "waterfall": chart_waterfall(result)}
    for name, data in charts.items():
        with writing(out / f"{name}.png"):
            (out / f"{name}.png").write_bytes(data)
    if picture is not None and result.border is not None:
        draw_border(
            out / "border.png", picture, result.border, f"{result.country}: across the border", notice=result.notice,
            attribution=result.attribution,
        )  # fmt: skip
        charts["border"] = _bytes_of(out / "border.png")
    charts["map"] = _bytes_of(out / "map.png")
    document = document_of(result, charts)
    write_document(out, "feasibility", document, formats)
    if result.reach.zones:
        write_zone_tables(out, result.reach, notice=result.notice)
    questionnaire = out / "readiness.toml"
    with writing(questionnaire):
        text = blank(result.answers, result.country, result.operators)
        questionnaire.write_text(text, encoding="utf-8", newline="\n")
    write_json(out / "feasibility.json", result.to_dict())
    sizes = {
        "zones": len(result.reach.zones),
        "cells": result.network.cells if result.network else 0,
    }
    write_record(
        out,
        result,
        command="plan feasibility",
        settings=settings,
        sizes=sizes,
        notice=result.notice,
    )


def _draw_people(path: Path, study: Study, result: Feasibility) -> None:
    view = View.of(study)
    for _ in view.blocks():  # gathers the map
        pass
    names = () if study.zones is None else study.zones.names
    draw_map(
        path,
        MapLayers(
            people=north_up(study.grid, view.people),
            uncovered=north_up(study.grid, view.uncovered) if study.queries else None,
            extent=view.extent,
            crs=study.grid.crs,
            counts=result.reach.people,
            title=result.country,
            area=study.area,
            zones=[(n, s) for n, s in zip(names, study.zone_shapes, strict=True) if s is not None],
            notice=result.notice,
            attribution=result.attribution,
            about="Where people live, and whom no signal reaches" if study.queries else "Where people live",
            panel=_panel,
        ),
    )  # fmt: skip


def _panel(figure: Any, layers: MapLayers, norm: LogNorm, pixel: float) -> None:
    """Write numbers and legend: those of a warning area would be the wrong words here."""
    counts, y = layers.counts, 0.85
    draw_number(figure, y, counts.in_area, "people in the country", 19, INK)
    y -= 0.084
    ramps: list[Any] = [(norm, PEOPLE, "people")]
    if counts.uncovered is not None:
        covered = counts.in_area - counts.uncovered
        for people, words, colour in (
            (covered, "of them with a signal", BLUE),
            (counts.uncovered, "of them without any", ORANGE),
        ):
            said = f"{words}: {share_text(people, counts.in_area)}"
            draw_number(figure, y, people, said, 15, colour)
            y -= 0.075
        ramps = [
            (norm, PEOPLE, "with a signal"),
            (norm, UNCOVERED, "without; mixed with blue where some are"),
        ]
    heading = f"People per map cell of about {side_text(pixel)}"
    draw_legend(figure, y - 0.012, replace(layers, area=None), heading, ramps)


def _bytes_of(path: Path) -> bytes:
    with writing(path):
        return path.read_bytes()
