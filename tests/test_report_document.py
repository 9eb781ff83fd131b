"""One document, three formats: the same words in each, pages numbered, notices on every page, and what is missing told."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import docx
import numpy as np
import pytest
from affine import Affine
from lxml import etree, html
from PIL import Image
from pypdf import PdfReader
from raster_files import write_tif

from ew4all.errors import OptionError
from ew4all.report.document import (
    FORMATS,
    Bullets,
    Document,
    Figure,
    Heading,
    Paragraph,
    Section,
    Table,
    formats_of,
    headings_of,
    items_of,
)
from ew4all.report.document_docx import must_write_docx, write_docx
from ew4all.report.document_html import html_text, must_print_pdf, write_html, write_pdf

if TYPE_CHECKING:
    from pathlib import Path

NOTICE = 'made up, "not" for operations'
ODD = "Zone <b>&amp; \"x\" 'y' {{ z }} Côte"


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (320, 200), "#2c6597").save(data, "PNG")
    return data.getvalue()


def document(rows: int = 3, notice: str | None = NOTICE) -> Document:
    many = tuple((f"{ODD} {k}", f"{k:,}", "some words") for k in range(rows))
    table = Table("Numbers behind it", ("a", "b"), (("one", "1"),))
    return Document(
        "Title of it",
        (
            Section(
                "First",
                (
                    Paragraph("What matters.", "lead"),
                    Bullets(("point one", "point two")),
                    Table("People", ("zone", "people", "words"), many, align="lrl", note="A note."),
                ),
                (Section("Part", (Figure("A picture", picture(), "Blue.", table),)),),
            ),
            Section("Second", (Paragraph("Small print.", "small"),)),
        ),
        subtitle="Under it",
        notice=notice,
        about=("For somebody.",),
        attribution="Data of others",
        version="9.9",
    )


def words_of(doc: Document) -> list[str]:
    """Return every text of a document, as each format must hold it."""
    found = [doc.title, doc.subtitle, *doc.about, f"{doc.attribution}. ew4all 9.9."]
    for item in items_of(doc):
        if isinstance(item, Heading | Paragraph):
            found.append(item.text)
        elif isinstance(item, Bullets):
            found += item.items
        elif isinstance(item, Table):
            found += [item.title, *item.columns, *(c for row in item.rows for c in row), item.note]
        else:
            found.append(item.title)
    return [text for text in found if text]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_format_has_every_word(tmp_path: Path) -> None:
    doc = document()
    write_html(tmp_path / "d.html", doc)
    write_pdf(tmp_path / "d.pdf", doc)
    write_docx(tmp_path / "d.docx", doc)
    page = html.fromstring((tmp_path / "d.html").read_text("utf-8"))
    for style in page.findall(".//style"):
        style.drop_tree()
    texts = {
        "html": page.text_content(),
        "pdf": "".join(p.extract_text() for p in PdfReader(tmp_path / "d.pdf").pages),
        "docx": docx_text(tmp_path / "d.docx"),
    }
    for name, text in texts.items():
        whole = squeezed(text)
        missing = [word for word in words_of(doc) if squeezed(word) not in whole]
        assert not missing, (name, missing)
        assert squeezed(NOTICE).lower() in whole.lower(), name


def docx_text(path: Path) -> str:
    found = docx.Document(str(path))
    body = "".join(found.element.body.itertext())
    return body + "".join(p.text for p in found.sections[0].header.paragraphs)


def test_numbers_of_sections_tables_and_figures() -> None:
    doc = document()
    assert [h.text for h in headings_of(doc)] == ["1 First", "1.1 Part", "2 Second"]
    titles = [i.title for i in items_of(doc) if isinstance(i, Table | Figure)]
    assert titles == ["Table 1. People", "Figure 1. A picture", "Table 2. Numbers behind it"]
    assert len({h.anchor for h in headings_of(doc)}) == 3


def test_pdf_has_pages_numbers_contents_bookmarks_and_the_notice_on_each(tmp_path: Path) -> None:
    write_pdf(tmp_path / "d.pdf", document(rows=90))
    reader = PdfReader(tmp_path / "d.pdf")
    count = len(reader.pages)
    assert count >= 4
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        assert f"Page {number} of {count}" in text
        assert NOTICE.upper() in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Title of it"
    assert "1.1 Part" in reader.pages[0].extract_text()
    tops = [one for one in reader.outline if not isinstance(one, list)]
    assert "Title of it" in {str(getattr(one, "title", "")) for one in tops}
    # Tagged, so that a screen reader finds its way.
    assert "/StructTreeRoot" in reader.trailer["/Root"]


def test_a_table_over_pages_repeats_its_head(tmp_path: Path) -> None:
    write_pdf(tmp_path / "d.pdf", document(rows=90))
    texts = [p.extract_text() for p in PdfReader(tmp_path / "d.pdf").pages]
    assert sum("zone" in text and "people" in text for text in texts) >= 2


def test_html_asks_for_nothing_from_elsewhere_and_tells_pictures() -> None:
    page = html.fromstring(html_text(document()))
    sources = [one.get("src") for one in page.iter("img")]
    assert sources
    assert all(src is not None and src.startswith("data:") for src in sources)
    assert [one.get("alt") for one in page.iter("img")] == ["Blue."]
    assert not list(page.iter("script", "link", "iframe"))
    targets = {one.get("href") for one in page.iter("a")}
    ids = {f"#{one.get('id')}" for one in page.xpath("//*[@id]")}
    assert targets
    assert targets <= ids
    assert page.get("lang") == "en"


def test_docx_opens_with_headings_contents_page_numbers_and_alternative_text(
    tmp_path: Path,
) -> None:
    write_docx(tmp_path / "d.docx", document(rows=5))
    found = docx.Document(str(tmp_path / "d.docx"))
    styles = {p.text: p.style.name for p in found.paragraphs if p.style is not None}
    assert styles["1 First"] == "Heading 1"
    assert styles["1.1 Part"] == "Heading 2"
    assert styles["point one"] == "List Bullet"
    xml = etree.tostring(found.element.body, encoding="unicode")
    assert "TOC \\o" in xml
    assert 'descr="Blue."' in xml
    footer = etree.tostring(found.sections[0].footer._element, encoding="unicode")
    assert ">PAGE<" in footer
    assert ">NUMPAGES<" in footer
    # Every link of the contents leads to a bookmark.
    anchors = set(re.findall(r'w:anchor="([^"]+)"', xml))
    assert anchors == set(re.findall(r'w:bookmarkStart [^>]*w:name="([^"]+)"', xml))
    assert [len(t.rows) for t in found.tables] == [6, 2]
    assert "w:tblHeader" in etree.tostring(found.tables[0].rows[0]._tr, encoding="unicode")
    assert found.core_properties.title == "Title of it"


def test_docx_columns_hold_their_longest_word_and_short_tables_stay_whole(tmp_path: Path) -> None:
    word = "cell_broadcast_least_year"
    rows = tuple((word, "1", "long " * 40) for _ in range(3))
    narrow = Table("Narrow", ("name", "n", "text"), rows, align="lrl", widths=(0.05, 0.05, 0.9))
    doc = replace(document(), sections=(Section("Only", (narrow,)),))
    write_docx(tmp_path / "d.docx", doc)
    found = docx.Document(str(tmp_path / "d.docx"))
    widths = [cell.width.cm for cell in found.tables[0].rows[1].cells]
    assert sum(widths) == pytest.approx(17.0, abs=0.01)
    assert widths[0] > 4.0
    assert widths[1] < 1.5
    kept = [
        row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in found.tables[0].rows
    ]
    assert kept == [True, True, True, False]
    assert found.sections[0].footer.paragraphs[0].style.name == "Small"


def test_the_same_document_gives_the_same_docx(tmp_path: Path) -> None:
    write_docx(tmp_path / "a.docx", document())
    write_docx(tmp_path / "b.docx", document())
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.docx") as package:
        assert package.testzip() is None


def test_characters_that_xml_has_no_place_for_stop_nothing(tmp_path: Path) -> None:
    doc = Document("A\x00b", (Section("C\x0bd", (Paragraph("e\ud800f\uffff"),)),), notice="g\x01h")
    write_html(tmp_path / "d.html", doc)
    write_docx(tmp_path / "d.docx", doc)
    write_pdf(tmp_path / "d.pdf", doc)
    assert "e f" in docx_text(tmp_path / "d.docx")


def test_without_a_notice_there_is_none(tmp_path: Path) -> None:
    write_pdf(tmp_path / "d.pdf", document(notice=None))
    assert "OPERATIONS" not in "".join(
        p.extract_text() for p in PdfReader(tmp_path / "d.pdf").pages
    )
    assert 'class="notice"' not in html_text(document(notice=None))


def test_a_table_with_ragged_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="3 columns"):
        Table("T", ("a", "b", "c"), (("1", "2"),))


def test_formats() -> None:
    assert formats_of(None) == FORMATS
    assert formats_of(" DOCX, html") == ("html", "docx")
    assert formats_of(["pdf"]) == ("pdf",)
    with pytest.raises(OptionError, match=r"'odt'.*html, pdf, docx"):
        formats_of("html,odt")
    with pytest.raises(OptionError, match="no format was named"):
        formats_of(" , ")


def test_pango_that_is_missing_is_named_and_html_and_docx_do_without(tmp_path: Path) -> None:
    # A fresh process in which the loader finds no Pango, as on a system without it.
    program = """
import sys, cffi
real = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if name and "pango" in name:
        raise OSError(f"cannot load library '{name}': no such file")
    return real(self, name, flags)
cffi.FFI.dlopen = dlopen
from ew4all.cli import main
sys.argv = ["ew4all", "plan", "feasibility", "--quiet", "--json", "--out", *sys.argv[1:]]
main()
"""

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "out"), *more],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    refused = run("--demo")
    assert refused.returncode == 2, refused.stderr
    for words in ("Pango", "libpango-1.0-0", "--format html,docx"):
        assert words in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()
    done = run("--format", "html,docx", "--population", str(small(tmp_path)))
    assert done.returncode == 0, done.stderr
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"feasibility.html", "feasibility.docx"} <= names
    assert "feasibility.pdf" not in names


def small(folder: Path) -> Path:
    corner = Affine(0.01, 0, 28.0, 0, -0.01, -29.0)
    return write_tif(folder / "people.tif", np.full((4, 5), 9.0, "float32"), corner, unit="people")


@pytest.mark.parametrize(
    ("library", "call"), [("weasyprint", must_print_pdf), ("docx", must_write_docx)]
)
def test_a_library_that_is_missing_is_named(
    library: str, call: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(OptionError, match=r"ew4all\[report\].*--format html"):
        call()  # type: ignore[operator]
