"""Where a channel beside the mobile network reaches: a raster of 0/1, shares or levels, or polygons, each with a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import OptionError
from ew4all.readers.alignment import Aligned
from ew4all.readers.layers import is_raster
from ew4all.readers.levels import AtLeast, Fraction, must_hold_data
from ew4all.readers.provenance import SourceNote
from ew4all.readers.rasters import open_raster
from ew4all.readers.vectors import VectorLayer, read_vector

if TYPE_CHECKING:
    from ew4all.grid import Grid

__all__ = ["ChannelLayer", "open_channel", "open_layer_of"]

_OPTION: Final = "--channel-min"


@dataclass(frozen=True, eq=False)
class ChannelLayer:
    """A channel's reach: `raster` on the grid of the people, or `polygons`."""

    name: str
    raster: Aligned | None
    polygons: VectorLayer | None
    source: SourceNote
    notes: tuple[str, ...]


def open_channel(name: str, source: Any, grid: Grid, minimum: float | None = None) -> ChannelLayer:
    """Open the layer of a channel.

    Parameters
    ----------
    source
        What `ew4all.readers.layers.open_layers` takes for one coverage layer.
    minimum
        From which value of a raster of levels on the channel is received.

    Raises
    ------
    OptionError
        A least level for polygons, or one that is no finite number.
    InputError, ReadError
        See `open_raster` and `read_vector`; values are checked when they are read.
    """
    if minimum is not None and not np.isfinite(minimum):
        msg = f"{_OPTION} {name}={minimum} is no finite number"
        raise OptionError(msg)
    if minimum is not None and not is_raster(source):
        msg = (
            f"{_OPTION} {name}={minimum:g} is for rasters, but the layer is polygons; leave it out"
        )
        raise OptionError(msg)
    return open_layer_of(f"channel {name}", source, grid, _OPTION, minimum)


def open_layer_of(
    role: str, source: Any, grid: Grid, option: str | None, minimum: float | None = None
) -> ChannelLayer:
    """Open a layer of shares in a role of another name; `option` is what messages name for values that are no shares, None where it takes no other.

    Raises
    ------
    InputError, ReadError
        See `open_channel`.
    """
    name = role.partition(" ")[2]
    if not is_raster(source):
        layer = read_vector(source, role)
        note = SourceNote.of(role, layer.path, layer.crs, unit="polygons")
        return ChannelLayer(name, None, layer, note, tuple(layer.notes))
    raster = open_raster(source, role)
    must_hold_data(raster)
    rule: AtLeast | Fraction
    if minimum is None:
        plain = raster.dtype.kind in "iu" and (raster.scale, raster.offset) == (1.0, 0.0)
        rule = Fraction(name, "any", np.dtype(np.uint8 if plain else np.float32), option)
    else:
        rule = AtLeast(minimum)
    aligned = Aligned(raster, grid, raster.tile, rule)
    notes = list(raster.notes)
    if not aligned.on_same_cells:
        notes.append(
            f"{raster.name} is on other cells than the population; it was brought to these by area"
        )
    note = SourceNote.of(role, source, raster.grid.crs, unit="cells")
    return ChannelLayer(name, aligned, None, note, tuple(notes))
