"""Official documents (公文) and working papers as what they say, and the measures of the page by
GB/T 9704-2012."""

from dataclasses import dataclass
from datetime import date

# Millimetres. The type area (版心) is 156 × 225 on A4: 22 lines of 28 characters of size 3.
PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
TOP, LEFT, BOTTOM, RIGHT = 37.0, 28.0, 35.0, 26.0
WIDTH, HEIGHT = 156.0, 225.0
LINES, CHARACTERS = 22, 28
LINE, CHARACTER = HEIGHT / LINES, WIDTH / CHARACTERS
MARK_TOP = 35.0
"""From the type area's upper edge to that of the issuer's mark (发文机关标志)."""
RULE_BELOW_NUMBER = 4.0
PAGE_NUMBER_BELOW = 7.0
POINT = 25.4 / 72
SIZE_2, SIZE_3, SIZE_4 = 22.0, 16.0, 14.0
"""二号, 三号, 四号 in points."""
RED = (230, 0, 18)
MARK_MOST, MARK_LEAST = 40.0, 20.0
"""Points of the issuer's mark, as large as one line allows."""

SEAL = 42.0
"""Diameter of a justice bureau's seal (国发〔1999〕25号)."""
SEAL_LINES = 5
"""Lines that a seal takes: two free, the name, the date, one free."""
SEAL_NAME = 2
"""Of those the line of the name: the seal's centre is in its middle, so that name and date lie
somewhat below the centre and the seal begins within a line of the text (7.3.5.1)."""
SEAL_PLACE = "（印章）"
"""What marks the place on the page before the seal is there."""

QR = 20.0
"""Side of the QR code in mm."""
IMPRINT_ROW = 8.0
"""Height of 印发机关和印发日期, and of the first line of 抄送, in mm."""
IMPRINT_LINE = 6.5
"""Of each further line of 抄送."""
TABLE_SIZE, TABLE_LINE = 12.0, 4.8
"""小四 in points, and the pitch of lines in one cell in mm."""
CELL_PADDING = 1.5


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the body; a heading is set in 黑体."""

    text: str
    heading: bool = False


@dataclass(frozen=True)
class Table:
    """A ruled table of the body; its head stands again on each page."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[int, ...]
    """Of the width, a column each."""

    @property
    def widths(self) -> list[float]:
        """Of the columns in mm."""
        return [WIDTH * share / sum(self.shares) for share in self.shares]


@dataclass(frozen=True)
class Paper:
    """A working paper (材料): a title and a text, without number, seal or imprint."""

    title: str
    subtitle: str
    body: tuple[Paragraph | Table, ...]
    author: str
    dated: date


@dataclass(frozen=True)
class Official:
    """What a document says, in the order of the page."""

    issuer: str
    """发文机关标志, 署名 and 印发机关."""
    number: str
    kind: str
    """文种, the first line of the title."""
    title: str
    addressee: str
    """主送机关; a report to be filed has none."""
    body: tuple[Paragraph | Table, ...]
    attachments: tuple[str, ...]
    issued_on: date
    digest: str
    verification: str
    """The address of the public answer, which the QR code leads to."""
    joint: tuple[str, ...] = ()
    """Who issues it together with the issuer (联合行文), in their order."""
    sealed: bool = True
    """Whether it is given the issuers' seals (用印)."""
    copies: tuple[str, ...] = ()
    """抄送机关."""

    @property
    def signatories(self) -> tuple[str, ...]:
        """All whose names stand under it."""
        return (self.issuer, *self.joint)


def chinese_date(day: date) -> str:
    """成文日期: in Arabic numerals, the year in full, no leading zeros (7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"


def attachment_lines(official: Official) -> list[str]:
    """附件说明: numbered where there are several, nothing behind a name (7.3.4)."""
    if len(official.attachments) == 1:
        return [f"附件：{official.attachments[0]}"]
    return [
        f"{'附件：' if number == 1 else '　　　'}{number}. {name}"
        for number, name in enumerate(official.attachments, start=1)
    ]


def copies_line(official: Official) -> str:
    """抄送机关: commas between them, a full stop at the end (7.4.2)."""
    return f"抄送：{'，'.join(official.copies)}。"


def verification_lines(official: Official) -> list[str]:
    """What stands beside the QR code."""
    half = len(official.digest) // 2
    return [
        "扫码查验本文书真伪",
        f"校验值（SHA-256）{official.digest[:half]}",
        official.digest[half:],
    ]
