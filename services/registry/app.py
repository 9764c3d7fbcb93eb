"""The registry: its table of contents."""

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.authority import routes as authority_routes
from services.registry.authority.rules import AuthorityKind
from services.registry.budgets import actions as budgets
from services.registry.budgets import routes as budget_routes
from services.registry.budgets.rules import LIFECYCLE as BUDGET
from services.registry.budgets.rules import BudgetState, Purpose, Source
from services.registry.certificates import actions as certificates
from services.registry.certificates import routes as certificate_routes
from services.registry.certificates.rules import CERTIFICATE, CertificateKind, CertificateState
from services.registry.contact_points import actions as contact_points
from services.registry.contact_points import routes as contact_point_routes
from services.registry.contact_points.rules import LIFECYCLE as CONTACT_POINT
from services.registry.contact_points.rules import ContactPointKind, ContactPointState
from services.registry.coverage import routes as coverage_routes
from services.registry.coverage.rules import CoverageKind
from services.registry.db import Base
from services.registry.delegations import actions as delegations
from services.registry.delegations import routes as delegation_routes
from services.registry.delegations.rules import LIFECYCLE as DELEGATION
from services.registry.delegations.rules import DelegationState, TrusteeKind
from services.registry.divisions import actions as divisions
from services.registry.divisions import routes as division_routes
from services.registry.empowerments import actions as empowerments
from services.registry.empowerments import routes as empowerment_routes
from services.registry.empowerments.rules import LIFECYCLE as EMPOWERMENT
from services.registry.empowerments.rules import EmpowermentResult, EmpowermentState
from services.registry.figures import MEASURES
from services.registry.focus_tasks import actions as focus_tasks
from services.registry.focus_tasks import routes as focus_task_routes
from services.registry.focus_tasks.rules import MILESTONE, TASK, MilestoneState, TaskState
from services.registry.frozen_figures import actions as frozen_figures
from services.registry.frozen_figures import routes as frozen_figure_routes
from services.registry.guidance_links import routes as guidance_link_routes
from services.registry.guidance_links.rules import LIFECYCLE as GUIDANCE_LINK
from services.registry.guidance_links.rules import GuidanceLinkState
from services.registry.guidances import routes as guidance_routes
from services.registry.guidances.rules import LIFECYCLE as GUIDANCE
from services.registry.guidances.rules import GuidanceKind, GuidanceState
from services.registry.imports import actions as imports
from services.registry.imports import routes as import_routes
from services.registry.imports.rules import LIFECYCLE as IMPORT
from services.registry.imports.rules import Accept, FileKind, ImportState
from services.registry.item_lists import actions as item_lists
from services.registry.item_lists import routes as item_list_routes
from services.registry.item_lists.rules import LIFECYCLE as ITEM_LIST
from services.registry.item_lists.rules import EvaluationResult, ItemListState
from services.registry.items import routes as item_routes
from services.registry.items.rules import ItemKind
from services.registry.lay_monitors import actions as lay_monitors
from services.registry.lay_monitors import routes as lay_monitor_routes
from services.registry.lay_monitors.rules import LIFECYCLE as LAY_MONITOR
from services.registry.lay_monitors.rules import ActivityKind, Bar, MonitorSource, MonitorState
from services.registry.leading_groups import routes as leading_group_routes
from services.registry.leading_groups.rules import LIFECYCLE as LEADING_GROUP
from services.registry.leading_groups.rules import GroupRole, GroupState
from services.registry.officer_trainings import routes as officer_training_routes
from services.registry.officer_trainings.rules import OFFICER_TRAINING, OfficerTrainingState
from services.registry.officers import routes as officer_routes
from services.registry.officers.rules import OFFICER, OfficerState, Staffing
from services.registry.permissions import PERMISSIONS
from services.registry.pilot_townships import routes as pilot_township_routes
from services.registry.pilot_townships.rules import PILOT_TOWNSHIP, PilotTownshipState
from services.registry.policies import actions as policies
from services.registry.policies import routes as policy_routes
from services.registry.policies.rules import POLICY, Openness, PolicyKind, PolicyState, Rendering
from services.registry.powers import routes as power_routes
from services.registry.powers.rules import LIFECYCLE as POWER
from services.registry.powers.rules import PowerKind, PowerState
from services.registry.procedures import routes as procedure_routes
from services.registry.programmes import actions as programmes
from services.registry.programmes import routes as programme_routes
from services.registry.programmes.rules import (
    PROGRAMME,
    ParticipantKind,
    ProgrammeState,
)
from services.registry.provisions import routes as provision_routes
from services.registry.provisions.rules import LIFECYCLE as PROVISION
from services.registry.provisions.rules import ProvisionKind, ProvisionState
from services.registry.public_register import routes as public_register_routes
from services.registry.responsibilities import routes as responsibility_routes
from services.registry.responsibilities.rules import LIFECYCLE as RESPONSIBILITY
from services.registry.responsibilities.rules import ResponsibilityState
from services.registry.responsibility_reports import actions as responsibility_reports
from services.registry.responsibility_reports import routes as responsibility_report_routes
from services.registry.responsibility_reports.rules import LIFECYCLE as RESPONSIBILITY_REPORT
from services.registry.responsibility_reports.rules import Reporter, ReportState
from services.registry.rule_sets import routes as rule_set_routes
from services.registry.rule_sets.rules import PROPOSAL, ProposalKind, ProposalState
from services.registry.search import routes as search_routes
from services.registry.search.rules import SearchKind
from services.registry.staffing import actions as staffing
from services.registry.staffing import routes as staffing_routes
from services.registry.staffing.rules import LIFECYCLE as STAFFING
from services.registry.staffing.rules import BodyKind, StaffingState
from services.registry.subjects import routes as subject_routes
from services.registry.subjects.rules import LIFECYCLE as SUBJECT
from services.registry.subjects.rules import Domain, SubjectKind, SubjectState
from services.registry.successions import routes as succession_routes
from services.registry.supervision_officers import actions as supervision_officers
from services.registry.supervision_officers import routes as supervision_officer_routes
from services.registry.supervision_officers.rules import LIFECYCLE as SUPERVISION_OFFICER
from services.registry.supervision_officers.rules import (
    Criterion,
    Degree,
    SupervisionOfficerState,
)
from services.registry.suspension_requests import routes as suspension_request_routes
from services.registry.suspension_requests.reactions import REACTIONS
from services.registry.suspension_requests.rules import LIFECYCLE as SUSPENSION_REQUEST
from services.registry.suspension_requests.rules import SuspensionRequestState
from services.registry.teams import actions as teams
from services.registry.teams import routes as team_routes
from services.registry.teams.rules import LIFECYCLE as TEAM
from services.registry.teams.rules import TeamState
from services.registry.training_hours import actions as training_hours
from services.registry.training_hours import routes as training_hour_routes
from services.registry.trainings import routes as training_routes
from services.registry.trainings.rules import LIFECYCLE as TRAINING
from services.registry.trainings.rules import Audience, PersonKind, TrainingKind, TrainingState
from shared.law.divisions import Level
from shared.service import Service, create_service
from shared.settings import Settings


async def seed(session: AsyncSession) -> None:
    """The divisions, the pilot that ended before any installation began, and what comes yearly."""
    """The divisions, the texts that all rests on, and the pilot that ended long ago."""
    await divisions.load_divisions(session)
    await policies.load_policies(session)
    await programmes.load_pilot(session)
    await budgets.watch(session)
    await training_hours.watch(session)
    await frozen_figures.watch(session)


SERVICE = Service(
    name="registry",
    title="协监 registry",
    summary="Divisions, enforcement subjects, officers and certificates, pilot programmes",
    base=Base,
    permissions=PERMISSIONS,
    routers=[
        division_routes.router,
        subject_routes.router,
        officer_routes.router,
        certificate_routes.router,
        suspension_request_routes.router,
        power_routes.router,
        succession_routes.router,
        officer_training_routes.router,
        public_register_routes.router,
        programme_routes.router,
        policy_routes.router,
        *rule_set_routes.routers,
        *focus_task_routes.routers,
        *pilot_township_routes.routers,
        item_list_routes.router,
        *item_routes.routers,
        procedure_routes.router,
        delegation_routes.router,
        guidance_link_routes.router,
        guidance_routes.router,
        empowerment_routes.router,
        authority_routes.router,
        coverage_routes.router,
        frozen_figure_routes.router,
        supervision_officer_routes.router,
        contact_point_routes.router,
        staffing_routes.router,
        search_routes.router,
        *lay_monitor_routes.routers,
        team_routes.router,
        leading_group_routes.router,
        responsibility_routes.router,
        responsibility_report_routes.router,
        budget_routes.router,
        provision_routes.router,
        import_routes.router,
        training_hour_routes.router,
        training_routes.router,
    ],
    vocabulary=[
        Level,
        SubjectKind,
        Domain,
        SubjectState,
        Staffing,
        OfficerState,
        CertificateKind,
        CertificateState,
        SuspensionRequestState,
        PowerKind,
        PowerState,
        OfficerTrainingState,
        ItemKind,
        ItemListState,
        EvaluationResult,
        TrusteeKind,
        DelegationState,
        GuidanceLinkState,
        GuidanceKind,
        GuidanceState,
        EmpowermentState,
        EmpowermentResult,
        AuthorityKind,
        CoverageKind,
        ProgrammeState,
        ParticipantKind,
        PolicyKind,
        PolicyState,
        Openness,
        Rendering,
        ProposalKind,
        ProposalState,
        TaskState,
        SupervisionOfficerState,
        Degree,
        Criterion,
        ContactPointKind,
        ContactPointState,
        BodyKind,
        StaffingState,
        SearchKind,
        MilestoneState,
        PilotTownshipState,
        MonitorSource,
        MonitorState,
        Bar,
        ActivityKind,
        TeamState,
        GroupState,
        GroupRole,
        ResponsibilityState,
        ReportState,
        Reporter,
        Purpose,
        Source,
        BudgetState,
        ProvisionKind,
        ProvisionState,
        FileKind,
        Accept,
        ImportState,
        TrainingKind,
        Audience,
        PersonKind,
        TrainingState,
    ],
    reactions=REACTIONS,
    figures=MEASURES,
    lifecycles={
        "a subject": SUBJECT,
        "an officer": OFFICER,
        "a certificate": CERTIFICATE,
        "a suspension request": SUSPENSION_REQUEST,
        "a power": POWER,
        "a record of continuing training": OFFICER_TRAINING,
        "an item list": ITEM_LIST,
        "a delegation": DELEGATION,
        "a guidance link": GUIDANCE_LINK,
        "a guidance session": GUIDANCE,
        "an empowerment": EMPOWERMENT,
        "a programme": PROGRAMME,
        "a policy": POLICY,
        "a proposal of a rule": PROPOSAL,
        "a focus task": TASK,
        "a supervision officer": SUPERVISION_OFFICER,
        "a contact point": CONTACT_POINT,
        "a staffing plan": STAFFING,
        "a milestone": MILESTONE,
        "a pilot township": PILOT_TOWNSHIP,
        "a lay monitor": LAY_MONITOR,
        "a team": TEAM,
        "a leading group": LEADING_GROUP,
        "a version of responsibilities": RESPONSIBILITY,
        "a report on responsibilities": RESPONSIBILITY_REPORT,
        "a budget line": BUDGET,
        "a provision": PROVISION,
        "an import": IMPORT,
        "a training": TRAINING,
    },
    timers={
        certificates.EXPIRY: certificates.expire,
        certificates.REMINDER: certificates.remind,
        item_lists.EVALUATION: item_lists.fall_due,
        delegations.FILING: delegations.filing_overdue,
        delegations.BEGIN: delegations.begin,
        delegations.NOTICE: delegations.remind,
        delegations.EXPIRY: delegations.expire,
        empowerments.BEGIN: empowerments.begin,
        empowerments.NOTICE: empowerments.evaluation_near,
        empowerments.EVALUATION: empowerments.evaluation_overdue,
        programmes.END: programmes.end,
        supervision_officers.CARD_EXPIRY: supervision_officers.expire_card,
        contact_points.VISIT: contact_points.remind,
        staffing.REVIEW: staffing.review,
        focus_tasks.STALL: focus_tasks.stall,
        focus_tasks.MILESTONE_DUE: focus_tasks.miss,
        lay_monitors.END: lay_monitors.end,
        teams.RETURN: teams.return_home,
        responsibility_reports.REMIND: responsibility_reports.remind,
        responsibility_reports.NEXT_YEAR: responsibility_reports.open_next_year,
        budgets.MISSING: budgets.tell_missing,
        imports.STEP: imports.step,
        training_hours.DUE: training_hours.tell_due,
        frozen_figures.MONTHLY: frozen_figures.freeze_month,
    },
    owns_law=True,
    seed=seed,
)


def create_app(settings: Settings) -> FastAPI:
    """The registry's application."""
    return create_service(SERVICE, settings)
