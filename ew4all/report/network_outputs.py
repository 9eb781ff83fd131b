"""The folder of `ew4all coverage`: rasters, tables, pictures and the record, all or nothing."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyproj import Transformer

from ew4all.coverage.queries import ANY
from ew4all.coverage.reference_level import QUANTITIES
from ew4all.network_maps import BLOCK, SITUATIONS, blocks_of, summary_of, technologies_of
from ew4all.report.network_map import NetworkLayers, SiteMarks, draw_levels, draw_servers
from ew4all.report.rounding import people_text
from ew4all.study import WORKERS
from ew4all.units import TECHNOLOGIES
from ew4all.writers.folder import output_folder, writing
from ew4all.writers.network_tables import write_network_shapes
from ew4all.writers.rasters import rasters_together
from ew4all.writers.records import write_json, write_record

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from ew4all.coverage.exposure import Progress
    from ew4all.coverage.network import Network
    from ew4all.grid import Block
    from ew4all.network_intake import OpenedNetwork
    from ew4all.network_maps import Maps, ServiceSummary
    from ew4all.units import F32, I32
    from ew4all.writers.rasters import CogFile

__all__ = ["write_coverage"]

PICTURE_PIXELS: Final = 1400
NO_LEVEL: Final = -999.0
_MEAN = "each cell of an overview is the average of the cells it stands for"
_NEAREST = "each cell of an overview is one of the cells it stands for"


def write_coverage(
    folder: str | os.PathLike[str],
    opened: OpenedNetwork,
    population: Any,
    *,
    settings: Mapping[str, Any],
    account: tuple[Mapping[str, Any], ...] = (),
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    title: str | None = None,
    attribution: str | None = None,
    by_operator: bool = False,
    workers: int | Executor = WORKERS,
    progress: Progress | None = None,
    **population_options: Any,
) -> ServiceSummary:
    """Write the maps of a network, count the people served, and draw pictures.

    For each technology ``level_4g.tif`` (dBm), ``server_4g.tif`` (row of ``cells.csv``), ``margin_4g.tif`` (dB),
    ``service_4g.tif`` and ``service_4g_indoor.tif`` (probability), ``camping_4g.tif`` (probability that a phone camps there),
    ``map_4g_level.png`` and ``map_4g_server.png``; ``service_any.tif`` and ``service_any_indoor.tif`` of several
    technologies together; by operator also ``service_4g_NAME.tif`` and ``..._indoor.tif``; besides
    ``cells.csv``, ``cells.geojson``, ``account.csv``, ``served.csv``, with zones ``zones.gpkg``, ``coverage.json`` and ``run.json``.

    Raises
    ------
    WriteError
        A file cannot be written; the folder is as it was.
    """
    network = opened.network
    operators = [o for o in network.operators() if o] if by_operator else []
    slugs = _slugs(operators)
    with output_folder(folder) as out:
        pictures = {t: Picture.of(network) for t in network.technologies()}
        with rasters_together() as begin:
            files = {t: _begin(out, network, t, begin) for t in network.technologies()}
            own = {
                key: _begin_operator(out, network, key, slugs[key[1]], begin)
                for key in [(t, o) for o in operators for t in technologies_of(network, o)]
            }
            # Of any technology, pixel by pixel: the union of means over coarse cells of people would be too small.
            union = _begin_any(out, network, begin) if len(files) > 1 else ()
            for block, maps in blocks_of(
                network, operators=operators, workers=workers, progress=progress
            ):
                for technology, found in maps.technologies.items():
                    _put(files[technology], block, found)
                    pictures[technology].take(block, found)
                if union:
                    each = maps.technologies.values()
                    for file, name in zip(union, ("outdoors", "indoors"), strict=True):
                        file.write(block, np.maximum.reduce([getattr(m, name) for m in each]))
                for key, shares in maps.operators.items():
                    for file, share in zip(own[key], shares, strict=True):
                        file.write(block, share)
        _write_cells(out / "cells.csv", network)
        summary = summary_of(
            opened,
            population,
            {
                "outdoors": {
                    **{t: out / f"service_{t}.tif" for t in (*files, *([ANY] if union else []))},
                    **{f"{t}:{o}": out / f"service_{t}_{slugs[o]}.tif" for t, o in own},
                },
                "indoors": {
                    t: out / f"service_{t}_indoor.tif" for t in (*files, *([ANY] if union else []))
                },
                "camping": {t: out / f"camping_{t}.tif" for t in files},
            },
            zones=zones,
            zone_id=zone_id,
            zone_name=zone_name,
            account=account,
            title=title,
            workers=workers,
            progress=progress,
            **population_options,
        )
        served = _served_rows(summary)
        _write_rows(out / "served.csv", served)
        write_network_shapes(
            out,
            network.cells,
            network.eirp_dbm,
            served[1:],
            [zone.geometry for zone in summary.zones],
            "; ".join(
                t for t in (title, "people served by zone", f"ew4all {summary.version}") if t
            ),
        )
        if account:
            _write_rows(out / "account.csv", account)
        for technology, picture in pictures.items():
            layers = _layers(opened, technology, picture, summary, attribution)
            draw_levels(out / f"map_{technology}_level.png", layers)
            draw_servers(out / f"map_{technology}_server.png", layers)
        write_json(out / "coverage.json", summary.to_dict())
        write_record(
            out, summary, command="coverage", settings=settings, sizes=_sizes(opened, summary)
        )
    return summary


@dataclass(frozen=True, eq=False)
class Picture:
    """Level and server of every so manieth pixel, for a picture."""

    step: int
    level_dbm: F32
    server: I32

    @classmethod
    def of(cls, network: Network) -> Picture:
        """Begin with nothing known."""
        step = max(1, -(-max(network.grid.shape) // PICTURE_PIXELS))
        shape = tuple(-(-n // step) for n in network.grid.shape)
        return cls(step, np.full(shape, np.nan, np.float32), np.full(shape, -1, np.int32))

    def take(self, block: Block, maps: Maps) -> None:
        """Take the pixels of a block that are drawn."""
        top, left = -block.row0 % self.step, -block.col0 % self.step
        row, col = (block.row0 + top) // self.step, (block.col0 + left) // self.step
        for target, values in ((self.level_dbm, maps.level_dbm), (self.server, maps.server)):
            some = values[top :: self.step, left :: self.step]
            target[row : row + some.shape[0], col : col + some.shape[1]] = some


def _begin(
    out: Path, network: Network, technology: str, begin: Callable[..., CogFile]
) -> dict[str, CogFile]:
    radio = network.radio
    served = f"{radio.decodes_dbm(technology):g} dBm"
    tags = {
        "EW4ALL_PROVENANCE": "modelled",
        "EW4ALL_TECHNOLOGY": technology,
        "EW4ALL_QUANTITY": QUANTITIES[technology],
    }
    level = {"nodata": NO_LEVEL, "tags": tags, "overviews": _MEAN}
    share = {"nodata": -1.0, "unit": "probability", "tags": tags, "overviews": _MEAN}
    grid = network.grid
    return {
        "level_dbm": begin(
            out / f"level_{technology}.tif", grid, **level, unit="dBm",
            description=f"{technology} {QUANTITIES[technology]} of the strongest cell, median outdoors",
        ),
        "server": begin(
            out / f"server_{technology}.tif", grid, nodata=-1, unit="row of cells.csv, from 0", dtype="int32",
            resampling="NEAREST", tags=tags, overviews=_NEAREST, description=f"{technology} strongest cell",
        ),
        "margin_db": begin(
            out / f"margin_{technology}.tif", grid, **level, unit="dB",
            description=f"{technology} level over {served}, at which half of the places outdoors are served",
        ),
        "outdoors": begin(
            out / f"service_{technology}.tif", grid, **share,
            description=f"{technology} probability of service outdoors, shadowing {radio.shadowing_sd_db:g} dB",
        ),
        "indoors": begin(
            out / f"service_{technology}_indoor.tif", grid, **share,
            description=f"{technology} probability of service inside buildings (ITU-R P.2109)",
        ),
        "camping": begin(
            out / f"camping_{technology}.tif", grid, **share,
            description=f"{technology} probability that a phone camps on it and decodes it, {radio.indoor_share:.0%} indoors",
        ),
    }  # fmt: skip


def _begin_any(
    out: Path, network: Network, begin: Callable[..., CogFile]
) -> tuple[CogFile, CogFile]:
    tags = {"EW4ALL_PROVENANCE": "modelled", "EW4ALL_TECHNOLOGY": ANY}
    outdoors, indoors = (
        begin(
            out / f"service_{ANY}{suffix}.tif", network.grid, nodata=-1.0, unit="probability", tags=tags,
            overviews=_MEAN, description=f"any technology, probability of service {where}",
        )
        for suffix, where in (("", "outdoors"), ("_indoor", "inside buildings"))
    )  # fmt: skip
    return outdoors, indoors


def _begin_operator(
    out: Path, network: Network, key: tuple[str, str], slug: str, begin: Callable[..., CogFile]
) -> tuple[CogFile, CogFile]:
    technology, operator = key
    tags = {
        "EW4ALL_PROVENANCE": "modelled",
        "EW4ALL_TECHNOLOGY": technology,
        "EW4ALL_OPERATOR": operator,
    }
    outdoors, indoors = (
        begin(
            out / f"service_{technology}_{slug}{suffix}.tif", network.grid, nodata=-1.0, unit="probability", tags=tags,
            overviews=_MEAN, description=f"{technology} of {operator}, probability of service {where}",
        )
        for suffix, where in (("", "outdoors"), ("_indoor", "inside buildings (ITU-R P.2109)"))
    )  # fmt: skip
    return outdoors, indoors


def _slugs(names: Sequence[str]) -> dict[str, str]:
    """Return what operators are called in names of files, each once."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-") or "operator"
        slug, count = plain, 1
        while slug in {*found.values(), "indoor"}:
            count += 1
            slug = f"{plain}-{count}"
        found[name] = slug
    return found


def _put(files: Mapping[str, CogFile], block: Block, maps: Maps) -> None:
    for name, file in files.items():
        values = getattr(maps, name)
        if name in {"level_dbm", "margin_db"}:
            values = np.where(np.isnan(values), np.float32(NO_LEVEL), values)
        file.write(block, values)


def _write_cells(path: Path, network: Network) -> None:
    cells = network.cells
    names = (
        "id", "site_id", "operator", "lon_deg", "lat_deg", "frequency_mhz", "bandwidth_mhz", "power_dbm", "gain_dbi",
        "feeder_loss_db", "height_m", "azimuth_deg", "beamwidth_deg", "downtilt_deg", "tai", "emergency_area",
    )  # fmt: skip
    rows = []
    for k in range(len(cells)):
        row: dict[str, Any] = {"index": k, "technology": TECHNOLOGIES[cells.technology[k]]}
        for name in names:
            value = getattr(cells, name)[k]
            blank = isinstance(value, np.floating) and np.isnan(value)
            row[name] = "" if blank else value
        row["reference_eirp_dbm"] = round(float(network.eirp_dbm[k]), 3)
        rows.append(row)
    _write_rows(path, rows)


def _served_rows(summary: ServiceSummary) -> list[dict[str, Any]]:
    """Return the people served: of all, then of each zone."""
    rows = []
    for place in (summary.whole, *summary.zones):
        row: dict[str, Any] = {"id": place.id, "name": place.name, "people": place.people}
        for situation in SITUATIONS:
            for technology, people in place.served[situation].items():
                row[f"{technology}_{situation}"] = people
        for technology, people in place.camping.items():
            row[f"{technology}_camping"] = people
        rows.append(row)
    return rows


def _write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _layers(
    opened: OpenedNetwork,
    technology: str,
    picture: Picture,
    summary: ServiceSummary,
    attribution: str | None,
) -> NetworkLayers:
    network, grid = opened.network, opened.grid
    rows, cols = picture.server.shape
    x, y = grid.xy(np.array([0.0, cols * picture.step]), np.array([0.0, rows * picture.step]))
    flipped = grid.transform.e > 0.0
    order = slice(None, None, -1) if flipped else slice(None)
    to_map = Transformer.from_crs(4326, grid.crs, always_xy=True)
    mine = network.cells.technology == TECHNOLOGIES.index(technology)
    cells = network.cells.take(mine)
    east, north = (
        np.asarray(v, np.float64)
        for v in to_map.transform(cells.lon_deg, cells.lat_deg, errcheck=False)
    )
    if grid.is_geographic:
        east = east - 360.0 * np.round((east - x.mean()) / 360.0)
    zones = [
        (z.name, _to_map(z.geometry, to_map, grid.is_geographic, float(x.mean())))
        for z in summary.zones
        if z.geometry is not None
    ]
    people = summary.whole
    facts = [(people_text(people.people), "people on the map")]
    for situation, words in (
        ("outdoors", "served outdoors"),
        ("indoors", "served inside buildings"),
    ):
        served = people.served[situation][technology]
        share = f" ({served / people.people:.0%})" if people.people > 0.0 else ""
        facts.append((people_text(served), f"{words}{share}"))
    title = f"{technology.upper()} coverage"
    return NetworkLayers(
        level_dbm=picture.level_dbm[order],
        server=picture.server[order],
        extent=(float(x.min()), float(y.min()), float(x.max()), float(y.max())),
        crs=grid.crs,
        served_from_dbm=network.radio.decodes_dbm(technology),
        quantity=QUANTITIES[technology],
        title=f"{summary.title}, {title}" if summary.title else title,
        sites=SiteMarks(east, north, cells.azimuth_deg, abs(float(y[1] - y[0])) / 90.0),
        facts=tuple(facts),
        zones=zones,
        attribution=attribution,
    )


def _to_map(shape: Any, to_map: Transformer, geographic: bool, middle: float) -> Any:
    import shapely

    def project(xy: Any) -> Any:
        x, y = to_map.transform(xy[:, 0], xy[:, 1])
        if geographic:
            x = np.asarray(x) - 360.0 * np.round((np.mean(x) - middle) / 360.0)
        return np.column_stack([x, y])

    return shapely.transform(shape, project)


def _sizes(opened: OpenedNetwork, summary: ServiceSummary) -> dict[str, Any]:
    height, width = opened.grid.shape
    return {
        "rows": height,
        "columns": width,
        "blocks": len(list(opened.grid.blocks(*BLOCK))),
        "pixels_per_cell_of_people": opened.factor**2,
        "cells": len(opened.network.cells),
        "zones": len(summary.zones),
    }
