"""What the system says when it will not do something. Imports nothing, so rules may use it.

A refusal is a class beside the rule that raises it. `code` is public and never changes; `zh` and
`en` are the sentence shown to a person, formatted with the values given when it is raised.
"""

from typing import Any, ClassVar


class Refused(Exception):
    """A rule said no. Answered as a problem with this class's status and code."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    zh: ClassVar[str] = "该操作不被允许。"
    en: ClassVar[str] = "This is not allowed."
    basis: ClassVar[str | None] = None
    """The article of law behind the rule, where there is one."""
    retry_after: int | None = None
    """Seconds after which trying again makes sense."""

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.en.format_map(_Lenient(details)))

    def sentence(self, language: str) -> str:
        """The sentence in `language` (zh or en)."""
        template = self.zh if language.startswith("zh") else self.en
        return template.format_map(_Lenient(self.details))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


class NotFound(Refused):
    """Absent, or not visible to the caller: the two look the same."""

    code = "not-found"
    status = 404
    zh = "未找到该资源。"
    en = "There is no such resource."


class Forbidden(Refused):
    """The caller's roles do not include the permission."""

    code = "forbidden"
    status = 403
    zh = "您没有执行此操作的权限（{permission}）。"
    en = "Your roles do not include the permission {permission}."


class Unauthenticated(Refused):
    """No token, or one that is not accepted."""

    code = "unauthenticated"
    status = 401
    zh = "需要有效的访问令牌：{reason}。"
    en = "A valid bearer token is needed: {reason}."


class Invalid(Refused):
    """The input is well formed but cannot be meant."""

    code = "invalid"
    status = 422
    zh = "输入无效：{reason}。"
    en = "The input is not valid: {reason}."


class Conflict(Refused):
    """Another write came first."""

    code = "conflict"
    status = 409
    zh = "与同时进行的另一操作冲突，请重试。"
    en = "Another write came first; read again and retry."


class Unavailable(Refused):
    """A part that the answer needs is down; nothing was changed."""

    code = "unavailable"
    status = 503
    zh = "服务暂时不可用，请稍后重试。"
    en = "The service is not available right now; try again shortly."
    retry_after = 2


class Misconfigured(Exception):
    """What an installation was given cannot be meant: one sentence for whoever starts it."""
