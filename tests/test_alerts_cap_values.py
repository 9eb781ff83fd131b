from __future__ import annotations

import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ew4all.alerts import cap_values as values
from ew4all.alerts.cap import Circle, Polygon, Reference
from ew4all.alerts.cap_numbers import compiled_pairs, pairs_of

TIME_SCHEMA = etree.XMLSchema(
    etree.fromstring(
        '<schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="t"><simpleType>'
        '<restriction base="dateTime">'
        r'<pattern value="\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[-,+]\d\d:\d\d"/>'
        "</restriction></simpleType></element></schema>"
    )
)
Way = Callable[[bytes], values.Pairs | None]
DIGIT = st.sampled_from("0123456789")


def read(function, text, **options):  # type: ignore[no-untyped-def]
    """Return what a function reads, and the codes that it reports."""
    codes: list[str] = []
    return function(text, lambda code, _: codes.append(code), **options), codes


def allowed(text: str) -> bool:
    """Whether the schema of CAP takes a time; the judge is libxml2."""
    element = etree.Element("t")
    element.text = text
    return bool(TIME_SCHEMA.validate(element))


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        ("2026-01-31T18:00:00+01:00", datetime(2026, 1, 31, 17, tzinfo=UTC), None),
        ("2026-01-31T18:00:00-00:00", datetime(2026, 1, 31, 18, tzinfo=UTC), None),
        ("2024-02-29T00:00:00+14:00", datetime(2024, 2, 28, 10, tzinfo=UTC), None),
        # The end of a day is the beginning of the next, as xs:dateTime has it.
        ("2026-12-31T24:00:00+00:00", datetime(2027, 1, 1, tzinfo=UTC), None),
        ("2026-01-31T18:00:00Z", datetime(2026, 1, 31, 18, tzinfo=UTC), "cap.time.letter"),
        ("2026-01-31T18:00:00.50Z", None, "cap.time.letter cap.time.fraction"),
        ("2026-01-31T18:00:00", None, "cap.time.zone"),
        ("2026-01-31T18:00+01:00", None, "cap.time.form"),
        ("2026-02-30T18:00:00+01:00", None, "cap.time.form"),
        ("2026-01-31T18:00:60+01:00", None, "cap.time.form"),
        ("2026-01-31T24:00:01+01:00", None, "cap.time.form"),
        ("9999-12-31T24:00:00+00:00", None, "cap.time.form"),
        ("2026-01-31T18:00:00+15:00", None, "cap.time.form"),
        ("2026-01-31T18:00:00+13:60", None, "cap.time.form"),
        ("2026-01-31T18:00:00,01:00", None, "cap.time.form"),
        ("2026-W05-6T18:00:00+01:00", None, "cap.time.form"),
        ("२०२६-01-31T18:00:00+01:00", None, "cap.time.form"),
        ("", None, "cap.time.form"),
    ],
)
def test_times(text: str, expected: datetime | None, code: str | None) -> None:
    moment, codes = read(values.time, text)
    assert codes == (code.split() if code else [])
    if expected is not None:
        assert moment == expected
    elif codes[-1] in {"cap.time.form", "cap.time.zone"}:
        assert moment is None


def test_older_versions_of_cap_allow_fractions_and_the_oldest_the_letter() -> None:
    for version, codes in (
        ("1.0", ["cap.time.letter_old"]),
        ("1.1", ["cap.time.letter"]),
        ("1.2", ["cap.time.letter", "cap.time.fraction"]),
    ):
        found = read(values.time, "2026-01-31T18:00:00.2567891Z", version=version)
        assert found == (datetime(2026, 1, 31, 18, 0, 0, 256789, tzinfo=UTC), codes)


OFFSET = st.builds(lambda m: timezone(timedelta(minutes=m)), st.integers(-14 * 60, 14 * 60))


@given(st.datetimes(timezones=OFFSET))
def test_a_time_is_read_as_it_was_written(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    found, codes = read(values.time, moment.isoformat(timespec="seconds"))
    assert found == moment
    assert found.utcoffset() == moment.utcoffset()
    assert codes == []


@given(
    st.from_regex(
        r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9])?"
        r"([+-][01][0-9]:[0-6][0-9]|Z)?",
        fullmatch=True,
    )
)
def test_a_time_without_findings_is_what_the_schema_takes(text: str) -> None:
    moment, codes = read(values.time, text)
    assert (codes == []) is allowed(text)
    assert moment is not None or codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10.0), ("-3.5", -3.5), ("+.5", 0.5), ("5.", 5.0), ("1e3", None), ("1,5", None),
     ("NaN", None), ("INF", None), ("", None), ("٣", None), ("1_000", None), ("0x10", None)],
)  # fmt: skip
def test_numbers(text: str, expected: float | None) -> None:
    assert read(values.number, text) == (expected, [] if expected is not None else ["cap.number"])


def test_whole_numbers() -> None:
    assert read(values.whole_number, "+12") == (12, [])
    assert read(values.whole_number, "1.0") == (None, ["cap.number"])
    assert read(values.whole_number, "9" * 5000) == (None, ["cap.number"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b  c", ("a", "b", "c")),
        ('a "b c" d', ("a", "b c", "d")),
        ('"a b"\n"c"', ("a b", "c")),
        ('""', ("",)),
        ('a "b', None),
        ('a"b c"', None),
        ('"a"b', None),
    ],
)
def test_words_with_blanks_stand_in_quotation_marks(text: str, expected: tuple[str] | None) -> None:
    assert read(values.quoted, text) == (expected, ["cap.quotes"] if expected is None else [])


def test_references() -> None:
    text = "a@b,X1,2026-01-31T18:00:00+01:00\n  c,Y,2026-01-31T18:00:00+01:00"
    moment = datetime(2026, 1, 31, 17, tzinfo=UTC)
    expected = (Reference("a@b", "X1", moment), Reference("c", "Y", moment))
    assert read(values.references, text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("X1", ["cap.references.syntax"]),
        ("a,,2026-01-31T18:00:00+01:00", ["cap.references.syntax"]),
        ("a,X1,yesterday", ["cap.time.form"]),
        ("a,X1,2026-01-31T18:00:00+01:00 b", ["cap.references.syntax"]),
    ],
)
def test_a_reference_that_cannot_be_read_is_not_passed_over(text: str, codes: list[str]) -> None:
    assert read(values.references, text) == (None, codes)


def test_long_lists_are_refused() -> None:
    for function in (values.quoted, values.references):
        assert read(function, "a " * 100_001) == (None, ["limit.list"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10,20 10,21 11,21 10,20", None),
        ("10,20\n\t10,21  11,21 10,20", None),
        ("+10.5,-20. .5,21 1e1,2.1E+1 10.5,-20", None),
        ("10, 20 10, 21 11, 21 10, 20", "cap.polygon.syntax"),
        ("10 ,20 10 ,21 11 ,21 10 ,20", "cap.polygon.syntax"),
        ("10,20,10,21 11,21,10,20", "cap.polygon.syntax"),
        ("10,20,5 10,21,5 11,21,5 10,20,5", "cap.polygon.syntax"),
        ("10 20 10 21 11 21 10 20", "cap.polygon.syntax"),
        ("10;20 10;21 11;21 10;20", "cap.polygon.syntax"),
        ("10,20 10,21 11,21 10,NaN", "cap.polygon.syntax"),
        ("10,20 10,21 11,21 10,2_0", "cap.polygon.syntax"),
        ("10,20 10,21 11,21 10,٢٠", "cap.polygon.syntax"),
        ("10,20\u00a010,21 11,21 10,20", "cap.polygon.syntax"),
        ("10,20 10,21 11,21 10,-", "cap.polygon.syntax"),
        ("10,20 10,21 11,21 10,e", "cap.polygon.syntax"),
        ("10,20", "cap.polygon.pairs"),
        ("10,20 10,21 11,21 10,20.000001", "cap.polygon.open"),
        ("1e999,20 10,21 11,21 1e999,20", "cap.polygon.latitude"),
        ("10,1e999 10,21 11,21 10,1e999", "cap.polygon.far"),
        ("90,180 -90,180 -90,-180 90,-180 90,180", None),
    ],
)
def test_polygons(text: str, code: str | None) -> None:
    found, codes = read(values.polygon, text)
    assert codes == ([code] if code else [])
    assert (found is None) is (code == "cap.polygon.syntax")


def naive(text: str) -> list[tuple[float, float]] | None:
    """Read pairs one by one: the twin of the quick ways."""
    number = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
    points = []
    for token in re.split(r"[ \t\r\n]+", text.strip(" \t\r\n")):
        parts = token.split(",")
        if len(parts) != 2 or not all(number.fullmatch(part) for part in parts):
            return None
        points.append((float(parts[0]), float(parts[1])))
    return points


@given(st.text("0123456789.,,  -+e\n_", max_size=40))
def test_any_text_is_read_like_one_by_one(text: str) -> None:
    stripped = text.strip()
    found, codes = read(values.polygon, stripped)
    expected = naive(stripped)
    if expected is None:
        assert codes[0] in {"cap.polygon.syntax", "cap.polygon.comma"}
    else:
        assert found == Polygon(tuple(expected))


COORDINATE = st.builds(
    "{}{}.{}".format,
    st.sampled_from(["", "-", "+"]),
    st.text(DIGIT, min_size=1, max_size=4),
    st.text(DIGIT, max_size=11),
)


def listed(points: object) -> list[tuple[float, float]]:
    """Return the points of an array as the model gives them."""
    return list(Polygon.of_array(points).points)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", [pairs_of, compiled_pairs])
@given(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=12),
    st.sampled_from([" ", "\n", "\t"]),
)
def test_arrays_give_the_same_doubles_as_float(
    way: Way, pairs: list[tuple[str, str]], blank: str
) -> None:
    found = way(blank.join(map(",".join, pairs)).encode())
    assert found is not None
    expected = [(float(lat), float(lon)) for lat, lon in pairs]
    # As texts, since -0.0 equals 0.0.
    assert repr(listed(found.points)) == repr(expected)
    lats, lons = zip(*expected, strict=True)
    assert found.lats == (min(lats), max(lats))
    assert found.lons == (min(lons), max(lons))


@pytest.mark.parametrize("way", [pairs_of, compiled_pairs])
@given(st.text("0123456789.,  -+e\n", max_size=60))
def test_arrays_read_nothing_that_is_written_otherwise(way: Way, text: str) -> None:
    found = way(text.encode())
    if found is not None:
        assert listed(found.points) == naive(text)


@given(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=6),
    st.integers(0, 200),
    st.sampled_from(list("0123456789.,-+eE \n\t\r\x1c;\x00\xff")),
    st.booleans(),
)
def test_one_byte_that_is_wrong_never_gives_other_points(
    pairs: list[tuple[str, str]], place: int, letter: str, replaces: bool
) -> None:
    text = " ".join(map(",".join, pairs))
    place %= len(text)
    text = text[:place] + letter + text[place + replaces :]
    found = compiled_pairs(text.encode("latin-1"))
    if found is not None:
        assert repr(listed(found.points)) == repr(naive(text))


@pytest.mark.parametrize(
    "text",
    ["", " ", "1", "1,", "1,2 3", "1,2 3,", "1,2 ,", "1,-", "-", "1,2,", "1,2 3,4,5", ",", "1, 2", "1 ,2",
     "1,2x", ".5,1", "1,.", "1.2.3,4", "--1,2", "1e3,4", "1,2\x0b3,4", "1234567890.123456,1", "1" * 40 + ",1"],
)  # fmt: skip
def test_the_compiled_way_leaves_what_is_not_plain(text: str) -> None:
    assert compiled_pairs(text.encode()) is None


def test_the_compiled_way_reads_whole_numbers_and_several_blanks() -> None:
    found = compiled_pairs(b"1,-2 \r\n\t 3.,+004.50  \n")
    assert found is not None
    assert listed(found.points) == [(1.0, -2.0), (3.0, 4.5)]


def test_only_a_process_that_reads_much_imports_the_compiler() -> None:
    code = (
        "import sys\n"
        "from ew4all.alerts import cap_numbers, cap_values\n"
        "ring = ' '.join(['10.5,20.5', '10.5,21.5', '11.5,21.5'] * 200 + ['10.5,20.5'])\n"
        "one = cap_values.polygon(ring, print)\n"
        "assert 'numba' not in sys.modules\n"
        "cap_numbers._MANY_BYTES = 2 * len(ring)\n"
        "assert cap_values.polygon(ring, print) == one and 'numba' not in sys.modules\n"
        "assert cap_values.polygon(ring, print) == one and 'numba' in sys.modules\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == ""


def test_a_polygon_of_an_array_is_like_one_of_pairs() -> None:
    pairs = ((10.0, 20.0), (10.0, 21.5), (11.0, 21.0), (10.0, 20.0))
    for kept in (lambda x: x, copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        made = kept(Polygon.of_array(np.array(pairs)))
        assert made.vertices == 4
        assert repr(made) == repr(Polygon(pairs))
        assert made == Polygon(pairs)
        assert Polygon(pairs) == made
        assert hash(made) == hash(Polygon(pairs))
        assert made.points == pairs
        assert made.points is made.points
        assert type(made.points[0][0]) is float
    assert made != Polygon(pairs[:3])
    assert dataclasses.replace(made, points=pairs[1:]) == Polygon(pairs[1:])
    assert Polygon(pairs).latlon_deg.tolist() == made.latlon_deg.tolist()
    with pytest.raises(ValueError, match="read-only"):
        made.latlon_deg[0, 0] = 1.0
    with pytest.raises(AttributeError):
        made.nothing  # noqa: B018


def test_a_long_polygon_is_read_as_an_array_and_one_by_one_alike() -> None:
    ring = [f"{10 + k / 7000:.6f},{20 + (k % 2) / 3:.5f}" for k in range(6000)]
    text = " ".join([*ring, ring[0]])
    found, codes = read(values.polygon, text)
    assert codes == []
    assert list(found.points) == naive(text)
    # One pair that is written otherwise, and all are read one by one.
    ring[3000] = "10,20"
    again, codes = read(values.polygon, " ".join([*ring, ring[0]]))
    assert codes == []
    assert again.points[3000] == (10.0, 20.0)
    ring[3000] = "10.0,20.0,"
    again, codes = read(values.polygon, " ".join([*ring, ring[0]]))
    assert codes == ["cap.polygon.comma"]
    assert len(again.points) == 6001


@pytest.mark.parametrize(
    ("text", "expected", "codes"),
    [
        ("10,-20.5 3.25", Circle(10.0, -20.5, 3.25), []),
        ("10,20\n5", Circle(10.0, 20.0, 5.0), []),
        ("10,20 0", Circle(10.0, 20.0, 0.0), ["cap.circle.point"]),
        ("10,20", None, ["cap.circle.syntax"]),
        ("10,20 5 km", None, ["cap.circle.syntax"]),
        ("10 20 5", None, ["cap.circle.syntax"]),
        ("10,20 NaN", None, ["cap.circle.syntax"]),
        ("10,200 5", Circle(10.0, 200.0, 5.0), ["cap.circle.longitude"]),
        ("10,400 5", Circle(10.0, 400.0, 5.0), ["cap.circle.range"]),
        ("91,20 5", Circle(91.0, 20.0, 5.0), ["cap.circle.range"]),
        ("10,20 1e999", Circle(10.0, 20.0, float("inf")), ["cap.circle.radius"]),
        ("10,20 20038", Circle(10.0, 20.0, 20038.0), ["cap.circle.radius"]),
    ],
)
def test_circles(text: str, expected: Circle | None, codes: list[str]) -> None:
    assert read(values.circle, text) == (expected, codes)
