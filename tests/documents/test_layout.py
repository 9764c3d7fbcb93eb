"""The page of GB/T 9704-2012: measures, lines, what must not begin or end one; DOCX and PDF."""

import asyncio
import io
import re
import shutil
import time
import zipfile
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn as noto
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm

from shared.documents.docx import docx
from shared.documents.fonts import Part, fonts
from shared.documents.lines import broken
from shared.documents.official import CHARACTER, LEFT, LINE, TOP, WIDTH, Paragraph, chinese_date
from shared.documents.pdf import MissingGlyphs, compose, pdf
from shared.documents.rendering import DocumentFormat, GlyphMissing, Renderer, render
from tests.documents.samples import FACTS, official


def lines(text: str, characters: int = 10, first: int = 8) -> list[str]:
    """Lines of so many characters; a Latin one takes half a cell."""
    found = broken(
        text,
        width=characters,
        first=first,
        measure=lambda one: 0.5 if one < "\x7f" else 1.0,
        cell=1.0,
    )
    return [line.text for line in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一二三四五六七八九十", ["一二三四五六七八", "九十"]),
        # No stop begins a line: the character before it goes along.
        ("一二三四五六七八，九十", ["一二三四五六七", "八，九十"]),
        ("一二三四五六七八》，九", ["一二三四五六七", "八》，九"]),
        # No opening bracket ends one.
        ("一二三四五六七（八九）", ["一二三四五六七", "（八九）"]),
        # Numbers and words stay together.
        ("一二三四五六七2026年", ["一二三四五六七", "2026年"]),
        ("一二三四五六七八" + "x" * 30, ["一二三四五六七八", "x" * 20, "x" * 10]),
        ("", [""]),
    ],
)
def test_lines_are_broken_as_chinese_is(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_a_page_has_22_lines_of_28_characters() -> None:
    pages = compose(official(body=(Paragraph("国" * 28 * 60),)), fonts(None)).pages
    full = pages[1]
    assert len(full) == 22
    assert {(len(text.text), round(text.x, 2)) for text in full} == {(28, LEFT)}
    steps = {round(b.y - a.y, 3) for a, b in pairwise(full)}
    assert steps == {round(LINE, 3)}
    assert TOP < full[0].y < TOP + LINE
    assert full[-1].y < TOP + 225
    last = full[0]
    assert last.spacing * 28 + 28 * 16 * 25.4 / 72 == pytest.approx(WIDTH, abs=0.01)


def test_the_head_has_its_place() -> None:
    page = compose(official(), fonts(None)).pages[0]
    composition = compose(official(), fonts(None))
    mark, number, kind, title, addressee, heading, first, *_ = page
    assert mark.red and not number.red
    # The mark's upper edge is 35 mm below that of the type area, the rule 4 mm below the number.
    assert mark.y - mark.size * 25.4 / 72 * 0.88 == pytest.approx(TOP + 35, abs=0.1)
    assert composition.rule - number.y == pytest.approx(4 + 16 * 25.4 / 72 * 0.12, abs=0.2)
    assert number.y - mark.y > 2 * LINE and kind.y - composition.rule > 2 * LINE
    assert (kind.size, title.size, first.size) == (22, 16, 16)
    for centred in (mark, number, kind):
        font = fonts(None)[centred.part]
        width = sum(map(font.width, centred.text)) * centred.size * 25.4 / 72
        assert centred.x + width / 2 == pytest.approx(LEFT + WIDTH / 2, abs=0.1)
    assert (addressee.x, addressee.text[-1]) == (LEFT, "：")
    assert heading.x == first.x == pytest.approx(LEFT + 2 * CHARACTER)
    assert heading.part is Part.HEADING


def test_the_date_ends_four_characters_from_the_edge_under_the_middle_of_the_name() -> None:
    page = compose(official(), fonts(None)).pages[-1]
    day = next(text for text in page if text.text == "2026年3月20日")
    name = next(text for text in page if text.text == "重庆市沙坪坝区司法局" and text.size == 16)

    def span(text: Any) -> tuple[float, float]:
        font = fonts(None)[Part.BODY]
        width = sum(font.width(one) * 16 * 25.4 / 72 + day.spacing for one in text.text)
        return text.x, text.x + width - day.spacing

    assert span(day)[1] == pytest.approx(LEFT + WIDTH - 4 * CHARACTER, abs=0.05)
    assert sum(span(day)) == pytest.approx(sum(span(name)), abs=0.05)
    assert day.y - name.y == pytest.approx(LINE)


@pytest.mark.parametrize("length", range(0, 700, 28))
def test_the_signature_never_stands_on_a_page_without_text(length: int) -> None:
    body = (Paragraph("国" * (length + 1)),)
    pages = compose(official(body=body), fonts(None)).pages
    signed = next(page for page in pages if any(text.text == "2026年3月20日" for text in page))
    assert any("国" in text.text or "：" in text.text for text in signed)
    for page in pages:
        assert all(text.y < TOP + 225 for text in page)


def test_the_number_of_the_day_has_no_leading_zero() -> None:
    assert chinese_date(official().issued_on) == "2026年3月20日"


def test_a_pdf_is_a4_with_its_fonts_inside_and_says_which() -> None:
    made = pdf(official(), None)
    assert re.search(rb"/MediaBox \[0 0 595.28 841.89\]", made)
    assert made.count(b"/FontFile3") == 2
    told = _properties(made)
    assert "仿宋=Noto Serif SC" in told and official().digest in told


def _properties(made: bytes) -> str:
    """The keywords, which the PDF writes in UTF-16."""
    found = re.search(rb"/Keywords <([0-9A-Fa-f]+)>", made)
    assert found is not None
    return bytes.fromhex(found[1].decode()).decode("utf-16")


def test_fonts_that_the_operator_supplies_are_used_and_named(tmp_path: Path) -> None:
    shutil.copy(noto.sans_path(), tmp_path / "fangsong.otf")
    made = fonts(str(tmp_path))
    assert (made[Part.BODY].family, made[Part.BODY].supplied) == ("Noto Sans SC", True)
    assert (made[Part.TITLE].family, made[Part.TITLE].supplied) == ("Noto Serif SC", False)
    assert "仿宋=Noto Sans SC，" in _properties(pdf(official(), str(tmp_path)))
    named = Document(io.BytesIO(docx(official(), made)))
    assert "仿宋=Noto Sans SC" in named.core_properties.comments


def test_a_missing_glyph_fails_either_format() -> None:
    told = official(title="关于𠮷某\ue000的决定")
    with pytest.raises(MissingGlyphs) as missed:
        pdf(told, None)
    assert "\ue000" in missed.value.characters
    for kind in DocumentFormat:
        assert "\ue000" in render(told, kind, None).missing


def test_a_docx_has_the_same_page() -> None:
    made = render(official(attachments=("现场检查笔录", "询问笔录")), "docx", None).content
    opened: Any = Document(io.BytesIO(made))
    section = opened.sections[0]
    margins = (section.top_margin, section.left_margin, section.bottom_margin, section.right_margin)
    assert [round(one / Mm(1)) for one in margins] == [37, 28, 35, 26]
    assert (round(section.page_width / Mm(1)), round(section.page_height / Mm(1))) == (210, 297)
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:linePitch")) == "580"
    texts = [paragraph.text for paragraph in opened.paragraphs if paragraph.text]
    assert texts[:4] == [
        "重庆市沙坪坝区司法局",
        "沙司执监决〔2026〕1号",
        "行政执法监督决定书",
        "关于停止无证人员执法的决定",
    ]
    assert "附件：1. 现场检查笔录" in texts and texts[-1] == "2026年3月20日"
    body = next(paragraph for paragraph in opened.paragraphs if paragraph.text == FACTS)
    fonts_of = body.runs[0]._r.rPr.rFonts
    assert fonts_of.get(qn("w:eastAsia")) == "仿宋" and body.runs[0].font.size.pt == 16
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert any(name.endswith(".png") for name in parts.namelist())


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    made = Renderer()
    yield made
    await made.close()


async def test_the_same_document_is_the_same_bytes_in_every_process(renderer: Renderer) -> None:
    for kind in DocumentFormat:
        first, second = [await renderer(official(), kind, None) for _ in range(2)]
        assert first == second == render(official(), kind, None).content
    assert await renderer(official(title="x"), DocumentFormat.PDF, None) != first


async def test_the_event_loop_turns_while_documents_are_rendered(renderer: Renderer) -> None:
    await renderer(official(), DocumentFormat.PDF, None)
    working = asyncio.gather(*(renderer(official(), DocumentFormat.PDF, None) for _ in range(4)))
    longest, last = 0.0, time.thread_time()
    turns = 0
    while not working.done():
        await asyncio.sleep(0)
        moment = time.thread_time()
        longest, last, turns = max(longest, moment - last), moment, turns + 1
        await asyncio.sleep(0.002)
    assert all(await working)
    # Our own thread never worked for long at a stretch; one page alone takes a tenth of a second.
    assert longest < 0.05 and turns > 10


async def test_what_the_process_beside_cannot_set_is_refused_by_name(renderer: Renderer) -> None:
    with pytest.raises(GlyphMissing, match="\ue000"):
        await renderer(official(title="\ue000"), DocumentFormat.DOCX, None)
