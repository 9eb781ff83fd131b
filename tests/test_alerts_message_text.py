"""The text of a message: parameters by length, and the shortening rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_alerts import made_alert, made_info, named

from ew4all.alerts.cap import NamedValue
from ew4all.alerts.cbs import encode_text
from ew4all.alerts.mapping import map_alert
from ew4all.alerts.mapping_profile import profile
from ew4all.alerts.message_text import choose, sentences, size_of

WEA = profile("wea").text
EU = profile("eu-alert").text
SHORT, LONG = "Flood. Go up now.", "Flood in the valley until six. " * 5


def test_the_longest_parameter_that_fits_wins_whatever_it_is_called() -> None:
    info = made_info(parameters=named(CMAMtext=SHORT, CMAMlongtext=LONG.strip()))
    assert choose(info, WEA).source == "CMAMlongtext"
    # The weather service's own page spells the long one like the short one.
    twice = (NamedValue("CMAMText", LONG.strip()), NamedValue("CMAMtext", SHORT))
    assert choose(made_info(parameters=twice), WEA).text == LONG.strip()


def test_a_parameter_that_is_too_long_is_passed_over_with_a_note() -> None:
    info = made_info(parameters=named(CMAMlongtext="x" * 361, CMAMtext=SHORT))
    chosen = choose(info, WEA)
    assert (chosen.text, chosen.source) == (SHORT, "CMAMtext")
    assert "361 characters" in chosen.notes[0]
    alone = choose(made_info(parameters=named(CMAMlongtext="x" * 361)), WEA)
    assert alone.text == "Flood warning in en-US. Met Office"
    assert "passed over" in alone.notes[0]


def test_older_networks_get_the_short_text() -> None:
    info = made_info(parameters=named(CMAMtext=SHORT, CMAMlongtext=LONG.strip()))
    (mapped,) = map_alert(made_alert(info), "wea")
    assert (mapped.text, mapped.short_text) == (LONG.strip(), SHORT)
    (without,) = map_alert(made_alert(made_info(description="Water rises. " * 20)), "wea")
    assert without.short_text is not None
    assert size_of(without.short_text).characters <= 90
    assert map_alert(made_alert(), "eu-alert")[0].short_text is None


def test_exactly_the_limit_fits() -> None:
    assert choose(made_info(parameters=named(CMAMtext="x" * 360)), WEA).source == "CMAMtext"
    # Characters of the extension table take two septets each.
    assert choose(made_info(parameters=named(CMAMtext="€" * 181)), WEA).source == "whole"


def test_everything_is_sent_where_it_fits() -> None:
    info = made_info(description="Water  rises.\nFast.", instruction="Go up")
    chosen = choose(info, WEA)
    assert chosen.text == "Flood warning in en-US. Water rises. Fast. Go up. Met Office"
    assert chosen.notes == ()


def test_instruction_goes_before_description_and_no_sentence_is_cut() -> None:
    description = "".join(f"Sentence number {k} of the description. " for k in range(20))
    info = made_info(description=description, instruction="Go up now. Help others.")
    chosen = choose(info, WEA)
    assert size_of(chosen.text).characters <= 360
    assert chosen.text.startswith("Flood warning in en-US. Sentence number 0 of the description.")
    assert chosen.text.endswith("of the description. Go up now. Help others. Met Office")
    assert chosen.source == "shortened"
    left = int(chosen.notes[0].partition("characters: ")[2].split(" of 20")[0])
    assert chosen.text.count("Sentence number") == 20 - left


def test_a_headline_that_is_too_long_is_cut_between_words() -> None:
    chosen = choose(made_info(headline="water " * 100, description="Lost."), WEA)
    assert chosen.text.endswith("water...")
    assert 350 < len(chosen.text) <= 360
    wide = choose(made_info("zh-CN", headline="水" * 700), EU)
    assert wide.text.endswith("水...")
    assert len(encode_text(wide.text, "zh").pages) == 15


def test_without_a_headline_event_and_area_stand_there() -> None:
    assert choose(made_info(headline=None), EU).text == "Flood: Valley. Met Office"


def test_one_typographic_sign_does_not_cost_half_the_room() -> None:
    chosen = choose(made_info("fr-FR", description="L’eau monte \N{EN DASH} vite."), EU)
    assert "L'eau monte - vite." in chosen.text
    assert size_of(chosen.text, "fr").coding == "gsm7"
    # Letters are never replaced: this text goes out as UCS-2, and so keeps its signs.
    greek = choose(made_info("el", description="L’eau, Ναί."), EU)
    assert "L’eau, Ναί." in greek.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three? Four", ("One.", "Two!", "Three?", "Four")),
        ("水位上涨。请撤离！", ("水位上涨。", "请撤离！")),  # noqa: RUF001
        ("نعم؟ لا.", ("نعم؟", "لا.")),
        ("A line\nthat runs on\n\nNext", ("A line that runs on", "Next")),
        ("  ", ()),
    ],
)
def test_sentences(text: str, found: tuple[str, ...]) -> None:
    assert sentences(text) == found


def test_size_of_what_no_message_holds() -> None:
    assert size_of("x" * 1395).pages == 15
    over = size_of("x" * 1396)
    assert (over.coding, over.characters, over.pages) == ("gsm7", 1396, 16)
    wide = size_of("水" * 700)
    assert (wide.coding, wide.characters, wide.pages) == ("ucs2", 700, 18)
    with pytest.raises(ValueError, match="no text"):
        size_of("")


@given(st.text(max_size=900), st.text(max_size=900), st.text(max_size=400))
def test_whatever_the_words_the_text_fits_and_can_be_sent(
    headline: str, description: str, instruction: str
) -> None:
    clean = [t.encode("utf-8", "ignore").decode() for t in (headline, description, instruction)]
    info = made_info(headline=clean[0], description=clean[1], instruction=clean[2])
    for rule in (WEA, EU):
        chosen = choose(info, rule)
        encoded = encode_text(chosen.text, "en", transliterate=rule.transliterate)
        assert encoded.characters <= rule.most_characters
        assert len(encoded.pages) <= 15
