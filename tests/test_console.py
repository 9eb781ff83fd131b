"""The console as files: who gets them, that every word of it stands in six catalogues, and that nothing comes from elsewhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from made_service import make_client

from ew4all.api.routes.console import FOLDER
from ew4all.api.web.assets import FOLDER as WEB
from ew4all.api.web.assets import assets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.testclient import TestClient

PAGE = (FOLDER / "index.html").read_text("utf-8")
APP = sorted((FOLDER / "app").glob("*.js"))
IMPORTS: Mapping[str, str] = json.loads(re.search(r'importmap">(.+?)</script>', PAGE, re.S)[1])["imports"]  # type: ignore[index]  # fmt: skip

PLURALS: Final = {
    "ar": {"zero", "one", "two", "few", "many", "other"},
    "zh": {"other"},
    "en": {"one", "other"},
    "fr": {"one", "many", "other"},
    "ru": {"one", "few", "many", "other"},
    "es": {"one", "many", "other"},
}
"""Categories of cardinal plurals, as `Intl.PluralRules` has them (CLDR 45); a test in the browser compares."""
LETTERS: Final = {
    "ar": r"[\u0600-\u06ff]",
    "zh": r"[\u4e00-\u9fff]",
    "ru": r"[\u0400-\u04ff]",
}
SAME: Final = re.compile(
    r"^(alphabet\.ucs2|clock\.(since|times)|inject\.said|news\.(inject|message)|problem\.failed)$"
)
"""Signs, and names that are the same everywhere."""
NAMES: Final = re.compile(r"T\+|CAP( 1\.2 \(XML\)| status)?|EXERCISE|JavaScript")
"""What may stand in the markup itself: names of standards, T+, and the mark, which is the same in every language."""


def catalogue(code: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "words" / f"{code}.json").read_text("utf-8"))
    return found


ENGLISH = catalogue("en")


def texts(value: str | dict[str, str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())


def gaps(value: str | dict[str, str]) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", " ".join(texts(value))))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with make_client(tmp_path_factory.mktemp("console"), workers=0) as made:
        yield made


def test_page_and_its_address(client: TestClient) -> None:
    page = client.get("/console/")
    assert page.text == PAGE
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    moved = client.get("/console", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (308, "/console/")
    again = client.get("/console/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304


def test_console_may_take_things_from_its_service_alone(client: TestClient) -> None:
    policy = client.get("/console/").headers["content-security-policy"]
    first = client.get("/", headers={"Accept": "text/html"}).headers["content-security-policy"]
    scripts = r"'sha256-[^']+'"
    assert re.sub(scripts, "", policy) == re.sub(scripts, "", first)
    assert policy.count("sha256-") == 1


def addresses() -> set[str]:
    found = re.findall(r'(?:href|src)="([^"]+)"', PAGE)
    return {*found, *(one for one in IMPORTS.values() if not one.endswith("/"))}


@pytest.mark.parametrize("address", sorted(addresses()))
def test_everything_the_page_names_is_there(client: TestClient, address: str) -> None:
    answer = client.get(f"/console/{address}")
    assert answer.status_code == 200
    assert ("immutable" in answer.headers["cache-control"]) == ("/vendor/" in address)


def test_every_import_is_there() -> None:
    assert len(APP) > 20
    for module in APP:
        for name in re.findall(r'^import (?:[^"]* from )?"([^"]+)";', module.read_text("utf-8"), re.M):  # fmt: skip
            if name.startswith("shared/"):
                assert (WEB / "app" / name.removeprefix("shared/")).is_file(), name
            elif name.startswith("."):
                assert (module.parent / name).is_file(), f"{module.name} imports {name}"
            else:
                assert name in IMPORTS, f"{module.name} imports {name}"


@pytest.mark.parametrize("name", ["index.html", "nothing.js", "../web/assets.py", "words/de.json"])
def test_no_other_file_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/console/{name}").status_code in {404}


def test_nothing_names_another_host_or_a_side_of_the_page() -> None:
    for path in [*APP, FOLDER / "index.html", FOLDER / "console.css"]:
        text = path.read_text("utf-8")
        assert set(re.findall(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", text)) <= {"www.w3.org"}  # fmt: skip
    style = re.sub(r"/\*.*?\*/", "", (FOLDER / "console.css").read_text("utf-8"), flags=re.S)
    # Arabic runs from the right: sides are `inline-start` and `inline-end`, and left and right stand nowhere.
    assert not re.search(r"\b(?:left|right)\b", style)


def test_modules_are_short() -> None:
    for module in APP:
        assert len(module.read_text("utf-8").splitlines()) <= 400, module.name


def test_what_comes_before_the_map_is_light() -> None:
    own = [a for a in assets(FOLDER).values() if not a.name.startswith("words/")]
    shared = [a for a in assets().values() if a.path.suffix in {".mjs", ".js", ".css", ".json"}]
    words = max(len(a.packed) for a in assets(FOLDER).values() if a.name.startswith("words/"))
    total = words + sum(len(a.packed) for a in [*own, *shared])
    assert total < 1_000_000, f"{total:,} bytes"


@pytest.mark.parametrize("code", sorted(PLURALS))
def test_catalogues_say_the_same_things(code: str) -> None:
    words = catalogue(code)
    assert list(words) == list(ENGLISH), "the same keys, in the same order"
    for key, value in words.items():
        assert isinstance(value, dict) == isinstance(ENGLISH[key], dict), key
        if isinstance(value, dict):
            assert set(value) == PLURALS[code], key
        assert gaps(value) == gaps(ENGLISH[key]), key
        assert all(one.strip() for one in texts(value)), key


@pytest.mark.parametrize("code", sorted(LETTERS))
def test_catalogues_are_in_their_language(code: str) -> None:
    for key, value in catalogue(code).items():
        if SAME.match(key):
            continue
        for one in texts(value):
            assert re.search(LETTERS[code], one), f"{key}: {one}"


@pytest.mark.parametrize("code", ["fr", "es"])
def test_latin_catalogues_are_translated(code: str) -> None:
    words = catalogue(code)
    same = {key for key, value in words.items() if value == ENGLISH[key]}
    assert len(same) < 0.12 * len(words), sorted(same)


def test_banner_bears_the_mark_in_every_language() -> None:
    for code in PLURALS:
        words = catalogue(code)
        assert words["banner"].startswith("EXERCISE")
        assert words["banner.short"].startswith("EXERCISE")
    assert ">EXERCISE<" in PAGE, "it stands there before any script runs"


def templates(source: str) -> Iterator[str]:
    """Yield template literals of a module; what is in their gaps is taken out and looked through by itself."""
    at = 0
    while at < len(source):
        letter = source[at]
        if source.startswith("//", at) and (at == 0 or source[at - 1] not in ":\"'"):
            at = source.find("\n", at) if "\n" in source[at:] else len(source)
        elif source.startswith("/*", at):
            at = source.index("*/", at) + 2
        elif letter in "\"'":
            end = at + 1
            while source[end] != letter:
                end += 2 if source[end] == "\\" else 1
            at = end + 1
        elif letter == "`":
            text, at = [], at + 1
            while source[at] != "`":
                if source.startswith("${", at):
                    inner, at = _gap(source, at + 2)
                    text.append("\0")
                    yield from templates(inner)
                else:
                    text.append(source[at])
                    at += 1
            at += 1
            yield "".join(text)
        else:
            at += 1


def _gap(source: str, at: int) -> tuple[str, int]:
    depth, start = 1, at
    while depth:
        letter = source[at]
        if letter in "\"'":
            end = at + 1
            while source[end] != letter:
                end += 2 if source[end] == "\\" else 1
            at = end
        elif letter == "`":
            at = _after_template(source, at)
            continue
        depth += {"{": 1, "}": -1}.get(letter, 0)
        at += 1
    return source[start : at - 1], at


def _after_template(source: str, at: int) -> int:
    at += 1
    while source[at] != "`":
        at = _gap(source, at + 2)[1] if source.startswith("${", at) else at + 1
    return at + 1


def test_every_word_of_the_page_stands_in_the_catalogue() -> None:
    seen = 0
    for module in APP:
        for template in templates(module.read_text("utf-8")):
            if "<" not in template:
                continue
            seen += 1
            said = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"\0]*)"', template)
            said += re.sub(r"<[^>]*>", "\n", template.replace("\0", "")).split("\n")
            for text in said:
                left = NAMES.sub("", text.replace("ew4_", ""))
                assert not re.search(r"[^\W\d_]", left), f"{module.name}: {text!r}"
    assert seen > 150


def test_every_word_of_the_catalogue_is_said() -> None:
    source = "\n".join(module.read_text("utf-8") for module in APP)
    whole = set(re.findall(r'"([a-z_]+(?:\.[a-z_.]+)*)"', source))
    begun = set(re.findall(r"`([a-z_.]+\.)\$\{", source))
    groups = {f"{one}." for one in re.findall(r'named\("([a-z]+)"', source)}
    for key in ENGLISH:
        assert key in whole or any(key.startswith(one) for one in begun | groups), key
    for key in re.findall(r'\bt\("([^"]+)"', source):
        assert key in ENGLISH, key


def test_templates_are_found_in_gaps_and_not_in_comments() -> None:
    found = list(templates('const a = html`<p>${on && html`<b>${"}"} Word</b>`} x</p>`; // `no`\n'))
    assert found == ["<b>\0 Word</b>", "<p>\0 x</p>"]
