"""The legend of a raster as a picture. Heavy: imported with the first one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ew4all.api.tiling.styles import colours, legend_of

if TYPE_CHECKING:
    from ew4all.api.tiling.styles import Style

__all__ = ["legend_picture"]


def legend_picture(style: Style) -> bytes:
    """Return a bar of colours with its values, PNG with a white ground."""
    entries = legend_of(style)["entries"]
    table = colours(style.colormap)
    figure = Figure(figsize=(3.2, 0.8), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.06, 0.5, 0.88, 0.3))
    steps = range(len(entries)) if style.colormap == "distinct" else range(256)
    axes.imshow([[table[k] for k in steps]], aspect="auto", extent=(0.0, 1.0, 0.0, 1.0))
    axes.set_yticks([])
    if style.colormap == "distinct":
        places = [(k + 0.5) / len(entries) for k in range(len(entries))]
    else:
        places = [k / (len(entries) - 1) for k in range(len(entries))]
    axes.set_xticks(places, [f"{e['value']:.3g}" for e in entries], fontsize=8)
    if style.unit:
        axes.set_title(style.unit, fontsize=8, loc="left", pad=3)
    file = io.BytesIO()
    # Without its date and the version of the library, the same legend is the same bytes.
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
