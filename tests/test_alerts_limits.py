"""The largest and worst files that can be thought of: answered in a second, and in little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ew4all.alerts.checking import check

if TYPE_CHECKING:
    from pathlib import Path

MOST_SECONDS, MOST_MEGABYTES = 1.0, 200.0
"""CPU time of a check, and memory beyond that of the program before it."""

SPACE = b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>"
HEAD = (
    SPACE
    + b"<identifier>A</identifier><sender>s@x</sender><sent>2024-07-01T10:00:00+00:00</sent><status>Test</status>"
    b"<msgType>Alert</msgType><scope>Public</scope>"
)
INFO = (
    b"<info><category>Met</category><event>F</event><urgency>Past</urgency><severity>Minor</severity>"
    b"<certainty>Likely</certainty>"
)
BLOCK = INFO + b"</info>"
AREA = b"<area><areaDesc>a</areaDesc>"
HUGE = {
    "nothing but tags": b"<a>" * 3_000_000,
    "tags side by side": b"<a>" + b"<b/>" * 2_400_000 + b"</a>",
    "unknown elements": HEAD + b"<b/>" * 390_000 + b"</alert>",
    "elements in a wrong order": HEAD + b"<note>n</note><source>s</source>" * 60_000 + b"</alert>",
    "info blocks": HEAD + BLOCK * 20_000 + b"</alert>",
    "areas": HEAD + INFO + (AREA + b"</area>") * 90_000 + b"</info></alert>",
    "polygons": HEAD + INFO + AREA + b"<polygon>1,1 1,2 2,2 1,1</polygon>" * 150_000 + b"</area></info></alert>",
    "one polygon": HEAD + INFO + AREA + b"<polygon>" + b"1,1 " * 2_400_000 + b"</polygon></area></info></alert>",
    "commas": HEAD + INFO + AREA + b"<polygon>" + b"1,1, " * 1_900_000 + b"</polygon></area></info></alert>",
    "words": HEAD + INFO + AREA + b"<polygon>" + b"x " * 4_900_000 + b"</polygon></area></info></alert>",
    "references": HEAD + b"<references>" + b"a,b,c " * 1_600_000 + b"</references></alert>",
    "same references": HEAD
    + b"<references>" + b"a,b,2024-07-01T09:00:00+00:00 " * 330_000 + b"</references></alert>",
    "addresses": HEAD + b"<addresses>" + b'"a b" ' * 1_600_000 + b"</addresses></alert>",
    "open quotes": HEAD + b"<addresses>" + b'"a ' * 3_200_000 + b"</addresses></alert>",
    "attributes": b"<alert " + b" ".join(b"a%d='x'" % k for k in range(600_000)) + b"/>",
    "one text": HEAD + b"<note>" + b"x" * 9_900_000 + b"</note></alert>",
    "one word": HEAD.replace(b"Test", b"x" * 9_800_000) + b"</alert>",
    "base64": HEAD + INFO + b"<resource><resourceDesc>r</resourceDesc><mimeType>image/png</mimeType><derefUri>"
    + b"AAAA" * 2_400_000 + b"</derefUri></resource></info></alert>",
    "a feed": b"<feed>" + (HEAD + b"</alert>") * 40_000 + b"</feed>",
    "links": b"<feed>" + b"<entry><link href='http://x'/></entry>" * 190_000 + b"</feed>",
    "namespaces": b"<a>" + b"".join(b"<b xmlns='n%d'/>" % k for k in range(390_000)) + b"</a>",
    "beyond the limit": b"<a>" + b" " * 30_000_000 + b"</a>",
    "a bomb": b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '&%c;&%c;&%c;&%c;'>" % (c + 1, c, c, c, c) for c in range(97, 121)) + b"]><a>&z;</a>",
    "no end": SPACE + b"<info>" * 60,
    "blanks": b" " * 9_000_000,
    "zeros": b"\x00" * 9_000_000,
    "UTF-16": ("<a>" + "\N{WATER WAVE}" * 2_400_000 + "</a>").encode("utf-16"),
}  # fmt: skip


def _ring(points: object) -> bytes:
    """Return an alert with one polygon of (lat, lon), closed."""
    pairs = [f"{lat:.6f},{lon:.6f}" for lat, lon in points]  # type: ignore[attr-defined]
    return " ".join([*pairs, pairs[0]]).encode()


def _with_polygons(*rings: bytes) -> bytes:
    drawn = b"".join(b"<polygon>" + ring + b"</polygon>" for ring in rings)
    return HEAD + INFO + AREA + drawn + b"</area></info></alert>"


RANDOM = np.random.default_rng(1)
TURN = np.linspace(0.0, 2.0 * np.pi, 200_000, endpoint=False)
STAR = _ring(RANDOM.uniform(0.0, 40.0, (60, 2)))
HUGE |= {
    "a ring of random points": _with_polygons(_ring(RANDOM.uniform(0.0, 40.0, (1_000, 2)))),
    "a long ring of random points": _with_polygons(_ring(RANDOM.uniform(0.0, 40.0, (200_000, 2)))),
    "many rings that cross themselves": _with_polygons(*[STAR] * 2_000),
    "a ring of parallels": _with_polygons(
        _ring(
            [(k / 1e4 + (k // 2 % 2 == k % 2), float(k // 2 % 2 == k % 2)) for k in range(40_000)]
        )
    ),
    "there and back again": _with_polygons(_ring([(k % 2, k % 2) for k in range(100_000)])),
    "many triangles": _with_polygons(*[b"1,1 1,2 2,2 1,1"] * 55_000),
    "a round coast": _with_polygons(_ring(np.column_stack([np.cos(TURN), np.sin(TURN)]))),
}
VALID = {"one text", "base64", "many triangles", "a round coast"}
"""Nothing is wrong with these but their size."""

SCRIPT = """
import sys, time
from test_alerts_limits import HUGE, VALID, _with_polygons, _ring
from ew4all.alerts.checking import check
check(_with_polygons(b"1,1 1,2 2,2 1,1"), "warm.xml")
name = sys.argv[1]
data = HUGE[name]
HUGE.clear()
def held(what):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(what))
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # forget the peak so far
before, start = held("VmRSS"), time.process_time()
found = check(data, "x.xml")
took = time.process_time() - start
wrong = [f.code for each in found for f in each.reading.findings if f.severity == "error"]
assert bool(wrong) == (name not in VALID), wrong
print(took, held("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", HUGE)
def test_the_worst_files_cost_a_second_and_200_megabytes_at_most(
    name: str, repository: Path
) -> None:
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("the peak of memory can be told under Linux only")
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, name],
        env={**os.environ, "PYTHONPATH": f"{repository}:{repository / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    seconds, megabytes = map(float, ended.stdout.split())
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES


QUICK = [
    "tags side by side",
    "words",
    "a bomb",
    "a ring of random points",
    "many rings that cross themselves",
]


@pytest.mark.parametrize("name", QUICK)
def test_some_of_the_worst_files_are_answered(name: str) -> None:
    """Their time is asked above, where nothing else runs in the process."""
    found = check(HUGE[name], "x.xml")
    assert any(f.severity == "error" for each in found for f in each.reading.findings)
