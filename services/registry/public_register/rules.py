"""What the public register answers: values in, `Refused` out."""

from shared.refusals import Refused


class PublicSearchTooWide(Refused):
    """Officers are looked up one at a time or by their body; nobody lists them all."""

    code = "public-search-too-wide"
    status = 422
    zh = "请提供执法证编号、执法人员完整姓名或者所属执法主体。"
    en = "Give a certificate number, an officer's full name, or the subject."


def may_search(*, certificate_no: str | None, name: str | None, by_subject: bool) -> None:
    """One of the three must be given."""
    if certificate_no is None and name is None and not by_subject:
        raise PublicSearchTooWide
