"""Layers of a gap analysis beside those of the mobile network: channels, sirens, and the network degraded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ew4all.coverage.gaps import CELL_BROADCAST, PLACE, Channel, Signal
from ew4all.coverage.overlay import union
from ew4all.errors import OptionError
from ew4all.gap_assumptions import CHANNELS, share_of
from ew4all.gap_ground import Ground, Layer
from ew4all.gap_sirens import SirenShare
from ew4all.geometry import must_meet, on_grid
from ew4all.readers.channel_layers import open_channel
from ew4all.readers.layers import PolygonLayer, RasterLayer, open_layers
from ew4all.readers.provenance import SourceNote
from ew4all.run_sirens import sirens_on

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Grid
    from ew4all.readers.modelled import ModelledLayer

__all__ = ["degraded", "must_pair", "open_channels", "signal_layers"]


def signal_layers(
    readers: Sequence[RasterLayer | ModelledLayer],
    polygons: Sequence[PolygonLayer],
    shapes: Sequence[BaseGeometry],
    operators: Collection[str],
) -> tuple[tuple[Signal, ...], list[Layer]]:
    """Return layers of mobile signal; polygons that nobody tells apart are one.

    Parameters
    ----------
    shapes
        Of each polygon layer, in the CRS of the people.
    operators
        Operators with a market share: only these make a difference.
    """
    signals = [Signal(one.technology, one.operator) for one in readers]
    layers = [Layer(reader) for reader in readers]
    alike: dict[Signal, list[BaseGeometry]] = {}
    for one, shape in zip(polygons, shapes, strict=True):
        operator = one.operator if one.operator in operators else None
        alike.setdefault(Signal(one.technology, operator), []).append(shape)
    for signal, parts in alike.items():
        signals.append(signal)
        layers.append(Layer(None, union(parts)))
    return tuple(signals), layers


def open_channels(
    given: Mapping[str, Any], least: Mapping[str, float], sirens: Any, values: Mapping[str, float], grid: Grid,
    has_signal: bool, notes: list[str], sources: list[SourceNote],
) -> tuple[tuple[Channel, ...], list[Layer]]:  # fmt: skip
    """Open the channels beside cell broadcast, and their layers in the order of `Channel.layer`.

    Raises
    ------
    OptionError
        A channel without the layer that it needs, or with one that it cannot have.
    InputError, ReadError
        See `open_channel` and `sirens_on`.
    """
    found: list[Channel] = []
    layers: list[Layer] = []
    idle = sorted(set(least) - set(given))
    if idle:
        msg = f"--channel-min was given for {idle[0]!r}, which is no channel with a layer here"
        raise OptionError(msg)
    for name, source in given.items():
        needs = CHANNELS.get(name, PLACE)
        if name == CELL_BROADCAST:
            msg = (
                f"{name} is counted wherever there is a signal, and is no channel beside it; give its layers with --coverage, or call "
                "the channel otherwise"
            )
            raise OptionError(msg)
        if name == "siren":
            msg = "sirens are points with a level; give them with --sirens, not as a layer of --channel"
            raise OptionError(msg)
        if needs != PLACE:
            if source is not None:
                msg = f"{name} goes to whoever has a phone with a signal, so it has no layer of its own; write --channel {name}"
                raise OptionError(msg)
            if not has_signal:
                msg = f"whom {name} reaches depends on the mobile signal; give --coverage or --sites, or leave it out"
                raise OptionError(msg)
            found.append(Channel(name, needs, share_of(name, values)))
            continue
        if source is None:
            msg = f"the channel {name} needs a layer of where it is received; write --channel {name}=FILE"
            raise OptionError(msg)
        layer = open_channel(name, source, grid, least.get(name))
        notes += layer.notes
        sources.append(layer.source)
        shape = None
        if layer.polygons is not None:
            shapes, mended = on_grid(
                layer.polygons.geometries, layer.polygons.crs or grid.crs, grid, layer.polygons.name
            )
            notes += mended
            must_meet(shapes, grid, layer.polygons.name)
            shape = union(shapes)
        found.append(Channel(name, PLACE, share_of(name, values), len(layers)))
        layers.append(Layer(layer.raster, shape))
    if sirens is not None:
        read = sirens_on(sirens, grid, notes, sources)
        found.append(Channel("siren", PLACE, values["siren_works"], len(layers)))
        layers.append(Layer(SirenShare(read, dict(values))))
    return tuple(found), layers


def must_pair(after: Mapping[str, Any] | None, coverage: Mapping[str, Any] | None) -> None:
    """Refuse layers of a degraded network that do not pair with those of the whole one.

    Raises
    ------
    OptionError
        Names a layer that only one of them has.
    """
    if after is None:
        return
    if not coverage:
        msg = "layers of a degraded network stand beside those of the whole one; give --coverage too (--outage for --sites)"
        raise OptionError(msg)
    if set(after) != set(coverage):
        only = sorted(set(after) ^ set(coverage))[0]
        msg = f"--coverage-after needs the same layers as --coverage, but {only} is in one of them only"
        raise OptionError(msg)


def degraded(
    ground: Ground, coverage: Mapping[str, Any], least: Any, notes: list[str], sources: list[SourceNote]
) -> Ground:  # fmt: skip
    """Return the ground with other signal layers in the place of its own; channels stay.

    Raises
    ------
    InputError, ReadError
        See `open_layers`.
    """
    grid = ground.people.grid
    rasters, polygons = open_layers(coverage, grid, coverage_min=least)
    drawn = []
    for layer in polygons:
        shapes, mended = on_grid(
            layer.layer.geometries, layer.layer.crs or grid.crs, grid, layer.name
        )
        notes += mended
        # A network of which nothing is left has a layer that may lie anywhere, also nowhere near.
        drawn.append(union(shapes))
    opened: list[RasterLayer | PolygonLayer] = [*rasters, *polygons]
    for one in opened:
        notes += one.notes
        role = f"degraded coverage {one.technology}" + (f":{one.operator}" if one.operator else "")
        crs: CRS | None
        if isinstance(one, RasterLayer):
            path, crs, unit = one.raster.path, one.raster.grid.crs, "cells"
        else:
            path, crs, unit = one.layer.path, one.layer.crs, "polygons"
        sources.append(SourceNote.of(role, path, crs, unit=unit))
    others, layers = signal_layers(rasters, polygons, drawn, ground.places.operator_share)
    channels = ground.layers[len(ground.places.signals) :]
    places = replace(ground.places, signals=others)
    return replace(ground, places=places, layers=(*layers, *channels))
