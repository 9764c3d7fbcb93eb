"""The page of GB/T 9704-2012: measures, lines, what must not begin or end one; DOCX and PDF."""

import asyncio
import io
import re
import shutil
import time
import zipfile
import zlib
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
from shared.documents.layout import Mark, Ring, Rule, Text, compose
from shared.documents.lines import balanced, broken
from shared.documents.official import (
    CHARACTER,
    HEIGHT,
    LEFT,
    LINE,
    POINT,
    SEAL,
    TOP,
    WIDTH,
    Official,
    Paragraph,
    Table,
    chinese_date,
)
from shared.documents.pdf import MissingGlyphs, pdf
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


def pages_of(told: Official) -> list[list[Mark]]:
    return compose(told, fonts(None)).pages


def texts(marks: list[Mark]) -> list[Text]:
    return [mark for mark in marks if isinstance(mark, Text)]


def rules(marks: list[Mark]) -> list[Rule]:
    return [mark for mark in marks if isinstance(mark, Rule)]


def rings(marks: list[Mark]) -> list[Ring]:
    return [mark for mark in marks if isinstance(mark, Ring)]


def span(text: Text) -> tuple[float, float]:
    font = fonts(None)[text.part]
    width = sum(font.width(one) * text.size * POINT + text.spacing for one in text.text)
    return text.x, text.x + width - text.spacing


def test_a_page_has_22_lines_of_28_characters() -> None:
    full = texts(pages_of(official(body=(Paragraph("国" * 28 * 60),)))[1])
    assert len(full) == 22
    assert {(len(text.text), round(text.x, 2)) for text in full} == {(28, LEFT)}
    steps = {round(b.y - a.y, 3) for a, b in pairwise(full)}
    assert steps == {round(LINE, 3)}
    assert TOP < full[0].y < TOP + LINE
    assert full[-1].y < TOP + HEIGHT
    assert full[0].spacing * 28 + 28 * 16 * POINT == pytest.approx(WIDTH, abs=0.01)


def test_the_head_has_its_place() -> None:
    page = pages_of(official())[0]
    [rule] = rules(page)
    mark, number, kind, title, addressee, heading, first, *_ = texts(page)
    assert mark.colour == rule.colour == (230, 0, 18) and number.colour == (0, 0, 0)
    # The mark's upper edge is 35 mm below that of the type area, the rule 4 mm below the number.
    assert mark.y - mark.size * POINT * 0.88 == pytest.approx(TOP + 35, abs=0.1)
    assert rule.y - number.y == pytest.approx(4 + 16 * POINT * 0.12, abs=0.2)
    assert (rule.x, rule.to_x) == (LEFT, LEFT + WIDTH)
    assert number.y - mark.y > 2 * LINE and kind.y - rule.y > 2 * LINE
    assert (kind.size, title.size, first.size) == (22, 16, 16)
    for centred in (mark, number, kind):
        assert sum(span(centred)) / 2 == pytest.approx(LEFT + WIDTH / 2, abs=0.1)
    assert (addressee.x, addressee.text[-1]) == (LEFT, "：")
    assert heading.x == first.x == pytest.approx(LEFT + 2 * CHARACTER)
    assert heading.part is Part.HEADING


def test_a_long_title_is_set_in_lines_of_one_length() -> None:
    title = "关于责令停止安排未取得行政执法证件人员从事执法活动的决定"
    assert balanced(title, width=26, measure=lambda _: 1.0, cell=1.0) == [title[:14], title[14:]]
    set_ = [text for text in texts(pages_of(official(title=title))[0]) if text.text in title]
    assert "".join(text.text for text in set_) == title
    assert {round(sum(span(text)) / 2, 1) for text in set_} == {round(LEFT + WIDTH / 2, 1)}


def signed(told: Official) -> tuple[list[Mark], float]:
    """The page of the seal, and how far the text goes above it, in mm from its upper edge."""
    page = next(page for page in pages_of(told) if any(t.text == DAY for t in texts(page)))
    above = [text.y for text in texts(page) if text.size == 16 and text.text[0] in "国责《"]
    return page, max(above) - 16 * POINT * 0.88 + (LINE + 16 * POINT) / 2


DAY = "2026年3月20日"


def test_the_seal_lies_over_name_and_date_and_begins_within_a_line_of_the_text() -> None:
    page, text_ends = signed(official())
    [ring] = rings(page)
    day = next(text for text in texts(page) if text.text == DAY)
    name = next(text for text in texts(page) if text.text == official().issuer and text.size == 16)
    assert span(day)[1] == pytest.approx(LEFT + WIDTH - 4 * CHARACTER, abs=0.05)
    assert sum(span(day)) / 2 == pytest.approx(sum(span(name)) / 2, abs=0.05)
    assert sum(span(day)) / 2 == pytest.approx(ring.x, abs=0.05)
    assert day.y - name.y == pytest.approx(LINE)
    # 居印章中心偏下位置: the middle of both lies below that of the seal, both within it.
    middle = (name.y - 16 * POINT * 0.38 + day.y - 16 * POINT * 0.38) / 2
    assert 0 < middle - ring.y < SEAL / 4
    assert ring.y - ring.radius < name.y and day.y < ring.y + ring.radius
    assert 0 <= ring.y - ring.radius - text_ends <= LINE
    assert ring.x + ring.radius <= LEFT + WIDTH


def test_joint_issuers_have_a_seal_each_and_the_last_one_covers_the_date() -> None:
    joint = ("重庆市沙坪坝区人力资源和社会保障局", "重庆市沙坪坝区财政局")
    page, text_ends = signed(official(joint=joint))
    seals = rings(page)
    assert len(seals) == 3
    for one, other in pairwise(seals):
        assert (one.x - other.x) ** 2 + (one.y - other.y) ** 2 > SEAL**2
    for seal, name in zip(seals, (official().issuer, *joint), strict=True):
        [text] = [text for text in texts(page) if text.text == name and text.x > LEFT + 6]
        begin, end = span(text)
        assert (begin + end) / 2 == pytest.approx(seal.x, abs=0.05) and text.y > seal.y
        assert begin >= LEFT and end <= LEFT + WIDTH + 0.01
        assert seal.x - seal.radius >= LEFT and seal.x + seal.radius <= LEFT + WIDTH
    [day] = [text for text in texts(page) if text.text == DAY]
    assert sum(span(day)) / 2 == pytest.approx(seals[-1].x, abs=0.05)
    assert 0 <= seals[0].y - seals[0].radius - text_ends <= LINE


def test_without_a_seal_the_name_ends_two_characters_from_the_edge() -> None:
    page, _ = signed(official(sealed=False))
    assert not rings(page)
    day = next(text for text in texts(page) if text.text == DAY)
    name = next(text for text in texts(page) if text.text == official().issuer and text.size == 16)
    assert span(name)[1] == pytest.approx(LEFT + WIDTH - 2 * CHARACTER, abs=0.05)
    assert day.x - name.x == pytest.approx(2 * CHARACTER)
    short = {text.text: text for text in texts(signed(official(sealed=False, issuer="司法局"))[0])}
    # 成文日期长于署名: the date ends two characters from the edge, the name begins two before it.
    assert span(short[DAY])[1] == pytest.approx(LEFT + WIDTH - 2 * CHARACTER, abs=0.05)


COPIES = ("重庆市司法局", "沙坪坝区人民政府办公室", "沙坪坝区综合行政执法支队", "沙坪坝区财政局")


@pytest.mark.parametrize("told", [{}, {"copies": COPIES}, {"joint": COPIES[:3]}], ids=str)
@pytest.mark.parametrize("length", range(0, 700, 56))
def test_signature_and_imprint_never_stand_on_a_page_without_text(
    length: int, told: dict[str, Any]
) -> None:
    body = (Paragraph("理由", heading=True), Paragraph("国" * (length + 1)))
    pages = pages_of(official(body=body, **told))
    last = pages[-1]
    texts_of_last = [text.text for text in texts(last)]
    assert DAY in texts_of_last
    # Two lines of the text at least, where it has so many.
    assert sum("国" in text for text in texts_of_last) >= min(2, length // 28 + 1)
    for page in pages:
        assert all(text.y < TOP + HEIGHT for text in texts(page))
        lines = [text for text in texts(page) if text.x < LEFT + WIDTH / 2 and text.size == 16]
        assert max(lines, key=lambda text: text.y).text != "理由"
    # 末条分隔线与版心下边缘重合; nothing of the page reaches into the imprint.
    foot = [rule for rule in rules(last) if rule.colour == (0, 0, 0)]
    assert [rule.thickness for rule in foot] == [0.35, *([0.25] if "copies" in told else []), 0.35]
    assert max(rule.y for rule in foot) == pytest.approx(TOP + HEIGHT)
    composed = compose(official(body=body, **told), fonts(None))
    lowest = max(ring.y + ring.radius for ring in rings(last))
    assert lowest <= composed.foot < foot[0].y


def test_the_imprint_says_who_gets_a_copy() -> None:
    page = pages_of(official(copies=COPIES))[-1]
    begin = next(text for text in texts(page) if text.text.startswith("抄送："))
    lines = [text for text in texts(page) if text.size == 14]
    told = "".join(text.text for text in lines if text.y < max(line.y for line in lines) - 1)
    assert told == f"抄送：{'，'.join(COPIES)}。"
    assert begin.x == pytest.approx(LEFT + 14 * POINT)
    assert all(span(text)[1] <= LEFT + WIDTH - 14 * POINT + 0.01 for text in lines)
    heights = sorted({text.y for text in lines})
    assert len(heights) >= 3 and all(b - a > 14 * POINT for a, b in pairwise(heights))


@pytest.mark.parametrize("before", range(5, 12))
def test_a_heading_never_stands_alone_at_the_foot_of_a_page(before: int) -> None:
    text = Paragraph("国" * 28 * before)
    heading = Paragraph("理由", heading=True)
    for page in pages_of(official(body=(text, heading, Paragraph("国" * 28 * 20)))):
        lines = [text for text in texts(page) if text.size == 16]
        assert max(lines, key=lambda text: text.y).text != "理由"


def test_what_no_page_can_hold_goes_on_to_the_next_and_overlaps_nothing() -> None:
    joint = tuple(f"重庆市沙坪坝区第{n}人力资源和社会保障局" for n in range(5))
    copies = tuple(f"重庆市沙坪坝区第{n}人力资源和社会保障局办公室" for n in range(10))
    told = official(joint=joint, copies=copies)
    composed = compose(told, fonts(None))
    for page in composed.pages:
        assert all(ring.y + ring.radius <= TOP + HEIGHT for ring in rings(page))
        assert all(text.y < TOP + HEIGHT for text in texts(page))
    assert sum(len(rings(page)) for page in composed.pages) == 6
    last = composed.pages[-1]
    assert all(ring.y + ring.radius <= composed.foot for ring in rings(last))


def test_a_table_says_its_head_on_each_page_and_stays_in_its_cells() -> None:
    rows = tuple((f"未取得行政执法证件从事执法活动的第{n}种情形", str(n)) for n in range(30))
    told = official(body=(Table(("问题", "件数"), rows, (3, 1)), Paragraph("国")), addressee="")
    pages = pages_of(told)
    assert len(pages) >= 2
    seen = []
    for page in pages:
        cells = [text for text in texts(page) if text.size == 12]
        if cells:
            assert [cell.text for cell in cells[:2]] == ["问题", "件数"]
        edges = sorted({rule.x for rule in rules(page) if rule.x == rule.to_x and rule.y > TOP})
        for cell in cells:
            column = max(edge for edge in edges if edge <= cell.x)
            assert span(cell)[1] <= min(edge for edge in edges if edge > column)
        seen += [cell.text for cell in cells if cell.text.isdigit()]
        assert all(rule.to_y <= TOP + HEIGHT + 0.01 for rule in rules(page))
    assert seen == [str(n) for n in range(30)]


def test_the_number_of_the_day_has_no_leading_zero() -> None:
    assert chinese_date(official().issued_on) == "2026年3月20日"


def test_a_pdf_is_a4_with_its_fonts_inside_and_says_which() -> None:
    made = pdf(official(), None)
    assert re.search(rb"/MediaBox \[0 0 595.28 841.89\]", made)
    assert made.count(b"/FontFile3") == 2
    told = _properties(made)
    assert "仿宋=Noto Serif SC" in told and official().digest in told


def test_what_is_read_from_a_pdf_is_what_was_set_where_it_was_set() -> None:
    told = official(copies=COPIES)
    made = pdf(told, None)
    objects = _objects(made)
    streams = {number: _stream(body) for number, body in objects.items() if b"stream" in body}
    fonts_of = {
        name: {
            code: bytes.fromhex(text).decode("utf-16-be")
            for code, text in re.findall(r"<(\w{4})> <(\w+)>", streams[_unicode(objects, number)])
        }
        for name, number in re.findall(rb"/(F\d) (\d+) 0 R", made)
    }
    pages = [body for body in objects.values() if b"/Type /Page " in body]
    composed = pages_of(told)
    assert len(pages) == len(composed)
    for body, marks in zip(pages, composed, strict=True):
        contents = re.search(rb"/Contents (\d+)", body)
        assert contents is not None
        drawn = re.findall(
            r"BT /(F\d) ([\d.]+) Tf \S+ Tc \d Tr ([\d.]+) ([\d.]+) Td <(\w+)> Tj ET",
            streams[int(contents[1])],
        )
        read = [
            (
                "".join(fonts_of[font.encode()][code] for code in re.findall("....", codes)),
                float(size),
                round(float(x) * POINT, 1),
                round(297 - float(y) * POINT, 1),
            )
            for font, size, x, y, codes in drawn
        ]
        wanted = [(t.text, t.size, round(t.x, 1), round(t.y, 1)) for t in texts(marks)]
        assert [one[0] for one in read[:-1]] == [one[0] for one in wanted]
        for one, other in zip(read, wanted, strict=False):
            assert one[1:] == pytest.approx(other[1:], abs=0.11)
        assert re.fullmatch(r"— \d —", read[-1][0])


def _objects(made: bytes) -> dict[int, bytes]:
    """The objects by number, found by the table of their places."""
    begin = int(made.rpartition(b"startxref\n")[2].split()[0])
    assert made[begin:].startswith(b"xref\n")
    found = {}
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n ", made[begin:]), start=1):
        head, body = b"%d 0 obj\n" % number, made[int(place) :]
        assert body.startswith(head)
        found[number] = body[len(head) : body.index(b"\nendobj")]
    return found


def _stream(body: bytes) -> str:
    length = re.search(rb"/Length (\d+)", body)
    assert length is not None
    begin = body.index(b"stream\n") + 7
    return zlib.decompress(body[begin : begin + int(length[1])]).decode("latin-1")


def _unicode(objects: dict[int, bytes], number: bytes) -> int:
    found = re.search(rb"/ToUnicode (\d+)", objects[int(number)])
    assert found is not None
    return int(found[1])


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
    said = [paragraph.text for paragraph in opened.paragraphs if paragraph.text]
    assert said[:4] == [
        "重庆市沙坪坝区司法局",
        "沙司执监决〔2026〕1号",
        "行政执法监督决定书",
        "关于停止无证人员执法的决定",
    ]
    assert "附件：1. 现场检查笔录" in said and said[-1] == "2026年3月20日"
    # What lies at the foot hangs on the signature, which stays with the last line of the text.
    [last] = [p for p in opened.paragraphs if p.text == "　　　2. 询问笔录"]
    assert last.paragraph_format.keep_with_next
    framed = [p for p in opened.paragraphs if p._p.pPr is not None and "w:framePr" in p._p.xml]
    assert framed[-2].text == "重庆市沙坪坝区司法局\t2026年3月20日印发"
    assert 'prstGeom prst="ellipse"' in opened.element.xml
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
    long = official(body=(Paragraph("国" * 28 * 1_500),))
    await renderer(official(), DocumentFormat.PDF, None)
    working = asyncio.gather(*(renderer(long, DocumentFormat.PDF, None) for _ in range(4)))
    longest, last = 0.0, time.thread_time()
    turns = 0
    while not working.done():
        await asyncio.sleep(0)
        moment = time.thread_time()
        longest, last, turns = max(longest, moment - last), moment, turns + 1
        await asyncio.sleep(0.002)
    assert all(await working)
    # Our own thread never worked for long at a stretch; such a document takes tenths of a second.
    assert longest < 0.05 and turns > 10


async def test_what_the_process_beside_cannot_set_is_refused_by_name(renderer: Renderer) -> None:
    with pytest.raises(GlyphMissing, match="\ue000"):
        await renderer(official(title="\ue000"), DocumentFormat.DOCX, None)
