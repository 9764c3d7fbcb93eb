"""WordprocessingML, as much of it as an official document needs. The same is the same bytes."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of every part of the file."""
_EMU = 36000
"""English metric units in a mm."""
Borders = Mapping[str, int]
"""Edges, and how thick they are in eighths of a point."""

_OFFICE = "http://schemas.openxmlformats.org"
_NAMESPACES = {
    "w": f"{_OFFICE}/wordprocessingml/2006/main",
    "r": f"{_OFFICE}/officeDocument/2006/relationships",
    "wp": f"{_OFFICE}/drawingml/2006/wordprocessingDrawing",
    "a": f"{_OFFICE}/drawingml/2006/main",
    "pic": f"{_OFFICE}/drawingml/2006/picture",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
}
_XMLNS = "".join(f' xmlns:{name}="{address}"' for name, address in _NAMESPACES.items())
_DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def twentieths(mm: float) -> int:
    """Of a point."""
    return round(mm * 1440 / 25.4)


def run(
    text: str = "",
    *,
    size: float | None = None,
    font: str | None = None,
    colour: str | None = None,
    spacing: float | None = None,
    content: str = "",
) -> str:
    """A piece of text of one kind, or `content`; `size` in points, `spacing` in mm."""
    told = ""
    if font is not None:
        name = quoteattr(font)
        told += "<w:rFonts" + "".join(
            f" w:{script}={name}" for script in ("ascii", "hAnsi", "eastAsia", "cs")
        )
        told += "/>"
    if colour is not None:
        told += f'<w:color w:val="{colour}"/>'
    if spacing is not None:
        told += f'<w:spacing w:val="{twentieths(spacing)}"/>'
    if size is not None:
        told += f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>'
    properties = f"<w:rPr>{told}</w:rPr>" if told else ""
    text = f'<w:t xml:space="preserve">{escape(text)}</w:t>' if text else ""
    return f"<w:r>{properties}{text}{content}</w:r>"


def paragraph(
    content: str = "",
    *,
    align: str | None = None,
    left: float = 0.0,
    right: float = 0.0,
    first: float = 0.0,
    before: float = 0.0,
    after: float = 0.0,
    line: float | None = None,
    keep: bool = False,
    whole: bool = False,
    border: str = "",
    tab: float | None = None,
    frame: float | None = None,
) -> str:
    """A paragraph; lengths in mm. `line` is its pitch, 0 as high as what is in it, None the page's.

    `keep` holds it on the page of the next one, `whole` holds its lines together. Those in a
    `frame` (its width), one behind the other, lie together at the foot of the type area, on the
    page of what follows them. A `tab` sets what comes behind it to the right.
    """
    told = "<w:keepNext/>" if keep else ""
    told += "<w:keepLines/>" if whole else ""
    if frame is not None:
        told += (
            f'<w:framePr w:w="{twentieths(frame)}" w:wrap="notBeside" w:vAnchor="margin"'
            ' w:hAnchor="margin" w:xAlign="left" w:yAlign="bottom"/>'
        )
    told += f"<w:pBdr>{border}</w:pBdr>" if border else ""
    if tab is not None:
        told += f'<w:tabs><w:tab w:val="right" w:pos="{twentieths(tab)}"/></w:tabs>'
    told += '<w:snapToGrid w:val="0"/>' if line is not None else ""
    spacing = f' w:before="{twentieths(before)}"' if before else ""
    spacing += f' w:after="{twentieths(after)}"' if after else ""
    if line is not None:
        pitch = f'{twentieths(line)}" w:lineRule="exact' if line else '240" w:lineRule="auto'
        spacing += f' w:line="{pitch}"'
    told += f"<w:spacing{spacing}/>" if spacing else ""
    indents = f' w:left="{twentieths(left)}"' if left else ""
    indents += f' w:right="{twentieths(right)}"' if right else ""
    if first:
        side = "firstLine" if first > 0 else "hanging"
        indents += f' w:{side}="{twentieths(abs(first))}"'
    told += f"<w:ind{indents}/>" if indents else ""
    told += f'<w:jc w:val="{align}"/>' if align else ""
    told += '<w:textAlignment w:val="center"/>' if line == 0 else ""
    return f"<w:p>{f'<w:pPr>{told}</w:pPr>' if told else ''}{content}</w:p>"


def element(edge: str, *, size: int, space: int = 0, colour: str = "000000") -> str:
    """One edge of a border: `size` in eighths of a point, `space` to the text in points."""
    return f'<w:{edge} w:val="single" w:sz="{size}" w:space="{space}" w:color="{colour}"/>'


def table(
    rows: Iterable[str],
    widths: Sequence[float],
    *,
    borders: Borders,
    padding: float,
) -> str:
    """A table."""
    told = f'<w:tblW w:w="{twentieths(sum(widths))}" w:type="dxa"/>'
    if borders:
        edges = "".join(element(edge, size=size) for edge, size in borders.items())
        told += f"<w:tblBorders>{edges}</w:tblBorders>"
    told += '<w:tblLayout w:type="fixed"/><w:tblCellMar>'
    told += "".join(
        f'<w:{side} w:w="{twentieths(padding)}" w:type="dxa"/>' for side in ("left", "right")
    )
    told += "</w:tblCellMar>"
    grid = "".join(f'<w:gridCol w:w="{twentieths(width)}"/>' for width in widths)
    return f"<w:tbl><w:tblPr>{told}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


def row(
    cells: Iterable[str],
    *,
    least: float | None = None,
    exactly: float | None = None,
    repeat: bool = False,
) -> str:
    """A row that no page breaks; `repeat` says it again on each page."""
    told = "<w:cantSplit/>"
    if (height := exactly or least) is not None:
        rule = "exact" if exactly else "atLeast"
        told += f'<w:trHeight w:val="{twentieths(height)}" w:hRule="{rule}"/>'
    told += "<w:tblHeader/>" if repeat else ""
    return f"<w:tr><w:trPr>{told}</w:trPr>{''.join(cells)}</w:tr>"


def cell(content: str, width: float, *, middle: bool = False) -> str:
    """A cell of some paragraphs."""
    told = f'<w:tcW w:w="{twentieths(width)}" w:type="dxa"/>'
    told += '<w:vAlign w:val="center"/>' if middle else ""
    return f"<w:tc><w:tcPr>{told}</w:tcPr>{content}</w:tc>"


def picture(number: int, relation: str, width: float, height: float) -> str:
    """A picture of the file in the line; `number` is that of no other drawing."""
    size = f'cx="{round(width * _EMU)}" cy="{round(height * _EMU)}"'
    return (
        '<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent {size}/><wp:docPr id="{number}" name="{relation}"/><a:graphic>'
        f'<a:graphicData uri="{_NAMESPACES["pic"]}"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="{relation}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch>'
        '</pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def ring(number: int, *, x: float, y: float, side: float, words: str) -> str:
    """A dashed circle behind the text, `x` mm from the column's edge, `y` from its line's."""
    emu = round(side * _EMU)
    return (
        '<w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0"'
        f' relativeHeight="{number}" behindDoc="1" locked="0" layoutInCell="1" allowOverlap="1">'
        '<wp:simplePos x="0" y="0"/>'
        '<wp:positionH relativeFrom="column">'
        f"<wp:posOffset>{round(x * _EMU)}</wp:posOffset></wp:positionH>"
        '<wp:positionV relativeFrom="paragraph">'
        f"<wp:posOffset>{round(y * _EMU)}</wp:posOffset></wp:positionV>"
        f'<wp:extent cx="{emu}" cy="{emu}"/><wp:wrapNone/>'
        f'<wp:docPr id="{number}" name="印章{number}"/><a:graphic>'
        f'<a:graphicData uri="{_NAMESPACES["wps"]}"><wps:wsp><wps:cNvSpPr/><wps:spPr>'
        f'<a:xfrm><a:off x="0" y="0"/><a:ext cx="{emu}" cy="{emu}"/></a:xfrm>'
        '<a:prstGeom prst="ellipse"><a:avLst/></a:prstGeom><a:noFill/>'
        '<a:ln w="6350"><a:solidFill><a:srgbClr val="AAAAAA"/></a:solidFill>'
        '<a:prstDash val="dash"/></a:ln></wps:spPr>'
        f"<wps:txbx><w:txbxContent>{words}</w:txbxContent></wps:txbx>"
        f'<wps:bodyPr lIns="0" tIns="{round(_EMU * side / 10)}" rIns="0" bIns="0" anchor="t"/>'
        "</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
    )


def package(
    *,
    body: str,
    footers: Sequence[str],
    pictures: Sequence[bytes],
    font: str,
    size: float,
    spacing: float,
    line: float,
    properties: Mapping[str, Any],
) -> bytes:
    """The file: the first footer is that of odd pages; `spacing` and `line` of the text in mm."""
    parts: dict[str, str | bytes] = {}
    relations = [("styles", "styles", "styles.xml"), ("settings", "settings", "settings.xml")]
    for number, footer in enumerate(footers, start=1):
        parts[f"word/footer{number}.xml"] = f"{_DECLARED}<w:ftr{_XMLNS}>{footer}</w:ftr>"
        relations.append((f"footer{number}", "footer", f"footer{number}.xml"))
    for number, content in enumerate(pictures, start=1):
        parts[f"word/media/picture{number}.png"] = content
        relations.append((f"picture{number}", "image", f"media/picture{number}.png"))
    parts["word/document.xml"] = (
        f"{_DECLARED}<w:document{_XMLNS}><w:body>{body}</w:body></w:document>"
    )
    parts["word/styles.xml"] = _styles(font, size, spacing, line)
    parts["word/settings.xml"] = (
        f"{_DECLARED}<w:settings{_XMLNS}><w:evenAndOddHeaders/>"
        '<w:characterSpacingControl w:val="doNotCompress"/><w:compat>'
        '<w:compatSetting w:name="compatibilityMode"'
        ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>'
    )
    parts["word/_rels/document.xml.rels"] = _relations(relations)
    parts["docProps/core.xml"] = _core(properties)
    parts["_rels/.rels"] = (
        f'{_DECLARED}<Relationships xmlns="{_OFFICE}/package/2006/relationships">'
        f'<Relationship Id="document" Type="{_NAMESPACES["r"]}/officeDocument"'
        ' Target="word/document.xml"/><Relationship Id="core"'
        f' Type="{_OFFICE}/package/2006/relationships/metadata/core-properties"'
        ' Target="docProps/core.xml"/></Relationships>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in {"[Content_Types].xml": _types(parts), **parts}.items():
            info = zipfile.ZipInfo(name, _FIXED)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, part, compresslevel=6)
    return out.getvalue()


def _styles(font: str, size: float, spacing: float, line: float) -> str:
    set_ = run(size=size, font=font, spacing=spacing)
    # No room between 2026 and 年.
    even = (
        '<w:overflowPunct w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
        f'<w:spacing w:before="0" w:after="0" w:line="{twentieths(line)}" w:lineRule="exact"/>'
    )
    return (
        f"{_DECLARED}<w:styles{_XMLNS}><w:docDefaults>"
        f"<w:rPrDefault>{set_.removeprefix('<w:r>').removesuffix('</w:r>')}</w:rPrDefault>"
        f"<w:pPrDefault><w:pPr>{even}</w:pPr></w:pPrDefault></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        f'<w:pPr><w:widowControl w:val="0"/>{even}</w:pPr></w:style></w:styles>'
    )


def _relations(relations: Iterable[tuple[str, str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="{name}" Type="{_NAMESPACES["r"]}/{kind}" Target="{target}"/>'
        for name, kind, target in relations
    )
    return (
        f'{_DECLARED}<Relationships xmlns="{_OFFICE}/package/2006/relationships">{told}'
        "</Relationships>"
    )


def _types(parts: Iterable[str]) -> str:
    kinds = {
        "document": f"{_KIND}.document.main",
        "styles": f"{_KIND}.styles",
        "settings": f"{_KIND}.settings",
        "footer1": f"{_KIND}.footer",
        "footer2": f"{_KIND}.footer",
        "core": "application/vnd.openxmlformats-package.core-properties",
    }
    told = "".join(
        f'<Override PartName="/{name}" ContentType="{kinds[stem]}+xml"/>'
        for name in parts
        if (stem := name.rpartition("/")[2].removesuffix(".xml")) in kinds
    )
    return (
        f'{_DECLARED}<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="png" ContentType="image/png"/>{told}</Types>'
    )


def _core(properties: Mapping[str, Any]) -> str:
    names = {"keywords": "cp:keywords"}
    told = "".join(
        f"<{names.get(name, f'dc:{name}')}>{escape(value)}</{names.get(name, f'dc:{name}')}>"
        for name, value in properties.items()
        if not isinstance(value, date)
    )
    author = f"<cp:lastModifiedBy>{escape(properties['creator'])}</cp:lastModifiedBy>"
    day = f"{properties['created']:%Y-%m-%d}T00:00:00Z"
    days = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{day}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        f'{_DECLARED}<cp:coreProperties xmlns:cp="{_OFFICE}/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{told}{author}{days}</cp:coreProperties>"
    )
