"""The fonts of official documents: those that an operator has a licence for, else Noto.

A folder may hold `xiaobiaosong`, `fangsong`, `heiti` and `songti`, each as .ttf, .otf or .ttc;
a part without one is set in Noto Serif SC (黑体: Noto Sans SC), which a package brings along.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import pylopdf_fonts_zh_cn as noto
import uharfbuzz
from fontTools.ttLib import TTFont


class Part(StrEnum):
    """What a font is for, by the name of its file."""

    TITLE = "xiaobiaosong"
    BODY = "fangsong"
    HEADING = "heiti"
    FOOT = "songti"


STANDARD = {
    Part.TITLE: "方正小标宋简体",
    Part.BODY: "仿宋",
    Part.HEADING: "黑体",
    Part.FOOT: "宋体",
}
"""What a file without fonts of its own (DOCX) asks of the machine it is opened on."""
STANDARD_NAMES = {
    Part.TITLE: "小标宋",
    Part.BODY: "仿宋",
    Part.HEADING: "黑体",
    Part.FOOT: "宋体",
}
_UNUSED = {
    int.from_bytes(tag.encode(), "big")
    for tag in ("GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "kern")
}
SUFFIXES = (".ttf", ".otf", ".ttc")


@dataclass(frozen=True, eq=False)
class Font:
    """A font as it is measured, and cut down to what a document uses of it."""

    family: str
    supplied: bool
    """By the operator."""
    path: Path
    name: str
    """Its name in PostScript."""
    box: tuple[int, int, int, int]
    """What holds any of its glyphs, in its own units."""
    face: uharfbuzz.Face
    font: uharfbuzz.Font

    def width(self, character: str) -> float:
        """The advance in parts of the size; 0 for what it does not have."""
        glyph = self.font.get_nominal_glyph(ord(character))
        if glyph is None:
            return 0.0
        advance: int = self.font.get_glyph_h_advance(glyph)
        return advance / int(self.face.upem)

    def missing(self, characters: Iterable[str]) -> set[str]:
        """Those of `characters` that it cannot show."""
        return {one for one in characters if self.font.get_nominal_glyph(ord(one)) is None}

    def cut(self, characters: Iterable[str]) -> bytes:
        """A font file of `characters` alone."""
        wanted = uharfbuzz.SubsetInput()
        wanted.flags = uharfbuzz.SubsetFlags.DESUBROUTINIZE | uharfbuzz.SubsetFlags.NO_HINTING
        wanted.sets(uharfbuzz.SubsetInputSets.DROP_TABLE_TAG).update(_UNUSED)
        unicodes = wanted.sets(uharfbuzz.SubsetInputSets.UNICODE)
        unicodes.update(map(ord, sorted(characters)))
        return bytes(uharfbuzz.subset(self.face, wanted).blob.data)


@lru_cache(maxsize=8)
def fonts(folder: str | None) -> dict[Part, Font]:
    """The fonts by what they are for; read once a process."""
    read = lru_cache(_read)  # one font may be for several parts
    return {part: read(*_file(part, folder)) for part in Part}


def _file(part: Part, folder: str | None) -> tuple[Path, bool]:
    if folder is not None:
        for suffix in SUFFIXES:
            path = Path(folder) / f"{part}{suffix}"
            if path.is_file():
                return path, True
    return (noto.sans_path() if part is Part.HEADING else noto.serif_path()), False


def _read(path: Path, supplied: bool) -> Font:
    with TTFont(path, lazy=True, fontNumber=0) as told:
        family = told["name"].getBestFamilyName() or path.stem
        name = str(told["name"].getDebugName(6) or path.stem)
        head = told["head"]
        box = (head.xMin, head.yMin, head.xMax, head.yMax)
    # What a name may not have in a PDF is left out of it.
    name = re.sub(r"[^A-Za-z0-9_-]", "", name) or "font"
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
    return Font(str(family), supplied, path, name, box, face, uharfbuzz.Font(face))
