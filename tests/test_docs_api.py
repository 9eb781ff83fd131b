"""docs/api.md: its requests are answered as it says, its tables name what is there, its limits are the limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client

from ew4all.api.identity import ROLES
from ew4all.api.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "api.md").read_text("utf-8")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("service"), workers=0) as made:
        yield made


def test_every_request_is_answered_as_it_says(client: TestClient, page: str) -> None:
    requests = re.findall(r"```http\n(.*?)\n```", page, re.DOTALL)
    assert len(requests) == 6
    for text in requests:
        head, _, rest = text.partition("\n\n")
        body, _, status = rest.rpartition("\n\n")
        first, *headers = head.splitlines()
        method, path = first.split()
        given = dict(line.split(": ", 1) for line in headers)
        answer = client.request(method, path, content=body + "\n", headers=given)
        assert answer.status_code == int(status), f"{first}: {answer.text}"


def test_paths_of_its_tables_are_there(client: TestClient, page: str) -> None:
    paths: dict[str, Any] = client.get("/api").json()["paths"]
    known = {re.sub(r"\{\w+\}", "{}", path) for path in paths}
    told = re.findall(r"`(?:[A-Z]+ )?(/v1/[^`?\s]*)", page)
    assert len(told) >= 20
    missing = {p for p in told if re.sub(r"\{\w+\}", "{}", p) not in known}
    assert missing == set()


def test_limits_and_roles_are_those_of_the_service(page: str) -> None:
    limits = Limits()
    rows = re.findall(r"\| ([^|]+) \| `EW4ALL_LIMIT_(\w+)` \|", page)
    assert len(rows) == 7
    for told, name in rows:
        value = getattr(limits, name.lower())
        number = float(told.split()[0].replace(",", ""))
        factor = {"MB": 2**20, "GB": 2**30}.get(told.split()[-1], 1)
        assert number * factor == value, name
    for role, scopes in ROLES.items():
        assert f"| `{role}` |" in page
        assert all(f"`{scope}`" in page for scope in scopes)
