"""Alerts of any content that CAP 1.2 can say, for hypothesis."""

from __future__ import annotations

from datetime import timedelta, timezone

from hypothesis import strategies as st

from ew4all.alerts.cap import (
    Alert,
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    MsgType,
    NamedValue,
    Polygon,
    Reference,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)

# What XML can hold; blanks at the ends are not kept, and a carriage return is one of them.
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t "),
    min_size=1,
    max_size=20,
).filter(lambda text: text == text.strip() and bool(text))
MAYBE = st.none() | TEXTS
NAMES = st.from_regex(r"[A-Za-z0-9.@:_-]{1,12}", fullmatch=True)
WORDS = TEXTS.filter(lambda text: '"' not in text)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
TIMES = st.datetimes(timezones=OFFSETS).map(lambda moment: moment.replace(microsecond=0))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LATS, LONS = st.floats(-90, 90), st.floats(-180, 180)
PAIRS = st.lists(st.builds(NamedValue, TEXTS, st.just("") | TEXTS), max_size=3).map(tuple)


def several(values: st.SearchStrategy, least: int = 0) -> st.SearchStrategy:
    """Return tuples of up to three."""
    return st.lists(values, min_size=least, max_size=3).map(tuple)


RINGS = st.lists(st.tuples(LATS, LONS), min_size=3, max_size=6).map(
    lambda ring: Polygon((*ring, ring[0]))
)
CIRCLES = st.builds(Circle, LATS, LONS, st.floats(0, 20_000))
AREAS = st.builds(
    Area,
    description=TEXTS,
    polygons=several(RINGS),
    circles=several(CIRCLES),
    geocodes=PAIRS,
    altitude_ft=st.none() | NUMBERS,
    ceiling_ft=st.none() | NUMBERS,
)
RESOURCES = st.builds(
    Resource,
    description=TEXTS,
    mime_type=st.just("image/png"),
    size=st.none() | st.integers(0, 10**12),
    uri=st.none() | NAMES.map(lambda name: f"https://example.org/{name}"),
    deref_uri=st.none() | st.just("d2F0ZXI="),
    digest=MAYBE,
)
INFOS = st.builds(
    Info,
    language=st.sampled_from(["en-US", "fr", "zh-Hant"]),
    language_given=st.just(True),
    categories=several(st.sampled_from(Category), least=1),
    event=TEXTS,
    response_types=several(st.sampled_from(ResponseType)),
    urgency=st.sampled_from(Urgency),
    severity=st.sampled_from(Severity),
    certainty=st.sampled_from(Certainty),
    audience=MAYBE,
    event_codes=PAIRS,
    effective=st.none() | TIMES,
    onset=st.none() | TIMES,
    expires=st.none() | TIMES,
    sender_name=MAYBE,
    headline=MAYBE,
    description=MAYBE,
    instruction=MAYBE,
    web=st.none() | NAMES.map(lambda name: f"https://example.org/{name}"),
    contact=MAYBE,
    parameters=PAIRS,
    resources=st.lists(RESOURCES, max_size=1).map(tuple),
    areas=st.lists(AREAS, max_size=2).map(tuple),
)
ALERTS = st.builds(
    Alert,
    identifier=NAMES,
    sender=NAMES,
    sent=TIMES,
    status=st.sampled_from(Status),
    msg_type=st.sampled_from(MsgType),
    source=MAYBE,
    scope=st.sampled_from(Scope),
    restriction=MAYBE,
    addresses=several(WORDS),
    codes=several(TEXTS),
    note=MAYBE,
    references=several(st.builds(Reference, NAMES, NAMES, TIMES)),
    incidents=several(WORDS),
    infos=st.lists(INFOS, max_size=2).map(tuple),
)
