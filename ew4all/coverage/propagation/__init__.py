"""Path loss between a site and a phone: published models as small objects, and kernels for maps.

Each model is a frozen object with one method, `loss_db`; `MODELS` has them by name. To add one: write its file, give it
`name`, `source` and `loss_db`, and name it in `MODELS`. A model tells by flags where it does not hold, and never raises for
that; `link.Range` lists the reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.coverage.propagation.bullington import Terrain
from ew4all.coverage.propagation.cost231 import Cost231
from ew4all.coverage.propagation.free_space import FreeSpace
from ew4all.coverage.propagation.hata import Hata
from ew4all.coverage.propagation.link import Link, Loss, Model, Range
from ew4all.coverage.propagation.rule import Combined, Median
from ew4all.coverage.propagation.tr38901 import RMa, UMa

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MODELS", "Link", "Loss", "Model", "Range"]

MODELS: Final[Mapping[str, Model]] = {
    model.name: model
    for model in (
        FreeSpace(),
        Hata(),
        Cost231(),
        RMa("los"),
        RMa("nlos"),
        RMa(),
        UMa("los"),
        UMa("nlos"),
        UMa(),
        Terrain(),
        Median(),
        Combined(),
    )
}
"""Every model by its name."""
