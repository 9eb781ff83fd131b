"""Several warning areas in one run: the same people, seen from each alert.

A run of a scenario has one warning area, and `Rows.in_area` says who is in it. Where alerts have areas of their own (an exercise,
in which each is drawn), rows are told apart by the *set* of areas that they lie in, their code, and so is the service by
which cells are addressed. A channel that plays an alert sees a world in which `in_area`, and the cells that carry the alert,
are those of that alert; everything else, and who has been reached already, is shared. The world that results are counted
in has the union of all areas: over-reach is who is warned and in none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.errors import GridMismatchError, OptionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ew4all.sim.world import Service

    I32 = NDArray[np.int32]
    Flags = NDArray[np.bool_]

__all__ = ["AlertAreas"]


@dataclass(frozen=True, eq=False)
class AlertAreas:
    """Who is in which of several areas, and which cells carry the alerts of each.

    Attributes
    ----------
    names
        By which alerts name their area, see `Notice.area`.
    code
        Set of areas that each row lies in, shape (rows,); 0 is in none.
    inside
        Whether a code is in an area, shape (areas, codes).
    services
        The histories of service with the cells that each area addresses; all with the same technologies and epochs.
    history
        History of each row for each area, an index into `services`, shape (areas, rows); None: that of the row.
    """

    names: tuple[str, ...]
    code: I32
    inside: Flags
    services: tuple[Service, ...]
    history: I32 | None = None

    def __post_init__(self) -> None:
        """Refuse tables that do not belong together."""
        count = len(self.names)
        if self.inside.shape[0] != count or len(self.services) != count:
            msg = f"{count} areas were named, but there are tables of {self.inside.shape[0]} and {len(self.services)}"
            raise GridMismatchError(msg)
        if self.inside[:, 0].any():
            msg = "code 0 stands for being in no area, but the table has it in one"
            raise GridMismatchError(msg)

    def index(self, name: str) -> int:
        """Return the number of an area.

        Raises
        ------
        OptionError
            The run has none of this name.
        """
        if name not in self.names:
            msg = f"this run has no warning area {name!r}; it has {', '.join(self.names)}"
            raise OptionError(msg)
        return self.names.index(name)

    def holds(self, name: str) -> Flags:
        """Return whether each row lies in an area, shape (rows,)."""
        found: Flags = self.inside[self.index(name)][self.code]
        return found
