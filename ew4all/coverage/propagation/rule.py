"""The rule of the maps: which model holds where, without steps downward, and what terrain adds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.propagation.bullington import Terrain
from ew4all.coverage.propagation.clutter import DEFAULT_LOSS_DB
from ew4all.coverage.propagation.cost231 import Cost231
from ew4all.coverage.propagation.free_space import free_space_db
from ew4all.coverage.propagation.hata import Hata, environment_db
from ew4all.coverage.propagation.link import Link, Loss, Range
from ew4all.coverage.propagation.tr38901 import RMa, UMa

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Combined", "Median"]

HATA_UP_TO_MHZ = 1500.0
COST231_UP_TO_MHZ = 2200.0
HATA_FROM_M = 1000.0


@dataclass(frozen=True)
class Median:
    """Median loss without terrain: it never falls with distance and never lies below free space.

    Up to 1.5 GHz Okumura-Hata, to 2.2 GHz COST 231-Hata (suburbs and open country by Hata's corrections, so that the loss
    has no step at 1.5 GHz), both not below what TR 38.901 gives at the same distance or, farther away, at 1 km, where
    Hata's range begins; there UMa stands for towns and RMa for the rest. Above 2.2 GHz TR 38.901 at every distance: RMa in
    open country, UMa in suburbs and towns. TR 38.901 enters as the mean over line of sight and none. Flags are those of
    the model that decides.
    """

    name: str = "median"
    source: str = "chosen for this project, from the models of this package"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss."""
        distance, frequency, base, mobile = link.columns()
        shape = np.broadcast_shapes(
            distance.shape, frequency.shape, base.shape, mobile.shape, link.environments.shape
        )
        environments = np.broadcast_to(link.environments, shape)
        whole = _same(link, distance_m=np.broadcast_to(distance, shape))
        near = _same(link, distance_m=np.broadcast_to(np.minimum(distance, HATA_FROM_M), shape))
        with np.errstate(divide="ignore", invalid="ignore"):
            free = free_space_db(frequency, link.slant_m)
            high = np.broadcast_to(frequency > COST231_UP_TO_MHZ, shape)
            middle = np.broadcast_to(frequency > HATA_UP_TO_MHZ, shape)
            cost = Cost231().loss_db(whole)
            suburban = np.where(environments == 1, environment_db(frequency, environments), 0.0)
            hata = Hata().loss_db(whole)
            far_db = np.where(middle, cost.db + suburban, hata.db)
            far_flags = np.where(middle, cost.flags, hata.flags)
            rma, uma = RMa().loss_db(near), UMa().loss_db(near)
            town = environments == 2
            near_db = np.where(town, uma.db, rma.db)
            near_flags = np.where(town, uma.flags, rma.flags)
            db = np.where(far_db >= near_db, far_db, near_db)
            flags = np.where(far_db >= near_db, far_flags, near_flags)
            rma, uma = RMa().loss_db(whole), UMa().loss_db(whole)
            open_country = environments == 0
            db = np.where(high, np.where(open_country, rma.db, uma.db), db)
            flags = np.where(high, np.where(open_country, rma.flags, uma.flags), flags)
        db = np.maximum(db, free)
        flags = flags & ~np.uint8(Range.BELOW_FREE_SPACE)
        return Loss.of(db, flags.astype(np.uint8), free)


@dataclass(frozen=True)
class Combined:
    """Median loss over a terrain profile: the larger of `Median` and of free space, diffraction and clutter.

    The larger and not the sum, because the average terrain is already inside the empirical models.

    Attributes
    ----------
    clutter_db
        Loss by what stands around the mobile, for instance of `clutter.height_gain_db`; None is 0 in open country, 6 in
        suburbs and 12 in towns.
    """

    clutter_db: float | None = None
    name: str = "combined"
    source: str = "chosen for this project, from P.1812 4.3.1 and the models of this package"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss of one path; the profile's end counts, not `distance_m`."""
        terrain = Terrain().loss_db(link)
        assert link.profile_distance_m is not None
        clutter = (
            np.asarray(DEFAULT_LOSS_DB)[link.environments]
            if self.clutter_db is None
            else np.float64(self.clutter_db)
        )
        median = Median().loss_db(_same(link, distance_m=float(link.profile_distance_m[-1])))
        over = terrain.db + clutter
        flags = np.where(over > median.db, terrain.flags, median.flags)
        return Loss.of(np.maximum(median.db, over), flags.astype(np.uint8), terrain.db)


def _same(link: Link, *, distance_m: ArrayLike) -> Link:
    return replace(link, distance_m=distance_m)
