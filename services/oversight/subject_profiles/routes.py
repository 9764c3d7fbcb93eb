"""A subject's profile in one call."""

from typing import Annotated
from uuid import UUID

from services.oversight.subject_profiles import actions
from services.oversight.subject_profiles.schemas import ProfileView
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as make_router

router = make_router("/oversight/v1/subjects", "subjects")


@router.get("/{id}/profile")
async def get_subject_profile(
    session: ReadSession, actor: Annotated[Actor, May("subject:read")], id: UUID
) -> ProfileView:
    """What is known of a subject (监督对象画像) in one call.

    Its powers, officers and certificates as the registry's facts tell them; its inspections,
    findings, rectifications, measures and requests for case files, as far as the caller may see
    them: an inspection that the subject must not see coming is counted for nobody else.
    """
    return ProfileView.of_rows(*await actions.profile(session, actor, id))
