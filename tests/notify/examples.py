"""Facts of the other services, as they might arrive."""

from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from shared.db import Scope, new_id
from shared.events import Event

E = TypeVar("E", bound=Event)

TOWNSHIP = Scope("50", "500106", "500106001")
DISTRICT = Scope("50", "500106")
CITY = Scope("50")
BODY = "11500106009283311L"
ANOTHER_BODY = "11500228709467150P"
DUE = datetime(2022, 8, 1, 9, 0, tzinfo=UTC)

_ID = UUID("0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55")
_FIELDS: dict[str, Any] = {
    # registry
    "value": {"n": 10, "unit": "wd"},
    "provisional": False,
    "proposal_id": _ID,
    "programme_id": _ID,
    "task_id": _ID,
    "task_title": "行政执法监督员制度",
    "quiet_since": DUE,
    "milestone_id": _ID,
    "due_on": date(2022, 8, 1),
    "designation_id": _ID,
    "township": "500106001",
    "designated_on": date(2022, 7, 1),
    "subject_id": _ID,
    "uscc": BODY,
    "name": "小龙坎街道办事处",
    "level": "township",
    "domains": ["urban_management"],
    "publicised_on": date(2022, 7, 1),
    "successor_id": _ID,
    "successor_ids": [_ID, _ID],
    "officer_id": _ID,
    "post": "执法员",
    "staffing": "established",
    "certificate_no": "渝050106001",
    "certificate_state": "suspended",
    "certificate_valid_to": date(2027, 6, 30),
    "supervision_officer_id": _ID,
    "office": "沙坪坝区司法局",
    "legal_qualification": True,
    "card_no": "渝监500106001",
    "budget_id": _ID,
    "purpose": "supervision",
    "purposes": ["enforcement", "supervision"],
    "in_budget": True,
    "amount": "110000.00",
    "appropriated": None,
    "spent": "0.00",
    "falls_by": "10000.00",
    "flagged": False,
    "staffing_id": _ID,
    "body_kind": "supervision_authority",
    "year": 2022,
    "headcount": 6,
    "actual": 4,
    "card_valid_to": date(2027, 6, 30),
    "item_list_id": _ID,
    "statutory": 27,
    "empowered": 102,
    "entrusted": 13,
    "effective_from": date(2022, 7, 1),
    "effective_to": None,
    "chunk": 0,
    "chunks": 1,
    "items": [],
    "power_id": _ID,
    "delegation_id": _ID,
    "delegator_id": _ID,
    "trustee_kind": "public_affairs",
    "trustee_id": None,
    "trustee_code": ANOTHER_BODY,
    "trustee_name": "小龙坎市政设施管理中心",
    "power_ids": [_ID],
    "power_codes": ["330217001000"],
    "valid_from": date(2022, 7, 1),
    "valid_to": date(2025, 6, 30),
    "deed_no": "沙城管委〔2022〕1号",
    "filing_due_at": DUE,
    "signed_on": date(2022, 6, 20),
    "filed_on": date(2022, 6, 25),
    "published_on": date(2022, 6, 28),
    "published_in": "沙坪坝区人民政府门户网站",
    "days_left": 90,
    "ended_on": date(2022, 7, 20),
    "basis": ["《中华人民共和国行政处罚法》第二十四条"],
    "township_allowed": True,
    "edition": 2,
    "since": date(2022, 7, 1),
    # oversight
    "inspection_id": _ID,
    "organisation": BODY,
    "subject_name": "小龙坎街道办事处",
    "mode": "announced",
    "theme": "持证上岗",
    "inspectors": ["wang", "li"],
    "findings": 2,
    "finding_id": _ID,
    "code": "no_certificate",
    "severity": "serious",
    "comment_due_at": DUE,
    "rectification_id": _ID,
    "requirement": "停止无证执法",
    "legal_basis": ["《重庆市行政执法监督条例》第十五条", "第十七条"],
    # escalation
    "issue_id": _ID,
    "number": "渝司执问〔2022〕3号",
    "title": "无证执法整改逾期",
    "major": False,
    "source": "rectification",
    "source_id": None,
    "from_level": "township",
    "decided_by_level": "bureau",
    "decision": "限期十五日整改到位",
    "why": "breach",
    "direct": True,
    "contact_point_id": _ID,
    "host": "小龙坎社区居民委员会",
    "opened_on": date(2022, 7, 1),
    "overdue": False,
    "last_visited_on": None,
    "responsibility_id": _ID,
    "in_force_on": None,
    "posts": 12,
    "report_id": _ID,
    "reporter": "小龙坎街道办事处",
    "reported_by": "subject",
    "to_level": "district",
    "late": False,
    "leading_group_id": _ID,
    "co_located_with": "小龙坎司法所",
    "members": 7,
    "office_staff": 2,
    "team_id": _ID,
    "leader": "周某",
    "units": ["城管执法中队", "应急办公室"],
    "lay_monitor_id": _ID,
    "specialities": ["urban_management"],
    "account": "zhao",
    "term_from": date(2022, 7, 1),
    "term_to": date(2024, 6, 30),
    # several
    "kind": "statutory",
    "division": "500106001",
    "state": "submitted",
    "reason": "材料不齐",
    "due_at": DUE,
}


def example(kind: type[E], **given: Any) -> E:
    """A fact of this kind with everything filled in; `given` says what matters."""
    values = {name: _FIELDS[name] for name in kind.model_fields if name in _FIELDS}
    subject = {kind.subject_field: new_id()}
    return kind.model_validate({**values, **subject, **given})
