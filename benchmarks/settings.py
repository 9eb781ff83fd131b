"""How large and how long: read once from the environment.

EW4ALL_BENCH_SIZE
    Side of the raster in memory, cells (2000; 10000 for the table of the README).
EW4ALL_BENCH_OOC_SIZE
    Side of the rasters on disk (3000; 30000 for the table; they take 3.4 GB there).
EW4ALL_BENCH_ROUNDS
    Rounds in which everybody has a turn (5).
EW4ALL_BENCH_TMP
    Folder for the rasters on disk; pytest's temporary folder if not told.
EW4ALL_BENCH_LOAD
    1 loads the service as long and as much as for the table; so does the full size of the raster in memory.
EW4ALL_BENCH_WRITE
    1 writes the tables of a complete run into benchmarks/README.md.
"""

from __future__ import annotations

import os

SIZE = int(os.environ.get("EW4ALL_BENCH_SIZE", "2000"))
OUT_OF_CORE_SIZE = int(os.environ.get("EW4ALL_BENCH_OOC_SIZE", "3000"))
ROUNDS = int(os.environ.get("EW4ALL_BENCH_ROUNDS", "5"))
FOLDER = os.environ.get("EW4ALL_BENCH_TMP")
WRITE = os.environ.get("EW4ALL_BENCH_WRITE") == "1"

FULL_SIZE = 10_000
FULL_OUT_OF_CORE_SIZE = 30_000

LOAD = os.environ.get("EW4ALL_BENCH_LOAD") == "1" or SIZE >= FULL_SIZE

OURS_PER_ROUND = 3
"""Turns of ours in a round: one takes a hundredth of a rival's, so that a single disturbance would decide it."""

SLOW_S = 12.0
"""A rival that takes longer than this has one turn only."""
