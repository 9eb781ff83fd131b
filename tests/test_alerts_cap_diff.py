from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cap_strategies import ALERTS, RINGS
from cap_texts import GOOD, alert, area, info, polygon, resource
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.alerts.cap import Alert, Info, NamedValue, Polygon, Reference, Status
from ew4all.alerts.cap_diff import Change, Difference, differences
from ew4all.alerts.cap_xml import read_alerts

SQUARE = ((10.0, 20.0), (10.0, 21.0), (11.0, 21.0), (11.0, 20.0), (10.0, 20.0))


def model(text: str = GOOD) -> Alert:
    found = read_alerts(text.encode(), "a.xml")[0].alert
    assert found is not None
    return found


def with_infos(*infos: Info) -> Alert:
    return replace(model(), infos=infos)


def of_info(**changes: Any) -> Info:
    return replace(model().infos[0], **changes)


@given(ALERTS)
@settings(max_examples=50)
def test_an_alert_does_not_differ_from_itself(alert: Alert) -> None:
    assert differences(alert, alert) == ()


@given(ALERTS, ALERTS)
@settings(max_examples=50)
def test_what_was_removed_is_added_the_other_way_round(a: Alert, b: Alert) -> None:
    there, back = differences(a, b), differences(b, a)
    assert len(there) == len(back)
    opposite = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED}
    turned = sorted(
        (opposite.get(d.change, d.change), d.after or "", d.before or "") for d in there
    )
    assert turned == sorted((d.change, d.before or "", d.after or "") for d in back)


@given(RINGS, st.integers(0, 5), st.booleans())
def test_a_ring_may_begin_anywhere_and_go_either_way(
    ring: Polygon, start: int, backwards: bool
) -> None:
    corners = list(ring.points[:-1])
    start %= len(corners)
    turned = corners[start:] + corners[:start]
    if backwards:
        turned.reverse()
    other = Polygon((*turned, turned[0]))
    area = model().infos[0].areas[0]
    one, two = (with_infos(of_info(areas=(replace(area, polygons=(p,)),))) for p in (ring, other))
    assert differences(one, two) == ()


def test_a_corner_that_moved_is_a_difference() -> None:
    moved = Polygon((*SQUARE[:2], (11.0, 21.5), *SQUARE[3:]))
    area = model().infos[0].areas[0]
    found = differences(model(), with_infos(of_info(areas=(replace(area, polygons=(moved,)),))))
    assert [(d.path, d.change) for d in found] == [
        ("/alert/info[1]/area[1]/polygon", Change.REMOVED),
        ("/alert/info[1]/area[1]/polygon", Change.ADDED),
    ]
    assert "11.0,21.5" in str(found[1].after)


def test_a_ring_that_is_not_closed_is_not_the_closed_one() -> None:
    area = model().infos[0].areas[0]
    opened = replace(area, polygons=(Polygon(SQUARE[:-1]),))
    assert len(differences(model(), with_infos(of_info(areas=(opened,))))) == 2


def test_the_same_moment_in_another_zone_is_no_difference() -> None:
    utc = replace(model(), sent=model().sent.astimezone(UTC))
    assert differences(model(), utc) == ()


@pytest.mark.parametrize(
    ("changes", "path", "before", "after"),
    [
        ({"status": Status.TEST}, "/alert/status", "Actual", "Test"),
        ({"identifier": "X2"}, "/alert/identifier", "X1", "X2"),
        (
            {"sent": datetime(2026, 1, 31, 17, 0, 1, tzinfo=UTC)},
            "/alert/sent",
            "2026-01-31T18:00:00+01:00",
            "2026-01-31T17:00:01+00:00",
        ),
        ({"note": "n"}, "/alert/note", None, "n"),
        ({"codes": ("a",)}, "/alert/code", None, "a"),
        (
            {"references": (Reference("s", "i", datetime(2026, 1, 1, tzinfo=UTC)),)},
            "/alert/references",
            None,
            "s,i,2026-01-01T00:00:00+00:00",
        ),
    ],
)
def test_each_field_of_an_alert(
    changes: dict[str, Any], path: str, before: str | None, after: str | None
) -> None:
    change = Change.CHANGED if before else Change.ADDED
    found = differences(model(), replace(model(), **changes))
    assert found == (Difference(path, change, before, after),)


def test_every_field_of_the_model_is_compared() -> None:
    """A field that is added to the model must be added to the comparison."""
    base = model(alert(info(resource(uri="https://a.b/c"), area()), source="s"))
    for part, put in (
        (base, lambda alert: alert),
        (base.infos[0], lambda info: replace(base, infos=(info,))),
        (base.infos[0].areas[0], lambda a: replace(base, infos=(of(base, areas=(a,)),))),
        (base.infos[0].resources[0], lambda r: replace(base, infos=(of(base, resources=(r,)),))),
    ):
        for name in type(part).__dataclass_fields__:
            if name in {"version", "language_given"}:
                continue
            value = getattr(part, name)
            other: Any = () if isinstance(value, tuple) and value else f"other {name}"
            if value == ():
                other = ("x",)
                if name in {"event_codes", "parameters", "geocodes"}:
                    other = (NamedValue("x", "y"),)
                elif name == "circles":
                    other = (read_circle(),)
                elif name == "references":
                    other = (base.reference,)
            assert differences(base, put(replace(part, **{name: other}))), name


def of(base: Alert, **changes: Any) -> Info:
    return replace(base.infos[0], **changes)


def read_circle() -> Any:
    text = alert(info(area("<circle>1,2 3</circle>")))
    return model(text).infos[0].areas[0].circles[0]


def test_order_of_blocks_and_codes_means_nothing() -> None:
    one = of_info(language="fr", event="Crue")
    two = of_info(parameters=(NamedValue("a", "1"), NamedValue("b", "2")))
    turned = replace(two, parameters=two.parameters[::-1])
    assert differences(with_infos(one, two), with_infos(turned, one)) == ()
    a, b = replace(model(), codes=("1", "2", "2")), replace(model(), codes=("2", "1", "2"))
    assert differences(a, b) == ()
    assert len(differences(a, replace(a, codes=("1", "2")))) == 1


def test_blocks_are_compared_with_their_like() -> None:
    english, french = of_info(), of_info(language="fr", event="Crue")
    later = replace(french, severity="Extreme")
    found = differences(with_infos(english, french), with_infos(later, english))
    assert found == (Difference("/alert/info[2]/severity", Change.CHANGED, "Severe", "Extreme"),)
    found = differences(with_infos(english, french), with_infos(french))
    assert found == (Difference("/alert/info[1]", Change.REMOVED, "Flood", None),)


def test_named_values_are_compared_by_name() -> None:
    one = with_infos(of_info(parameters=(NamedValue("a", "1"), NamedValue("b", "2"))))
    two = with_infos(of_info(parameters=(NamedValue("b", "3"), NamedValue("a", "1"))))
    where = "/alert/info[1]/parameter[valueName='b']"
    assert differences(one, two) == (Difference(where, Change.CHANGED, "2", "3"),)


def test_a_large_alert_is_compared_quickly() -> None:
    text = alert(info(*(area(polygon("1,2 1,3 2,3 1,2"), name=f"A{k}") for k in range(3000))))
    one = model(text)
    areas = one.infos[0].areas
    two = replace(one, infos=(replace(one.infos[0], areas=areas[::-1]),))
    assert differences(one, two) == ()
