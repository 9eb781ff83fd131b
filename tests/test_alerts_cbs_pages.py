"""Pages: golden octets, edges, languages, and every text back as it was."""

from __future__ import annotations

import pygsm7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.alerts import gsm7
from ew4all.alerts.cbs import Alphabet, Page, cb_data, decode_cb_data, encode_text, pages_of
from ew4all.errors import DecodeError, MessageError

# The text and its CB data as they stand inside the golden SBc-AP, S1AP and NGAP messages of
# standards.md 4.3: made by another encoder and accepted by tshark.
FLOOD = "FLOOD WARNING: move to high ground now. Test only."
GOLDEN_TEXT = f"{FLOOD} {FLOOD}"
GOLDEN = bytes.fromhex(
    "0246e6f349045d835267d279d481da6f7b19447f83d0e9331a7496bfeb6e32c8fdbebb40d4f29c0e7abbd979"
    "17c8c87c3e89a06b50ea4c3a8f3a50fb6d2f83e86f103a7d4683cef277dd4d06b9df7717885a0652733ae8ed"
    "66e75d8d46a3d168341a8d46a3d168341a8d46a3d168341a8d46a3d168341a8d46a3d168341a8d46a3d16834"
    "1a8d46a3d168341a8d46a3d168341a8d46a3d168341a8d46a3d168341a8d46a3d10007"
)

SAMPLES = {
    "ar": "تحذير من الفيضانات: انتقل إلى مكان مرتفع الآن. هذا اختبار فقط. ",
    "zh": "洪水警报：请立即转移到高处。这只是一次测试。",  # noqa: RUF001
    "ru": "Предупреждение о наводнении: немедленно поднимитесь на возвышенность. Это учения. ",  # noqa: RUF001
    "he": "אזהרת שיטפון: עלו מיד לשטח גבוה. זהו תרגיל בלבד. ",
    "hi": "बाढ़ की चेतावनी: तुरंत ऊँची जगह पर जाएँ। यह केवल परीक्षण है। ",
    None: "Flood 🌊🌊🌊 go up 🏔️ now 👨‍👩‍👧‍👦 ",
}

ALPHABET = sorted(set(gsm7.alphabet()) - {"\r"})
gsm7_texts = st.text(alphabet=st.sampled_from(ALPHABET), min_size=1, max_size=600).filter(
    lambda text: text.strip()
)
any_texts = st.text(
    alphabet=st.characters(
        exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="\r"
    ),
    min_size=1,
    max_size=280,
).filter(lambda text: text.strip())


def round_trip(text: str, **options: object) -> str:
    encoded = encode_text(text, **options)  # type: ignore[arg-type]
    return decode_cb_data(cb_data(encoded.pages), encoded.dcs).text


def test_the_golden_pages() -> None:
    encoded = encode_text(GOLDEN_TEXT)
    assert encoded.dcs == 0x0F
    assert encoded.characters == 101
    assert cb_data(encoded.pages) == GOLDEN
    assert decode_cb_data(GOLDEN, 0x0F).text == GOLDEN_TEXT
    assert [page.useful for page in pages_of(GOLDEN)] == [82, 7]


def test_a_page_begins_again_at_bit_0() -> None:
    encoded = encode_text("A" * 93 + "B" * 93)
    assert encoded.pages[0].octets.hex() == pygsm7.encode_gsm7("A" * 93).lower()
    assert encoded.pages[1].octets.hex() == pygsm7.encode_gsm7("B" * 93).lower()


@pytest.mark.parametrize(
    ("size", "pages", "useful"),
    [
        (1, 1, 1),
        (7, 1, 7),
        (8, 1, 7),
        (92, 1, 81),
        (93, 1, 82),
        (94, 2, 1),
        (186, 2, 82),
        (187, 3, 1),
        (1394, 15, 81),
        (1395, 15, 82),
    ],
    ids=str,
)
def test_edges_of_gsm7(size: int, pages: int, useful: int) -> None:
    text = ("The river rises. " * 90)[:size]
    encoded = encode_text(text, coding="gsm7")
    assert (len(encoded.pages), encoded.pages[-1].useful) == (pages, useful)
    assert len(cb_data(encoded.pages)) == 1 + 83 * pages
    assert round_trip(text) == text


@pytest.mark.parametrize(
    ("size", "pages", "useful"),
    [(1, 1, 2), (41, 1, 82), (42, 2, 2), (614, 15, 80), (615, 15, 82)],
    ids=str,
)
def test_edges_of_ucs2(size: int, pages: int, useful: int) -> None:
    text = ("Река поднимается. " * 40)[:size]
    encoded = encode_text(text)
    assert (encoded.dcs, encoded.coding) == (0x48, "ucs2")
    assert (len(encoded.pages), encoded.pages[-1].useful) == (pages, useful)
    assert round_trip(text) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [("A" * 1396, "1396 septets"), ("€" * 698, "15 pages"), ("я" * 616, "616 UCS-2")],
    ids=["GSM-7", "escapes", "UCS-2"],
)
def test_a_sixteenth_page_is_refused(text: str, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        encode_text(text)


def test_a_text_of_millions_of_characters_is_refused_at_once() -> None:
    for text in ("A" * 5_000_000, "я" * 2_000_000, "’" * 1_000_000):
        with pytest.raises(MessageError, match=r"000000 characters; .* at most 1395"):
            encode_text(text, transliterate=True)


def test_marks_without_width_do_not_count_against_a_text() -> None:
    text = "Go\u200b " * 400
    assert len(encode_text(text, transliterate=True).pages) == 13


def test_escapes_count_two_and_stay_together() -> None:
    """93 septets end in the middle of the 47th euro sign: it goes to the next page whole."""
    encoded = encode_text("€" * 47)
    assert encoded.characters == 94
    assert [page.useful for page in encoded.pages] == [81, 2]
    assert decode_cb_data(cb_data(encoded.pages), 0x0F).pages == ("€" * 46, "€")
    shifted = encode_text("x" + "€" * 46)
    assert [page.useful for page in shifted.pages] == [82]


def test_a_surrogate_pair_stays_together() -> None:
    encoded = encode_text("x" * 40 + "\U0001f30a" + "я")
    pages = decode_cb_data(cb_data(encoded.pages), encoded.dcs).pages
    assert pages == ("x" * 40, "\U0001f30aя")


@pytest.mark.parametrize("language", SAMPLES, ids=str)
@pytest.mark.parametrize("repeats", [1, 4, 7], ids=str)
def test_scripts_of_the_world(language: str | None, repeats: int) -> None:
    text = SAMPLES[language] * repeats
    encoded = encode_text(text, language)
    decoded = decode_cb_data(cb_data(encoded.pages), encoded.dcs)
    assert encoded.dcs == (0x11 if language else 0x48)
    assert (decoded.text, decoded.language) == (text, language)
    assert decoded.notes == ()
    assert "\ufffd" not in decoded.text


@pytest.mark.parametrize("text", ["", " ", "\n \r\n", "\u3000"])
def test_blanks_are_no_text(text: str) -> None:
    with pytest.raises(MessageError, match="there is no text"):
        encode_text(text)


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x1b", "\x7f", "\x85"])
def test_control_characters_are_refused_by_name(control: str) -> None:
    with pytest.raises(MessageError, match=f"U\\+{ord(control):04X}"):
        encode_text(f"a{control}b")


@given(gsm7_texts)
def test_gsm7_comes_back(text: str) -> None:
    assert round_trip(text, coding="gsm7") == text


@given(any_texts, st.sampled_from([None, "en", "uk", "zh-Hant", "pt_BR", "fil"]))
def test_any_text_comes_back(text: str, language: str | None) -> None:
    encoded = encode_text(text, language)
    decoded = decode_cb_data(cb_data(encoded.pages), encoded.dcs)
    assert decoded.text == encoded.text
    assert decoded.coding == encoded.coding
    assert decoded.language == encoded.language
    if encoded.coding == "ucs2":
        assert encoded.text == text


@given(any_texts, st.booleans())
def test_the_prefix_may_stand_on_the_first_page_only(text: str, every: bool) -> None:
    encoded = encode_text(text, "uk", prefix_every_page=every)
    decoded = decode_cb_data(cb_data(encoded.pages), encoded.dcs)
    assert (decoded.text, decoded.language) == (encoded.text, "uk")


@pytest.mark.parametrize(
    ("language", "coding", "dcs", "carried"),
    [
        (None, "gsm7", 0x0F, None),
        ("de", "gsm7", 0x00, "de"),
        ("en-US", "gsm7", 0x01, "en"),
        ("pl", "gsm7", 0x0E, "pl"),
        ("nb-NO", "gsm7", 0x0A, "no"),
        ("cs", "gsm7", 0x20, "cs"),
        ("is", "gsm7", 0x24, "is"),
        ("uk", "gsm7", 0x10, "uk"),
        ("fil", "gsm7", 0x0F, None),
        (None, "ucs2", 0x48, None),
        ("en", "ucs2", 0x11, "en"),
        ("fil", "ucs2", 0x48, None),
    ],
)
def test_language_and_coding_make_the_scheme(
    language: str | None, coding: str, dcs: int, carried: str | None
) -> None:
    encoded = encode_text("Flood", language, coding)  # type: ignore[arg-type]
    assert (encoded.dcs, encoded.language) == (dcs, carried)
    assert ("two letters" in " ".join(encoded.notes)) == (language == "fil")
    decoded = decode_cb_data(cb_data(encoded.pages), dcs)
    assert (decoded.text, decoded.language) == ("Flood", carried)


def test_prefixes_take_their_room_from_every_page() -> None:
    assert len(encode_text("x" * 90, "uk").pages) == 1
    assert len(encode_text("x" * 91, "uk").pages) == 2
    assert len(encode_text("я" * 40, "uk").pages) == 1
    assert len(encode_text("я" * 41, "uk").pages) == 2
    assert len(encode_text("я" * 81, "uk").pages) == 3
    assert len(encode_text("я" * 81, "uk", prefix_every_page=False).pages) == 2
    assert encode_text("я", "uk").pages[0].octets[:4] == bytes.fromhex("f535044f")


def test_one_foreign_character_turns_the_whole_message_and_is_reported() -> None:
    encoded = encode_text("Don’t cross – the bridge is out")
    assert encoded.coding == "ucs2"
    assert "U+2019" in encoded.notes[0]
    assert "U+2013" in encoded.notes[0]
    plain = encode_text("Don’t cross – the bridge is out", transliterate=True)
    assert (plain.coding, plain.text) == ("gsm7", "Don't cross - the bridge is out")
    assert "replaced" in plain.notes[0]


def test_transliteration_that_does_not_reach_leaves_the_text_alone() -> None:
    text = "Don’t: наводнение"
    encoded = encode_text(text, transliterate=True)
    assert (encoded.coding, encoded.text) == ("ucs2", text)
    with pytest.raises(MessageError, match="U\\+043D"):
        encode_text(text, coding="gsm7", transliterate=True)


def test_a_combining_accent_does_not_cost_the_alphabet() -> None:
    assert encode_text("E\u0301vacuez").text == "Évacuez"


def test_line_ends_become_line_feeds() -> None:
    assert round_trip("one\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("text", "coding", "says"),
    [("", "auto", "no text"), ("\ud800!", "ucs2", "surrogate"), ("x", "gsm8", "not one of")],
    ids=["empty", "half a pair", "coding"],
)
def test_bad_texts_are_refused(text: str, coding: str, says: str) -> None:
    with pytest.raises(MessageError, match=says):
        encode_text(text, coding=coding)  # type: ignore[arg-type]


@pytest.mark.parametrize("pages", [(), (Page(bytes(82), 1),) * 16], ids=["none", "sixteen"])
def test_a_number_of_pages_that_cannot_be(pages: tuple[Page, ...]) -> None:
    with pytest.raises(MessageError, match="1 to 15"):
        cb_data(pages)


def test_pages_that_cannot_be() -> None:
    for octets, useful in ((bytes(81), 1), (bytes(82), 83), (bytes(82), -1)):
        with pytest.raises(MessageError, match="82 octets"):
            Page(octets, useful)


@pytest.mark.parametrize(
    ("data", "dcs", "says"),
    [
        (b"", 0x0F, "empty"),
        (b"\x00", 0x0F, "0 pages"),
        (b"\x10" + bytes(83 * 16), 0x0F, "16 pages"),
        (GOLDEN[:-1], 0x0F, "cut"),
        (GOLDEN + b"\0", 0x0F, "follows"),
        (b"\x02" + GOLDEN[1:84], 0x0F, "cut"),
        (GOLDEN[:-1] + b"\x53", 0x0F, "octet 166: page 2 says that 83"),
        (GOLDEN, 0x44, "8-bit data"),
        (GOLDEN, 0x60, "compressed"),
        (GOLDEN, 0x48, "page 2: 7 octets"),
        (GOLDEN, 256, "one octet"),
    ],
    ids=[
        "empty", "no page", "sixteen", "cut", "longer", "fewer", "useful", "data", "compressed",
        "odd", "scheme",
    ],
)  # fmt: skip
def test_broken_data_are_refused_with_their_place(data: bytes, dcs: int, says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        decode_cb_data(data, dcs)


@given(st.binary(max_size=400), st.integers(0, 255))
def test_any_octets_are_read_or_refused(data: bytes, dcs: int) -> None:
    try:
        decode_cb_data(data, dcs)
    except DecodeError:
        return


@given(st.lists(st.binary(min_size=82, max_size=82), min_size=1, max_size=4), st.integers(0, 255))
def test_any_pages_are_read_or_refused(contents: list[bytes], dcs: int) -> None:
    try:
        decoded = decode_cb_data(cb_data([Page(octets, 82) for octets in contents]), dcs)
    except DecodeError:
        return
    assert decoded.coding in (Alphabet.GSM7, Alphabet.UCS2)
    assert "".join(decoded.pages) == decoded.text


def test_what_another_sender_did_wrong_is_noted() -> None:
    cut = Page(gsm7.pack(b"A\x1b").ljust(82, b"\0"), 2)
    assert "two septets" in decode_cb_data(cb_data([cut]), 0x0F).notes[0]
    half = Page("\U0001f30a".encode("utf-16-be")[:2].ljust(82, b"\0"), 2)
    decoded = decode_cb_data(cb_data([half]), 0x48)
    assert (decoded.text, decoded.notes) == ("\ufffd", (
        "page 1 holds half a surrogate pair, shown as a replacement mark",
    ))  # fmt: skip
    bare = encode_text("Flood").pages
    decoded = decode_cb_data(cb_data(bare), 0x10)
    assert (decoded.text, decoded.language) == ("Flood", None)
    assert "there is none" in decoded.notes[0]
