"""Compiled loops of outages: fragility, power, crews, reachability over time.

Plain arrays in, `out` last. Times in seconds; infinity means never. `ew4all.coverage.outages` holds the only callers.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ew4all.coverage.normal import cdf_of

__all__ = [
    "census",
    "components",
    "lognormal_shares",
    "on_air",
    "power_events",
    "schedule",
    "walk",
]

# What an event of `walk` changes.
DAMAGE, POWER, LINK, SATELLITE, CELL, GENSET, MAINS_GONE = 0, 1, 2, 3, 4, 5, 6

# States of a site, in the order of `ew4all.coverage.outages.timeline.STATES`.
UP, DAMAGED, UNPOWERED, CUT_OFF, REPLACED, ON_BACKUP = 0, 1, 2, 3, 4, 5

# Why it came back, see `RETURNS` there.
REPAIR, MAINS, REFUEL, REJOINED, BY_SATELLITE, BY_CELL, BY_GENSET = 11, 12, 13, 14, 15, 16, 17


@njit(nogil=True, cache=True)
def lognormal_shares(x, median, beta, offset, ceiling, out):
    """Write ceiling x Phi(ln((x - offset) / median) / beta) into out; 0 where x is NaN or not above the offset."""
    for i in range(x.size):
        above = x[i] - offset
        if above > 0.0:
            out[i] = ceiling * cdf_of(math.log(above / median) / beta)
        else:
            out[i] = 0.0


@njit(nogil=True, cache=True)
def power_events(
    lost_s,
    battery_s,
    fuel_s,
    mains_s,
    visit_s,
    period_s,
    restart_s,
    horizon_s,
    site,
    time_s,
    delta,
    out,
):
    """Write when each site loses and regains power; return the number of events.

    Parameters
    ----------
    lost_s, mains_s
        When the mains go (inf: not at all) and come back; shape (sites,).
    battery_s, fuel_s
        How long the battery and a full tank last; fuel 0 where there is no generator.
    visit_s
        First visit of the tanker (inf: none); the next ones come `period_s` apart.
    site, time_s, delta, out
        Filled with the site, the time, +1 for a loss and -1 for a return, and the code of the return.
    """
    n = 0
    for i in range(lost_s.size):
        if lost_s[i] >= horizon_s:
            continue
        end = lost_s[i] + max(battery_s[i], fuel_s[i])
        visit = visit_s[i]
        if fuel_s[i] > 0.0:
            while visit < lost_s[i]:  # the tanker of the time before
                visit += period_s
        else:
            visit = np.inf
        while end < mains_s[i] and end < horizon_s:
            if visit <= end:
                end = max(end, visit + fuel_s[i])
                if period_s <= fuel_s[i]:
                    end = np.inf  # always refilled in time from now on
                visit += period_s
                continue
            site[n], time_s[n], delta[n], out[n] = i, end, 1, 0
            n += 1
            if visit < mains_s[i]:
                site[n], time_s[n], delta[n], out[n] = i, visit + restart_s, -1, REFUEL
                n += 1
                end = max(visit + restart_s, visit + fuel_s[i])
                if period_s <= fuel_s[i]:
                    end = np.inf
                visit += period_s
            else:
                if mains_s[i] < np.inf:
                    site[n], time_s[n], delta[n], out[n] = i, mains_s[i] + restart_s, -1, MAINS
                    n += 1
                end = np.inf
    return n


@njit(nogil=True, cache=True)
def schedule(order, open_s, work_s, free_s, out):
    """Write when each job is done: whichever crew is free first takes the first job of `order` that can be reached.

    Parameters
    ----------
    order
        Jobs by priority; shape (jobs,).
    open_s
        When the road to each job is open.
    work_s
        Travel and work.
    free_s
        When each crew is free at first; it is overwritten. No crew: nothing is ever done.
    """
    out[:] = np.inf
    done = np.zeros(order.size, np.bool_)
    first = 0
    for _ in range(order.size):
        if free_s.size == 0:
            return
        crew = 0
        for k in range(1, free_s.size):
            if free_s[k] < free_s[crew]:
                crew = k
        while done[first]:
            first += 1
        chosen = -1
        for k in range(first, order.size):
            if done[k]:
                continue
            if open_s[order[k]] <= free_s[crew]:
                chosen = k
                break
            if chosen < 0 or open_s[order[k]] < open_s[order[chosen]]:
                chosen = k
        job = order[chosen]
        done[chosen] = True
        out[job] = max(free_s[crew], open_s[job]) + work_s[job]
        free_s[crew] = out[job]


@njit(nogil=True, cache=True)
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(nogil=True, cache=True)
def components(a, b, link_bad, passes, core, satellite, parent, out):
    """Write which nodes have a live path to the core, by union-find over nodes that pass traffic on.

    Parameters
    ----------
    a, b
        Ends of the links; shape (links,).
    link_bad
        Above 0 where a link is down.
    passes
        Whether a node has power and is whole; shape (nodes,).
    core, satellite
        Whether a node is the core, or reaches it by satellite.
    parent
        Scratch; shape (nodes + 1,).
    out
        A node without power has a path if it would have one with power.
    """
    n = passes.size
    for i in range(n + 1):
        parent[i] = i
    for i in range(n):
        if core[i] or (satellite[i] and passes[i]):
            parent[_root(parent, i)] = _root(parent, n)
    for k in range(a.size):
        if link_bad[k] <= 0 and passes[a[k]] and passes[b[k]]:
            x, y = _root(parent, a[k]), _root(parent, b[k])
            if x != y:
                parent[x] = y
    top = _root(parent, n)
    for i in range(n):
        out[i] = core[i] or satellite[i] or _root(parent, i) == top
    for k in range(a.size):
        if link_bad[k] > 0:
            continue
        for x, y in ((a[k], b[k]), (b[k], a[k])):
            if not out[x] and passes[y] and _root(parent, y) == top:
                out[x] = True


@njit(nogil=True, cache=True)
def walk(a, b, core, relays, time_s, what, index, delta, label, node, when_s, state, out):
    """Go through events in time and write every change of state of a node; return how many there are.

    Parameters
    ----------
    a, b, core
        Links and core nodes, see `components`.
    relays
        Whether other nodes may hang on a node: only then (or with a satellite kit) can its power change anybody else's path.
    time_s, what, index, delta, label
        Events in order of time: what changes (DAMAGE, ...), of which node or link, +1 for worse or -1 for better (for
        SATELLITE, CELL and GENSET +1 means that it starts to serve; MAINS_GONE alone stops nobody), and the code of the
        return.
    node, when_s, state, out
        Filled as far as they reach with the node, the time, its new state, and why it came back. Where the number
        returned is larger than they are, call again with more room.
    """
    n = core.size
    bad = np.zeros((2, n), np.int32)
    link_bad = np.zeros(a.size, np.int32)
    serving = np.zeros((4, n), np.int32)  # satellite, cell, genset, mains gone
    passes = np.ones(n, np.bool_)
    reach = np.zeros(n, np.bool_)
    parent = np.empty(n + 1, np.int64)
    now = np.zeros(n, np.int8)
    why = np.zeros(n, np.int8)
    components(a, b, link_bad, passes, core, serving[0], parent, reach)
    count = 0
    for i in range(n):
        if not reach[i]:
            now[i] = CUT_OFF
            if count < node.size:
                node[count], when_s[count], state[count], out[count] = i, 0.0, CUT_OFF, 0
            count += 1
    start = 0
    while start < time_s.size:
        end = start
        everybody = False
        while end < time_s.size and time_s[end] == time_s[start]:
            kind, i = what[end], index[end]
            if kind == LINK:
                link_bad[i] += delta[end]
                everybody = True
            else:
                if kind <= POWER:
                    bad[kind, i] += delta[end]
                else:
                    serving[kind - SATELLITE, i] += delta[end]
                # Of several returns at one time the last that says why is told.
                if label[end] > 0:
                    why[i] = label[end]
                could = passes[i]
                passes[i] = bad[DAMAGE, i] <= 0 and (bad[POWER, i] <= 0 or serving[2, i] > 0)
                if kind == SATELLITE or (could != passes[i] and (relays[i] or serving[0, i] > 0)):
                    everybody = True
            end += 1
        if everybody:
            components(a, b, link_bad, passes, core, serving[0], parent, reach)
        for k in range(n if everybody else end - start):
            i = k if everybody else index[start + k]
            if serving[1, i] > 0:
                new = REPLACED
            elif bad[DAMAGE, i] > 0:
                new = DAMAGED
            elif not passes[i]:
                new = UNPOWERED
            elif not reach[i]:
                new = CUT_OFF
            elif serving[3, i] > 0:
                new = ON_BACKUP
            else:
                new = UP
            if new != now[i]:
                was_up = now[i] == UP or now[i] == REPLACED or now[i] == ON_BACKUP
                now[i] = new
                if count < node.size:
                    node[count], when_s[count], state[count] = i, time_s[start], new
                    out[count] = 0
                    if not was_up and (new in (UP, REPLACED, ON_BACKUP)):
                        out[count] = why[i] if why[i] > 0 else REJOINED
                count += 1
        for k in range(start, end):
            if what[k] != LINK:
                why[index[k]] = 0
        start = end
    return count


@njit(nogil=True, cache=True)
def census(time_s, site, state, sites, at_s, out):
    """Write how many sites are in each state at each of the rising times `at_s`; shape of out (times, states)."""
    now = np.zeros(sites, np.int8)
    counts = np.zeros(out.shape[1], np.int64)
    counts[UP] = sites
    k = 0
    for j in range(at_s.size):
        while k < time_s.size and time_s[k] <= at_s[j]:
            counts[now[site[k]]] -= 1
            now[site[k]] = state[k]
            counts[state[k]] += 1
            k += 1
        out[j, :] = counts


@njit(nogil=True, cache=True)
def on_air(time_s, site, state, issued_s, at_s, reload_s, out):
    """Write which sites send a warning at a time; shape of out (sites,).

    A site has it if it serves when the warning is issued. It keeps it while it transmits, also when it is cut off from the
    core. Without power it forgets; the CBC loads it again `reload_s` after the site is back.
    """
    n = out.size
    now = np.zeros(n, np.int8)
    ready = np.full(n, np.inf)  # when the site has, or will have, the warning
    for i in range(n):
        ready[i] = issued_s
    for k in range(time_s.size):
        if time_s[k] > at_s:
            break
        i = site[k]
        was_up = now[i] == UP or now[i] == REPLACED or now[i] == ON_BACKUP
        is_up = state[k] == UP or state[k] == REPLACED or state[k] == ON_BACKUP
        forgets = state[k] == DAMAGED or state[k] == UNPOWERED
        swaps = (now[i] == REPLACED) != (state[k] == REPLACED)  # another cell, another memory
        if forgets:
            ready[i] = np.inf
        elif not is_up and ready[i] > time_s[k]:
            ready[i] = np.inf  # cut off before it was loaded
        elif is_up and (swaps or (not was_up and ready[i] > time_s[k])):
            ready[i] = max(time_s[k] + reload_s, issued_s)
        now[i] = state[k]
    for i in range(n):
        sends = now[i] != DAMAGED and now[i] != UNPOWERED
        out[i] = sends and ready[i] <= at_s and at_s >= issued_s
