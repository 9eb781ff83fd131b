"""What a phone shows, and why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ew4all.alerts.cbs import (
    AreaCircle,
    EtwsWarning,
    GeofencingTrigger,
    GeographicalScope,
    OptOut,
    SerialNumber,
    WarningType,
    cb_data,
    encode_text,
    gsm_pages,
    warning_area_coordinates,
)
from ew4all.alerts.phone import Broadcast, Phone, Settings, show
from ew4all.errors import DecodeError, MessageError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FLOOD = "Flood: go up now. " * 8
SERIAL = 0x4010


def heard(
    identifier: int = 4371, serial: int = SERIAL, text: str = FLOOD, language: str | None = "en"
) -> Broadcast:
    encoded = encode_text(text, language)
    return Broadcast(identifier, serial, encoded.dcs, cb_data(encoded.pages))


def test_pages_are_joined_under_a_title() -> None:
    display = show(heard())
    assert display.shown
    assert (display.title, display.level) == ("Emergency alert: extreme", "Level 2")
    assert (display.text, display.language) == (FLOOD, "en")
    assert display.as_dict() == {
        "shown": True,
        "reason": "shown",
        "title": "Emergency alert: extreme",
        "eu_alert_level": "Level 2",
        "text": FLOOD,
        "language": "en",
        "opt_out": "opt-out",
        "update_of": None,
        "notes": [],
    }


@pytest.mark.parametrize(
    ("identifier", "settings", "shown"),
    [
        (4370, Settings(switched_off=frozenset({4370})), True),
        (4371, Settings(), True),
        (4371, Settings(switched_off=frozenset({4371})), False),
        (4384, Settings(switched_off=frozenset({4371})), False),
        (4396, Settings(switched_off=frozenset({4371})), True),
        (4381, Settings(), False),
        (4381, Settings(tests=True), True),
        (4394, Settings(switched_on=frozenset({4381})), True),
        (4398, Settings(switched_on=frozenset({4381})), False),
        (4355, Settings(), False),
        (5000, Settings(tests=True), False),
        (50, Settings(tests=True), False),
        (4400, Settings(tests=True), False),
    ],
    ids=[
        "national", "new phone", "off", "off with its twin", "another off", "exercise",
        "exercise on", "twin on", "another on", "ETWS test", "not assigned", "no warning", "trigger",
    ],
)  # fmt: skip
def test_what_the_user_decides(identifier: int, settings: Settings, *, shown: bool) -> None:
    display = show(heard(identifier), settings)
    assert display.shown == shown
    assert display.reason


def test_an_additional_language_is_for_who_reads_it() -> None:
    spanish = heard(4384, language="es")
    assert show(spanish).shown
    assert show(spanish, Settings(languages=("es", "en"))).shown
    held = show(spanish, Settings(languages=("en",)))
    assert not held.shown
    assert "'es'" in held.reason
    assert show(heard(4371, language="es"), Settings(languages=("en",))).shown
    assert show(heard(4384, language=None), Settings(languages=("en",))).shown


def test_a_repeat_is_dropped_for_a_day() -> None:
    phone = Phone()
    assert phone.receive(heard(), NOON).shown
    repeat = phone.receive(heard(), NOON + 23 * HOUR)
    assert not repeat.shown
    assert "a repeat" in repeat.reason
    assert phone.receive(heard(), NOON + 24 * HOUR).shown


def test_what_is_no_repeat() -> None:
    phone = Phone()
    assert phone.receive(heard(), NOON).shown
    assert phone.receive(heard(4373), NOON).shown
    assert phone.receive(heard(serial=0x4020), NOON).shown
    other_network = Broadcast(**{**vars(heard()), "plmn": "26201"})
    assert phone.receive(other_network, NOON).shown


@pytest.mark.parametrize(
    ("scope", "again_in_cell", "again_in_area"),
    [
        (GeographicalScope.CELL_IMMEDIATE, True, True),
        (GeographicalScope.CELL, True, True),
        (GeographicalScope.AREA, False, True),
        (GeographicalScope.PLMN, False, False),
    ],
)
def test_the_scope_says_where_a_serial_number_is_the_same(
    scope: GeographicalScope, *, again_in_cell: bool, again_in_area: bool
) -> None:
    serial = SerialNumber(scope, 1).value
    encoded = encode_text(FLOOD)

    def in_cell(area: int, cell: int) -> Broadcast:
        contents = cb_data(encoded.pages)
        return Broadcast(4371, serial, encoded.dcs, contents, area=area, cell=cell)

    phone = Phone()
    assert phone.receive(in_cell(1, 10), NOON).shown
    assert not phone.receive(in_cell(1, 10), NOON).shown
    assert phone.receive(in_cell(1, 11), NOON).shown == again_in_cell
    assert phone.receive(in_cell(2, 20), NOON).shown == again_in_area


def test_an_update_names_what_it_replaces() -> None:
    phone = Phone()
    assert phone.receive(heard(), NOON).update_of is None
    update = phone.receive(heard(serial=SERIAL + 1, text="Flood: stay up."), NOON + HOUR)
    assert (update.shown, update.update_of) == (True, SERIAL)
    assert phone.receive(heard(serial=SERIAL + 2), NOON + HOUR).update_of == SERIAL + 1


def test_a_primary_notification_has_words_of_the_phone() -> None:
    warning = EtwsWarning(WarningType.TSUNAMI).value
    phone = Phone()
    primary = phone.receive(Broadcast(4353, 0x7000, warning_type=warning), NOON)
    assert (primary.shown, primary.title, primary.text) == (True, "Tsunami warning", None)
    assert primary.opt_out is OptOut.NEVER
    secondary = phone.receive(heard(4353, 0x7000, "Tsunami: leave the coast."), NOON)
    assert (secondary.shown, secondary.text) == (True, "Tsunami: leave the coast.")
    assert not phone.receive(Broadcast(4353, 0x7000, warning_type=warning), NOON).shown
    later_kind = Broadcast(4356, 0x7010, warning_type=EtwsWarning(9).value)
    assert phone.receive(later_kind, NOON).title == "Emergency warning"


def test_a_gsm_message_is_shown_once_its_last_page_is_there() -> None:
    encoded = encode_text(FLOOD, "en")
    assert len(encoded.pages) == 2
    first, second = gsm_pages(encoded.pages, 4371, SERIAL, encoded.dcs)
    phone = Phone()
    assert phone.receive_page(second, NOON, cell=1) is None
    assert phone.receive_page(second, NOON, cell=1) is None
    assert phone.receive_page(first, NOON, cell=2) is None
    display = phone.receive_page(first, NOON, cell=1)
    assert display is not None
    assert (display.shown, display.text) == (True, FLOOD)
    assert phone.receive_page(second, NOON, cell=1) is None
    again = phone.receive_page(first, NOON, cell=1)
    assert again is not None
    assert not again.shown


AREA = warning_area_coordinates((), [AreaCircle(5.0, 50.0, 2000.0)])
NEXT_AREA = warning_area_coordinates((), [AreaCircle(6.0, 50.0, 2000.0)])


def fenced(serial: int, area: bytes) -> Broadcast:
    return Broadcast(**{**vars(heard(serial=serial)), "area_coordinates": area})


def test_a_phone_outside_the_area_stays_quiet_and_one_that_does_not_know_shows() -> None:
    message = fenced(SERIAL, AREA)
    assert show(message, location=(5.0, 50.0)).shown
    assert not show(message, location=(6.0, 50.0)).shown
    assert show(message, location=None).shown
    assert "does not know" in show(message).reason


def test_a_repeat_inside_the_area_is_not_lost() -> None:
    phone = Phone(location=(6.0, 50.0))
    assert not phone.receive(fenced(SERIAL, AREA), NOON).shown
    phone.location = (5.0, 50.0)
    assert phone.receive(fenced(SERIAL, AREA), NOON + HOUR).shown


def test_a_trigger_makes_the_phone_look_again() -> None:
    phone = Phone(location=(7.0, 50.0))
    phone.receive(fenced(SERIAL, AREA), NOON)
    phone.receive(fenced(SERIAL + 16, NEXT_AREA), NOON)
    each = GeofencingTrigger(1, ((4371, SERIAL), (4371, SERIAL + 16), (4371, 1)))
    assert phone.trigger(each, NOON) == ()
    phone.location = (5.0, 50.0)
    assert [display.serial_number for display in phone.trigger(each, NOON)] == [SERIAL]
    assert phone.trigger(each, NOON) == ()


def test_a_trigger_may_join_the_areas_of_its_alerts() -> None:
    phone = Phone(location=(7.0, 50.0))
    phone.receive(fenced(SERIAL, AREA), NOON)
    phone.receive(fenced(SERIAL + 16, NEXT_AREA), NOON)
    phone.location = (5.0, 50.0)
    shared = GeofencingTrigger(2, ((4371, SERIAL), (4371, SERIAL + 16)))
    shown = [display.serial_number for display in phone.trigger(shared, NOON)]
    assert shown == [SERIAL, SERIAL + 16]


def test_nothing_and_nonsense_are_refused() -> None:
    with pytest.raises(MessageError, match="nothing that a phone could show"):
        show(Broadcast(4371, SERIAL))
    with pytest.raises(DecodeError, match="cut"):
        show(Broadcast(4371, SERIAL, 0x0F, b"\x01abc"))
