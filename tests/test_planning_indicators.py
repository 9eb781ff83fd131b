"""Formulas of indicators against counts of people one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.planning.indicators import (
    MEANS,
    Span,
    apart,
    definitions,
    means_of,
    share,
    sources,
    union,
)


def test_one_channel_and_all_channels_are_exact() -> None:
    by_channel = {"radio": 60.0, "sms": 50.0, "siren": 0.0}
    assert union(by_channel, 80.0, ["radio"]) == Span(60.0, 60.0)
    # A channel that reaches nobody changes nothing: the two others are all that reach anybody.
    assert union(by_channel, 80.0, ["radio", "sms"]).value == 80.0
    assert union(by_channel, 80.0, []).value == 0.0
    assert union(by_channel, 80.0, ["siren"]).value == 0.0


def test_bounds_by_hand() -> None:
    # 100 people, 90 reached by any: radio 40, sms 30, app 45.
    by_channel = {"radio": 40.0, "sms": 30.0, "app": 45.0}
    found = union(by_channel, 90.0, ["radio", "sms"])
    # At least 90 - 45 = 45 are reached by one of the two and at most 40 + 30 = 70.
    assert (found.low, found.high, found.value) == (45.0, 70.0, None)
    assert share(found, 200.0, 100_000.0) == Span(22_500.0, 35_000.0)


@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_the_union_of_people_lies_within_the_bounds(
    people: int, channels: int, seed: int, chance: float
) -> None:
    draws = np.random.default_rng(seed)
    reaches = draws.random((channels, people)) < chance
    by_channel = {str(k): float(row.sum()) for k, row in enumerate(reaches)}
    reached = float(reaches.any(axis=0).sum())
    counted = [str(k) for k in range(channels) if draws.random() < 0.5]
    true = float(reaches[[int(c) for c in counted]].any(axis=0).sum())
    found = union(by_channel, reached, counted)
    assert found.low <= true <= found.high
    if found.value is not None:
        assert found.value == true
    if len(counted) in {0, 1, channels}:
        assert found.value == true
    # Never more than everybody who is reached, whatever the sum of the channels is.
    assert found.high <= reached


def test_nobody_has_no_share() -> None:
    assert share(Span(0.0, 0.0), 0.0) is None
    assert apart(0.0, 0.0) == 0.0
    assert apart(90.0, 100.0) == pytest.approx(0.1)


def test_means_part_the_channels() -> None:
    every = [name for names in MEANS.values() for name in names]
    assert len(every) == len(set(every))
    assert means_of("cell_broadcast") == "ict"
    assert means_of("tv") == "mass_media"
    assert means_of("church bells") == "local"


def test_every_definition_has_a_source_that_says_what_was_read() -> None:
    for name, made in definitions().items():
        assert made.id == name
        assert made.source in sources()
        assert made.method.endswith(".")
        assert sources()[made.source].read
    assert definitions()["sendai_g3"].unit == "people per 100,000"
