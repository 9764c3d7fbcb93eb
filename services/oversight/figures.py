"""What oversight counts: one line a measure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_

from services.oversight.appraisal_schemes.rules import Appraised
from services.oversight.appraisals.rules import AppraisalGrade, AppraisalState
from services.oversight.appraisals.tables import Appraisal
from services.oversight.campaigns.rules import CampaignState, Ground
from services.oversight.campaigns.tables import Campaign
from services.oversight.case_reviews.rules import CaseReviewState
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.commendations.rules import CommendationKind, CommendationState
from services.oversight.commendations.tables import Commendation
from services.oversight.conduct_checks.rules import ConductCheckState
from services.oversight.conduct_checks.tables import ConductCheck
from services.oversight.documents import actions as documents
from services.oversight.documents.rules import DocumentState
from services.oversight.documents.tables import Document
from services.oversight.evaluations.rules import EvaluationState
from services.oversight.evaluations.tables import Evaluation
from services.oversight.file_requests import actions as file_requests
from services.oversight.file_requests.rules import FileRequestState
from services.oversight.file_requests.tables import FileRequest
from services.oversight.findings.rules import FindingState, Severity
from services.oversight.findings.tables import Finding
from services.oversight.inspections.actions import known_to
from services.oversight.inspections.rules import InspectionKind, InspectionMode, InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.measures import actions as measures
from services.oversight.measures.rules import Executor, MeasureKind, MeasureState
from services.oversight.measures.tables import Measure as Handling
from services.oversight.permissions import may_know_of
from services.oversight.rectifications import actions as rectifications
from services.oversight.rectifications.rules import RectificationState
from services.oversight.rectifications.tables import Rectification
from services.oversight.risks.rules import RiskKind, RiskState
from services.oversight.risks.tables import Risk
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.figures import PLACES, Dimension, Measure

_INSPECTIONS, _FINDINGS = "/oversight/v1/inspections", "/oversight/v1/findings"
_RECTIFICATIONS = "/oversight/v1/rectifications"

_INSPECTION = (
    *PLACES,
    Dimension("state", InspectionState),
    Dimension("kind", InspectionKind),
    Dimension("mode", InspectionMode),
)
_FINDING = (
    *PLACES,
    Dimension("state", FindingState),
    Dimension("severity", Severity),
    Dimension("code"),
)
_RECTIFICATION = (
    *PLACES,
    Dimension("state", RectificationState),
    Dimension("severity", Severity),
)

_CAMPAIGN = (
    *PLACES,
    Dimension("state", CampaignState),
    Dimension("kind", InspectionKind),
    Dimension("mode", InspectionMode),
    Dimension("ground", Ground),
)
_MEASURE = (
    *PLACES,
    Dimension("state", MeasureState),
    Dimension("kind", MeasureKind),
    Dimension("executor", Executor),
)
_DOCUMENT = (*PLACES, Dimension("state", DocumentState), Dimension("kind"))
_FILE_REQUEST = (*PLACES, Dimension("state", FileRequestState))
_COMMENDATION = (
    *PLACES,
    Dimension("state", CommendationState),
    Dimension("kind", CommendationKind),
)
_EVALUATION = (*PLACES, Dimension("state", EvaluationState))


def _inspection(table: Any, actor: Actor) -> ColumnElement[bool]:
    known: ColumnElement[bool] = known_to(actor)
    return and_(visible(table, actor), known)


def _campaign(table: Any, actor: Actor) -> ColumnElement[bool]:
    return and_(visible(table, actor), may_know_of(table, actor))


def _document(table: Any, actor: Actor) -> ColumnElement[bool]:
    return and_(visible(table, actor), documents.known_to(actor))


def _late(
    overdue: Callable[[datetime], ColumnElement[bool]],
) -> Callable[[Any, Actor, datetime], ColumnElement[bool]]:
    """What a measure of late rows asks of them, which is what their list asks."""
    return lambda table, actor, moment: overdue(moment)


MEASURES: Sequence[Measure] = (
    Measure(
        "inspections_planned",
        "计划开展的执法监督检查",
        Inspection,
        _INSPECTIONS,
        "inspection:read",
        on="planned_on",
        days="planned",
        by=_INSPECTION,
        seen=_inspection,
        unit="次",
    ),
    Measure(
        "inspections_closed",
        "办结的执法监督检查",
        Inspection,
        _INSPECTIONS,
        "inspection:read",
        on="closed_at",
        days="closed",
        by=_INSPECTION,
        seen=_inspection,
        unit="次",
    ),
    Measure(
        "findings_recorded",
        "发现的问题",
        Finding,
        _FINDINGS,
        "finding:read",
        on="recorded_at",
        days="recorded",
        by=_FINDING,
    ),
    Measure(
        "findings_confirmed",
        "认定的问题（按发现日）",
        Finding,
        _FINDINGS,
        "finding:read",
        on="recorded_at",
        days="recorded",
        only={"state": FindingState.CONFIRMED},
        by=_FINDING,
    ),
    Measure(
        "rectifications_ordered",
        "责令整改",
        Rectification,
        _RECTIFICATIONS,
        "rectification:read",
        on="ordered_at",
        days="ordered",
        by=_RECTIFICATION,
        unit="件",
    ),
    Measure(
        "rectifications_verified",
        "验收合格的整改",
        Rectification,
        _RECTIFICATIONS,
        "rectification:read",
        on="verified_at",
        days="verified",
        by=_RECTIFICATION,
        unit="件",
    ),
    Measure(
        "rectifications_overdue",
        "逾期未改（按到期日）",
        Rectification,
        _RECTIFICATIONS,
        "rectification:read",
        on="due_at",
        days="due",
        where=_late(rectifications.is_overdue),
        filters={"overdue": "true"},
        by=_RECTIFICATION,
        unit="件",
    ),
    Measure(
        "campaigns",
        "监督活动（按开始日）",
        Campaign,
        "/oversight/v1/campaigns",
        "campaign:read",
        on="starts_on",
        days="starts",
        seen=_campaign,
        by=_CAMPAIGN,
        unit="项",
    ),
    Measure(
        "measures_decided",
        "作出的监督处理",
        Handling,
        "/oversight/v1/measures",
        "measure:read",
        on="decided_at",
        days="decided",
        by=_MEASURE,
        unit="件",
    ),
    Measure(
        "measures_overdue",
        "逾期未执行的监督处理（按到期日）",
        Handling,
        "/oversight/v1/measures",
        "measure:read",
        on="due_at",
        days="due",
        where=_late(measures.is_overdue),
        filters={"overdue": "true"},
        by=_MEASURE,
        unit="件",
    ),
    Measure(
        "documents_issued",
        "签发的监督文书",
        Document,
        "/oversight/v1/documents",
        "document:read",
        on="issued_on",
        days="issued",
        seen=_document,
        by=_DOCUMENT,
        unit="件",
    ),
    Measure(
        "documents_overdue",
        "逾期未报告执行的监督文书（按到期日）",
        Document,
        "/oversight/v1/documents",
        "document:read",
        on="due_at",
        days="due",
        seen=_document,
        where=_late(documents.is_overdue),
        filters={"overdue": "true"},
        by=_DOCUMENT,
        unit="件",
    ),
    Measure(
        "file_requests",
        "调取案卷",
        FileRequest,
        "/oversight/v1/file-requests",
        "file_request:read",
        on="requested_at",
        days="requested",
        by=_FILE_REQUEST,
        unit="次",
    ),
    Measure(
        "file_requests_overdue",
        "逾期未提供的案卷（按到期日）",
        FileRequest,
        "/oversight/v1/file-requests",
        "file_request:read",
        on="due_at",
        days="due",
        where=_late(file_requests.is_overdue),
        filters={"overdue": "true"},
        by=_FILE_REQUEST,
        unit="次",
    ),
    Measure(
        "case_reviews",
        "案卷评查",
        CaseReview,
        "/oversight/v1/case-reviews",
        "case_review:read",
        on="created_at",
        days="created",
        by=(*PLACES, Dimension("state", CaseReviewState)),
        unit="次",
    ),
    Measure(
        "appraisals_published",
        "公布的评议考核结果",
        Appraisal,
        "/oversight/v1/appraisals",
        "appraisal:read",
        on="published_at",
        days="published",
        by=(
            *PLACES,
            Dimension("state", AppraisalState),
            Dimension("grade", AppraisalGrade),
            Dimension("appraised", Appraised),
        ),
        unit="家",
    ),
    Measure(
        "risks",
        "识别的执法风险",
        Risk,
        "/oversight/v1/risks",
        "risk:read",
        on="identified_at",
        days="identified",
        by=(*PLACES, Dimension("state", RiskState), Dimension("kind", RiskKind)),
        unit="个",
    ),
    Measure(
        "conduct_checks",
        "执法风纪检查",
        ConductCheck,
        "/oversight/v1/conduct-checks",
        "conduct_check:read",
        on="observed_on",
        days="observed",
        by=(*PLACES, Dimension("state", ConductCheckState)),
        unit="次",
    ),
    Measure(
        "commendations_nominated",
        "提名的表彰",
        Commendation,
        "/oversight/v1/commendations",
        "commendation:read",
        on="created_at",
        days="created",
        by=_COMMENDATION,
        unit="个",
    ),
    Measure(
        "commendations_granted",
        "授予的表彰",
        Commendation,
        "/oversight/v1/commendations",
        "commendation:read",
        on="granted_on",
        days="granted",
        by=_COMMENDATION,
        unit="个",
    ),
    Measure(
        "evaluations",
        "试点评估",
        Evaluation,
        "/oversight/v1/evaluations",
        "evaluation:read",
        on="created_at",
        days="created",
        by=_EVALUATION,
        unit="次",
    ),
    Measure(
        "evaluations_completed",
        "完成的试点评估",
        Evaluation,
        "/oversight/v1/evaluations",
        "evaluation:read",
        on="completed_on",
        days="completed",
        by=_EVALUATION,
        unit="次",
    ),
)
