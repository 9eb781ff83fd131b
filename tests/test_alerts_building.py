"""Alerts built for drills: valid CAP, no real status, no live identifier, an area that holds."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from made_alerts import SENT

from ew4all.alerts.building import Built, InLanguage, build
from ew4all.alerts.cap import Status
from ew4all.alerts.cap_write import write
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.drill import DrillAlert, DrillIdentifier, DrillMessage, DrillStatus
from ew4all.alerts.findings import Level
from ew4all.alerts.mapping import map_alert
from ew4all.alerts.templates import shipped
from ew4all.errors import TemplateError

CONTENTS = (
    InLanguage("en", "Green Bay", "18:00", source="Met Office"),
    InLanguage("fr", "Baie Verte", "18 h", source="Météo"),
    InLanguage("zh", "绿湾", "18:00", source="气象局"),
)


def made(status: DrillStatus = DrillStatus.EXERCISE, **more: object) -> Built:
    given: dict[str, object] = {"sent": SENT, "expires": SENT + timedelta(hours=2)}
    return build(shipped(), "flood", CONTENTS, status, **{**given, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [*DrillStatus])
@pytest.mark.parametrize("hazard", [*shipped().hazards])
def test_every_hazard_gives_a_valid_alert_that_is_a_drill(hazard: str, status: DrillStatus) -> None:
    built = build(
        shipped(), hazard, CONTENTS, status, sent=SENT, expires=SENT + timedelta(hours=1),
        area=shapely.Point(8, 50).buffer(0.5),
    )  # fmt: skip
    (reading,) = read_alerts(write(built.alert.alert), hazard)
    assert reading.xsd_valid
    assert not [f for f in reading.findings if f.severity is not Level.INFO]
    assert reading.alert == built.alert.alert
    assert reading.alert.status is Status(str(status)) is not Status.ACTUAL


def test_messages_have_identifiers_of_tests_and_drafts_have_none() -> None:
    exercise = made()
    assert [int(m.message_identifier) for m in exercise.messages] == [4381, 4394, 4394]
    assert len({(m.message_identifier, m.serial_number) for m in exercise.messages}) == 3
    assert [int(m.message_identifier) for m in made(DrillStatus.TEST).messages] == [
        4398,
        4399,
        4399,
    ]
    assert made(DrillStatus.DRAFT).messages == ()
    assert exercise.messages[0].broadcasts == 121


def test_only_drill_types_come_out_and_no_status_goes_in_but_a_drills() -> None:
    hints = inspect.get_annotations(build)
    assert hints["status"] == "DrillStatus"
    assert hints["return"] == "Built"
    built = made()
    assert isinstance(built.alert, DrillAlert)
    assert all(isinstance(m, DrillMessage) for m in built.messages)
    with pytest.raises(TemplateError, match="Exercise, Test, Draft"):
        made("Actual")  # type: ignore[arg-type]


@pytest.mark.parametrize("profile", ["wea", "eu-alert", "etws"])
def test_what_is_built_maps_to_identifiers_of_tests(profile: str) -> None:
    for status in (DrillStatus.EXERCISE, DrillStatus.TEST):
        for mapped in map_alert(made(status).alert.alert, profile):
            assert mapped.message_identifier in {None, *map(int, DrillIdentifier)}
    (draft,) = map_alert(made(DrillStatus.DRAFT).alert.alert, profile)
    assert draft.message_identifier is None


def test_the_texts_for_phones_are_those_of_the_template() -> None:
    first, second, third = map_alert(made().alert.alert, "wea")
    assert [m.text for m in (first, second, third)] == [s.texts.message for s in made().said]
    assert second.additional  # one event code in every language: translations


def test_area_is_simplified_outward_and_in_every_language() -> None:
    shape = shapely.Point(8, 50).buffer(0.5, quad_segs=200)
    built = made(area=shape, most_vertices=20)
    for info in built.alert.infos:
        (ring,) = info.areas[0].polygons
        assert len(ring.points) <= 20
        assert shapely.Polygon([(lon, lat) for lat, lon in ring.points]).covers(shape)
    assert any("simplified outward" in note for note in built.notes)
    assert any("words only" in note for note in made().notes)


def test_the_same_content_has_the_same_identifier() -> None:
    one, other = made(), made(expires=SENT + timedelta(hours=3))
    assert made().alert.identifier == one.alert.identifier != other.alert.identifier
    assert made(identifier="mine").alert.identifier == "mine"


def test_a_fraction_of_a_second_is_left_out() -> None:
    sent = datetime(2026, 1, 1, 12, 0, 0, 999_999, tzinfo=UTC)
    assert b"2026-01-01T12:00:00+00:00" in write(made(sent=sent).alert.alert)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sent": datetime(2026, 1, 1)}, "offset"),  # noqa: DTZ001
        ({"expires": SENT}, "not after"),
    ],
)
def test_times_that_are_wrong(more: dict[str, object], said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        made(**more)


def test_languages_that_are_wrong() -> None:
    for contents, said in (((), "a language at least"), (CONTENTS[:1] * 2, "given twice")):
        with pytest.raises(TemplateError, match=said):
            build(
                shipped(), "flood", contents, DrillStatus.TEST,
                sent=SENT, expires=SENT + timedelta(hours=1),
            )  # fmt: skip
