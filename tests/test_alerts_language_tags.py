"""What has the form of a language tag (RFC 5646, section 2.1 and the examples of appendix A)."""

from __future__ import annotations

import pytest

from ew4all.alerts.language_tags import is_language_tag


@pytest.mark.parametrize(
    "text",
    [
        "de", "fr", "ja", "zh-Hant", "zh-Hans", "sr-Cyrl", "zh-cmn-Hans-CN", "cmn-Hans-CN", "zh-yue-HK", "sr-Latn-RS",
        "sl-rozaj", "sl-rozaj-biske", "de-CH-1901", "hy-Latn-IT-arevela", "de-DE", "en-US", "es-419", "de-CH-x-phonebk",
        "x-whatever", "qaa-Qaaa-QM-x-southern", "en-US-u-islamcal", "en-a-myext-b-another", "EN-gb",
    ],
)  # fmt: skip
def test_tags_of_the_standard(text: str) -> None:
    assert is_language_tag(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e",
        "12",
        "en_GB",
        "en-",
        "-en",
        "en--GB",
        "de-419-DE",
        "english",
        "en-a",
        "fr-!!!",
        " en",
        "en\n",
        "ﬁ",
    ],
)
def test_what_is_no_tag(text: str) -> None:
    assert not is_language_tag(text)
