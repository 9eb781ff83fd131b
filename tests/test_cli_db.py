"""`ew4all db`: the store on its host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import command_line
from made_service import make_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Ended


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


def test_a_store_is_made_backed_up_and_restored(
    run: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("db", "upgrade", "--data-dir", "one")
    assert ended.code == 0, ended.err
    head = json.loads(ended.out)
    assert head["migration"] >= "0003"
    ended = run("db", "backup", "b.tar", "--data-dir", "one")
    told = json.loads(ended.out)
    assert (ended.code, told["schema"], told["migration"]) == (0, "ew4all/backup/1", head["migration"])  # fmt: skip
    again = run("db", "backup", "b.tar", "--data-dir", "one")
    assert (again.code, again.out) == (2, "")
    assert "is there already" in again.err
    assert run("db", "restore", "b.tar", "--data-dir", "two").code == 0
    over = run("db", "restore", "b.tar", "--data-dir", "one")
    assert over.code == 2
    assert "not empty" in over.err
    lost = run("db", "backup", "c.tar", "--data-dir", "none")
    assert lost.code == 2
    assert "there is no store" in lost.err
    assert run("db", "restore", "none.tar", "--data-dir", "three").code == 2
    assert "Traceback" not in lost.err + over.err + again.err


def test_keys_are_made_listed_and_revoked_on_the_host(
    run: Callable[..., Ended], tmp_path: Path
) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    made = run("db", "key", "make", "the first", "--role", "administrator", *where)
    assert made.code == 0, made.err
    secret = made.out.strip()
    assert secret not in made.err
    short = json.loads(run("db", "key", "make", "short", "--role", "viewer", "--days", "2", "--json", *where).out)  # fmt: skip
    assert short["expires"] is not None
    listed = json.loads(run("db", "key", "list", "--json", *where).out)["keys"]
    assert [(k["name"], k["state"]) for k in listed] == [("short", "good"), ("the first", "good")]
    assert run("db", "key", "revoke", short["id"], *where).code == 0
    assert "revoked" in run("db", "key", "list", *where).out
    again = run("db", "key", "revoke", short["id"], *where)
    assert (again.code, "there is no key" in again.err) == (2, True)
    with make_client(tmp_path, workers=0, auth="keys") as client:
        client.headers["Authorization"] = f"Bearer {secret}"
        entries = client.get("/v1/audit").json()["entries"]
        assert [(e["action"], e["principal"]) for e in entries] == [
            ("key.revoke", "host"), ("key.create", "host"), ("key.create", "host"),
        ]  # fmt: skip
        assert secret not in json.dumps(entries)


@pytest.mark.parametrize(
    "options",
    [
        ("--days", "0"),
        ("--days", "nan"),
        ("--days", "1", "--until", "2100-01-01T00:00:00Z"),
        ("--until", "2000-01-01T00:00:00Z"),
        ("--until", "2100-01-01T00:00:00"),
        ("--until", "soon"),
    ],
)
def test_times_that_no_key_has(
    run: Callable[..., Ended], tmp_path: Path, options: tuple[str, ...]
) -> None:
    ended = run("db", "key", "make", "x", "--role", "viewer", "--data-dir", str(tmp_path), *options)
    assert (ended.code, ended.out) == (2, "")
    assert list(tmp_path.iterdir()) == []
    assert run("db", "key", "make", "a\nb", "--role", "viewer").code == 2
