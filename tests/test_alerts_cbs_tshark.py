"""Pages and serial numbers as Wireshark reads them, and real areas of real alerts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import shapely
import tshark

from ew4all.alerts import gsm7
from ew4all.alerts.cap_areas import read_areas
from ew4all.alerts.cbs import (
    GSM7_PAGE,
    MAX_VERTICES,
    GeographicalScope,
    GsmPage,
    SerialNumber,
    decode_gsm_page,
    decode_pages,
    decode_warning_area_coordinates,
    encode_text,
    gsm_pages,
    join_gsm_pages,
    outward,
    warning_area_coordinates,
)
from ew4all.errors import CapError, DecodeError, MessageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIELDS = (
    "serial_number", "geographic_scope", "message_code", "update_number", "message-identifier",
    "current_page", "total_pages", "page_content",
)  # fmt: skip

# Without what tshark writes otherwise than as itself: control characters and the backslash.
LATIN = sorted(set(gsm7.alphabet()) - set("\n\r\f\\"))
SCRIPTS = {
    "Arabic": "حذير من الفيضان انتقل",
    "Chinese": "洪水警报请立即转移到高处",
    "Cyrillic": "Наводнение поднимитесь на высоту",
    "Devanagari": "बाढ़ की चेतावनी तुरंत ऊँची जगह",
}


def seen(pages: list[GsmPage]) -> list[dict[str, str]]:
    names = [f"gsm_cbs.{name}" for name in FIELDS]
    rows = tshark.fields([page.octets for page in pages], "gsm-cbs", *names)
    return [{name: row[f"gsm_cbs.{name}"][0] for name in FIELDS} for row in rows]


def random_messages() -> list[tuple[GsmPage, str]]:
    """Messages of 1 to 15 pages with random headers; what each page says."""
    draw = random.Random(23041)
    out: list[tuple[GsmPage, str]] = []
    for k in range(60):
        letters = LATIN if k % 2 else list(SCRIPTS[sorted(SCRIPTS)[k // 2 % 4]])
        # A visible last character: spaces at a page's end are hard to tell in a table.
        text = "".join(draw.choices(letters, k=draw.randint(1, 550))) + letters[0]
        encoded = encode_text(text)
        serial = SerialNumber(
            GeographicalScope(draw.randrange(4)), draw.randrange(1024), draw.randrange(16)
        )
        identifier = draw.choice([4355, 4380, 4381, 4394, 4398, 4399])
        pages = gsm_pages(encoded.pages, identifier, serial.value, encoded.dcs)
        texts = decode_pages([page.content for page in pages], encoded.dcs).pages
        assert "".join(texts) == encoded.text
        out += zip(pages, texts, strict=True)
    return out


def test_wireshark_reads_the_pages_that_were_written() -> None:
    messages = random_messages()
    assert len(messages) > 300
    for (page, text), row in zip(messages, seen([page for page, _ in messages]), strict=True):
        serial = SerialNumber.from_value(page.serial_number)
        assert row == {
            "serial_number": f"{page.serial_number:#06x}",
            "geographic_scope": str(int(serial.scope)),
            "message_code": str(serial.message_code),
            "update_number": str(serial.update_number),
            "message-identifier": str(page.message_identifier),
            "current_page": str(page.index),
            "total_pages": str(page.total),
            "page_content": text,
        }
        assert decode_gsm_page(page.octets) == page


def test_wireshark_notices_a_text_that_was_packed_as_one_row_of_bits() -> None:
    """The mistake of osmo-cbc 0.3.0 (standards.md, section 0): page 2 does not begin at bit 0."""
    text = "The river rises. Move to high ground now. " * 4
    packed = gsm7.pack(gsm7.septets(text)).ljust(164, b"\x0d")
    pages = [GsmPage(0x4010, 4380, 0x0F, k, 2, packed[82 * k - 82 : 82 * k]) for k in (1, 2)]
    rows = seen(pages)
    assert rows[0]["page_content"] == text[:GSM7_PAGE]
    assert text[GSM7_PAGE:].strip() not in rows[1]["page_content"]
    right = encode_text(text)
    rows = seen(list(gsm_pages(right.pages, 4380, 0x4010, 0x0F)))
    assert rows[1]["page_content"].strip() == text[GSM7_PAGE:].strip()


def test_a_language_in_front_stays_visible_in_wireshark() -> None:
    """Version 4.0 does not take it off: two packed letters are one UCS-2 character to it."""
    encoded = encode_text("я" * 41, "uk")
    rows = seen(list(gsm_pages(encoded.pages, 4380, 0x4010, encoded.dcs)))
    assert [row["page_content"][1:] for row in rows] == ["я" * 40, "я"]
    assert {row["page_content"][0] for row in rows} == {"\uf535"}


@pytest.mark.parametrize("octet", [0x00, 0x01, 0x10], ids=hex)
def test_a_page_parameter_of_0_is_page_1_of_1(octet: int) -> None:
    page = gsm_pages(encode_text("Flood").pages, 4380, 0x4010, 0x0F)[0]
    octets = page.octets[:5] + bytes([octet]) + page.octets[6:]
    assert decode_gsm_page(octets) == page


def test_pages_on_air_that_cannot_be() -> None:
    page = gsm_pages(encode_text("Flood").pages, 4380, 0x4010, 0x0F)[0]
    with pytest.raises(DecodeError, match="88 octets"):
        decode_gsm_page(page.octets[:-1])
    with pytest.raises(DecodeError, match="page 3 of 2"):
        decode_gsm_page(page.octets[:5] + b"\x32" + page.octets[6:])
    with pytest.raises(MessageError, match="page 2 of 1"):
        GsmPage(0, 4380, 0x0F, 2, 1, bytes(82))
    with pytest.raises(MessageError, match="82 octets"):
        GsmPage(0, 4380, 0x0F, 1, 1, bytes(81))
    with pytest.raises(MessageError, match="data coding scheme 256"):
        GsmPage(0, 4380, 256, 1, 1, bytes(82))


def test_pages_are_joined_in_any_order_and_none_may_be_missing() -> None:
    encoded = encode_text("The river rises. " * 20)
    pages = gsm_pages(encoded.pages, 4380, 0x4010, encoded.dcs)
    assert len(pages) == 4
    assert join_gsm_pages([pages[k] for k in (2, 0, 3, 2, 1)]).text == encoded.text
    with pytest.raises(DecodeError, match="page 2 of 4 is missing"):
        join_gsm_pages([pages[k] for k in (2, 0, 3)])
    other = gsm_pages(encoded.pages, 4380, 0x4011, encoded.dcs)
    with pytest.raises(DecodeError, match="2 messages"):
        join_gsm_pages([*pages[:2], *other[2:]])
    with pytest.raises(DecodeError, match="no page"):
        join_gsm_pages([])


def real_polygons(folder: Path) -> Iterator[tuple[str, shapely.Polygon]]:
    for path in sorted(folder.glob("*.xml")):
        try:
            alert = read_areas(path.read_bytes(), path.name)
        except CapError:
            continue
        for area in alert.areas:
            for polygon in area.polygons:
                yield from ((path.name, part) for part in shapely.get_parts(polygon))


def test_polygons_of_real_alerts_are_covered_by_what_is_coded(shared_data: Path) -> None:
    earth = shapely.box(-180.0, -90.0, 180.0, 90.0)
    coded = 0
    for name, polygon in real_polygons(shared_data / "cap-samples"):
        if not earth.covers(polygon):
            continue
        grown = outward(polygon)
        assert grown.covers(polygon), name
        if len(grown.exterior.coords) - 1 > MAX_VERTICES:
            continue
        octets = warning_area_coordinates([list(grown.exterior.coords)])
        ring = decode_warning_area_coordinates(octets).polygons[0]
        assert shapely.Polygon(ring).equals(grown), name
        coded += 1
    assert coded > 20
