"""The scenario that `ew4all scenario new` writes: it runs as it is, and says what else there is."""

from __future__ import annotations

from typing import Final

__all__ = ["TEMPLATE"]

TEMPLATE: Final = """\
# A scenario of ew4all: who is warned by when. It runs as it is:
#     ew4all scenario check FILE
#     ew4all run FILE --out results
# Durations carry their unit (90 s, 15 min, 1 h 30 min). Moments are durations after zero, or dates with their offset
# from UTC. Paths are relative to this file. All keys: docs/scenarios.md, or `ew4all scenario schema` for an editor.
schema: ew4all/scenario/1
title: My scenario
demo: grenada                      # embedded inputs for what is left out below; delete this line once you have your own
zero: 2024-07-01T06:00-04:00       # when the clock is 0; "06:00" where the date does not matter

hazard:
#  footprint: flood.gpkg           # polygons, or a raster with `min: VALUE`
  arrival: 4 h                     # one time; or {raster: FILE, unit: min}, {isochrones: FILE, column: NAME, unit: min},
                                   # or {front: [[lon, lat], [lon, lat]], speed_m_s: 10, bearing_deg: 294}
# alert:
#   cap: alert.xml                 # or `area: FILE`; without both: the footprint
#   national: true                 # a level that nobody can opt out of
#   languages: [en]
# population: people.tif           # or {groups: {0-64: a.tif, 65+: b.tif}}, or {day: a.tif, night: b.tif}
# zones: {file: districts.gpkg, id: CODE, name: NAME}
# network:
#   coverage: {4g:Operator A: a4g.tif, 2g:Operator A: a2g.gpkg}
#   operator_share: {Operator A: 0.6}
#   sites: sites.csv               # in the place of coverage: it is modelled, and sites can fail:
#   outage: {hazard: {"wind:kt": "winds.geojson#threshold_kt"}, at: 2 h, repair: island}

channels:                          # those that are named are used; a number takes the place of a default
  cell_broadcast:
#    looks_every_s: 600
  location_sms:

timeline:                          # until the alert leaves; each step a duration, or uniform, triangle, lognormal,
  detection: 10 min                # weibull, not_before. Without a timeline it leaves at `alert.issued`, or at zero
  decision: {triangle: [5 min, 20 min, 60 min]}

# behaviour: {phone_owned: 0.9, opted_out: 0.1, languages: {en: 0.95}}
# power: {"*": {lost: 1 h, back: 8 h, share: 0.5}}
# decisions:
#   - {at: 3 h, update: {identifier: alert}}
#   - {at: 5 h, cancel: alert}

run:
  duration: 6 h
  seed: 1
  replicas: 1                      # more: bands of uncertainty
"""
