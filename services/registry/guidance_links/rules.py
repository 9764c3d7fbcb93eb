"""Decisions about guidance links: values in, `Refused` out."""

from collections.abc import Collection

from services.registry.item_lists.rules import ItemListState
from services.registry.subjects.rules import SubjectState
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class GuidanceLinkState(Term):
    ACTIVE = "active", "有效"
    ENDED = "ended", "已终止"


LIFECYCLE = Lifecycle(
    GuidanceLinkState.ACTIVE,
    [
        Transition(
            "end",
            GuidanceLinkState.ACTIVE,
            GuidanceLinkState.ENDED,
            "guidance_link:assign",
            needs="a reason",
        )
    ],
    terminal=(GuidanceLinkState.ENDED,),
)


class GuideAssigned(Refused):
    """An item, or a domain, of a township has one guide at a time."""

    code = "guidance-link-assigned-already"
    zh = "该乡镇（街道）的该领域或事项已确定业务指导部门。"
    en = "The township has a guiding department for this domain or item already."


class GuidanceNotForTownship(Refused):
    """Townships and subdistricts are guided."""

    code = "guidance-not-for-a-township"
    status = 422
    zh = "业务指导的对象为乡镇（街道）：{division} 不是乡镇（街道）。"
    en = "Townships are guided; {division} is none."


class GuidanceOfNothing(Refused):
    """A department guides in a domain, or with one item."""

    code = "guidance-of-domain-or-item"
    status = 422
    zh = "须指定领域或事项之一。"
    en = "Name either a domain or an item."


class GuideNameless(Refused):
    """Somebody guides."""

    code = "guidance-without-department"
    status = 422
    zh = "须写明业务指导部门名称或关联执法主体。"
    en = "Name the guiding department, by its subject or by words."


class GuideNotPublished(Refused):
    """A body without standing guides nobody."""

    code = "guidance-department-not-published"
    status = 422
    zh = "业务指导部门须为已公示的执法主体。"
    en = "The guiding department must be a published subject."


class GuideIsGuided(Refused):
    """A department guides the township; the township does not guide itself."""

    code = "guidance-by-the-guided"
    status = 422
    zh = "业务指导部门不得为被指导的乡镇（街道）自身。"
    en = "A body of the township cannot be its guiding department."


class GuidedItemNotInForce(Refused):
    """What is guided is an item that the township may exercise now."""

    code = "guidance-item-not-in-force"
    status = 422
    zh = "事项须在该乡镇（街道）现行清单之内。"
    en = "The item must stand in the list of the township that is in force."


def may_guide(*, division: str, is_township: bool, domain: str | None, item: bool) -> None:
    """A township, and either a domain or one item of it."""
    if not is_township:
        raise GuidanceNotForTownship(division=division)
    if (domain is None) is not item:
        raise GuidanceOfNothing


def may_be_guided(*, township: str, item_township: str | None, list_state: str) -> None:
    """An item of the township's list in force."""
    if item_township != township or list_state != ItemListState.PUBLISHED:
        raise GuidedItemNotInForce


def may_be_guide(*, state: str, township: str | None, guided: Collection[str]) -> None:
    """A published subject that is not of a township which it guides."""
    if state != SubjectState.PUBLISHED:
        raise GuideNotPublished
    if township is not None and township in guided:
        raise GuideIsGuided
