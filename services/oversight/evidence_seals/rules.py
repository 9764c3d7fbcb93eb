"""What a sealed set (封存) is of, and how it is told from any other."""

import hashlib
from collections.abc import Collection, Iterable

from shared.refusals import Refused


class EvidenceIsSealed(Refused):
    code = "evidence-sealed"
    status = 409
    zh = "材料已封存，不得变更。"
    en = "The file is sealed and changes no more."


class SealOutside(Refused):
    """A set is of one thing, and of files that are there."""

    code = "evidence-seal-outside"
    status = 422
    zh = "只能封存同一事项的现有材料。"
    en = "A sealed set holds files of the thing that it is of."


class ProofMissing(Refused):
    """What was done is proved by files, not by words alone."""

    code = "evidence-missing"
    status = 422
    zh = "须附上已上传的证据材料。"
    en = "Name at least one file of evidence that was uploaded to it."


def digest_of(hashes: Iterable[str]) -> str:
    """SHA-256 of a set of files: of their hashes, sorted, each on a line."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(hashes)).encode()).hexdigest()


def is_proved(evidence_ids: Collection[object]) -> None:
    """Refuse a report of what was done that names no evidence."""
    if not evidence_ids:
        raise ProofMissing


def are_there(asked: Collection[object], found: Collection[object]) -> None:
    """Refuse a set of files that are not all files of the thing that it is of."""
    if set(asked) != set(found):
        raise SealOutside
