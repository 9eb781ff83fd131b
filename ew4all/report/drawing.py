"""What pictures share: shapes as paths, writing that reads on any ground, and the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely
from matplotlib import patheffects
from matplotlib.path import Path as Outline

from ew4all.errors import WriteError

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from shapely.geometry.base import BaseGeometry

__all__ = ["HALO", "LINE_HALO", "outline_of", "write_png"]

HALO: Final[list[Any]] = [patheffects.withStroke(linewidth=2.4, foreground="white", alpha=0.9)]
"""White around letters."""

LINE_HALO: Final[list[Any]] = [patheffects.withStroke(linewidth=4.0, foreground="white", alpha=0.8)]
"""White along the line around an area."""


def outline_of(shape: BaseGeometry) -> Outline | None:
    """Return the rings of the polygons of a shape as one path, None where it has none."""
    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and not part.is_empty
        for ring in shapely.get_rings(part)
    ]
    if not rings:
        return None
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))


def write_png(
    canvas: FigureCanvasAgg, path: Path, title: str, description: str | None = None
) -> None:
    """Write a picture with what it is about.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    facts = {"Title": title, "Software": "ew4all"}
    if description is not None:
        facts["Description"] = description
    try:
        canvas.print_png(path, metadata=facts)  # type: ignore[no-untyped-call]
    except OSError as error:
        msg = f"cannot write {path.name}: {error.strerror or error}"
        raise WriteError(msg) from error
