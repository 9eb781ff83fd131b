"""The cache in memory: never over its bound, and each value made once."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.api.bounded import Bounded


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache: Bounded[bytes] = Bounded(10, len)
    for key in "abc":
        cache.get_or_make(key, lambda: b"...")
    assert cache.get("a") == b"..."
    cache.get_or_make("d", lambda: b"...")
    assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]
    assert cache.bytes == 9


def test_what_is_larger_than_all_is_handed_out_and_not_kept() -> None:
    cache: Bounded[bytes] = Bounded(10, len)
    cache.get_or_make("a", lambda: b"....")
    assert cache.get_or_make("b", lambda: b"x" * 11) == b"x" * 11
    assert cache.get("b") is None
    assert cache.get("a") == b"...."
    assert Bounded(0, len).get_or_make("a", lambda: b"x") == b"x"


def test_many_who_ask_at_once_wait_for_one() -> None:
    cache: Bounded[bytes] = Bounded(100, len)
    made = []

    def make() -> bytes:
        time.sleep(0.05)
        made.append(1)
        return b"tile"

    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.get_or_make("a", make)))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"tile"] * 16
    assert made == [1]


def test_an_error_is_told_to_all_and_not_kept() -> None:
    cache: Bounded[bytes] = Bounded(100, len)

    def fail() -> bytes:
        msg = "no"
        raise ValueError(msg)

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            cache.get_or_make("a", fail)
    assert cache.get_or_make("a", lambda: b"now") == b"now"


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8)), max_size=60))
def test_it_is_never_over_its_bound(asked: list[tuple[int, int]]) -> None:
    cache: Bounded[bytes] = Bounded(20, len)
    for key, size in asked:
        value = cache.get_or_make(key, lambda size=size: b"x" * size)  # type: ignore[misc]
        assert cache.get(key) == value
        assert 0 <= cache.bytes <= 20
