"""A PDF file as bytes: pages of text, lines and circles, each font with the glyphs that are used.

The fonts are cut by HarfBuzz and put in as they come from it. A library that takes them apart once
more was nine tenths of the work of a document.
"""

import hashlib
import io
import zlib
from collections.abc import Iterable
from datetime import date

import uharfbuzz
from fontTools.cffLib import CFFFontSet

from shared.documents.fonts import Font

_HEADER = b"%PDF-1.7\n%\xe5\x8d\x8f\xe7\x9b\x91\n"


class Objects:
    """The numbered objects of a file, in the order in which they are added."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []

    def add(self, body: str | bytes = b"") -> int:
        """Its number; without a body it is set later."""
        self._bodies.append(body.encode("ascii") if isinstance(body, str) else body)
        return len(self._bodies)

    def set(self, number: int, body: str) -> None:
        self._bodies[number - 1] = body.encode("ascii")

    def stream(self, content: bytes, entries: str = "") -> int:
        """A compressed stream."""
        packed = zlib.compress(content)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode {entries}>>\nstream\n"
        return self.add(head.encode("ascii") + packed + b"\nendstream")

    def file(self, *, root: int, info: int) -> bytes:
        """The file: header, objects, table of their places, trailer."""
        out, places = io.BytesIO(), []
        out.write(_HEADER)
        for number, body in enumerate(self._bodies, start=1):
            places.append(out.tell())
            out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        begin = out.tell()
        name = hashlib.sha256(out.getvalue()).hexdigest()[:32]
        out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
        out.writelines(b"%010d 00000 n \n" % place for place in places)
        trailer = (
            f"trailer\n<< /Size {len(places) + 1} /Root {root} 0 R /Info {info} 0 R"
            f" /ID [<{name}> <{name}>] >>\nstartxref\n{begin}\n%%EOF\n"
        )
        out.write(trailer.encode("ascii"))
        return out.getvalue()


class Embedded:
    """A font in the file, with the glyphs of some characters."""

    def __init__(self, objects: Objects, font: Font, characters: Iterable[str]) -> None:
        used = sorted(set(characters))
        cut = font.cut(used)
        face = uharfbuzz.Face(uharfbuzz.Blob(cut))
        set_ = uharfbuzz.Font(face)
        self._codes: dict[str, str] = {}
        widths: dict[int, float] = {}
        names = _cids(face)
        for one in used:
            glyph = set_.get_nominal_glyph(ord(one)) or 0
            cid = names[glyph] if names else glyph
            self._codes[one] = f"{cid:04X}"
            widths[cid] = 1000 * set_.get_glyph_h_advance(glyph) / face.upem
        self.number = self._write(objects, font, face, cut, widths)

    def encoded(self, text: str) -> str:
        """A text as a string operand."""
        return f"<{''.join(map(self._codes.__getitem__, text))}>"

    def _write(
        self,
        objects: Objects,
        font: Font,
        face: uharfbuzz.Face,
        cut: bytes,
        widths: dict[int, float],
    ) -> int:
        told = "".join(sorted(self._codes))
        tag = hashlib.sha256(told.encode()).digest()
        name = "".join(chr(65 + byte % 26) for byte in tag[:6]) + f"+{font.name}"
        outlines = "CFF " in face.table_tags
        if outlines:
            table = bytes(face.reference_table("CFF ").data)
            file = f"/FontFile3 {objects.stream(table, '/Subtype /CIDFontType0C ')} 0 R"
        else:
            file = f"/FontFile2 {objects.stream(cut, f'/Length1 {len(cut)} ')} 0 R"
        box = " ".join(str(round(1000 * edge / face.upem)) for edge in font.box)
        descriptor = objects.add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{box}]"
            f" /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 733 /StemV 80 {file} >>"
        )
        each = " ".join(f"{cid} [{_number(width)}]" for cid, width in sorted(widths.items()))
        kind = "0" if outlines else "2 /CIDToGIDMap /Identity"
        below = objects.add(
            f"<< /Type /Font /Subtype /CIDFontType{kind} /BaseFont /{name} /CIDSystemInfo"
            f" << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
            f" /FontDescriptor {descriptor} 0 R /DW 1000 /W [{each}] >>"
        )
        unicode = objects.stream(_to_unicode(self._codes).encode("ascii"))
        return objects.add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H"
            f" /DescendantFonts [{below} 0 R] /ToUnicode {unicode} 0 R >>"
        )


def text_string(text: str) -> str:
    """A text outside the pages."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def day_string(day: date) -> str:
    """Midnight of a day in UTC."""
    return f"(D:{day:%Y%m%d}000000Z)"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _cids(face: uharfbuzz.Face) -> list[int] | None:
    """What the glyphs of a CID-keyed font are called in the file; None where it is their place."""
    if "CFF " not in face.table_tags:
        return None
    told = CFFFontSet()
    told.decompile(io.BytesIO(bytes(face.reference_table("CFF ").data)), None)
    top = told[0]
    if not hasattr(top, "ROS"):
        return None
    return [int(name.removeprefix("cid")) if name != ".notdef" else 0 for name in top.charset]


def _to_unicode(codes: dict[str, str]) -> str:
    """What makes the text of the page searchable."""
    lines = [
        f"<{code}> <{one.encode('utf-16-be').hex().upper()}>" for one, code in sorted(codes.items())
    ]
    pieces = [
        f"{len(some)} beginbfchar\n{chr(10).join(some)}\nendbfchar"
        for some in (lines[first : first + 100] for first in range(0, len(lines), 100))
    ]
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{chr(10).join(pieces)}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )
