"""Facts of templates, for the auditor: which words go out, who wrote and who approved them."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class TemplateChanged(Event):
    """A template as it stands after `action`."""

    type: ClassVar[str] = "notify.template.changed.v1"
    subject_field: ClassVar[str] = "template_id"
    audience: ClassVar[Audience] = "audit"

    template_id: UUID
    name: str
    channel: str
    edition: int
    state: str
    action: str
    by: str
