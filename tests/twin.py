"""The naive twin: one SimPy process a person, every draw made by that person alone. Slow, and plain enough to be believed.

A channel here is a generator of waits for one person: it knows what docs/channels.md says and shares no code with
`ew4all.sim.channels`, neither rates nor kinds nor waves. A person's process lives through all of them in the order of time;
whoever is warned starts a second one, that of telling others.
"""

from __future__ import annotations

import heapq
import math
import random
from itertools import count
from typing import TYPE_CHECKING, Any

import simpy
from twin_people import HOUR, Person, persons_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from ew4all.sim.decisions import Notice
    from ew4all.sim.world import World

    Waits = Iterator[float]
    Process = Generator[simpy.Event, Any, None]

TECHNOLOGIES = ("2g", "3g", "4g", "5g")
GSM_PAGE_S = 1.883077
LOOK_S = 300.0

IN_ANY_ORDER_S = 1e-3
"""Messages join a queue within this time: at one moment SimPy would take those first for whom nothing happened before."""


class Server:
    """Takes one message after the other; whoever comes waits for all before."""

    def __init__(self, rate_per_s: float) -> None:
        self.each_s, self.free_s = 1.0 / rate_per_s, 0.0

    def wait_s(self, now_s: float) -> float:
        self.free_s = max(self.free_s, now_s) + self.each_s
        return self.free_s - now_s


class Twin:
    """A run of people one by one."""

    def __init__(self, world: World, uses: Mapping[str, Mapping[str, float]], notice: Notice, seed: int = 0) -> None:  # fmt: skip
        self.env, self.rng = simpy.Environment(), random.Random(seed)
        self.world, self.uses, self.notice = world, uses, notice
        self.audience, self.talks = world.audience, "word_of_mouth" in uses
        self.people = persons_of(world, self.rng)
        self.by_zone: dict[int, list[Person]] = {}
        for person in self.people:
            self.by_zone.setdefault(person.zone, []).append(person)
        self.servers: dict[Any, Server] = {}
        self.capable = world.audience.capable(world.groups).tolist()
        self.opted_out = world.audience.of_groups("opted_out", world.groups).tolist()
        self.owned = world.audience.of_groups("phone_owned", world.groups).tolist()

    @property
    def now_s(self) -> float:
        return float(self.env.now)

    def run(self, until_s: float) -> None:
        for person in self.people:
            self.env.process(self.live(person))
        self.env.run(until=until_s)

    def live(self, person: Person) -> Process:
        """One person's process: what every channel does to them, in the order of time."""
        order = count()
        agenda = [
            (0.0, next(order), CHANNELS[name](self, person, values))
            for name, values in self.uses.items()
            if name in CHANNELS
        ]
        while agenda:
            time_s, _, channel = heapq.heappop(agenda)
            if time_s > self.now_s:
                yield self.env.timeout(time_s - self.now_s)
            wait_s = next(channel, None)
            if wait_s is not None:
                heapq.heappush(agenda, (self.now_s + wait_s, next(order), channel))

    def reach(self, person: Person, name: str) -> None:
        person.reached.setdefault(name, self.now_s)

    def warn(self, person: Person, name: str) -> None:
        if name in person.noticed:
            return
        person.noticed[name] = self.now_s
        if person.first_s == math.inf:
            person.first_s, person.first_by = self.now_s, name
            if self.talks:
                self.env.process(tell(self, person))

    def is_inside(self, person: Person) -> bool:
        """Where somebody is now; whoever is awake has forgotten after a while where they were."""
        if person.awake:
            span_s = self.now_s - person.place_s
            if self.rng.random() > math.exp(-span_s / self.audience.values["indoors_turnover_s"]):
                person.inside = self.rng.random() < self.audience.indoors_when_awake(HOUR)
        person.place_s = self.now_s
        return person.inside

    def chance(self, share: float) -> bool:
        return self.rng.random() < share


def notices(twin: Twin, person: Person, name: str, chance: float, looks_s: float) -> Waits:
    """Notice at once by the sound, or when one looks."""
    twin.reach(person, name)
    if not twin.chance(chance):
        if not person.awake:
            return
        yield twin.rng.expovariate(1.0 / looks_s)
    twin.warn(person, name)


def cell_broadcast(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    rng, notice = twin.rng, twin.notice
    if not person.phone_on or twin.chance(twin.opted_out[person.group]):
        return
    technology, from_s = person.technology, 0.0
    if not (technology >= 0 and person.addressed and twin.chance(v["network_broadcasts"])):
        # One move, to where somebody else of the same zone and operator is.
        from_s = rng.expovariate(v["moves_per_h"] / 3600.0) if v["moves_per_h"] else math.inf
        other = person
        while other.operator != person.operator or other is person:
            other = rng.choice(twin.by_zone[person.zone])
        technology = other.technology
        if not (technology >= 0 and other.addressed and twin.chance(v["network_broadcasts"])):
            return
    if not twin.chance(twin.capable[person.group][technology]):
        return
    kind = TECHNOLOGIES[technology]
    period_s = max(v["repeat_s"], notice.pages * GSM_PAGE_S)
    core_s = v["core_median_s"] * math.exp(v["core_sigma"] * rng.gauss(0.0, 1.0))
    if from_s == 0.0 and twin.chance(v[f"decoded_{kind}"]):
        yield (
            core_s + rng.uniform(0.0, v[f"fan_out_{kind}_s"]) + on_radio(rng, kind, notice.pages, v)
        )
    else:
        mean_s = v["core_median_s"] * math.exp(0.5 * v["core_sigma"] ** 2)
        next_s = mean_s + 0.25 * (v["fan_out_2g_s"] + v["fan_out_4g_s"]) + period_s
        while next_s < from_s or not twin.chance(v[f"decoded_{kind}"]):
            next_s += period_s
            if next_s >= notice.duration_s:
                return
        yield next_s + on_radio(rng, kind, notice.pages, v)
    chance = v["noticed_awake"] if person.awake else v["noticed_asleep"]
    yield from notices(twin, person, "cell_broadcast", chance, v["looks_every_s"])


def on_radio(rng: random.Random, kind: str, pages: int, v: Mapping[str, float]) -> float:
    """Return the seconds from the cell to the screen."""
    if kind == "2g":
        return rng.uniform(0.0, GSM_PAGE_S) + pages * GSM_PAGE_S + v["show_s"]
    if kind == "3g":
        return rng.uniform(0.0, v["ctch_period_s"]) + pages * v["page_3g_s"] + v["show_s"]
    total = math.ceil((1 + 83 * pages) / v[f"segment_octets_{kind}"])
    missing, periods = set(range(total)), 0
    while missing:
        if rng.random() < v["segment_received"]:
            missing.discard(periods % total)
        periods += 1
    wait_s = rng.uniform(0.0, v["paging_cycle_s"]) + rng.uniform(0.0, v["sib1_s"])
    return (
        wait_s + rng.uniform(0.0, v["si_period_s"]) + (periods - 1) * v["si_period_s"] + v["show_s"]
    )


def sms(twin: Twin, person: Person, name: str, v: Mapping[str, float], server: Server) -> Waits:
    audience = twin.audience
    if not person.phone_on:
        on = audience.values["phone_on_awake" if person.awake else "phone_on_asleep"]
        owned = twin.owned[person.group]
        if not twin.chance(owned * (1.0 - on) / (1.0 - owned * on)):
            return
    deliverable = twin.chance(v["deliverable"])
    for attempt in range(round(v["tries"])):
        yield server.wait_s(twin.now_s)
        able = person.phone_on and person.technology >= 0
        if able and twin.chance(v["attempt_delivers"]):
            break
        yield v["retry_s"] * 2.0**attempt
    else:
        return
    if deliverable:
        sounds = 0.0 if person.silent else 1.0
        yield v["transit_s"]
        chance = sounds * (v["noticed_awake"] if person.awake else v["noticed_asleep"])
        yield from notices(twin, person, name, chance, v["looks_every_s"])


def location_sms(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    yield v["query_s"] + twin.rng.random() * IN_ANY_ORDER_S
    here = person.technology >= 0 and person.addressed
    if twin.chance(v["stale"]):
        # The network believes the phone where another one of its own was.
        other = person
        while other.operator != person.operator or other is person:
            other = twin.rng.choice(twin.people)
        here = other.technology >= 0 and other.addressed
    if here:
        rate = v["rate_per_s"] * v["congestion"]
        server = twin.servers.setdefault(("location", person.operator), Server(rate))
        yield from sms(twin, person, "location_sms", v, server)


def address_sms(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    yield v["prepare_s"] + twin.rng.random() * IN_ANY_ORDER_S
    if twin.chance(v["enrolled"] * v["up_to_date"] * (1.0 - v["away"])):
        server = twin.servers.setdefault("address", Server(v["rate_per_s"] * v["congestion"]))
        yield from sms(twin, person, "address_sms", v, server)


def push(twin: Twin, person: Person, name: str, v: Mapping[str, float], has: str) -> Waits:
    rng = twin.rng
    share = v[has] * v["allowed"] * v["placed"]
    if not twin.chance(share):
        return
    on_phone = name == "app" or twin.chance(v["on_phone"])
    data = twin.chance(v["data_2g"] if person.technology == 0 else v["data"])
    fixed, computer = twin.chance(v["fixed_network"]), twin.chance(v.get("at_computer", 0.0))

    def is_able() -> bool:
        inside = twin.is_inside(person)
        if on_phone:
            return person.phone_on and ((person.technology >= 0 and data) or (inside and fixed))
        return person.awake and inside and computer

    yield v["prepare_s"]
    wait_s = rng.uniform(0.0, share * len(twin.people) / v["rate_per_s"])
    wait_s += v["delay_median_s"] * math.exp(v["delay_sigma"] * rng.gauss(0.0, 1.0))
    if twin.chance(v["held_back"]):
        wait_s += rng.expovariate(1.0 / v["held_back_s"])
    if not is_able():
        wait_s = LOOK_S
        while True:
            yield wait_s
            if twin.now_s >= twin.notice.duration_s:
                return
            if is_able():
                break
        wait_s = rng.expovariate(1.0 / v["resync_s"])
    yield wait_s
    sounds = v["breaks_silence"] if person.silent else 1.0
    chance = sounds * (v["noticed_awake"] if person.awake else v["noticed_asleep"])
    yield from notices(twin, person, name, chance, v["looks_every_s"])


def app(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    return push(twin, person, "app", v, "installed")


def web_push(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    return push(twin, person, "web_push", v, "subscribed")


def siren(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    rng = twin.rng
    if person.siren_db == -math.inf or not twin.chance(v["works"]):
        return
    own_db, opened = v["spread_db"] * rng.gauss(0.0, 1.0), twin.chance(v["windows_open"])
    begins_s, last_s = v["start_from_s"], 0.0
    for _ in range(round(v["soundings"])):
        offset_s = rng.uniform(0.0, v["start_over_s"])
        yield begins_s + offset_s - last_s
        last_s = begins_s + offset_s
        chance = v["noticed_awake"] if person.awake else v["noticed_asleep"]
        if "siren" in person.reached:
            # Whoever took no note of one before does so at any moment of this one.
            chance *= v["again"]
            wait_s = rng.uniform(0.0, v["sound_s"])
            yield wait_s
            last_s += wait_s
        elif person.siren_db - loss_db(twin, person, v, opened) - v["above_noise_db"] <= own_db:
            chance = 0.0
        else:
            twin.reach(person, "siren")
        if twin.chance(chance):
            twin.warn(person, "siren")
            return
        begins_s += v["start_over_s"] + v["sound_s"] + v["pause_s"]


def loss_db(twin: Twin, person: Person, v: Mapping[str, float], opened: bool) -> float:
    """Return walls and noise together."""
    if twin.is_inside(person):
        noise = v["ambient_indoors_db"] if person.awake else v["ambient_bedroom_db"]
        return noise + (v["loss_open_db"] if opened else v["loss_closed_db"])
    if person.drives:
        return v["ambient_vehicle_db"] + v["loss_vehicle_db"]
    return v[f"ambient_{('rural', 'suburban', 'urban')[person.settlement]}_db"]


def broadcaster(twin: Twin, person: Person, name: str, v: Mapping[str, float]) -> Waits:
    if not (person.awake and twin.chance(v["carries"] * v["audience"])):
        return
    audience, is_tv = twin.audience, name == "tv"
    listens = audience.at(name, HOUR) / (1.0 - audience.at("asleep", HOUR)) / v["audience"]
    if is_tv:
        listens /= audience.indoors_when_awake(HOUR)
    on, heard_s = twin.chance(listens), 0.0
    yield v["break_in_from_s"] + twin.rng.uniform(0.0, v["break_in_over_s"])
    while True:
        kept = math.exp(-(twin.now_s - heard_s) / (v["session_s"] * (1.0 - listens)))
        on, heard_s = twin.chance(listens + (on - listens) * kept), twin.now_s
        if on and not (is_tv and not twin.is_inside(person)):
            twin.reach(person, name)
            if twin.chance(v["noticed"]):
                twin.warn(person, name)
                return
        if twin.now_s + v["repeat_s"] >= twin.notice.duration_s:
            return
        yield v["repeat_s"]


def radio(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    return broadcaster(twin, person, "radio", v)


def tv(twin: Twin, person: Person, v: Mapping[str, float]) -> Waits:
    return broadcaster(twin, person, "tv", v)


def tell(twin: Twin, person: Person) -> Process:
    """Meet people by chance, mostly of one's own zone, and tell them while there is talk."""
    v, rng = twin.uses["word_of_mouth"], twin.rng
    end_s = twin.notice.duration_s
    while True:
        yield twin.env.timeout(rng.expovariate(v["told_per_min"] / 60.0))
        talk = min(1.0, math.exp(-(twin.now_s - end_s) / v["fades_s"]))
        if talk < 0.01:
            return
        other = rng.choice(twin.by_zone[person.zone] if twin.chance(0.9) else twin.people)
        phone = other.phone_on and other.technology >= 0
        share = talk * (1.0 if phone else 1.0 - v["by_phone"])
        # Whom nobody tells is nobody's to tell, today and in the twin's next meeting.
        alone = (other.number * 2654435761 % 2**32) / 2**32 < v["alone"]
        if not alone and twin.chance(share if other.awake else share * v["asleep"]):
            twin.reach(other, "word_of_mouth")
            twin.warn(other, "word_of_mouth")


CHANNELS: Mapping[str, Callable[[Twin, Person, Mapping[str, float]], Waits]] = {
    "cell_broadcast": cell_broadcast,
    "location_sms": location_sms,
    "address_sms": address_sms,
    "app": app,
    "web_push": web_push,
    "siren": siren,
    "radio": radio,
    "tv": tv,
}
