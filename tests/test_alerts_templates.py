"""Templates: eleven hazards in six languages, files of one's own, and what is refused."""

from __future__ import annotations

import pytest

from ew4all.alerts.drill import DrillStatus
from ew4all.alerts.lengths import length_of
from ew4all.alerts.plain_language import hints
from ew4all.alerts.templates import Templates, read_templates, shipped
from ew4all.errors import TemplateError

SHIPPED = shipped()
HAZARDS = [
    "chemical", "cyclone", "earthquake", "flash_flood", "flood", "heat", "landslide", "storm",
    "tsunami", "volcano", "wildfire",
]  # fmt: skip
LANGUAGES = ["ar", "en", "es", "fr", "ru", "zh"]


def fill(hazard: str, language: str, status: DrillStatus = DrillStatus.TEST, **more: str):
    given = {"place": "A", "time": "18:00", "source": "MO", **more}
    return SHIPPED.fill(hazard, language, status, **given)  # type: ignore[arg-type]


def test_all_hazards_speak_all_languages() -> None:
    assert [*SHIPPED.hazards] == HAZARDS
    assert sorted(SHIPPED.frames) == LANGUAGES
    assert {tuple(sorted(h.languages)) for h in SHIPPED.hazards.values()} == {tuple(LANGUAGES)}


@pytest.mark.parametrize("hazard", HAZARDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_plain_whole_and_says_that_it_is_a_drill(hazard: str, language: str) -> None:
    words = SHIPPED.frames[language].status
    assert len(set(words.values())) == 3
    for status in DrillStatus:
        filled = fill(hazard, language, status)
        for text in (filled.headline, filled.short, filled.message, filled.description):
            assert text.startswith(words[status])
            assert "{" not in text
            assert "  " not in text
        assert all(t in filled.message for t in ("A", "18:00", "MO", filled.instruction))
        assert not filled.reviewed  # no native speaker has read them yet
    message = fill(hazard, language).message
    assert hints(message, language, source="MO") == ()
    length = length_of(message, language)
    assert length.fits_360
    assert length.pages <= 6


@pytest.mark.parametrize("hazard", HAZARDS)
def test_the_short_english_text_fits_90_characters(hazard: str) -> None:
    assert length_of(fill(hazard, "en", place="Green Bay").short, "en").fits_90


def test_a_regional_tag_takes_the_words_of_its_language_and_hazards_have_several_spellings() -> (
    None
):
    assert fill("Flash Flood", "fr-CA").event == fill("flash-flood", "fr").event == "Crue éclair"


def test_action_of_the_author_ends_as_a_sentence() -> None:
    filled = fill("flood", "en", action="Go to the school")
    assert filled.instruction == "Go to the school."
    assert "Go to the school. MO" in filled.message


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fill("floods", "en"), "did you mean flood"),
        (lambda: fill("flood", "sw"), r"no words in 'sw'; it has ar, en"),
        (lambda: fill("flood", "en", place=" "), "place is empty"),
        (lambda: fill("flood", "en", time=""), "time is empty"),
        (lambda: fill("flood", "en", place="{x}"), "has braces"),
        (lambda: fill("flood", "en", action="  "), "action is empty"),
        (lambda: fill("flood", "en", "Actual"), "Exercise, Test, Draft"),  # type: ignore[arg-type]
    ],
    ids=["hazard", "language", "place", "time", "braces", "action", "status"],
)
def test_what_cannot_be_filled_is_an_error(call: object, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        call()  # type: ignore[operator]


SWAHILI = """
[frames.sw]
reviewed = true
headline = "Onyo: {event}, {place}"
short = "{event}: {place}. {action}"
message = "Onyo: {event}, {place}, hadi {time}. {danger} {action} {source}"
[frames.sw.status]
Exercise = "ZOEZI."
Test = "JARIBIO."
Draft = "RASIMU."
[hazards.flood.languages.sw]
reviewed = true
event = "Mafuriko"
danger = "Maji yanaweza kupanda haraka."
action = "Nenda mahali pa juu sasa."
[hazards.locusts]
category = "Env"
response_types = ["Monitor"]
severity = "Moderate"
urgency = "Future"
certainty = "Possible"
[hazards.locusts.languages.en]
event = "Locusts"
danger = "They eat crops."
action = "Harvest what is ripe."
message = "{event} near {place} until {time}: {action}"
"""


def own(text: str) -> Templates:
    return read_templates(text.encode(), "own.toml", SHIPPED)


def test_a_file_of_ones_own_adds_languages_and_hazards() -> None:
    mine = own(SWAHILI)
    filled = mine.fill("flood", "sw", DrillStatus.TEST, place="Tana", time="saa 12")
    assert filled.message.startswith("JARIBIO. Onyo: Mafuriko, Tana, hadi saa 12. Maji")
    assert filled.reviewed
    assert mine.fill("flood", "en", DrillStatus.TEST, place="a", time="b").event == "Flood"
    locusts = mine.fill("locusts", "en", DrillStatus.DRAFT, place="Tana", time="May")
    assert locusts.message == "DRAFT, not sent. Locusts near Tana until May: Harvest what is ripe."
    assert mine.hazard("flood").severity == "Severe"


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ("", "[", "no TOML"),
        ("[frames.sw]", "[frame.sw]", "did you mean frames"),
        ("{danger}", "{danger", "without its partner"),
        ("{danger}", "{danjer}", "did you mean {danger}"),
        (" hadi {time}.", "", "{time} does not stand in"),
        ('Draft = "RASIMU."', "", "'Draft' is missing"),
        ('Draft = "RASIMU."', 'Draft = "RASIMU."\nActual = "x"', "no key 'Actual'"),
        ('event = "Mafuriko"', "", "'event' is missing"),
        ('event = "Mafuriko"', "event = 3", "3 is no text"),
        ('"Moderate"', '"Medium"', "none of Extreme"),
        ('["Monitor"]', '"Monitor"', "is no list"),
        ('["Monitor"]', '["Run"]', "none of Shelter"),
        ("reviewed = true", "reviewed = 1", "true or false"),
        ("[hazards.locusts.languages.en]", "[hazards.locusts.langages.en]", "no key 'langages'"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_the_place(change: str, to: str, said: str) -> None:
    text = SWAHILI.replace(change, to, 1) if change else to
    with pytest.raises(TemplateError, match=r"^own\.toml") as raised:
        own(text)
    assert said in str(raised.value)


class TestHints:
    def codes(self, text: str, language: str = "en", **known: str) -> list[str]:
        return [hint.code for hint in hints(text, language, **known)]

    def test_what_is_missing(self) -> None:
        assert self.codes("Water is high.") == ["text.no_action", "text.no_time", "text.no_source"]
        said = {"place": "Bay", "time": "noon", "action": "Sit down", "source": "MO"}
        assert self.codes("Sit down until noon in Bay. MO", **said) == []
        assert self.codes("Nothing at all.", **said) == [
            "text.no_action", "text.no_time", "text.no_place", "text.no_source",
        ]  # fmt: skip

    def test_long_sentences(self) -> None:
        text = "Go " + "on " * 20 + "until 6. MO"
        assert self.codes(text, source="MO") == ["text.sentence_long"]
        assert "text.sentence_long" in self.codes("请" + "水" * 60 + "。", "zh")

    def test_jargon_with_a_plainer_word(self) -> None:
        found = hints(
            "Evacuate due to the fact that inundation is near, 18:00. MO", "en", source="MO"
        )
        assert {h.code for h in found} == {"text.jargon"}
        assert "plainer: flood" in " ".join(h.message for h in found)
        assert "text.jargon" in self.codes("请疏散。", "zh")

    def test_capitals(self) -> None:
        assert "text.all_caps" in self.codes("LEAVE THE VALLEY NOW, 18:00. MO")
        assert "text.all_caps" not in self.codes("Leave the valley now, 18:00. NWS")
        assert "text.all_caps" not in self.codes("请立即离开海岸，前往内陆或高处。", "zh")  # noqa: RUF001

    def test_a_language_without_lists_has_the_hints_that_need_none(self) -> None:
        assert self.codes("Nenda juu.", "sw") == ["text.no_time", "text.no_source"]


def test_lengths_beside_the_limits() -> None:
    plain = length_of("x" * 90, "en")
    assert (plain.coding, plain.pages, plain.most, plain.fits_90) == ("gsm7", 1, 1395, True)
    # The language has no number in the coding: it takes room on each page.
    assert length_of("x", "sw").most == 15 * 90
    assert length_of("x", "ar").most == 15 * 93  # has one, though not its letters
    arabic = length_of("فيضان", "ar")
    assert (arabic.coding, arabic.most) == ("ucs2", 600)
    assert arabic.foreign == ("ف", "ي", "ض", "ا", "ن")  # noqa: RUF001
    assert length_of("x" * 91, "en").fits_90 is False
    assert length_of("水" * 601, "zh").fits is False
    assert length_of("水" * 601, "zh").as_dict()["left"] == -1
