"""Oversight: what it serves, what it reacts to, what it does when a time has come."""

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_batches import actions as act_batch_actions
from services.oversight.act_batches import routes as act_batches
from services.oversight.act_batches.rules import LIFECYCLE as ACT_BATCH
from services.oversight.act_batches.rules import BatchState
from services.oversight.act_counts import actions as act_count_actions
from services.oversight.act_reconciliations import actions as act_reconciliation_actions
from services.oversight.act_reconciliations import routes as act_reconciliations
from services.oversight.act_reconciliations.rules import LIFECYCLE as ACT_RECONCILIATION
from services.oversight.act_reconciliations.rules import ReconciliationState
from services.oversight.act_references.reactions import REACTIONS as REFERENCES
from services.oversight.act_references.rules import ReferenceKind
from services.oversight.act_resolutions import actions as act_resolution_actions
from services.oversight.act_resolutions.reactions import REACTIONS as RESOLUTIONS
from services.oversight.act_results import actions as act_result_actions
from services.oversight.act_results import routes as act_results
from services.oversight.act_reviews import actions as act_review_actions
from services.oversight.act_sources import routes as act_sources
from services.oversight.act_sources.rules import LIFECYCLE as ACT_SOURCE
from services.oversight.act_sources.rules import Channel, MappedField, SourceState
from services.oversight.acts import actions as act_actions
from services.oversight.acts import routes as acts
from services.oversight.acts.rules import (
    ActKind,
    ActOutcome,
    ActProcedure,
    ActStage,
    ActState,
    PartyKind,
    PenaltyKind,
    PeriodKind,
    RecordOutcome,
)
from services.oversight.annual_statistics import actions as annual_statistics_actions
from services.oversight.annual_statistics import routes as annual_statistics
from services.oversight.annual_statistics.rules import LIFECYCLE as ANNUAL_STATISTICS
from services.oversight.annual_statistics.rules import AnnualStatisticsState
from services.oversight.appraisal_schemes import routes as appraisal_schemes
from services.oversight.appraisal_schemes.rules import LIFECYCLE as APPRAISAL_SCHEME
from services.oversight.appraisal_schemes.rules import (
    AppraisalMeasure,
    Appraised,
    IndicatorSource,
    SchemeState,
)
from services.oversight.appraisals import actions as appraisal_actions
from services.oversight.appraisals import routes as appraisals
from services.oversight.appraisals.rules import LIFECYCLE as APPRAISAL
from services.oversight.appraisals.rules import AppraisalGrade, AppraisalPurpose, AppraisalState
from services.oversight.campaign_progress import routes as campaign_progress
from services.oversight.campaign_report_files import routes as campaign_report_files
from services.oversight.campaign_reports import routes as campaign_reports
from services.oversight.campaign_reports.rules import Compared
from services.oversight.campaigns import routes as campaigns
from services.oversight.campaigns.actions import RECUR, REPORT, miss_report, recur
from services.oversight.campaigns.rules import LIFECYCLE as CAMPAIGN
from services.oversight.campaigns.rules import CampaignState, Ground, Recurrence
from services.oversight.case_files import routes as case_files
from services.oversight.case_files.rules import LIFECYCLE as CASE_FILE
from services.oversight.case_files.rules import CaseFileState, SheetRole
from services.oversight.case_reviews import routes as case_reviews
from services.oversight.case_reviews.rules import LIFECYCLE as CASE_REVIEW
from services.oversight.case_reviews.rules import CaseReviewState, ErrorClass
from services.oversight.checklists import routes as checklists
from services.oversight.checklists.rules import LIFECYCLE as CHECKLIST
from services.oversight.checklists.rules import ChecklistState
from services.oversight.commendations import routes as commendations
from services.oversight.commendations.rules import LIFECYCLE as COMMENDATION
from services.oversight.commendations.rules import (
    CommendationBar,
    CommendationKind,
    CommendationState,
    ConcernState,
)
from services.oversight.conduct_checks import routes as conduct_checks
from services.oversight.conduct_checks.rules import LIFECYCLE as CONDUCT_CHECK
from services.oversight.conduct_checks.rules import ConductCheckState
from services.oversight.coverage import routes as coverage
from services.oversight.coverage_counts import actions as coverage_count_actions
from services.oversight.coverage_counts.reactions import REACTIONS as COVERAGE
from services.oversight.coverage_counts.rules import CoverageKind, GapReason
from services.oversight.db import Base
from services.oversight.dispute_views.reactions import REACTIONS as DISPUTES
from services.oversight.document_files import routes as document_files
from services.oversight.document_issuers import routes as document_issuers
from services.oversight.document_kinds import routes as document_kinds
from services.oversight.document_kinds.rules import Addressee, DocumentField
from services.oversight.documents import actions as documents_actions
from services.oversight.documents import routes as documents
from services.oversight.documents.rules import LIFECYCLE as DOCUMENT
from services.oversight.documents.rules import DocumentState, ServiceMethod
from services.oversight.draws import routes as draws
from services.oversight.draws.rules import LIFECYCLE as DRAW
from services.oversight.draws.rules import BarReason, DrawState, ExclusionReason, TieKind
from services.oversight.evaluations import routes as evaluations
from services.oversight.evaluations.reactions import REACTIONS as PROGRAMMES
from services.oversight.evaluations.rules import LIFECYCLE as EVALUATION
from services.oversight.evaluations.rules import EvaluationGrade, EvaluationState
from services.oversight.evidence import actions as evidence_actions
from services.oversight.evidence import routes as evidence
from services.oversight.evidence.rules import EvidenceTarget
from services.oversight.experiences import routes as experiences
from services.oversight.experiences.rules import LIFECYCLE as EXPERIENCE
from services.oversight.experiences.rules import ExperienceState
from services.oversight.figures import MEASURES
from services.oversight.file_requests import actions as file_request_actions
from services.oversight.file_requests import routes as file_requests
from services.oversight.file_requests.rules import LIFECYCLE as FILE_REQUEST
from services.oversight.file_requests.rules import FileRequestState
from services.oversight.finding_codes import routes as finding_codes
from services.oversight.findings import routes as findings
from services.oversight.findings.actions import COMMENTS_END, end_comments
from services.oversight.findings.rules import LIFECYCLE as FINDING
from services.oversight.findings.rules import FindingState, LinkKind, Severity
from services.oversight.indicators import routes as indicators
from services.oversight.indicators.rules import Aim, Better
from services.oversight.inspection_checklists import routes as inspection_checklists
from services.oversight.inspection_checklists.rules import Outcome, Receipt
from services.oversight.inspections import routes as inspections
from services.oversight.inspections.actions import RECUSAL, miss_recusal
from services.oversight.inspections.rules import LIFECYCLE as INSPECTION
from services.oversight.inspections.rules import InspectionKind, InspectionMode, InspectionState
from services.oversight.measures import actions as measure_actions
from services.oversight.measures import routes as measures
from services.oversight.measures.reactions import REACTIONS as ISSUERS_ANSWERS
from services.oversight.measures.rules import LIFECYCLE as MEASURE
from services.oversight.measures.rules import Executor, MeasureGround, MeasureKind, MeasureState
from services.oversight.participants import routes as participants
from services.oversight.participants.rules import LIFECYCLE as PARTICIPANT
from services.oversight.participants.rules import ParticipantKind, ParticipantState
from services.oversight.permissions import PERMISSIONS
from services.oversight.public_documents import routes as public_documents
from services.oversight.public_documents.rules import PublicState
from services.oversight.re_examinations import actions as re_examinations_actions
from services.oversight.re_examinations import routes as re_examinations
from services.oversight.re_examinations.rules import LIFECYCLE as RE_EXAMINATION
from services.oversight.re_examinations.rules import ReExaminationState
from services.oversight.rectifications import routes as rectifications
from services.oversight.rectifications.actions import OVERDUE, mark_overdue
from services.oversight.rectifications.rules import LIFECYCLE as RECTIFICATION
from services.oversight.rectifications.rules import ExtensionState, RectificationState
from services.oversight.risks import actions as risk_actions
from services.oversight.risks import routes as risks
from services.oversight.risks.rules import LIFECYCLE as RISK
from services.oversight.risks.rules import RiskKind, RiskLevel, RiskState, Strategy
from services.oversight.sharing_entries import routes as sharing_entries
from services.oversight.sharing_entries.rules import LIFECYCLE as SHARING
from services.oversight.sharing_entries.rules import (
    SharingDirection,
    SharingStanding,
    SharingState,
)
from services.oversight.statistics import routes as statistics
from services.oversight.subject_profiles import routes as subject_profiles
from services.oversight.subject_views import routes as subject_views
from services.oversight.subject_views.reactions import REACTIONS as SUBJECT_VIEWS
from services.oversight.warning_rules import actions as warning_rule_actions
from services.oversight.warning_rules import routes as warning_rules
from services.oversight.warning_rules.rules import LIFECYCLE as WARNING_RULE
from services.oversight.warning_rules.rules import CheckKind, RuleState, WarningLevel
from services.oversight.warnings import routes as warnings
from services.oversight.warnings.rules import LIFECYCLE as WARNING
from services.oversight.warnings.rules import FollowUp, WarningState
from shared.service import Service, create_service
from shared.settings import Settings


async def install(session: AsyncSession) -> None:
    """What an installation begins with."""
    await warning_rule_actions.install(session)
    await coverage_count_actions.install(session)
    await annual_statistics_actions.install(session)


SERVICE = Service(
    name="oversight",
    title="xiejian oversight",
    summary="行政执法监督:检查、问题认定、责令整改",
    base=Base,
    permissions=PERMISSIONS,
    routers=[
        subject_views.router,
        act_sources.router,
        act_batches.router,
        act_results.router,
        act_reconciliations.router,
        sharing_entries.router,
        acts.router,
        warning_rules.router,
        warnings.router,
        coverage.router,
        statistics.router,
        indicators.router,
        *annual_statistics.routers,
        campaigns.router,
        campaign_progress.router,
        campaign_reports.router,
        campaign_report_files.router,
        draws.router,
        inspections.router,
        *participants.routers,
        checklists.router,
        *inspection_checklists.routers,
        findings.router,
        finding_codes.router,
        rectifications.router,
        document_kinds.router,
        document_issuers.router,
        document_files.router,
        documents.router,
        public_documents.router,
        evidence.router,
        evidence.seals,
        re_examinations.router,
        appraisal_schemes.router,
        appraisals.router,
        measures.router,
        subject_profiles.router,
        file_requests.router,
        case_reviews.router,
        case_files.router,
        commendations.router,
        experiences.router,
        evaluations.router,
        risks.router,
        conduct_checks.router,
        conduct_checks.checklists,
    ],
    vocabulary=[
        ActKind,
        ActStage,
        ActState,
        ActProcedure,
        PenaltyKind,
        ActOutcome,
        PartyKind,
        PeriodKind,
        RecordOutcome,
        ReferenceKind,
        SourceState,
        Channel,
        MappedField,
        BatchState,
        WarningLevel,
        CheckKind,
        RuleState,
        WarningState,
        FollowUp,
        ReconciliationState,
        SharingDirection,
        SharingState,
        SharingStanding,
        CoverageKind,
        GapReason,
        AnnualStatisticsState,
        Aim,
        Better,
        CampaignState,
        Ground,
        Recurrence,
        Compared,
        DrawState,
        TieKind,
        BarReason,
        ExclusionReason,
        InspectionKind,
        InspectionMode,
        InspectionState,
        ParticipantKind,
        ParticipantState,
        ChecklistState,
        Outcome,
        Receipt,
        Severity,
        FindingState,
        LinkKind,
        RectificationState,
        ExtensionState,
        DocumentState,
        DocumentField,
        Addressee,
        ServiceMethod,
        PublicState,
        EvidenceTarget,
        ReExaminationState,
        SchemeState,
        Appraised,
        IndicatorSource,
        AppraisalMeasure,
        AppraisalState,
        AppraisalGrade,
        AppraisalPurpose,
        MeasureKind,
        MeasureGround,
        MeasureState,
        Executor,
        FileRequestState,
        ErrorClass,
        CaseReviewState,
        CaseFileState,
        SheetRole,
        CommendationKind,
        CommendationState,
        CommendationBar,
        ConcernState,
        ExperienceState,
        EvaluationState,
        EvaluationGrade,
        RiskKind,
        RiskLevel,
        RiskState,
        Strategy,
        ConductCheckState,
    ],
    figures=MEASURES,
    install=install,
    lifecycles={
        "a source of acts": ACT_SOURCE,
        "a batch of acts": ACT_BATCH,
        "a warning rule": WARNING_RULE,
        "a warning": WARNING,
        "a reconciliation": ACT_RECONCILIATION,
        "an entry of the sharing catalogue": SHARING,
        "annual statistics": ANNUAL_STATISTICS,
        "a campaign": CAMPAIGN,
        "a draw": DRAW,
        "an inspection": INSPECTION,
        "an invitation": PARTICIPANT,
        "a checklist": CHECKLIST,
        "a finding": FINDING,
        "a rectification": RECTIFICATION,
        "a document": DOCUMENT,
        "a re-examination": RE_EXAMINATION,
        "a scheme of appraisal": APPRAISAL_SCHEME,
        "an appraisal": APPRAISAL,
        "a measure": MEASURE,
        "a request for case files": FILE_REQUEST,
        "a review of case files": CASE_REVIEW,
        "a case file": CASE_FILE,
        "a commendation": COMMENDATION,
        "an experience": EXPERIENCE,
        "an evaluation": EVALUATION,
        "a risk": RISK,
        "a check of conduct": CONDUCT_CHECK,
    },
    reactions=[
        *COVERAGE,
        *SUBJECT_VIEWS,
        *REFERENCES,
        *RESOLUTIONS,
        *DISPUTES,
        *ISSUERS_ANSWERS,
        *PROGRAMMES,
    ],
    take=act_batch_actions.take_messages,
    timers={
        act_batch_actions.STEP: act_batch_actions.step,
        act_batch_actions.SWEEP: act_batch_actions.sweep,
        act_result_actions.PURGE: act_result_actions.purge,
        warning_rule_actions.TRY: warning_rule_actions.step_trial,
        warning_rule_actions.LOOK_BACK: act_review_actions.look_back,
        act_review_actions.LOOK: act_review_actions.look,
        act_reconciliation_actions.ANSWER: act_reconciliation_actions.look_again,
        act_resolution_actions.RESOLVE: act_resolution_actions.resolve,
        act_count_actions.FOLD: act_count_actions.fold,
        coverage_count_actions.COUNT: coverage_count_actions.count,
        coverage_count_actions.DAY: coverage_count_actions.begin_day,
        annual_statistics_actions.DUE: annual_statistics_actions.look_who_owes,
        act_actions.UPKEEP: act_actions.keep_up,
        OVERDUE: mark_overdue,
        COMMENTS_END: end_comments,
        RECUR: recur,
        RECUSAL: miss_recusal,
        REPORT: miss_report,
        evidence_actions.SWEEP: evidence_actions.sweep,
        documents_actions.OVERDUE: documents_actions.mark_overdue,
        re_examinations_actions.OVERDUE: re_examinations_actions.mark_overdue,
        appraisal_actions.SELF_SCORE: appraisal_actions.remind,
        measure_actions.OVERDUE: measure_actions.mark_overdue,
        file_request_actions.OVERDUE: file_request_actions.mark_overdue,
        risk_actions.OVERDUE: risk_actions.mark_overdue,
    },
)


def create_app(settings: Settings) -> FastAPI:
    return create_service(SERVICE, settings)
