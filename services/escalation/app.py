"""Escalation: what it serves, what it reacts to, what it does when a time has come."""

from fastapi import FastAPI

from services.escalation.accountability import actions as accountability_actions
from services.escalation.accountability import routes as accountability
from services.escalation.accountability.rules import LIFECYCLE as ACCOUNTABILITY
from services.escalation.accountability.rules import (
    AccountabilityGround,
    AccountabilityOutcome,
    AccountabilityState,
    OrganKind,
    Suggestion,
    TargetKind,
)
from services.escalation.accountability.tables import Accountability
from services.escalation.assignments import actions as assignment_actions
from services.escalation.assignments import routes as assignments
from services.escalation.assignments.rules import LIFECYCLE as ASSIGNMENT
from services.escalation.assignments.rules import AssignmentState
from services.escalation.attachments import actions as attachment_actions
from services.escalation.attachments import routes as attachments
from services.escalation.attachments.rules import AttachmentKind
from services.escalation.complaints import actions as complaint_actions
from services.escalation.complaints import routes as complaints
from services.escalation.complaints.rules import LIFECYCLE as COMPLAINT
from services.escalation.complaints.rules import (
    ComplaintChannel,
    ComplaintKind,
    ComplaintState,
    Outcome,
    RefusalGround,
    ReplyMethod,
)
from services.escalation.conferences import actions as conference_actions
from services.escalation.conferences import routes as conferences
from services.escalation.conferences.rules import LIFECYCLE as CONFERENCE
from services.escalation.conferences.rules import (
    ConferenceKind,
    ConferenceState,
    MemberAnswer,
    MemberKind,
)
from services.escalation.conferences.tables import Conference
from services.escalation.cooperations import actions as cooperation_actions
from services.escalation.cooperations import routes as cooperations
from services.escalation.cooperations.rules import LIFECYCLE as COOPERATION
from services.escalation.cooperations.rules import (
    CooperationGround,
    CooperationState,
    CooperationStep,
    CostBearer,
)
from services.escalation.cooperations.tables import Cooperation
from services.escalation.db import Base
from services.escalation.disputes import actions as dispute_actions
from services.escalation.disputes import routes as disputes
from services.escalation.disputes.rules import LIFECYCLE as DISPUTE
from services.escalation.disputes.rules import (
    DisputeKind,
    DisputeOutcome,
    DisputeRefusalGround,
    DisputeState,
)
from services.escalation.disputes.tables import Dispute
from services.escalation.field_reports import actions as field_report_actions
from services.escalation.field_reports import routes as field_reports
from services.escalation.field_reports.rules import LIFECYCLE as FIELD_REPORT
from services.escalation.field_reports.rules import FieldReportKind, FieldReportState
from services.escalation.figures import MEASURES
from services.escalation.issue_attachments import actions as issue_attachment_actions
from services.escalation.issue_attachments import routes as issue_attachments
from services.escalation.issue_attachments.rules import IssueAttachmentKind
from services.escalation.issue_batches import routes as issue_batches
from services.escalation.issue_batches.schemas import BatchAction
from services.escalation.issue_links import routes as issue_links
from services.escalation.issue_links.rules import LinkKind
from services.escalation.issues import routes as issues
from services.escalation.issues.reactions import (
    on_rectification_overdue,
    on_rectification_revoked,
    on_rectification_verified,
    on_warning_confirmed,
)
from services.escalation.issues.rules import (
    LIFECYCLE,
    DeadlineState,
    IssueKind,
    IssueSeverity,
    IssueSource,
    IssueState,
)
from services.escalation.ladder import actions as ladder
from services.escalation.ladder.rules import IssueAction, IssueLevel
from services.escalation.liaisons import actions as liaison_actions
from services.escalation.liaisons import routes as liaisons
from services.escalation.liaisons.rules import LIFECYCLE as LIAISON
from services.escalation.liaisons.rules import LiaisonEntryKind, LiaisonOrgan, LiaisonState
from services.escalation.liaisons.tables import Liaison
from services.escalation.matters.rules import MatterKind
from services.escalation.origins.reactions import on_contact_point, on_lay_monitor
from services.escalation.packages import actions as package_actions
from services.escalation.packages import routes as packages
from services.escalation.packages.rules import LIFECYCLE as PACKAGE
from services.escalation.packages.rules import PackagePurpose, PackageState, ReceiptWay
from services.escalation.packages.tables import Package
from services.escalation.participants.reactions import on_programme
from services.escalation.periodic_reports import actions as periodic_report_actions
from services.escalation.periodic_reports import routes as periodic_reports
from services.escalation.periodic_reports.rules import LIFECYCLE as PERIODIC_REPORT
from services.escalation.periodic_reports.rules import PeriodicReportState
from services.escalation.permissions import PERMISSIONS
from services.escalation.pilot_views.reactions import on_figures_frozen, on_focus_task
from services.escalation.receipts import actions as receipt_actions
from services.escalation.receipts import routes as receipts
from services.escalation.recommendation_files import routes as recommendation_files
from services.escalation.recommendations import routes as recommendations
from services.escalation.recommendations.rules import LIFECYCLE as RECOMMENDATION
from services.escalation.recommendations.rules import RecommendationState, SourceKind
from services.escalation.recounting.reactions import recount
from services.escalation.referrals import actions as referral_actions
from services.escalation.referrals import routes as referrals
from services.escalation.referrals.rules import LIFECYCLE as REFERRAL
from services.escalation.referrals.rules import ReferralOrgan, ReferralState, ReferralStep
from services.escalation.referrals.tables import Referral
from services.escalation.report_comparisons import routes as report_comparisons
from services.escalation.report_schedules import routes as report_schedules
from services.escalation.report_schedules.rules import LIFECYCLE as REPORT_SCHEDULE
from services.escalation.report_schedules.rules import ReportKind, ScheduleState
from services.escalation.resolutions import actions as resolution_actions
from services.escalation.resolutions import routes as resolutions
from services.escalation.resolutions.rules import LIFECYCLE as RESOLUTION
from services.escalation.resolutions.rules import ResolutionState
from services.escalation.resolutions.tables import Resolution
from services.escalation.reverse_transfers import actions as reverse_transfer_actions
from services.escalation.reverse_transfers import routes as reverse_transfers
from services.escalation.reverse_transfers.rules import LIFECYCLE as REVERSE_TRANSFER
from services.escalation.reverse_transfers.rules import (
    JudicialOrgan,
    ReverseTransferState,
    ReverseTransferStep,
)
from services.escalation.reverse_transfers.tables import ReverseTransfer
from services.escalation.routing import routes as routing
from services.escalation.transfers import actions as transfer_actions
from services.escalation.transfers import routes as transfers
from services.escalation.transfers.rules import LIFECYCLE as TRANSFER
from services.escalation.transfers.rules import TransferState, TransferStep
from services.escalation.transfers.tables import Transfer
from shared.events.oversight.rectifications import (
    RectificationOverdue,
    RectificationRevoked,
    RectificationVerified,
)
from shared.events.oversight.warnings import WarningConfirmed
from shared.events.registry.contact_points import (
    ContactPointChanged,
    ContactPointClosed,
    ContactPointOpened,
    ContactPointProposed,
    ContactPointSuspended,
)
from shared.events.registry.figures import FiguresFrozen
from shared.events.registry.focus_tasks import PilotTaskUpdated
from shared.events.registry.lay_monitors import (
    LayMonitorAppointed,
    LayMonitorChanged,
    LayMonitorDismissed,
    LayMonitorEnded,
)
from shared.events.registry.programmes import ProgrammeChanged, ProgrammeClosed, ProgrammeOpened
from shared.law.tables import CALENDAR_CHANGED
from shared.service import Service, create_service
from shared.settings import Settings

SERVICE = Service(
    name="escalation",
    title="xiejian escalation",
    summary="上报协调:事项从乡镇(街道)到区县到市司法局,逐级限时",
    base=Base,
    permissions=PERMISSIONS,
    routers=[
        issues.router,
        issues.inbox,
        complaints.router,
        complaints.imports,
        field_reports.points,
        field_reports.leads,
        field_reports.router,
        routing.router,
        assignments.router,
        issue_links.router,
        issue_batches.router,
        issue_attachments.router,
        disputes.router,
        conferences.router,
        resolutions.router,
        accountability.router,
        transfers.router,
        reverse_transfers.router,
        referrals.router,
        cooperations.router,
        liaisons.router,
        attachments.router,
        packages.router,
        receipts.router,
        receipts.links,
        report_schedules.router,
        report_comparisons.router,
        periodic_reports.router,
        recommendations.router,
        recommendation_files.router,
    ],
    vocabulary=[
        *(IssueAction, IssueKind, IssueLevel, IssueSeverity, IssueSource, IssueState),
        *(DeadlineState, AssignmentState, LinkKind, BatchAction, IssueAttachmentKind),
        *(ComplaintChannel, ComplaintKind, ComplaintState, Outcome, RefusalGround, ReplyMethod),
        *(FieldReportKind, FieldReportState),
        *(DisputeKind, DisputeOutcome, DisputeRefusalGround, DisputeState),
        *(AccountabilityGround, AccountabilityOutcome, AccountabilityState),
        *(OrganKind, Suggestion, TargetKind),
        *(ConferenceKind, ConferenceState, MemberAnswer, MemberKind, ResolutionState),
        *(AttachmentKind, MatterKind, PackagePurpose, PackageState, ReceiptWay),
        *(TransferState, TransferStep),
        *(JudicialOrgan, ReverseTransferState, ReverseTransferStep),
        *(ReferralOrgan, ReferralState, ReferralStep),
        *(CooperationState, CooperationStep, CostBearer, CooperationGround),
        *(LiaisonEntryKind, LiaisonOrgan, LiaisonState),
        *(ReportKind, ScheduleState, PeriodicReportState),
        *(RecommendationState, SourceKind),
    ],
    lifecycles={
        "an issue": LIFECYCLE,
        "an assignment": ASSIGNMENT,
        "a complaint": COMPLAINT,
        "a report from the field": FIELD_REPORT,
        "a dispute": DISPUTE,
        "a conference": CONFERENCE,
        "a resolution": RESOLUTION,
        "a proposal of accountability": ACCOUNTABILITY,
        "a package": PACKAGE,
        "a transfer": TRANSFER,
        "a reverse transfer": REVERSE_TRANSFER,
        "a referral": REFERRAL,
        "a request for cooperation": COOPERATION,
        "a liaison": LIAISON,
        "a report schedule": REPORT_SCHEDULE,
        "a periodic report": PERIODIC_REPORT,
        "a recommendation": RECOMMENDATION,
    },
    reactions=[
        (RectificationOverdue, on_rectification_overdue),
        (WarningConfirmed, on_warning_confirmed),
        (RectificationVerified, on_rectification_verified),
        (RectificationRevoked, on_rectification_revoked),
        (ProgrammeOpened, on_programme),
        (ProgrammeChanged, on_programme),
        (ProgrammeClosed, on_programme),
        (PilotTaskUpdated, on_focus_task),
        (FiguresFrozen, on_figures_frozen),
        (ContactPointProposed, on_contact_point),
        (ContactPointChanged, on_contact_point),
        (ContactPointOpened, on_contact_point),
        (ContactPointSuspended, on_contact_point),
        (ContactPointClosed, on_contact_point),
        (LayMonitorAppointed, on_lay_monitor),
        (LayMonitorChanged, on_lay_monitor),
        (LayMonitorEnded, on_lay_monitor),
        (LayMonitorDismissed, on_lay_monitor),
    ],
    figures=MEASURES,
    take=receipt_actions.take_messages,
    timers={
        ladder.REPLY_DUE: ladder.mark_overdue,
        ladder.DUE_SOON: ladder.remind,
        ladder.PAUSE_OVER: ladder.wake,
        CALENDAR_CHANGED: recount,
        periodic_report_actions.REMIND: periodic_report_actions.remind,
        assignment_actions.REPORT_DUE: assignment_actions.mark_overdue,
        complaint_actions.REPLY_DUE: complaint_actions.mark_overdue,
        complaint_actions.DUE_SOON: complaint_actions.remind,
        field_report_actions.ANSWER_DUE: field_report_actions.mark_overdue,
        field_report_actions.DUE_SOON: field_report_actions.remind,
        Dispute.clock.due: dispute_actions.mark_overdue,
        Dispute.clock.soon: dispute_actions.remind,
        Conference.clock.due: conference_actions.mark_overdue,
        Conference.clock.soon: conference_actions.remind,
        Resolution.clock.due: resolution_actions.mark_overdue,
        Resolution.clock.soon: resolution_actions.remind,
        Accountability.clock.due: accountability_actions.mark_overdue,
        Accountability.clock.soon: accountability_actions.remind,
        attachment_actions.SWEEP: attachment_actions.sweep,
        issue_attachment_actions.SWEEP: issue_attachment_actions.sweep,
        Package.clock.due: package_actions.mark_overdue,
        Package.clock.soon: package_actions.remind,
        Transfer.clock.due: transfer_actions.mark_overdue,
        Transfer.clock.soon: transfer_actions.remind,
        ReverseTransfer.clock.due: reverse_transfer_actions.mark_overdue,
        ReverseTransfer.clock.soon: reverse_transfer_actions.remind,
        Referral.clock.due: referral_actions.mark_overdue,
        Referral.clock.soon: referral_actions.remind,
        Cooperation.clock.due: cooperation_actions.mark_overdue,
        Cooperation.clock.soon: cooperation_actions.remind,
        Liaison.clock.due: liaison_actions.mark_overdue,
        Liaison.clock.soon: liaison_actions.remind,
    },
)


def create_app(settings: Settings) -> FastAPI:
    return create_service(SERVICE, settings)
