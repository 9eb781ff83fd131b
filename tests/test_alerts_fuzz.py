"""Thousands of broken CAP files: each ends with findings that have a code, quickly and in little memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import KINDS, MADE, Mutation, broken, changes, must_be_handled

QUICK, SLOW, PARTS = 500, 20_000, 4
ATHERIS_RUNS = 20_000
MOST_MEGABYTES = 200.0
"""Memory that the worst of a series of files may take, beyond what the process had before."""


FORGET_PEAK = Path("/proc/self/clear_refs")


def held_megabytes(what: str) -> float:
    """Return the memory of this process now (VmRSS), or the most since it was last forgotten (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


class Samples(list[bytes]):
    """Files; hypothesis shows its arguments, and need not show these."""

    def __repr__(self) -> str:
        return f"<{len(self)} files>"


@pytest.fixture(scope="session")
def samples(shared_data: Path) -> Samples:
    """Every sample, smallest first: hypothesis shrinks towards the first."""
    files = [path.read_bytes() for path in (shared_data / "cap-samples").glob("*.xml")]
    return Samples(sorted([*files, *(text.encode() for text in MADE)], key=len))


@given(st.integers(0, 2**16), changes)
@settings(max_examples=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_small_files_of_our_own_broken_in_any_way(which: int, several: list[Mutation]) -> None:
    texts = [text.encode() for text in MADE]
    must_be_handled(broken(texts[which % len(texts)], several, texts))


@given(which=st.integers(0, 2**16), several=changes)
@settings(max_examples=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_samples_broken_in_any_way(samples: Samples, which: int, several: list[Mutation]) -> None:
    must_be_handled(broken(samples[which % len(samples)], several, samples))


@pytest.mark.slow
@given(which=st.integers(0, 2**16), several=changes)
@settings(
    max_examples=SLOW // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_ten_thousand_broken_samples_of_hypothesis(
    samples: Samples, which: int, several: list[Mutation]
) -> None:
    must_be_handled(broken(samples[which % len(samples)], several, samples))


@pytest.mark.slow
@pytest.mark.skipif(
    not FORGET_PEAK.exists(), reason="the peak of memory can be told under Linux only"
)
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_broken_samples_of_a_seed(samples: Samples, part: int) -> None:
    drawn = random.Random(part)
    before = held_megabytes("VmRSS")
    FORGET_PEAK.write_text("5")
    for _ in range(SLOW // 2 // PARTS):
        several = [
            Mutation(drawn.choice(KINDS), drawn.randrange(2**16), drawn.randrange(2001), drawn.randrange(1024))
            for _ in range(drawn.randint(1, 6))
        ]  # fmt: skip
        must_be_handled(broken(drawn.choice(samples), several, samples))
    assert held_megabytes("VmHWM") - before < MOST_MEGABYTES


ATHERIS = """
import sys
import atheris
with atheris.instrument_imports(include=["ew4all.alerts"]):
    import mutations
def one(data):
    mutations.must_be_handled(data)
atheris.Setup(sys.argv, one)
atheris.Fuzz()
"""


@pytest.mark.slow
def test_a_bounded_run_of_atheris(samples: Samples, tmp_path: Path, repository: Path) -> None:
    """Coverage guides the mutations; the first bytes that break something would be in the message."""
    if find_spec("atheris") is None:
        pytest.skip("atheris is not installed: pip install 'ew4all[fuzz]'")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for k, data in enumerate(samples):
        if len(data) < 30_000:
            (corpus / f"{k}.xml").write_bytes(data)
    flags = [
        f"-runs={ATHERIS_RUNS}",
        "-max_len=30000",
        "-timeout=60",
        "-seed=1",
        "-rss_limit_mb=2000",
    ]
    ended = subprocess.run(
        [sys.executable, "-c", ATHERIS, *flags, f"-artifact_prefix={tmp_path}/", str(corpus)],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": f"{repository}:{repository / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    told = [line for line in ended.stderr.splitlines() if not line.startswith("#")]
    assert ended.returncode == 0, ended.stdout[-3000:] + "\n".join(told)[-3000:]
    assert "Done" in ended.stderr
