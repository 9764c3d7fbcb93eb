"""What the request in hand asks of the resource it names: If-Match, kept where `load` finds it."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from shared.refusals import Refused


class PreconditionFailed(Refused):
    """The resource changed since the caller read it."""

    code = "precondition-failed"
    status = 412
    zh = "资源已被修改，请重新读取后再试。"
    en = "The resource has changed since you read it; read it again."


class PreconditionRequired(Refused):
    """A change of fields must say which version it changes."""

    code = "precondition-required"
    status = 428
    zh = "修改资源时必须提供 If-Match。"
    en = "Changing fields needs If-Match with the ETag you read."


@dataclass(slots=True)
class Preconditions:
    """The path's id and the version that If-Match names, if any."""

    resource: str | None
    if_match: str | None
    checked: bool = False


preconditions: ContextVar[Preconditions | None] = ContextVar("preconditions", default=None)


def check_precondition(id: UUID, version: int) -> None:
    """Compare If-Match with `version` if the row is the resource of the request's path."""
    asked = preconditions.get()
    if asked is None or not _names(asked.resource, id):
        return
    asked.checked = True
    if asked.if_match is not None and not _matches(asked.if_match, version):
        raise PreconditionFailed


def _names(resource: str | None, id: UUID) -> bool:
    if resource is None or resource == str(id):
        return resource is not None
    try:
        return UUID(resource) == id  # capitals, or without dashes: a path may spell it so
    except ValueError:
        return False


def _matches(if_match: str, version: int) -> bool:
    for candidate in if_match.split(","):
        tag = candidate.strip()
        # A weak tag never matches: If-Match is a strong comparison.
        if tag == "*" or (tag.strip('"').partition("-")[0] == str(version) and tag.startswith('"')):
            return True
    return False
