"""The process that checks scenarios: it is kept, and whatever becomes of it, the next scenario is checked."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from ew4all.api.documents.checker import Checker
from ew4all.api.documents.texts import cleaned
from ew4all.api.problems import Problem
from ew4all.scenario import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(shipped()["national-test"].read_text("utf-8"), "utf-8")
    (tmp_path / "bad.yaml").write_text("nonsense: 1", "utf-8")
    return tmp_path


@pytest.fixture
def checker() -> Iterator[Checker]:
    made = Checker()
    try:
        yield made
    finally:
        made.close()


def process_of(checker: Checker) -> Any:
    return checker._process


def test_it_is_kept_and_replaced_when_it_is_gone(checker: Checker, folder: Path) -> None:
    assert checker.check(folder, "good.yaml", {})["title"] == "National test in a large country"
    first = process_of(checker).pid
    assert checker.check(folder, "bad.yaml", {})["faults"]
    assert process_of(checker).pid == first
    os.kill(first, signal.SIGKILL)
    assert checker.check(folder, "good.yaml", {})["facts"]["replicas"] == 1
    assert process_of(checker).pid != first
    checker.close()
    assert process_of(checker) is None


def test_what_takes_too_long_is_refused(folder: Path) -> None:
    checker = Checker(seconds=0.2)  # loading its libraries takes longer
    try:
        with pytest.raises(Problem, match=r"could not be looked through within 0\.2 s"):
            checker.check(folder, "good.yaml", {})
    finally:
        checker.close()


def test_nobody_waits_for_ever(folder: Path) -> None:
    checker = Checker(seconds=0.05)
    with checker._turn, pytest.raises(Problem, match="try again in a moment") as raised:
        checker.check(folder, "good.yaml", {})
    assert (raised.value.status, raised.value.headers) == (503, {"Retry-After": "10"})


def test_it_ends_when_nobody_asks_any_more(checker: Checker, folder: Path) -> None:
    checker.check(folder, "bad.yaml", {})
    process = process_of(checker)
    process.stdin.close()
    assert process.wait(10) == 0


def test_texts_are_made_fit() -> None:
    given = {"a\x00": ["b\ud800c", 1, None, ("d",)], "e": {"f": "é\U0001f30a"}}
    assert cleaned(given) == {"a\ufffd": ["b\ufffdc", 1, None, ["d"]], "e": {"f": "é\U0001f30a"}}
