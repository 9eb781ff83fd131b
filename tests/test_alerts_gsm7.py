"""GSM-7 against two codecs that share no line with ours."""

from __future__ import annotations

import random

import pygsm7
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrate_mobile.TS23038 import encode_7b

from ew4all.alerts import gsm7
from ew4all.errors import MessageError

ALPHABET = sorted(gsm7.alphabet())
EXTENSION = "\f^{}\\[~]|€"

texts = st.text(alphabet=st.sampled_from(ALPHABET), max_size=200)


def naive_pack(codes: bytes) -> bytes:
    """Write each septet's bits, lowest first, then cut the row of bits into octets."""
    bits = [code >> k & 1 for code in codes for k in range(7)]
    bits += [0] * (-len(bits) % 8)
    return bytes(
        sum(bit << k for k, bit in enumerate(bits[start : start + 8]))
        for start in range(0, len(bits), 8)
    )


def without_spare_septet(packed: bytes, count: int) -> bytes:
    """Take off the carriage return that pycrate puts into seven spare bits."""
    return packed[:-1] + bytes([packed[-1] & 0x01]) if count % 8 == 7 else packed


def check_against_oracles(text: str) -> None:
    codes = gsm7.septets(text)
    ours = gsm7.pack(codes)
    assert ours == naive_pack(codes)
    assert ours.hex().upper() == pygsm7.encode_gsm7(text).upper()
    theirs, count = encode_7b(text)
    assert count == len(codes)
    assert ours == without_spare_septet(theirs, count)
    assert gsm7.text_of(gsm7.unpack(ours, len(codes))) == text


def test_the_alphabet_has_127_characters_and_an_extension_of_ten() -> None:
    assert len(ALPHABET) == 127 + 10
    assert [c for c in ALPHABET if len(gsm7.septets(c)) == 2] == sorted(EXTENSION)


@pytest.mark.parametrize("character", ALPHABET, ids=lambda c: f"U+{ord(c):04X}")
def test_every_character_is_packed_as_the_oracles_pack_it(character: str) -> None:
    check_against_oracles(character)
    check_against_oracles(character * 9)


def test_ten_thousand_random_texts_are_packed_as_the_oracles_pack_them() -> None:
    draw = random.Random(23038)
    for _ in range(10_000):
        check_against_oracles("".join(draw.choices(ALPHABET, k=draw.randint(1, 93))))


@given(texts)
def test_septets_come_back(text: str) -> None:
    codes = gsm7.septets(text)
    assert len(codes) == gsm7.length(text)
    assert gsm7.unpack(gsm7.pack(codes), len(codes)) == codes
    assert gsm7.text_of(codes) == text


@pytest.mark.parametrize(
    "character", ["`", "ç", "’", "ş", "ğ", "\x1b", "ы", "\U0001f30a"], ids=ascii
)
def test_a_foreign_character_is_refused_by_name(character: str) -> None:
    with pytest.raises(MessageError, match=f"U\\+{ord(character):04X}"):
        gsm7.septets(f"move {character} now")
    assert gsm7.foreign(f"{character} and {character}") == (character,)


def test_many_foreign_characters_are_counted() -> None:
    with pytest.raises(MessageError, match="and 2 more characters"):
        gsm7.septets("абвгдежзик")


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        (b"\x1b\x65", "€"),
        (b"\x1b\x41", "A"),
        (b"A\x1b", "A "),
        (b"\x1b\x1bA", " A"),
        (b"\x1b\x1b\x1b\x65", " €"),
    ],
    ids=["euro", "no such place", "nothing behind it", "two escapes", "two escapes and a pair"],
)
def test_escapes_are_shown_as_a_receiver_shows_them(codes: bytes, text: str) -> None:
    assert gsm7.text_of(codes) == text


@given(st.lists(st.sampled_from(["a", "€", "["]), min_size=1, max_size=40), st.integers(0, 80))
def test_a_cut_never_parts_an_escape_from_its_character(characters: list[str], end: int) -> None:
    codes = gsm7.septets("".join(characters))
    cut = gsm7.escape_safe(codes, end)
    assert end - 1 <= cut <= end or cut == len(codes)
    assert gsm7.text_of(codes[:cut]) + gsm7.text_of(codes[cut:]) == "".join(characters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Ne pas s’approcher – « danger » … 5\u202fkm",
            'Ne pas s\'approcher - " danger " ... 5 km',
        ),
        ("Šķērsot upi nav droši", "Skersot upi nav drosi"),
        ("français, garçon", "francais, garcon"),
        ("e\u0301vacuer", "évacuer"),
        ("İzmir’de sığınak", "Izmir'de siginak"),  # noqa: RUF001
        ("Łódź: powódź", "Lodz: powodz"),
        ("Προσοχή: πλημμύρα", "ΠPOΣOXH: ΠΛHMMYPA"),
        ("30 °C, 2½ km²", "30 deg C, 2 1/2 km^2"),
    ],
    ids=["French", "Latvian", "cedilla", "combining", "Turkish", "Polish", "Greek", "numbers"],
)
def test_transliteration_keeps_the_words(text: str, expected: str) -> None:
    result = gsm7.transliterate(text)
    assert result.text == expected
    assert result.left == ()
    gsm7.septets(result.text)


def test_what_cannot_be_transliterated_is_left_and_named() -> None:
    result = gsm7.transliterate("Flood – наводнение")
    assert result.text == "Flood - наводнение"
    assert result.replaced == (("–", "-"),)
    assert set(result.left) == set("наводение")


@given(st.text(max_size=60))
def test_transliteration_leaves_only_what_it_names(text: str) -> None:
    result = gsm7.transliterate(text)
    assert set(gsm7.foreign(result.text)) == set(result.left)
