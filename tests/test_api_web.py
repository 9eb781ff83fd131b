"""The pages for people as files: who gets them, from where alone they may take things, and what came from others."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from made_service import make_client, service_of

from ew4all.api.showcase import DEMO_LAYERS, prepare
from ew4all.api.web.assets import FOLDER, assets, policy_of
from tools import refresh_vendor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
PAGE = (FOLDER / "index.html").read_text("utf-8")
APP = sorted((FOLDER / "app").glob("*.js"))
IMPORTS: dict[str, str] = json.loads(re.search(r'importmap">(.+?)</script>', PAGE, re.S)[1])[
    "imports"
]  # type: ignore[index]
FREE = {"MIT", "ISC", "BSD-3-Clause", "Apache-2.0"}
VENDOR = FOLDER / "vendor"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("web"), workers=0) as made:
        yield made


def test_a_browser_gets_the_page_and_others_the_document(client: TestClient) -> None:
    page = client.get("/", headers={"Accept": BROWSER})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text == PAGE
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.5"):
        document = client.get("/", headers={"Accept": accept})
        assert document.json()["title"] == "ew4all"
        assert "Accept" in document.headers["vary"]
    assert "Accept" in page.headers["vary"]
    assert client.head("/", headers={"Accept": BROWSER}).headers["etag"] == page.headers["etag"]


def test_page_may_take_things_from_its_service_alone(client: TestClient) -> None:
    policy = client.get("/", headers={"Accept": BROWSER}).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == rules["worker-src"] == rules["style-src"] == "'self'"
    assert re.fullmatch(r"'self' 'sha256-[A-Za-z0-9+/]{43}='", rules["script-src"])
    assert "unsafe" not in policy
    assert "http" not in policy


def test_policy_names_the_very_script_of_the_page() -> None:
    page = b'<script type="importmap">{"imports": {}}</script><script src="a.js"></script>'
    policy = policy_of(page)
    assert policy.count("sha256-") == 1
    assert policy_of(page.replace(b"{}", b'{"a": "./b"}')) != policy


def addresses() -> list[str]:
    found = re.findall(r'(?:href|src)="(web/[^"]+)"', PAGE)
    return [*found, *(one.removeprefix("./") for one in IMPORTS.values())]


@pytest.mark.parametrize("address", sorted(set(addresses())))
def test_everything_the_page_names_is_there(client: TestClient, address: str) -> None:
    answer = client.get("/" + address)
    assert answer.status_code == 200
    kind = answer.headers["content-type"].partition(";")[0]
    endings = {
        "mjs": "text/javascript",
        "js": "text/javascript",
        "css": "text/css",
        "json": "application/json",
    }
    assert kind == endings.get(address.rpartition(".")[2], "image/svg+xml")
    is_kept = "immutable" in answer.headers["cache-control"]
    assert is_kept == address.startswith("web/vendor/")
    again = client.get("/" + address, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_every_import_of_our_modules_is_there() -> None:
    assert len(APP) > 10
    for module in APP:
        text = module.read_text("utf-8")
        for name in re.findall(r'^import (?:[^"]* from )?"([^"]+)";', text, re.M):
            if name.startswith("."):
                assert (module.parent / name).is_file(), f"{module.name} imports {name}"
            else:
                assert name in IMPORTS, f"{module.name} imports {name}"


def test_what_is_sent_packed_is_the_same(client: TestClient) -> None:
    name = f"web/app/{APP[0].name}"
    plain = client.get("/" + name, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = assets()[f"app/{APP[0].name}"].packed
    assert gzip.decompress(packed) == plain.content == APP[0].read_bytes()
    with client.stream("GET", "/" + name, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert b"".join(answer.iter_raw()) == packed


@pytest.mark.parametrize(
    "name",
    ["index.html", "nothing.js", "../assets.py", "%2e%2e/assets.py", "..%2f..%2fsettings.py", "app", "/etc/passwd", "a" * 150],
)  # fmt: skip
def test_no_other_file_is_served(client: TestClient, name: str) -> None:
    answer = client.get(f"/web/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_first_load_is_light() -> None:
    first = [
        a
        for a in assets().values()
        if not a.name.startswith("vendor/") or a.path.suffix in {".mjs", ".js", ".css", ".json"}
    ]
    total = sum(len(one.packed) for one in first if one.path.name != refresh_vendor.MANIFEST)
    assert total < 900_000, f"{total:,} bytes before the first layer"


def test_nothing_of_ours_names_another_host() -> None:
    for path in [FOLDER / "index.html", FOLDER / "style.css", FOLDER / "icon.svg", *APP]:
        hosts = set(
            re.findall(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", path.read_text("utf-8"))
        )
        assert hosts <= {"www.w3.org"}, path.name


def test_vendored_files_are_as_the_manifest_says() -> None:
    assert refresh_vendor.faults(VENDOR) == []
    entries: list[dict[str, Any]] = json.loads(
        (VENDOR / refresh_vendor.MANIFEST).read_text("utf-8")
    )
    told = {(e["name"], e["version"], e["licence"], tuple(e["files"])) for e in entries}
    assert told == {(p.name, p.version, p.licence, p.files) for p in refresh_vendor.PACKAGES}
    for entry in entries:
        assert entry["licence"] in FREE
        assert any(name.startswith("LICENSE") for name in entry["files"]), entry["name"]


def test_a_changed_vendored_file_is_found(tmp_path: Path) -> None:
    copy = tmp_path / "vendor"
    shutil.copytree(VENDOR, copy)
    (copy / "htm-3.1.1/dist/htm.module.js").write_text("export default 1", "utf-8")
    (copy / "preact-11.2.0/LICENSE").unlink()
    (copy / "evil.js").write_text("", "utf-8")
    assert refresh_vendor.faults(copy) == [
        "evil.js: not in the manifest",
        "preact-11.2.0/LICENSE: missing",
        "htm-3.1.1/dist/htm.module.js: changed",
    ]


def test_demo_is_put_in_place_once(client: TestClient) -> None:
    told: list[str] = []
    first = prepare(service_of(client), waits_s=0.0, say=told.append)
    assert prepare(service_of(client), waits_s=0.0, say=told.append) == first
    uploads = client.get("/v1/uploads").json()["uploads"]
    assert {one["name"]: one["role"] for one in uploads} == {d.name: d.role for d in DEMO_LAYERS}
    assert len(uploads) == len(DEMO_LAYERS)
    assert all(one["facts"]["bbox"] for one in uploads)
    (job,) = client.get("/jobs").json()["jobs"]
    assert (job["jobID"], job["title"]) == (
        first,
        "Grenada, Hurricane Beryl, 1 July 2024 (demo data, not for operations)",
    )
    # One that was dismissed is no finished run: another is begun.
    client.delete(f"/jobs/{first}")
    assert prepare(service_of(client), waits_s=0.0, say=told.append) != first
