"""The people of an exercise, folded for the alert areas that it has so far.

**How a drawn area enters, and why so.** Who is in the warning area, and which cells carry the alert, is decided while people are
folded, pixel by pixel, so an area cannot be put into a world that is there. When an alert is issued with an area that the exercise
has not had, people are folded anew with all areas up to then, the engine begins again at the start, and the log is played up
to that moment: seconds of work, once for each new area, and no approximation of who is where. What has happened stays:

- Rows are divided further, and each part is reached as the whole was. What a channel looks at by area is looked at by the area of
  the alert that it plays (`ew4all.sim.alert_areas`), and nobody is in the area of an alert that is yet to come. Only people too few
  to be followed, whom a channel leaves to its next repetition, may be others: up to some 3e-5 of the warned in tests, usually 1e-7.
- With one area the world is that of `ew4all.run_study.prepare`, byte for byte: an exercise in which the alert of a scenario is
  issued at its moment gives the run of that scenario.
- A replay folds for the areas that its log has, so that the state at a moment is a function of the log up to that moment.

The shared states of people (asleep, in a building, phone on) are those of the moment at which the first alert is issued, as in a
run; before that nobody has been warned, so that they have decided nothing. Sites that come back and roaming fold anew in the
same way; see `ew4all.exercises.network_course`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.overlay import clip, union, without
from ew4all.errors import OptionError
from ew4all.exercises.areas import OWN, DrawnArea, shape_on
from ew4all.exercises.network_course import CoursedService, NetworkCourse
from ew4all.network_window import Looked
from ew4all.run_network import addressed_of, epochs_of
from ew4all.run_study import bins_of, prepare
from ew4all.sim.alert_areas import AlertAreas
from ew4all.sim.decisions import Issue, NetworkChange, Notice, PowerChange, Switch
from ew4all.sim.division import Division
from ew4all.sim.epochs import Epochs
from ew4all.sim.service_histories import NetworkService, OutOfReach
from ew4all.sim.world import Mains, Service
from ew4all.study import outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.exercises.network_course import CourseChange
    from ew4all.results import InputFile
    from ew4all.run_intake import RunInputs
    from ew4all.run_plan import RunPlan
    from ew4all.run_study import Prepared
    from ew4all.scenario import Scenario
    from ew4all.sim.exercise import Exercise
    from ew4all.sim.folding import Folded, Ground

    Flags = NDArray[np.bool_]

__all__ = ["Worlds"]

_KEPT: Final = 6
"""Worlds that are kept in memory: a branch and its exercise share most of them."""

_PART: Final = "\x1f"

_OWN_AREA: Final = DrawnArea(OWN)


@dataclass(eq=False)
class Worlds:
    """Everything that an exercise is played on, and the worlds that were made of it.

    Attributes
    ----------
    plan
        Of the scenario, from its beginning to the end of the exercise; without its alerts, unless the exercise keeps them.
    start_s
        When the exercise begins, seconds after the scenario's zero.
    epochs
        Of the outage, with every cell addressed that can be; None without a network of cells.
    """

    scenario: Scenario
    inputs: RunInputs
    plan: RunPlan
    start_s: float
    epochs: Epochs | None

    def __post_init__(self) -> None:
        """Begin without a world."""
        self._made: OrderedDict[Any, Prepared] = OrderedDict()
        self._folds: OrderedDict[Any, Folded] = OrderedDict()
        self._chosen: dict[str, Flags] = {}
        self._lock = Lock()

    @classmethod
    def of(cls, exercise: Exercise, scenario: Scenario, inputs: RunInputs | None = None) -> Worlds:
        """Open the scenario of an exercise.

        Raises
        ------
        InputError, ReadError
            One of the scenario's inputs.
        """
        opened = scenario.inputs() if inputs is None else inputs
        plan, start_s = scenario.plan(replicas=1), exercise.scenario_start_s
        decisions, alerts = plan.decisions, plan.alerts
        if not exercise.keeps_alerts:
            kept = NetworkChange | PowerChange | Switch
            decisions, alerts = tuple(d for d in decisions if isinstance(d[1], kept)), ()
        until_s = max(start_s + exercise.length_s, plan.from_s + 1.0)
        decisions = tuple(d for d in decisions if d[0] <= until_s)
        plan = replace(plan, decisions=decisions, alerts=alerts, until_s=until_s)
        epochs = None
        if opened.network is not None:
            cells = opened.network.cells
            every = np.ones(len(cells), bool)
            run = scenario.run
            epochs = epochs_of(cells, every, opened.outage, run.since, run.since + run.duration, [])
        return cls(scenario, opened, plan, start_s, epochs)

    @cached_property
    def files(self) -> tuple[InputFile, ...]:
        """Inputs with their hashes."""
        return tuple(source.read() for source in self.inputs.sources)

    def course(self, changes: Sequence[CourseChange] = ()) -> NetworkCourse | None:
        """Return what happens to the network; None without one of cells."""
        return None if self.epochs is None else NetworkCourse.of(self.epochs, changes)

    def prepared(
        self,
        areas: Sequence[DrawnArea] = (),
        issued_s: float | None = None,
        changes: Sequence[CourseChange] = (),
    ) -> Prepared:
        """Return the people folded for some areas; the same are folded once.

        Parameters
        ----------
        areas
            Of the alerts that are issued, in the order in which they came; none: nothing is issued yet.
        issued_s
            When the first alert is issued, seconds after the scenario's zero; None: at the start of the exercise.
        changes
            Sites that come back, and roaming.

        Raises
        ------
        GeometryError
            An area in which nobody of the exercise can be.
        OptionError
            The warning area of the scenario is a raster, and another area was drawn.
        """
        wanted = tuple({one.name: one for one in areas}.values())
        moment_s = self.start_s if issued_s is None else issued_s
        key = (_key(wanted, changes), moment_s)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            made = self._fold(wanted, moment_s, changes)
            self._made[key] = made
            _forget(self._made)
            return made

    def shape(self, area: DrawnArea) -> BaseGeometry | None:
        """Return an area in the CRS of the grid; None is everywhere.

        Raises
        ------
        GeometryError
            Nobody of the exercise can be in it.
        """
        study = self.inputs.study
        if area.shape is None:
            return study.area if study.area is not None else study.hazard
        grid = self.inputs.ground.division.grid
        found = shape_on(area, grid, outline(grid))
        if not _all_looked_at(self.inputs.ground, found):
            msg = (
                "the alert area reaches beyond the part of the country in which people are looked at pixel by pixel; give the scenario an "
                "alert.polygon around every area that may be drawn"
            )
            raise OptionError(msg)
        return found

    def chosen(self, area: DrawnArea) -> Flags:
        """Return the cells that an alert with this area is sent to, shape (cells,)."""
        if area.name not in self._chosen:
            self._chosen[area.name] = self._addressed(area)
        return self._chosen[area.name]

    def _addressed(self, area: DrawnArea) -> Flags:
        inputs, network = self.inputs, self.inputs.network
        assert network is not None
        assert inputs.everybody is not None
        if area.shape is None:
            assert inputs.addressed is not None
            return inputs.addressed
        study = replace(inputs.study, area=self.shape(area))
        customers = inputs.ground.service.customers
        return addressed_of(
            network, inputs.everybody, study, None, customers, None, self.scenario.network.tau, inputs.workers, []
        )  # fmt: skip

    def _fold(
        self, areas: tuple[DrawnArea, ...], issued_s: float, changes: Sequence[CourseChange]
    ) -> Prepared:
        plan = replace(
            self.plan, decisions=(*self.plan.decisions, (max(issued_s, self.plan.from_s), Issue(Notice())))
        )  # fmt: skip
        if len(areas) > 1:
            return self._fold_several(plan, areas, changes)
        inputs, ground = self.inputs, self.inputs.ground
        drawn = areas[0] if areas and areas[0].shape is not None else None
        if drawn is not None:
            ground = replace(
                ground, division=self._division(inputs.study.zone_shapes, self.shape(drawn))
            )
        course = self.course(changes)
        if course is not None and (changes or drawn is not None):
            ground = self._served(ground, self._service(course, areas or (_OWN_AREA,)))
        inputs = replace(inputs, ground=ground)
        made = self._prepare(self._long(plan, 1), inputs, _key(areas or (_OWN_AREA,), changes))
        world, history = made.world, None
        services: tuple[Service, ...] = (made.world.service,)
        if isinstance(ground.service, CoursedService):
            services = ground.service.services(world.service)
        if not areas:
            return replace(made, world=replace(world, service=services[0]))
        inside = world.rows.in_area
        code, table = inside.astype(np.int32), np.array([[False, True]])
        apart = AlertAreas((areas[0].name,), code, table, services, history)
        return replace(made, world=replace(world, service=services[0], areas=apart))

    def _fold_several(
        self, plan: RunPlan, areas: tuple[DrawnArea, ...], changes: Sequence[CourseChange]
    ) -> Prepared:
        """Fold with zones that are divided by the areas, and take the zones together again afterwards."""
        inputs, study = self.inputs, self.inputs.study
        if (
            study.area is None
            and study.hazard_raster is not None
            and any(a.name == OWN for a in areas)
        ):
            msg = (
                "an alert without a drawn area goes to the hazard's footprint, which is a raster in this scenario, and another alert has a "
                "drawn area; draw both, or give the scenario an alert.area"
            )
            raise OptionError(msg)
        whole = outline(inputs.ground.division.grid)
        shapes = [whole if (one := self.shape(area)) is None else one for area in areas]
        places = np.empty(len(study.zone_shapes) + 1, dtype=object)
        drawn = [z for z in study.zone_shapes if z is not None]
        alone = np.array([whole], dtype=object)
        places[:-1] = study.zone_shapes
        places[-1] = without(alone, union(drawn))[0] if drawn else whole
        part, parent, bits = _divided(places, shapes)
        order = np.lexsort((bits != 0, parent == len(places) - 1))
        # The last zone of a division is what lies in no other.
        last = int(np.flatnonzero((parent == len(places) - 1) & (bits == 0))[0])
        order = np.append(order[order != last], last)
        part, parent, bits = part[order], parent[order], bits[order]
        division = self._division(part[:-1], union(np.array(shapes, dtype=object)))
        ground = replace(inputs.ground, division=division)
        if ground.elsewhere is not None:
            home = {int(z): k for k, (z, b) in enumerate(zip(parent, bits, strict=True)) if b == 0}
            far = ground.elsewhere.division
            zone = np.array([home[int(z)] for z in far.zone], np.int32)
            ground = replace(
                ground, elsewhere=replace(ground.elsewhere, division=replace(far, zone=zone))
            )
        course = self.course(changes)
        if course is not None:
            ground = self._served(ground, self._service(course, areas))
        names = tuple(
            f"{inputs.zones[z]}{_PART}{b}"
            for z, b in zip(parent.tolist(), bits.tolist(), strict=True)
        )
        cuts = {
            name: cut
            for name in names
            if (cut := plan.power_cuts.get(name.split(_PART)[0], plan.power_cuts.get("*")))
            is not None
        }
        divided = replace(inputs, ground=ground, zones=names, zone_names=names)
        long = self._long(replace(plan, power_cuts=cuts), len(areas))
        made = self._prepare(long, divided, _key(areas, changes))
        return self._together(made, areas, parent, bits, ground)

    def _together(
        self,
        made: Prepared,
        areas: tuple[DrawnArea, ...],
        parent: NDArray[np.intp],
        bits: NDArray[np.int64],
        ground: Ground,
    ) -> Prepared:
        """Give rows the zone that they are part of, and the set of areas that they lie in."""
        world, rows = made.world, made.world.rows
        sets = np.unique(np.append(0, bits))
        code = np.searchsorted(sets, bits)[rows.zone].astype(np.int32)
        inside = (sets[None, :] >> np.arange(len(areas))[:, None]) & 1 == 1
        zone = parent[rows.zone].astype(np.int32)
        rows = replace(rows, zone=zone, in_area=code > 0)
        first = np.array(
            [int(np.flatnonzero(parent == z)[0]) for z in range(len(self.inputs.zones))]
        )
        mains = Mains(world.mains.lost_s[first], world.mains.back_s[first])
        history = None
        if isinstance(ground.service, CoursedService):
            services = ground.service.services(world.service)
        else:
            # Without cells an alert is on air in its area: histories with it, and the same without it behind them.
            one, count = world.service, len(world.service.technology)
            both = np.concatenate([one.technology, one.technology])
            on_air = np.concatenate([one.technology >= 0, np.zeros_like(one.addressed)])
            services = (Service(both, on_air, one.start_s),) * len(areas)
            history = np.where(inside[:, code], rows.service, rows.service + count).astype(np.int32)
        known = np.any([one.addressed for one in services], axis=0)
        base = Service(services[0].technology, known, services[0].start_s)
        if history is not None:
            base = world.service
        apart = AlertAreas(tuple(a.name for a in areas), code, inside, services, history)
        world = replace(
            world, rows=rows, zones=self.inputs.zones, mains=mains, service=base, areas=apart
        )
        bin_of, bins = bins_of(rows)
        return replace(made, world=world, bins=bins, bin_of=bin_of)

    def _prepare(self, plan: RunPlan, inputs: RunInputs, key: Any) -> Prepared:
        """Prepare people, folded for these areas and changes at most once: another moment of issue splits them otherwise."""
        made = prepare(plan, inputs, folded=self._folds.get(key))
        self._folds[key] = made.folded
        self._folds.move_to_end(key)
        _forget(self._folds)
        return made

    def _division(self, zones: Any, area: BaseGeometry | None) -> Division:
        study, grid = self.inputs.study, self.inputs.ground.division.grid
        return Division.of(
            grid,
            outline(grid),
            zones,
            area,
            study.hazard,
            hazard_raster=study.hazard_raster is not None,
            isochrones=self.inputs.isochrones,
        )

    def _service(
        self, course: NetworkCourse, areas: Sequence[DrawnArea]
    ) -> NetworkService | CoursedService:
        network = self.inputs.network
        assert network is not None
        customers = tuple(self.inputs.ground.service.customers)
        if len(areas) == 1 and not course.roaming.any():
            addressed = course.known & self.chosen(areas[0])
            return NetworkService(
                network, customers, Epochs(course.start_s, course.alive, addressed)
            )
        chosen = np.array([self.chosen(area) for area in areas])
        return CoursedService(
            network, customers, course, chosen, self.plan.from_s, self.plan.until_s
        )

    def _long(self, plan: RunPlan, count: int) -> RunPlan:
        """Let a plan last as long as the epochs of all areas, one behind the other, so that each weighs what it should."""
        return replace(plan, until_s=plan.from_s + count * (plan.until_s - plan.from_s))

    def _served(self, ground: Ground, service: Any) -> Ground:
        elsewhere = ground.elsewhere
        if elsewhere is not None:
            elsewhere = replace(elsewhere, service=OutOfReach(service))
        return replace(ground, service=service, elsewhere=elsewhere)


def _divided(
    places: NDArray[Any], shapes: Sequence[BaseGeometry]
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.int64]]:
    """Cut places by areas: parts, the place of each, and the areas that it lies in as bits.

    Each place has a part in no area, None where nothing of it is.
    """
    part, parent = places, np.arange(len(places))
    bits = np.zeros(len(places), np.int64)
    for k, shape in enumerate(shapes):
        inside, beyond = clip(part, shape), without(part, shape)
        part = np.concatenate([beyond, inside])
        parent = np.concatenate([parent, parent])
        bits = np.concatenate([bits, bits | (1 << k)])
        kept = (bits == 0) | np.array([p is not None and not p.is_empty for p in part])
        part, parent, bits = part[kept], parent[kept], bits[kept]
    none = np.array([p is not None and p.is_empty for p in part])
    part[none] = None
    return part, parent, bits


def _key(areas: Sequence[DrawnArea], changes: Sequence[CourseChange]) -> Any:
    """Return what tells one folding from another."""
    told = [
        (c.at_s, None if c.cells is None else c.cells.tobytes(), c.roaming, c.until_s)
        for c in changes
    ]
    return (tuple(one.name for one in areas), tuple(told))


def _forget(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > _KEPT:
        kept.popitem(last=False)


def _all_looked_at(ground: Ground, shape: BaseGeometry) -> bool:
    """Whether every pixel that a shape meets is among those that are folded one by one."""
    if not isinstance(ground.where, Looked):
        return True
    grid, side = ground.division.grid, ground.where.step * ground.where.factor
    window = grid.block_of_bounds(shape.bounds)
    blocks = [] if window is None else list(grid.blocks(side, side, within=window))
    return all(ground.where.meets(one) for one in blocks)
