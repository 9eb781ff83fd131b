"""A document as DOCX, with styles of Word's own: who receives it can go on writing in it."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import OptionError
from ew4all.report.document import Bullets, Figure, Heading, Paragraph, Table, headings_of, items_of
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.report.document import Document

__all__ = ["must_write_docx", "write_docx"]

_INK: Final = "23303B"
_SOFT: Final = "56646F"
_RED: Final = "8C1C13"
_WIDTH_CM: Final = 17.0
_LINE: Final = "C3CDD5"
_CM_PER_LETTER: Final = 0.17
"""Of bold Arial in 8.5 points, more or less."""
_CELL_MARGINS_CM: Final = 0.42
_SHORT: Final = 14
"""Rows of a table that is not parted over pages."""

_SAME_DATE: Final = (1980, 1, 1, 0, 0, 0)
_STYLES: Final = {"body": "Normal", "lead": "Lead", "small": "Small"}


def must_write_docx() -> Any:
    """Return the library that writes DOCX, or say what is missing; ask before anything long is computed.

    Raises
    ------
    OptionError
        python-docx is not installed.
    """
    try:
        return import_module("docx")
    except ModuleNotFoundError as error:
        msg = (
            "DOCX needs the Python package python-docx, which is not installed; install it with ew4all: pip install "
            "'ew4all[report]', or leave DOCX out: --format html"
        )
        raise OptionError(msg) from error


def write_docx(path: Path, document: Document) -> None:
    """Write a document as DOCX, A4. The same document gives the same bytes.

    The table of contents is a field: it lists the sections at once, and Word adds their pages when it updates fields (F9).

    Raises
    ------
    OptionError
        See `must_write_docx`.
    WriteError
        The file cannot be written.
    """
    docx = must_write_docx()
    made = docx.Document()
    _set_styles(made)
    _set_page(made, document)
    made.add_paragraph(document.title, style="Title")
    if document.subtitle:
        made.add_paragraph(document.subtitle, style="Subtitle")
    if document.notice:
        made.add_paragraph(document.notice.upper(), style="Notice")
    for line in document.about:
        made.add_paragraph(line, style="Small")
    _contents(made, headings_of(document))
    made.add_page_break()
    for number, item in enumerate(items_of(document)):
        if isinstance(item, Heading):
            _bookmark(made.add_heading(item.text, level=min(item.level, 9)), item.anchor, number)
        elif isinstance(item, Paragraph):
            made.add_paragraph(item.text, style=_STYLES[item.style])
        elif isinstance(item, Bullets):
            for text in item.items:
                made.add_paragraph(text, style="List Bullet")
        elif isinstance(item, Table):
            _table(made, item)
        else:
            _figure(made, item)
    ending = f"{document.attribution}. " if document.attribution else ""
    ending += f"ew4all {document.version}. Boundaries shown imply no endorsement."
    made.add_paragraph(ending, style="Small")
    data = io.BytesIO()
    made.save(data)
    with writing(path):
        path.write_bytes(_same_bytes(data.getvalue()))


def _set_page(made: Any, document: Document) -> None:
    Cm = _docx("shared", "Cm")
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21.0 - _WIDTH_CM) / 2)
    section.top_margin = section.bottom_margin = Cm(2.0)
    if document.notice:
        header = section.header.paragraphs[0]
        header.alignment = 1
        run = header.add_run(document.notice.upper())
        run.bold, run.font.size, run.font.color.rgb = True, _points(8.5), _colour(_RED)
    footer = section.footer.paragraphs[0]
    # The style of footers brings a tab in the middle of the page and a larger type.
    footer.style = made.styles["Small"]
    footer.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH_CM), 2)
    _small(footer.add_run(f"{document.title}\tPage "))
    _field(footer, "PAGE", "1")
    _small(footer.add_run(" of "))
    _field(footer, "NUMPAGES", "1")
    core = made.core_properties
    core.title, core.author, core.language = document.title, "ew4all", document.language
    core.comments, core.keywords = document.notice or "", ""
    core.created = core.modified = datetime(2000, 1, 1, tzinfo=UTC)
    # The language for spelling, of every style.
    settings = made.styles.element.find(".//" + _name("w:rPrDefault") + "//" + _name("w:lang"))
    if settings is not None:
        settings.set(_name("w:val"), "en-GB" if document.language == "en" else document.language)


def _set_styles(made: Any) -> None:
    WD_STYLE_TYPE = _docx("enum.style", "WD_STYLE_TYPE")
    styles = made.styles
    body = styles["Normal"]
    body.font.name, body.font.size, body.font.color.rgb = "Arial", _points(10), _colour(_INK)
    body.paragraph_format.space_after = _points(6)
    for name, points, colour, bold in (
        ("Lead", 11.5, _INK, False),
        ("Small", 8.5, _SOFT, False),
        ("Notice", 10.0, _RED, True),
        ("Cell", 8.5, _INK, False),
    ):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = body
        style.font.size, style.font.color.rgb, style.font.bold = (
            _points(points),
            _colour(colour),
            bold,
        )
        style.paragraph_format.space_before = _points(1.5 if name == "Cell" else 0)
        style.paragraph_format.space_after = _points(1.5 if name == "Cell" else 6)
    for name, points in (
        ("Title", 24), ("Subtitle", 13), ("Heading 1", 16), ("Heading 2", 13), ("Heading 3", 11), ("Caption", 9.5),
    ):  # fmt: skip
        style = styles[name]
        style.font.size, style.font.color.rgb = _points(points), _colour(_INK)
        style.font.name, style.font.italic, style.font.bold = "Arial", False, name != "Subtitle"
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(_name(f"w:{key}"), None)
    for style, unwanted in (("Title", "w:pBdr"), ("Subtitle", "w:spacing")):
        for part in list(styles[style].element.iter(_name(unwanted))):
            part.getparent().remove(part)
    styles["Subtitle"].paragraph_format.space_after = _points(8)
    styles["Caption"].paragraph_format.keep_with_next = True
    styles["Caption"].paragraph_format.space_before = _points(8)


def _contents(made: Any, headings: tuple[Heading, ...]) -> None:
    made.add_paragraph("Contents", style="TOC Heading" if "TOC Heading" in made.styles else "Title")
    for k, heading in enumerate(headings):
        line = made.add_paragraph()
        line.paragraph_format.space_after = _points(1)
        line.paragraph_format.left_indent = _points(14.0 * (heading.level - 1))
        if k == 0:
            _field_mark(line, "begin")
            _instruction(line, 'TOC \\o "1-2" \\h \\z \\u')
            _field_mark(line, "separate")
        link = _element("w:hyperlink", **{"w:anchor": heading.anchor, "w:history": "1"})
        link.append(line.add_run(heading.text)._r)
        line._p.append(link)
        if k == len(headings) - 1:
            _field_mark(line, "end")


def _table(made: Any, table: Table) -> None:
    WD_TABLE_ALIGNMENT = _docx("enum.table", "WD_TABLE_ALIGNMENT")
    Cm = _docx("shared", "Cm")
    made.add_paragraph(table.title, style="Caption")
    grid = made.add_table(rows=1, cols=len(table.columns))
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    grid.style = "Table Grid"
    widths = _widths(table)
    _rule(grid)
    grid.autofit = False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Cm(width)
    head = grid.rows[0]
    _repeat(head)
    for _ in table.rows:
        grid.add_row()
    # A list of cells is made once: python-docx walks the whole table for each row that is asked for.
    rows = list(grid.rows)
    for row, texts in zip(rows, (table.columns, *table.rows), strict=True):
        _whole(row)
        for k, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            cell.width = Cm(widths[k])
            place = cell.paragraphs[0]
            place.style = "Cell"
            # A short table stays on one page.
            place.paragraph_format.keep_with_next = row is not rows[-1] and len(rows) <= _SHORT
            place.alignment = 0 if table.alignment[k] == "l" else 2
            place.add_run(text).bold = row is rows[0]
            if row is rows[0]:
                _shade(cell)
    note = made.add_paragraph(table.note, style="Small")
    note.paragraph_format.space_before = _points(3)


def _widths(table: Table) -> list[float]:
    """Return the widths of columns, cm: as shared out, but none narrower than its longest word as long as there is room."""
    shares = table.widths or _natural(table)
    whole = sum(shares)
    least = [
        min(_CM_PER_LETTER * word + _CELL_MARGINS_CM, _WIDTH_CM / 3) for word in _longest(table)
    ]
    widths = [_WIDTH_CM * share / whole for share in shares]
    if sum(least) > _WIDTH_CM:
        return widths
    narrow: set[int] = set()
    while True:
        fixed = sum(least[k] for k in narrow)
        rest = sum(share for k, share in enumerate(shares) if k not in narrow)
        widths = [
            least[k] if k in narrow else (_WIDTH_CM - fixed) * share / rest
            for k, share in enumerate(shares)
        ]
        more = {k for k, width in enumerate(widths) if width < least[k] - 1e-9}
        if not more:
            return widths
        narrow |= more


def _longest(table: Table) -> list[int]:
    """Return the letters of the longest word of each column."""
    columns = zip(table.columns, *table.rows, strict=True)
    return [
        max(len(word) for text in texts for word in (text.split() or [""])) for texts in columns
    ]


def _natural(table: Table) -> list[float]:
    """Return widths by the longest words and texts of each column."""
    shares = []
    for k, (name, word) in enumerate(zip(table.columns, _longest(table), strict=True)):
        line = max(len(text) for text in (name, *(row[k] for row in table.rows)))
        shares.append(max(float(word), min(line, 40) * 0.75, 4.0))
    return shares


def _figure(made: Any, figure: Figure) -> None:
    Cm = _docx("shared", "Cm")
    made.add_paragraph(figure.title, style="Caption")
    place = made.add_paragraph()
    place.add_run().add_picture(io.BytesIO(figure.png), width=Cm(_WIDTH_CM))
    # What a screen reader says of it.
    for about in place._p.iter(_name("wp:docPr")):
        about.set("descr", figure.alt)
        about.set("title", figure.title)


def _same_bytes(data: bytes) -> bytes:
    """Return a package whose parts bear no time of writing."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for part in source.infolist():
            fact = zipfile.ZipInfo(part.filename, _SAME_DATE)
            fact.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fact, source.read(part))
    return out.getvalue()


def _docx(module: str, name: str) -> Any:
    """Return a name of python-docx, which an installation without documents does without."""
    return getattr(import_module(f"docx.{module}"), name)


def _points(size: float) -> Any:
    Pt = _docx("shared", "Pt")
    return Pt(size)


def _colour(code: str) -> Any:
    RGBColor = _docx("shared", "RGBColor")
    return RGBColor.from_string(code)


def _name(name: str) -> str:
    qn = _docx("oxml.ns", "qn")
    return str(qn(name))


def _element(name: str, **attributes: str) -> Any:
    OxmlElement = _docx("oxml", "OxmlElement")
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(_name(key), value)
    return made


def _small(run: Any) -> None:
    run.font.size, run.font.color.rgb = _points(8.5), _colour(_SOFT)


def _field(paragraph: Any, code: str, shown: str) -> None:
    _field_mark(paragraph, "begin")
    _instruction(paragraph, code)
    _field_mark(paragraph, "separate")
    _small(paragraph.add_run(shown))
    _field_mark(paragraph, "end")


def _field_mark(paragraph: Any, kind: str) -> None:
    paragraph.add_run()._r.append(_element("w:fldChar", **{"w:fldCharType": kind}))


def _instruction(paragraph: Any, code: str) -> None:
    text = _element("w:instrText", **{"xml:space": "preserve"})
    text.text = code
    paragraph.add_run()._r.append(text)


def _bookmark(paragraph: Any, name: str, number: int) -> None:
    begin = _element("w:bookmarkStart", **{"w:id": str(number), "w:name": name})
    paragraph._p.insert(0, begin)
    place = paragraph._p.find(_name("w:pPr"))
    if place is not None:  # properties come first
        paragraph._p.remove(begin)
        place.addnext(begin)
    paragraph._p.append(_element("w:bookmarkEnd", **{"w:id": str(number)}))


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader", **{"w:val": "true"}))


def _whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:cantSplit", **{"w:val": "true"}))


def _rule(grid: Any) -> None:
    """Draw pale lines between the rows and none between the columns, as the other formats have them."""
    lines = _element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        seen = side in {"top", "bottom", "insideH"}
        facts = (
            {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": _LINE}
            if seen
            else {"w:val": "nil"}
        )
        lines.append(_element(f"w:{side}", **facts))
    # Word wants properties in the order of its schema.
    grid._tbl.tblPr.find(_name("w:tblLook")).addprevious(lines)


def _shade(cell: Any) -> None:
    fill = {"w:val": "clear", "w:color": "auto", "w:fill": "EAF0F5"}
    cell._tc.get_or_add_tcPr().append(_element("w:shd", **fill))
