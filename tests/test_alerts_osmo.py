"""The JSON of osmo-cbc's ECBE interface, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts.cbs import cb_data, decode_cb_data, encode_text
from ew4all.alerts.wire.osmo import OsmoMessage, delete_path, from_json, to_json
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import DecodeError, MessageError

TEXT = "EXERCISE. The river rises. Go to high ground now. This is a drill."


def request(text: str = TEXT, language: str | None = None, **changes: Any) -> WriteReplace:
    encoded = encode_text(text, language)
    values: dict[str, Any] = {
        "message_identifier": 4381,
        "serial_number": 0x4010,
        "repetition_s": 30,
        "broadcasts": 10,
        "dcs": encoded.dcs,
        "contents": cb_data(encoded.pages),
    }
    return WriteReplace(**{**values, **changes})


def body(payload: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A POST as the project's own tool makes it (contrib/cbc-apitool.py)."""
    decoded = {"payload_decoded": {"character_set": "gsm", "data_utf8": TEXT}}
    serial = {"geo_scope": "plmn_wide", "msg_code": 1, "update_nr": 0}
    message: dict[str, Any] = {
        "message_id": 4381,
        "serial_nr": {"serial_nr_decoded": serial},
        "payload": decoded if payload is None else payload,
    }
    message.update(changes.pop("smscb_message", {}))
    return {
        "cbe_name": "cbc_apitool",
        "category": "normal",
        "repetition_period": 16,
        "num_of_bcast": 10,
        "scope": {"scope_plmn": {}},
        "smscb_message": message,
        **changes,
    }


def read(data: dict[str, Any]) -> OsmoMessage:
    return from_json(json.dumps(data).encode())


def test_a_text_is_written_as_pages() -> None:
    made = to_json(OsmoMessage(request()))
    assert made == {
        "cbe_name": "ew4all",
        "category": "high_priority",
        "repetition_period": 16,
        "num_of_bcast": 10,
        "scope": {"scope_plmn": {}},
        "smscb_message": {
            "message_id": 4381,
            "serial_nr": {
                "serial_nr_decoded": {"geo_scope": "plmn_wide", "msg_code": 1, "update_nr": 0}
            },
            "payload": {
                "payload_encoded": {
                    "dcs": 0x0F,
                    "pages": [encode_text(TEXT).pages[0].octets.hex()],
                }
            },
        },
    }


def test_a_notification_is_written_with_the_number_of_its_kind() -> None:
    """By number, for osmo-cbc misspells the name of one kind."""
    earthquake = WriteReplace(4352, 0x7000, 30, 10, None, None, 0x0180)
    made = to_json(OsmoMessage(earthquake, warning_period_s=60))
    assert made["warning_period_sec"] == 60
    assert made["smscb_message"]["payload"] == {
        "payload_etws": {
            "warning_type": {"warning_type_encoded": 0},
            "emergency_user_alert": True,
            "popup_on_display": True,
        }
    }
    assert read(made).request.warning_type == 0x0180


def test_what_the_projects_own_tool_sends_is_read() -> None:
    found = read(body())
    assert (found.cbe_name, found.category, found.warning_period_s) == (
        "cbc_apitool", "normal", None,
    )  # fmt: skip
    asked = found.request
    assert (asked.message_identifier, asked.serial_number, asked.broadcasts) == (4381, 0x4010, 10)
    assert asked.repetition_s == 30
    assert asked.contents == request().contents
    assert (asked.tac, asked.cells) == ((), ())


@pytest.mark.parametrize(
    "serial",
    [
        {"serial_nr_encoded": 0x4010},
        0x4010,
        {"geo_scope": "plmn_wide", "msg_code": 1, "update_nr": 0},
    ],
    ids=["wrapped", "number of the schema", "object of the schema"],
)
def test_a_serial_number_in_each_form(serial: object) -> None:
    assert read(body(smscb_message={"serial_nr": serial})).request.serial_number == 0x4010


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ({"warning_type_encoded": 1}, 0x0280),
        ({"warning_type_decoded": "earthquake_and_tsunami"}, 0x0480),
        ({"warning_type_decoded": "earthquake_and_tsuname"}, 0x0480),
        ("test", 0x0680),
        (4, 0x0880),
    ],
    ids=["number", "name", "as osmo-cbc spells it", "name of the schema", "number of the schema"],
)
def test_a_kind_of_warning_in_each_form(kind: object, value: int) -> None:
    etws = {"warning_type": kind, "popup_on_display": True, "warning_sec_info": "00ff"}
    found = read(body({"payload_etws": etws})).request
    assert found.warning_type == value
    assert found.security_information == b"\x00\xff" + bytes(48)
    assert found.contents is None


@pytest.mark.parametrize("text", ["A", "7 septe", "EXERCISE", TEXT, TEXT * 3, "Übung {1} €" * 9])
def test_a_short_page_is_filled(text: str) -> None:
    pages = encode_text(text).pages
    given_pages = [page.octets[: page.useful].hex() for page in pages]
    found = read(body({"payload_encoded": {"dcs": 0x0F, "pages": given_pages}})).request
    assert found.contents == request(text).contents


def test_a_short_page_of_ucs2_is_filled() -> None:
    pages = ["0055004500420055004e0047"]
    found = read(body({"payload_encoded": {"dcs": 0x48, "pages": pages}})).request
    assert decode_cb_data(found.contents or b"", 0x48).text == "UEBUNG"
    assert (found.contents or b"")[-3:] == b"\x00\x0d\x0c"


_TEXTS = st.text(
    st.sampled_from("ABCabc 019.,:;!?@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤[]{}\\~^|€\nÄÖÑÜ§äöñüà"),
    min_size=1,
    max_size=300,
)
_WIDE = st.text(st.sampled_from("تمرين ارتفاع演习учения😀 "), min_size=1, max_size=150)


@given(
    (_TEXTS | _WIDE).filter(lambda text: text.strip()),
    st.sampled_from([None, "en", "ar", "zh", "sw"]),
    st.integers(0, 7000),
)
def test_a_message_comes_back(text: str, language: str | None, repetition_s: int) -> None:
    asked = request(text, language, repetition_s=repetition_s)
    made = to_json(OsmoMessage(asked, "centre", "background", 5))
    found = read(made)
    assert found.request.contents == asked.contents
    assert found.request.dcs == asked.dcs
    assert to_json(found) == made


def test_a_stop_is_a_path() -> None:
    assert delete_path(Stop(4381, 0x4010)) == "/api/ecbe/v1/message/4381"


@pytest.mark.parametrize(
    "stop", [Stop(4381, 0, tac=(1,)), Stop(4381, 0, cells=(1,)), Stop(4381, 0, stop_all=True)]
)
def test_a_stop_that_osmo_cbc_cannot_do_is_refused(stop: Stop) -> None:
    with pytest.raises(MessageError, match="stops one message in the whole network"):
        delete_path(stop)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (OsmoMessage(request(tac=(1,))), "would warn everybody"),
        (OsmoMessage(request(cells=(1,))), "would warn everybody"),
        (OsmoMessage(request(warning_type=0x0680)), "two messages"),
        (OsmoMessage(request(), category="urgent"), "none of normal"),
        (OsmoMessage(request(repetition_s=7712)), "beyond what cbsp can say"),
    ],
    ids=["area", "cell", "both", "category", "period"],
)
def test_what_osmo_cbc_cannot_do_is_not_written(message: OsmoMessage, words: str) -> None:
    with pytest.raises(MessageError, match=words):
        to_json(message)


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "scope": (body(scope={"scope_cells": []}), "scope of"),
    "no scope": (body(scope=None), "scope of the osmo-cbc message is not an object"),
    "category": (body(category="urgent"), "category"),
    "period": (body(repetition_period=4096), "0 to 4095"),
    "period is true": (body(repetition_period=True), "0 to 4095"),
    "broadcasts": (body(num_of_bcast=-1), "num_of_bcast"),
    "warning period": (body(warning_period_sec="long"), "warning_period_sec"),
    "no name": (body(cbe_name=None), "cbe_name"),
    "identifier": (body(smscb_message={"message_id": 65536}), "message_id"),
    "serial": (body(smscb_message={"serial_nr": "0x4010"}), "serial_nr"),
    "serial scope": (body(smscb_message={"serial_nr": {"geo_scope": "town"}}), "geo_scope"),
    "serial code": (
        body(smscb_message={"serial_nr": {"geo_scope": "cell_wide", "msg_code": 1024}}),
        "msg_code",
    ),
    "no payload": (body({}), "one of payload_encoded"),
    "payload": (body({"payload_audio": {}}), "one of payload_encoded"),
    "two payloads": (body({"payload_etws": {}, "payload_encoded": {}}), "one of payload_encoded"),
    "payload is a list": (body({"payload_etws": []}), "payload_etws of"),
    "dcs": (body({"payload_encoded": {"dcs": 256, "pages": ["00"]}}), "dcs"),
    "no pages": (body({"payload_encoded": {"dcs": 15, "pages": []}}), "1 to 15 pages"),
    "page": (body({"payload_encoded": {"dcs": 15, "pages": ["0g"]}}), "page 1"),
    "long page": (body({"payload_encoded": {"dcs": 15, "pages": ["00" * 83]}}), "page 1"),
    "odd page": (body({"payload_encoded": {"dcs": 0x48, "pages": ["000"]}}), "page 1"),
    "half character": (body({"payload_encoded": {"dcs": 0x48, "pages": ["00"]}}), "two octets"),
    "character set": (
        body({"payload_decoded": {"character_set": "8bit", "data_utf8": "00"}}),
        "character_set",
    ),
    "class": (
        body({"payload_decoded": {"character_set": "gsm", "data_utf8": "A", "dcs_class": 1}}),
        "dcs_class",
    ),
    "no text": (body({"payload_decoded": {"character_set": "gsm"}}), "data_utf8"),
    "kind": (body({"payload_etws": {"warning_type": "flood"}}), "warning_type"),
    "no kind": (body({"payload_etws": {}}), "warning_type"),
    "flag": (
        body({"payload_etws": {"warning_type": 0, "popup_on_display": 1}}),
        "popup_on_display",
    ),
    "security": (
        body({"payload_etws": {"warning_type": 0, "warning_sec_info": "00" * 51}}),
        "warning_sec_info",
    ),
}


@pytest.mark.parametrize(("data", "words"), BROKEN.values(), ids=list(BROKEN))
def test_what_is_broken_is_named(data: dict[str, Any], words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe\xfa", b"[]", b"null", b"1e999", b"[" * 99_999],
    ids=["nothing", "open", "no text", "list", "null", "number", "deep"],
)
def test_what_is_no_such_json_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        from_json(data)


def test_a_text_that_does_not_fit_is_refused() -> None:
    decoded = {"character_set": "gsm", "data_utf8": "A" * 1396}
    with pytest.raises(MessageError, match="at most 15 pages"):
        read(body({"payload_decoded": decoded}))
