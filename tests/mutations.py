"""CAP files, broken: the mutations that hypothesis, seeds and atheris draw from, and what must hold of each result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from made_cap import alert, area, info, ring

from ew4all.alerts.cap_areas import areas_of, read_areas
from ew4all.alerts.cap_diff import differences
from ew4all.alerts.cap_write import write
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.checking import check
from ew4all.alerts.findings import Level
from ew4all.alerts.profiles import NAMES, load
from ew4all.alerts.threads import state
from ew4all.errors import CapError, GeocodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.alerts.cap import Alert

MOST_SECONDS = 1.0
"""CPU time that one file may take; the goal of the issue."""

MADE = (
    alert("A", "10", info(area(ring(10, 4, 11, 5), ("SAME", "006037"))), info(language="fr")),
    alert("B", "12", info(area(None, ("X", "1"), circle="4,10 5")), kind="Update", names=(("A", "10"),)),
    alert("C", "13", kind="Cancel", names=(("A", "10"), ("B", "12"))),
    f"<alerts>{alert('A', '10', info(area(ring(10, 4, 11, 5))))}{alert('D', '11')}</alerts>",
)  # fmt: skip
"""Where no samples are: small files of our own."""

TOKENS = (
    b"<", b">", b"&", b"&lt;", b"&x;", b"&#0;", b"&#x1F4A3;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?pi ?>",
    b"<!DOCTYPE alert [<!ENTITY x 'y'>]>", b"<!DOCTYPE alert SYSTEM 'file:///etc/hostname'>", b"\x00", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xf0\x9f\x8c\x8a", b"<info>", b"</info>", b"<area/>", b"<polygon></polygon>", b"<circle>1,1 nan</circle>",
    b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>", b" xmlns='urn:oasis:names:tc:emergency:cap:1.1'",
    b" xmlns='http://www.incident.com/cap/1.0'", b" xmlns=''", b"1e999", b"-0", b"nan", b"inf", b"91,181", b"0,0 0,0 0,0 0,0",
    b"10,20 10,21 11,21 11,20 10,20", b"2024-02-30T25:61:61+99:99", b"2024-07-01T12:00:00Z", b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-14:00", b"Update", b"Cancel", b"Ack", b"Draft", b"Very Likely", b"a,b,c", b",,", b'"', b" \t\r\n ",
    b"<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>", b"xi:include", b"9" * 400,
)  # fmt: skip

KINDS = ("flip", "cut", "double", "token", "over", "swap", "end", "many", "deep", "other", "coding")


@dataclass(frozen=True)
class Mutation:
    """One change: of what kind, where (0..65535 of the file), how far (bytes), and which token or byte."""

    kind: str
    at: int
    size: int
    pick: int

    def of(self, data: bytes, samples: Sequence[bytes]) -> bytes:
        """Return the changed file."""
        at = self.at * (len(data) + 1) >> 16
        piece = data[at : at + self.size]
        token = TOKENS[self.pick % len(TOKENS)]
        match self.kind:
            case "flip":
                return (
                    data[:at]
                    + bytes(b ^ (self.pick & 0xFF or 1) for b in piece[:4])
                    + data[at + len(piece[:4]) :]
                )
            case "cut":
                return data[:at] + data[at + len(piece) :]
            case "double":
                return data[:at] + piece + data[at:]
            case "token":
                return data[:at] + token + data[at:]
            case "over":
                return data[:at] + token + data[at + len(token) :]
            case "swap":
                end = at + len(piece)
                return data[:at] + data[end : end + len(piece)] + piece + data[end + len(piece) :]
            case "end":
                return data[:at]
            case "many":
                return data[:at] + piece * (1 + self.pick % 200) + data[at + len(piece) :]
            case "deep":
                count = self.pick % 300
                return (
                    data[:at] + b"<a>" * count + piece + b"</a>" * count + data[at + len(piece) :]
                )
            case "other":
                source = samples[self.pick % len(samples)]
                start = self.size * (len(source) + 1) >> 11
                return data[:at] + source[start : start + 2000] + data[at:]
            case "coding":
                name = (b"utf-16", b"iso-8859-1", b"windows-1252", b"utf-7", b"x-none", b"cp037")[
                    self.pick % 6
                ]
                return b'<?xml version="1.0" encoding="' + name + b'"?>' + data.partition(b"?>")[2]
        raise AssertionError(self.kind)


mutations = st.builds(
    Mutation,
    st.sampled_from(KINDS),
    st.integers(0, 65535),
    st.integers(0, 2000),
    st.integers(0, 1023),
)
changes = st.lists(mutations, min_size=1, max_size=6)


def broken(data: bytes, several: Sequence[Mutation], samples: Sequence[bytes]) -> bytes:
    """Return a file with changes, cut to a size that many repetitions do not reach."""
    for one in several:
        data = one.of(data, samples)[:1_000_000]
    return data


PROFILES = [load(name) for name in NAMES]
MOMENT = datetime(2024, 7, 1, 12, tzinfo=UTC)


def must_be_handled(data: bytes) -> float:
    """Check, and use in every way, a file that may be anything.

    Returns the CPU time of the check, seconds.

    Raises
    ------
    AssertionError
        Something other than an answer came out of it, or it took too long.
    """
    start = time.process_time()
    checked = check(data, "x.xml", profile=PROFILES[len(data) % len(PROFILES)], at=MOMENT)
    took = time.process_time() - start
    assert took < MOST_SECONDS, f"{took:.2f} s"
    assert checked
    for each in checked:
        reading = each.reading
        assert all(f.code and f.message and f.hint for f in reading.findings)
        if reading.alert is None:
            assert any(f.severity is Level.ERROR for f in reading.findings)
        elif each.valid:
            _must_be_written(reading.alert)
    start = time.process_time()
    state([each.reading for each in checked], MOMENT)
    for each in checked[:3]:
        if each.reading.alert is not None:
            _areas(lambda alert=each.reading.alert: areas_of(alert, "x.xml"))
    _areas(lambda: read_areas(data, "x.xml"))
    used = time.process_time() - start
    assert used < MOST_SECONDS, f"{used:.2f} s for the areas"
    return took


def _must_be_written(alert: Alert) -> None:
    """What is valid is written, and read back as the same."""
    try:
        data = write(alert)
    except CapError as error:
        # An older version allows what CAP 1.2 does not, such as a resource without its kind.
        assert alert.version != "1.2", error  # noqa: PT017
        return
    (again,) = read_alerts(data, "y.xml")
    assert again.alert is not None, again.findings
    assert not differences(alert, again.alert)


def _areas(read: object) -> None:
    try:
        read()  # type: ignore[operator]
    except (CapError, GeocodeError) as error:
        assert "x.xml" in str(error)  # noqa: PT017
