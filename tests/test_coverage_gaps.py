"""Who is left out at a place, beside an enumeration of every way in which things can be there or not."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.coverage.gaps import DATA, PHONE, PLACE, Channel, Places, Rates, Signal, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.coverage.gaps import Column

RATES = Rates(0.9, {"2g": 0.6, "3g": 0.3, "4g": 0.95, "5g": 0.9, "any": 0.8})


def shares_at(places: Places, signals: list[Any], layers: list[Any]) -> dict[Column, Any]:
    return dict(zip(places.columns, columns_of(places, signals, layers), strict=True))


def test_one_technology_by_hand() -> None:
    places = Places((Signal("4g"),), (), RATES)
    found = shares_at(places, [0.5], [])
    assert found["covered", "4g"] == found["covered", "any"] == 0.5
    assert found["channel", "cell_broadcast"] == pytest.approx(0.5 * 0.9 * 0.95)
    assert found["channels", "none"] == pytest.approx(1 - 0.5 * 0.9 * 0.95)
    assert found["channels", "one"] == pytest.approx(0.5 * 0.9 * 0.95)


def test_a_phone_is_on_the_newest_technology_that_is_there() -> None:
    places = Places((Signal("2g"), Signal("3g"), Signal("any")), (), RATES)
    found = shares_at(places, [0.8, 0.5, 0.9], [])
    # Half on 3G, three tenths on 2G, one tenth on what is not known.
    wanted = 0.9 * (0.5 * 0.3 + 0.3 * 0.6 + 0.1 * 0.8)
    assert found["channel", "cell_broadcast"] == pytest.approx(wanted)
    assert found["covered", "any"] == 0.9
    assert list(found)[:3] == [("covered", "2g"), ("covered", "3g"), ("covered", "any")]


def test_operators_reach_their_own_subscribers() -> None:
    places = Places((Signal("4g", "A"), Signal("4g", "B")), (), RATES, {"A": 0.5, "B": 0.2})
    found = shares_at(places, [0.4, 0.9], [])
    own = 0.5 * 0.4 + 0.2 * 0.9 + 0.3 * 0.9
    assert found["covered", "any"] == 0.9
    assert found["channel", "cell_broadcast"] == pytest.approx(own * 0.9 * 0.95)


def test_without_a_signal_layer_nothing_is_said_of_it() -> None:
    places = Places((), (Channel("radio", PLACE, 0.5, 0),), RATES)
    found = shares_at(places, [], [0.6])
    assert list(found) == [("channel", "radio"), ("channels", "none"), ("channels", "one")]
    assert found["channels", "none"] == pytest.approx(0.7)
    assert places.technologies == ()
    assert Places((), (), RATES).columns == ()


def enumerated(
    signal: float, rates: Rates, by_phone: Mapping[str, float], by_place: Mapping[str, float]
) -> tuple[float, float]:
    """Add up the probability of no channel and of just one over every state of signal, phone and receivers."""
    none = one = 0.0
    names = [*by_phone, *by_place]
    for has_signal, has_phone in itertools.product((False, True), repeat=2):
        state = (signal if has_signal else 1 - signal) * (
            rates.has_phone if has_phone else 1 - rates.has_phone
        )
        for works in itertools.product((False, True), repeat=len(names)):
            chance, heard = state, 0
            for name, on in zip(names, works, strict=True):
                p = by_phone.get(name, by_place.get(name, 0.0))
                chance *= p if on else 1 - p
                heard += on and (name in by_place or (has_signal and has_phone))
            none += chance * (heard == 0)
            one += chance * (heard == 1)
    return none, one


share = st.floats(0.0, 1.0)


@given(share, share, share, share, share, share)
def test_channels_against_every_state(
    signal: float, sms: float, radio: float, siren: float, phone: float, capable: float
) -> None:
    rates = Rates(phone, dict.fromkeys(RATES.broadcast, capable))
    channels = (
        Channel("sms", PHONE, sms),
        Channel("radio", PLACE, 0.7, 0),
        Channel("siren", PLACE, 1.0, 1),
    )
    places = Places((Signal("4g"),), channels, rates)
    found = shares_at(places, [signal], [radio, siren])
    none, one = enumerated(
        signal, rates, {"cb": capable, "sms": sms}, {"radio": 0.7 * radio, "siren": siren}
    )
    assert found["channels", "none"] == pytest.approx(none, abs=1e-12)
    assert found["channels", "one"] == pytest.approx(one, abs=1e-12)


@given(st.lists(share, min_size=5, max_size=5), share, share, share)
def test_shares_stay_shares_and_more_reaches_more(
    covered: list[float], data: float, more: float, k: float
) -> None:
    signals = tuple(
        Signal(t, o) for t, o in (("2g", "A"), ("3g", None), ("4g", "A"), ("4g", "B"), ("any", "B"))
    )
    channels = (Channel("app", DATA, data), Channel("tv", PLACE, 0.4, 0))
    rates = Rates(
        0.8, dict.fromkeys(RATES.broadcast, 0.9)
    )  # alike: else an upgrade may lose phones
    places = Places(signals, channels, rates, {"A": 0.4, "B": 0.35})
    before = shares_at(places, list(covered), [0.5])
    for name, value in before.items():
        assert -1e-12 <= value <= 1 + 1e-12, name
    assert before["channels", "none"] + before["channels", "one"] <= 1 + 1e-12
    assert before["channel", "cell_broadcast"] <= before["covered", "any"] + 1e-12
    grown = list(covered)
    grown[int(k * 4.99)] = max(grown[int(k * 4.99)], more)
    after = shares_at(places, grown, [0.5])
    assert after["channels", "none"] <= before["channels", "none"] + 1e-12
    assert after["channel", "cell_broadcast"] >= before["channel", "cell_broadcast"] - 1e-12


def test_an_app_needs_more_than_2g() -> None:
    places = Places((Signal("2g"), Signal("4g")), (Channel("app", DATA, 0.5),), RATES)
    assert shares_at(places, [1.0, 0.0], [])["channel", "app"] == 0.0
    assert shares_at(places, [1.0, 0.4], [])["channel", "app"] == pytest.approx(0.4 * 0.9 * 0.5)


def test_arrays_and_numbers_say_the_same() -> None:
    channels = (Channel("sms", PHONE, 0.9), Channel("tv", PLACE, 0.4, 0))
    places = Places((Signal("3g"), Signal("4g")), channels, RATES)
    rows = np.array([[0.0, 0.3], [0.6, 1.0]])
    found = columns_of(places, [rows, 0.5], [rows[::-1]])
    for at in np.ndindex(rows.shape):
        alone = columns_of(places, [float(rows[at]), 0.5], [float(rows[::-1][at])])
        for array, number in zip(found, alone, strict=True):
            assert np.broadcast_to(array, rows.shape)[at] == pytest.approx(number, abs=1e-15)
