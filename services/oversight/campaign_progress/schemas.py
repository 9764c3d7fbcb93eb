"""How far a campaign has come, over HTTP."""

from uuid import UUID

from pydantic import ConfigDict, Field

from shared.web.schemas import View


class PlaceView(View):
    """What was counted in one division."""

    division: str = Field(description="The inspected subjects' own")
    inspections: int = Field(description="Set up and not cancelled")
    on_site: int = Field(description="Of them, the inspectors have been on site")
    closed: int
    cancelled: int
    findings: int
    undecided: int = Field(description="Of the findings, neither confirmed nor withdrawn")


class CampaignProgressView(View):
    """How far a campaign has come, division by division."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "campaign_id": "01932b70-1c00-7000-8000-0000000000c1",
                    "theme": "乡镇(街道)行政执法人员持证上岗专项监督",
                    "target": 10,
                    "items": [
                        {
                            "division": "500106012",
                            "inspections": 1,
                            "on_site": 1,
                            "closed": 0,
                            "cancelled": 0,
                            "findings": 2,
                            "undecided": 1,
                        }
                    ],
                }
            ]
        }
    )

    campaign_id: UUID
    theme: str
    target: int | None = Field(description="How many inspections are meant to be held")
    items: list[PlaceView]
