"""Encoding an alert or a text: golden octets, serial numbers over updates, times, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from made_alerts import SENT, following, made_alert, made_info
from tshark import decode, malformed

from ew4all.alerts.cap import Area, Circle, MsgType, Polygon, Status
from ew4all.alerts.cap_areas import areas_of
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.cbs import decode_cb_data, decode_warning_area_coordinates
from ew4all.alerts.encode_parameters import Parameters, read_parameters
from ew4all.alerts.encoding import Encoded, encode_alert, encode_message
from ew4all.alerts.life import schedule
from ew4all.alerts.mapping_profile import profile, profile_names
from ew4all.alerts.wire import cbsp, ngap, s1ap, sbcap
from ew4all.alerts.wire.cbsp_messages import EmergencyWriteReplace
from ew4all.alerts.wire.pdus import pdus_of
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.alerts.wire.sib import SIB8, SIB12
from ew4all.errors import CapError, GeometryError, MessageError

if TYPE_CHECKING:
    from pathlib import Path

WEA, EU, ETWS = profile("wea"), profile("eu-alert"), profile("etws")
SENTENCE = "FLOOD WARNING: move to high ground now. Test only."
TEXT = f"{SENTENCE} {SENTENCE}"
GOLDEN: dict[str, Any] = {
    "message_identifier": 4370, "serial_number": 0x4010, "repetition_s": 30, "broadcasts": 10,
    "plmn": "00101", "concurrent": True,
}  # fmt: skip


def parameters(**values: Any) -> Parameters:
    return read_parameters(json.dumps(values).encode(), "params.json")


def text_message(**values: Any) -> Encoded:
    (encoded,) = encode_message(TEXT, WEA, parameters(**values))
    return encoded


def golden(repository: Path, name: str) -> str:
    lines = (repository / "tests" / "golden" / f"{name}.hex").read_text().splitlines()
    return "".join(line.strip() for line in lines if not line.startswith("#"))


def test_golden_vectors_come_out_octet_for_octet(repository: Path) -> None:
    pdus = text_message(**GOLDEN, tac=[1]).document()["pdus"]
    assert pdus["ngap"] == golden(repository, "ngap_write_replace")
    assert pdus["s1ap"] == golden(repository, "s1ap_write_replace")
    assert pdus["sib12"] == [golden(repository, "lte_sib12")]
    assert pdus["sib8"] == [golden(repository, "nr_sib8")]
    both = text_message(**GOLDEN, tac=[1, 2], cells=[0x1234501], send_indication=True)
    assert both.document()["pdus"]["sbcap"] == golden(repository, "sbcap_write_replace")


def test_every_interface_says_the_same() -> None:
    encoded = text_message(**GOLDEN, tac=[1])
    for interface, decoder in (("ngap", ngap), ("s1ap", s1ap), ("sbcap", sbcap)):
        pdu = encoded.pdus[interface]
        assert isinstance(pdu, bytes)
        assert decoder.decode(pdu) == encoded.request
    for name, block in (("sib12", SIB12), ("sib8", SIB8)):
        joined = block.join(encoded.pdus[name])  # type: ignore[arg-type]
        assert decode_cb_data(joined.contents, joined.dcs).text == TEXT
    assert encoded.without == {}


def test_an_independent_decoder_reads_the_text() -> None:
    encoded = text_message(**GOLDEN, tac=[1])
    for kind in ("ngap", "s1ap", "sbcap", "cbsp"):
        pdu = encoded.pdus[kind]
        assert isinstance(pdu, bytes)
        assert SENTENCE in decode(pdu, kind)
        assert not malformed(pdu, kind)
    assert malformed(encoded.pdus["ngap"][:-40], "ngap")  # so that the check can fail


def test_segments_of_the_size_that_was_asked_for() -> None:
    encoded = text_message(**GOLDEN, segment_octets=50)
    assert len(encoded.pdus["sib12"]) == len(encoded.pdus["sib8"]) == 4  # of 167 octets
    assert SIB12.join(encoded.pdus["sib12"]).serial_number == 0x4010  # type: ignore[arg-type]


def test_what_an_interface_cannot_carry_is_left_out_with_the_reason() -> None:
    wide = text_message(**GOLDEN, cells=[0x1234501])
    assert set(wide.pdus) == {"ngap", "s1ap", "sbcap", "sib12", "sib8"}
    assert "16 bits" in wide.without["cbsp"]
    nr = text_message(**GOLDEN, tac=[0x123456])
    assert "ngap" in nr.pdus
    assert {"s1ap", "sbcap", "cbsp"} == set(nr.without)


def test_a_text_alone_is_a_test() -> None:
    for rules, identifier in ((WEA, 4398), (EU, 4398), (ETWS, 4355)):
        (encoded,) = encode_message("A test.", rules)
        assert encoded.message_identifier == identifier
        assert encoded.repetition_s == 60
        assert encoded.broadcasts == 61  # an hour, and the one at its end
        assert encoded.phone is not None
        assert encoded.phone["text"] in ("A test.", None)
    assert encode_message("é", EU, language="fr")[0].dcs == 0x03


def test_etws_has_a_warning_type_flags_and_blocks_of_its_own() -> None:
    alert = made_alert(made_info("ja", event="Tsunami", headline="Tsunami"))
    (encoded,) = encode_alert(alert, ETWS, parameters(concurrent=True))
    assert encoded.request is not None
    assert encoded.request.warning_type == 1 << 9 | 0x180  # type: ignore[union-attr]
    assert encoded.serial_number == 0x7000  # both flags are in the serial number too
    assert not encoded.request.concurrent  # type: ignore[union-attr]
    assert any("never goes with ETWS" in note for note in encoded.notes)
    assert "SIB11" in encoded.without["sib12"]
    assert not malformed(encoded.pdus["ngap"], "ngap")  # type: ignore[arg-type]


def test_etws_is_two_messages_of_cbsp_and_both_are_shown() -> None:
    alert = made_alert(made_info("ja", event="Tsunami", headline="Tsunami"))
    (encoded,) = encode_alert(alert, ETWS)
    assert encoded.request is not None
    notification, text = cbsp.encode_all(encoded.request)
    pdus = encoded.document()["pdus"]
    assert (pdus["cbsp_notification"], pdus["cbsp"]) == (notification.hex(), text.hex())
    assert isinstance(cbsp.decode(notification), EmergencyWriteReplace)
    (plain,) = encode_message("Test", EU)
    assert "cbsp_notification" not in plain.pdus


class TestSerialNumbers:
    def test_independent_messages_have_codes_of_their_own(self) -> None:
        alert = made_alert(made_info("en"), made_info("en", headline="Other valley"))
        first, second = encode_alert(alert, WEA)
        assert (first.serial_number, second.serial_number) == (0x4000, 0x4010)

    def test_additional_languages_have_a_space_of_their_own(self) -> None:
        alert = made_alert(made_info("nl"), made_info("fr"), made_info("de"))
        found = [(e.message_identifier, e.serial_number) for e in encode_alert(alert, EU)]
        assert found == [(4371, 0x4000), (4384, 0x4000), (4384, 0x4010)]

    def test_given_numbers_are_for_the_first_and_lead_the_others(self) -> None:
        alert = made_alert(made_info("nl"), made_info("fr"), made_info("de"))
        given = parameters(message_identifier=4370, serial_number="0x4120")
        found = [(e.message_identifier, e.serial_number) for e in encode_alert(alert, EU, given)]
        assert found == [(4370, 0x4120), (4383, 0x4120), (4383, 0x4130)]

    def test_update_and_cancel_follow_the_message_on_air(self) -> None:
        alert = made_alert()
        on_air = encode_alert(alert, WEA, parameters(serial_number=0x412F))
        update = following(alert, made_info(headline="Still rising"))
        (replaced,) = encode_alert(update, WEA, previous=on_air)
        assert replaced.serial_number == 0x4120  # 15 turns to 0
        graver = following(update, made_info(triple="Severe Expected Likely"))
        stop, start = encode_alert(graver, WEA, previous=[replaced])
        assert (stop.message_identifier, stop.serial_number) == (4371, 0x4120)
        assert isinstance(stop.request, Stop)
        assert set(stop.pdus) == {"ngap", "s1ap", "sbcap", "cbsp"}
        assert (start.message_identifier, start.serial_number) == (4378, 0x4000)
        cancel = following(graver, msg_type=MsgType.CANCEL)
        (gone,) = encode_alert(cancel, WEA, previous=[stop, start])
        assert (gone.message_identifier, gone.serial_number) == (4378, 0x4000)
        assert gone.pages == ()

    def test_an_update_of_something_unknown_is_shown_as_a_first_update(self) -> None:
        alert = following(made_alert(), made_info("nl"), made_info("fr"), made_info("de"))
        found = [(e.message_identifier, e.serial_number) for e in encode_alert(alert, EU)]
        assert found == [(4371, 0x4001), (4384, 0x4001), (4384, 0x4011)]
        (given,) = encode_alert(
            following(made_alert(), made_info()), WEA, parameters(serial_number=7)
        )
        assert given.serial_number == 7

    def test_a_cancel_of_something_unknown_needs_parameters(self) -> None:
        cancel = following(made_alert(), msg_type=MsgType.CANCEL)
        (unknown,) = encode_alert(cancel, WEA)
        assert (unknown.serial_number, unknown.pdus) == (None, {})
        assert "--previous" in unknown.notes[0]
        (told,) = encode_alert(cancel, WEA, parameters(message_identifier=4370, serial_number=1))
        assert isinstance(told.request, Stop)
        assert told.document()["pdus"]["sbcap"]


class TestLife:
    def test_broadcasts_follow_from_effective_and_expires(self) -> None:
        (encoded,) = encode_alert(made_alert(), WEA)
        assert (encoded.repetition_s, encoded.broadcasts) == (60, 121)
        later = made_info(effective=SENT + timedelta(hours=1))
        (encoded,) = encode_alert(made_alert(later), WEA, parameters(repetition_s=30))
        assert encoded.broadcasts == 121
        (encoded,) = encode_alert(made_alert(), WEA, parameters(repetition_s=0))
        assert encoded.broadcasts == 1
        (encoded,) = encode_alert(made_alert(), WEA, parameters(broadcasts=0))
        assert encoded.broadcasts == 0  # until stopped, where somebody asks for it

    def test_an_alert_that_is_over_is_not_broadcast(self) -> None:
        over = made_info(expires=SENT)
        (encoded,) = encode_alert(made_alert(over), WEA)
        assert encoded.document()["action"] == "none"
        assert "nothing is left" in encoded.document()["reason"]
        assert encoded.document()["other_channels"]

    def test_an_update_that_is_over_stops_what_it_was_to_replace(self) -> None:
        alert = made_alert()
        on_air = encode_alert(alert, WEA)
        update = following(alert, made_info(expires=SENT))
        none, stop = encode_alert(update, WEA, previous=on_air)
        assert none.mapped.action == "none"
        assert (stop.message_identifier, stop.serial_number) == (4371, on_air[0].serial_number)
        assert isinstance(stop.request, Stop)

    def test_a_missing_end_and_a_later_onset_are_told(self) -> None:
        info = made_info(expires=None, onset=SENT + timedelta(hours=3))
        (encoded,) = encode_alert(made_alert(info), WEA)
        assert encoded.broadcasts == 61
        assert any("no expires" in note for note in encoded.notes)
        assert any("begins at" in note for note in encoded.notes)

    def test_a_long_life_takes_a_longer_period_rather_than_too_many_broadcasts(self) -> None:
        period_s, number = schedule(SENT, SENT + timedelta(days=180))
        assert period_s == 238
        assert number <= 65_535
        (encoded,) = encode_alert(made_alert(made_info(expires=SENT + timedelta(days=180))), WEA)
        assert encoded.repetition_s == 238
        long = made_alert(made_info(expires=SENT + timedelta(days=180)))
        with pytest.raises(MessageError, match="65535"):
            encode_alert(long, WEA, parameters(repetition_s=60))


def test_a_test_cannot_be_given_a_live_identifier() -> None:
    for status in (Status.TEST, Status.EXERCISE):
        alert = made_alert(status=status)
        with pytest.raises(MessageError, match=f"status {status} can have"):
            encode_alert(alert, WEA, parameters(message_identifier=4370))
        (fine,) = encode_alert(alert, WEA, parameters(message_identifier=4381))
        assert fine.message_identifier == 4381


def test_a_refused_alert_is_not_forced_by_parameters() -> None:
    alert = made_alert(made_info(triple="Minor Past Unlikely"))
    (encoded,) = encode_alert(alert, WEA, parameters(message_identifier=4370))
    assert (encoded.message_identifier, encoded.pdus) == (None, {})


def test_the_document_has_the_shape_that_others_rely_on() -> None:
    document = text_message(**GOLDEN).document()
    assert [*document][:9] == [
        "message_identifier", "serial_number", "language", "dcs", "pages", "text", "action",
        "reason", "pdus",
    ]  # fmt: skip
    assert [len(page) for page in document["pages"]] == [164, 164]
    json.dumps(document)


def test_a_request_without_text_has_no_blocks() -> None:
    pdus, without = pdus_of(Stop(4370, 1))
    assert set(pdus) == {"ngap", "s1ap", "sbcap", "cbsp"}
    assert without == {}


class TestParameters:
    def test_all_keys(self) -> None:
        given = parameters(
            **GOLDEN, tac=[1, "0x2"], cells=[3], send_indication=True, segment_octets=60
        )
        assert given == Parameters(4370, 0x4010, 30, 10, "00101", (1, 2), (3,), True, True, 60)
        assert parameters() == Parameters()
        assert parameters(tac=None, broadcasts=None) == Parameters()

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"[1]", "no JSON object"),
            (b"{", "no JSON"),
            (b"\xff", "no JSON"),
            (b'{"tac": [1], "tac": [2]}', "'tac' is there twice"),
            (b'{"serial": 1}', "did you mean serial_number"),
            (b'{"zzz": 1}', "there are message_identifier"),
            (b'{"broadcasts": "many"}', "no whole number"),
            (b'{"broadcasts": 1.5}', "no whole number"),
            (b'{"broadcasts": true}', "no whole number"),
            (b'{"tac": 1}', "no list"),
            (b'{"tac": [[]]}', "no whole number"),
            (b'{"plmn": 101}', "a leading 0 counts"),
            (b'{"concurrent": 1}', "neither true nor false"),
        ],
    )
    def test_what_is_wrong_is_named(self, data: bytes, said: str) -> None:
        with pytest.raises(MessageError, match=r"^params\.json") as raised:
            read_parameters(data, "params.json")
        assert said in str(raised.value)

    @pytest.mark.parametrize(
        "values",
        [
            {"message_identifier": 65536}, {"serial_number": -1}, {"repetition_s": 131072},
            {"broadcasts": 65536}, {"plmn": "1"}, {"tac": [-1]}, {"cells": [1 << 40]},
        ],
    )  # fmt: skip
    def test_values_out_of_range_are_errors_of_input(self, values: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"."):
            text_message(**{**GOLDEN, **values})


class TestGeofence:
    AREA = Area(
        description="Bay",
        polygons=(Polygon(((50.0, 8.0), (50.0, 9.0), (51.0, 8.5), (50.0, 8.0))),),
        circles=(Circle(52.0, 8.0, 5.0),),
    )

    def test_the_area_is_in_every_message_that_can_carry_it(self) -> None:
        alert = made_alert(made_info(areas=(self.AREA,)))
        (encoded,) = encode_alert(alert, WEA, geofence=True)
        octets = bytes.fromhex(encoded.document()["area_coordinates"])
        area = decode_warning_area_coordinates(octets)
        ring = shapely.Polygon([(lon, lat) for lat, lon in self.AREA.polygons[0].points])
        assert shapely.Polygon(area.polygons[0]).covers(ring)
        assert area.circles[0].radius_m >= 5000
        for decoder in (ngap, s1ap, sbcap):
            name = decoder.__name__.rpartition(".")[2]
            assert decoder.decode(encoded.pdus[name]).area_coordinates == octets  # type: ignore[arg-type, union-attr]
        assert SIB12.join(encoded.pdus["sib12"]).area_coordinates == octets  # type: ignore[arg-type]
        (without,) = encode_alert(alert, WEA)
        assert without.document()["area_coordinates"] is None

    def test_circles_alone_and_etws(self) -> None:
        circle = made_info(event="Tsunami", areas=(replace(self.AREA, polygons=()),))
        (encoded,) = encode_alert(made_alert(circle), WEA, geofence=True)
        octets = bytes.fromhex(encoded.document()["area_coordinates"])
        assert decode_warning_area_coordinates(octets).polygons == ()
        (etws,) = encode_alert(made_alert(circle), ETWS, geofence=True)
        assert etws.document()["area_coordinates"] is None
        assert "no place for it" in etws.notes[-1]

    def test_an_area_in_words_or_of_too_many_circles_is_an_error(self) -> None:
        with pytest.raises(CapError, match="in words alone"):
            encode_alert(made_alert(), WEA, geofence=True)
        many = tuple(Circle(50.0, 8.0 + k / 10, 1.0) for k in range(90))
        area = replace(self.AREA, circles=many)
        with pytest.raises(GeometryError, match="90 circles"):
            encode_alert(made_alert(made_info(areas=(area,))), WEA, geofence=True)

    def test_a_real_area(self, shared_data: Path) -> None:
        path = shared_data / "cap-samples" / "wmo_tg_valid.xml"
        (reading,) = read_alerts(path.read_bytes(), path.name)
        assert reading.alert is not None
        (encoded,) = encode_alert(reading.alert, EU, geofence=True)
        octets = bytes.fromhex(encoded.document()["area_coordinates"])
        drawn = [shapely.Polygon(r) for r in decode_warning_area_coordinates(octets).polygons]
        for area in areas_of(reading.alert, path.name).areas:
            assert shapely.union_all(drawn).covers(area.geometry)
        assert len(octets) <= 1024


@pytest.mark.parametrize("name", profile_names())
def test_every_real_alert_under_every_profile(shared_data: Path, name: str) -> None:
    rules = profile(name)
    sent = 0
    for path in sorted((shared_data / "cap-samples").glob("*.xml")):
        for reading in read_alerts(path.read_bytes(), path.name):
            if reading.alert is None:
                continue
            for encoded in encode_alert(reading.alert, rules):
                json.dumps(encoded.document())
                if isinstance(encoded.request, WriteReplace):
                    sent += 1
                    assert encoded.request.contents is not None
                    assert encoded.request.dcs is not None
                    found = decode_cb_data(encoded.request.contents, encoded.request.dcs)
                    assert found.text == encoded.text
    assert sent >= (1 if name == "ca" else 10)
