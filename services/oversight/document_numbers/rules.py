"""How a document number (发文字号) is written."""


def number_of(series: str, *, year: int, place: int) -> str:
    """By GB/T 9704-2012 7.2.5: the year in full in 六角括号, no leading zero, no 第."""
    return f"{series}〔{year}〕{place}号"
