"""Language tags: whether a text has the form of one (BCP 47, RFC 5646, section 2.1)."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["LANGUAGE_TAG_FORM", "is_language_tag"]

LANGUAGE_TAG_FORM: Final = "a language tag such as en, fr-CA or zh-Hant (BCP 47)"
"""For messages."""

# Languages of four to eight letters are left out: none was ever registered, and a name such as
# "english" would pass. The tags from before 2006 that follow no rule (i-klingon) are left out too.
_TAG: Final = re.compile(
    r"""
    (?: [a-z]{2,3} (?: -[a-z]{3} ){0,3}                 # language, and those of its family
        (?: -[a-z]{4} )?                                # script
        (?: -(?: [a-z]{2} | [0-9]{3} ) )?               # region
        (?: -(?: [a-z0-9]{5,8} | [0-9][a-z0-9]{3} ) )*  # variants
        (?: -[0-9a-wyz] (?: -[a-z0-9]{2,8} )+ )*        # extensions
        (?: -x (?: -[a-z0-9]{1,8} )+ )?                 # private use
      | x (?: -[a-z0-9]{1,8} )+
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def is_language_tag(text: str) -> bool:
    """Return whether a text has the form of a language tag; whether anybody speaks it is not asked.

    Examples
    --------
    >>> is_language_tag("zh-Hant-TW"), is_language_tag("en_GB"), is_language_tag("english")
    (True, False, False)
    """
    return _TAG.fullmatch(text) is not None
