"""The rules that are delivered, and what is refused of those that are not."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.notify.messages import reactions, rules
from services.notify.messages.rules import BrokenRules, Reach, parse
from shared.access.actor import Role
from shared.db import Scope
from shared.events import Event
from shared.events.escalation import (
    accountability,
    assignments,
    complaints,
    conferences,
    cooperations,
    disputes,
    field_reports,
    liaisons,
    packages,
    periodic_reports,
    recommendations,
    referrals,
    resolutions,
    reverse_transfers,
    transfers,
)
from shared.events.escalation import dead_letters as dead_escalation
from shared.events.escalation import issues as e
from shared.events.oversight import (
    acts,
    annual_statistics,
    appraisals,
    campaigns,
    case_reviews,
    commendations,
    conduct_checks,
    coverage,
    documents,
    evaluations,
    experiences,
    file_requests,
    measures,
    participants,
    risks,
    warnings,
)
from shared.events.oversight import dead_letters as dead_oversight
from shared.events.oversight.findings import (
    FindingCommented,
    FindingCommentsEnded,
    FindingConfirmed,
    FindingRecorded,
    FindingReopened,
    FindingWithdrawn,
)
from shared.events.oversight.inspections import (
    InspectionAssigned,
    InspectionCancelled,
    InspectionCompleted,
    InspectionNotified,
    InspectionPrepared,
    InspectionReassigned,
    InspectionRecusalOverdue,
    InspectionRecusalRefused,
    InspectionRecusalRequested,
    InspectionStarted,
)
from shared.events.oversight.rectifications import (
    RectificationExtended,
    RectificationExtensionRefused,
    RectificationExtensionRequested,
    RectificationOrdered,
    RectificationOverdue,
    RectificationRejected,
    RectificationRevoked,
    RectificationSubmitted,
    RectificationVerified,
)
from shared.events.registry import (
    budgets,
    contact_points,
    delegations,
    empowerments,
    focus_tasks,
    guidance_links,
    guidances,
    item_lists,
    lay_monitors,
    leading_groups,
    officers,
    pilot_townships,
    powers,
    responsibilities,
    rule_sets,
    staffing,
    subjects,
    supervision_officers,
    teams,
    trainings,
)
from shared.events.registry import dead_letters as dead_registry
from shared.events.registry.suspension_requests import SuspensionRequestReceived
from shared.refusals import Misconfigured
from tests.notify.examples import ANOTHER_BODY, BODY, CITY, DISTRICT, TOWNSHIP, example

RULES = parse(reactions.RULES.read_text(encoding="utf-8"))

SUBJECT_AND_TOWNSHIP = {f"agency_user#{BODY}", "township_enforcement@500106001"}
TRUSTEE = {f"{role}#{ANOTHER_BODY}" for role in ("agency_user", "township_enforcement")}
GRANTOR = {f"agency_user#{ANOTHER_BODY}"}
BOTH_PARTIES = {f"agency_user#{BODY}", f"agency_user#{ANOTHER_BODY}"}
INSPECTORS = {"=wang", "=li"}
PLACES = {
    "township": "township_supervision_office@500106001",
    "district": "district_supervisor@500106",
    "bureau": "bureau_supervisor@",
}

SUBJECT_AND_TOWNSHIP_BODY = {f"{role}#{BODY}" for role in ("agency_user", "township_enforcement")}
OF_SENDER, RECEIVER = {f"agency_user#{BODY}"}, {f"agency_user#{ANOTHER_BODY}"}
ABOVE = {PLACES["district"]}
OFFICE_AND_DISTRICT = {PLACES["township"], PLACES["district"]}

# Fact, what matters in it, and rule → those who are told.
CASES: list[tuple[type[Event], dict[str, Any], dict[str, set[str]]]] = [
    *(
        (kind, {}, {f"{kind.type.split('.')[0]}_dead_letter": {"system_admin@"}})
        for kind in (
            dead_registry.DeadLetterBuried,
            dead_oversight.DeadLetterBuried,
            dead_escalation.DeadLetterBuried,
        )
    ),
    (subjects.SubjectSubmitted, {}, {"subject_submitted": {"district_supervisor@500106"}}),
    (subjects.SubjectReviewed, {"state": "draft"}, {"subject_sent_back": SUBJECT_AND_TOWNSHIP}),
    (subjects.SubjectReviewed, {"state": "under_review"}, {}),
    (subjects.SubjectPublished, {}, {"subject_published": SUBJECT_AND_TOWNSHIP}),
    (subjects.SubjectSuspended, {}, {"subject_suspended": SUBJECT_AND_TOWNSHIP}),
    (subjects.SubjectRevoked, {}, {"subject_revoked": SUBJECT_AND_TOWNSHIP}),
    (subjects.SubjectMerged, {}, {"subject_merged": SUBJECT_AND_TOWNSHIP}),
    (subjects.SubjectSplit, {}, {"subject_split": SUBJECT_AND_TOWNSHIP}),
    (
        focus_tasks.PilotTaskUpdated,
        {"state": "blocked"},
        {"task_blocked": {"bureau_supervisor@"}},
    ),
    (focus_tasks.PilotTaskUpdated, {"state": "in_progress"}, {}),
    (
        rule_sets.RuleSetProposed,
        {"code": "finding.comment", "legal_basis": "《重庆市行政执法监督工作办法》第十二条"},
        {"rule_set_proposed": {"bureau_supervisor@"}},
    ),
    (
        focus_tasks.TaskStalled,
        {},
        {"task_stalled": {"district_supervisor@500106", "bureau_supervisor@"}},
    ),
    (
        focus_tasks.MilestoneOverdue,
        {},
        {"milestone_overdue": {"district_supervisor@500106"}},
    ),
    (
        pilot_townships.PilotTownshipDesignated,
        {"state": "designated"},
        {
            "pilot_township_designated": {
                "township_supervision_office@500106001",
                "township_enforcement@500106001",
            }
        },
    ),
    (pilot_townships.PilotTownshipDesignated, {"state": "ended"}, {}),
    (officers.CertificateIssued, {}, {"certificate_issued": SUBJECT_AND_TOWNSHIP}),
    (officers.CertificateSuspended, {}, {"certificate_suspended": SUBJECT_AND_TOWNSHIP}),
    (officers.CertificateReinstated, {}, {"certificate_reinstated": SUBJECT_AND_TOWNSHIP}),
    (officers.CertificateRevoked, {}, {"certificate_revoked": SUBJECT_AND_TOWNSHIP}),
    (officers.CertificateExpired, {}, {"certificate_expired": SUBJECT_AND_TOWNSHIP}),
    *(
        (
            kind,
            {"level": "city"},
            {rule: {"district_supervisor@500106"}, f"city_{rule}": {"bureau_supervisor@"}},
        )
        for kind, rule in (
            (powers.PowerDrafted, "power_drafted"),
            (powers.PowerAmendmentProposed, "power_amendment_proposed"),
        )
    ),
    *(
        (kind, {}, {rule: SUBJECT_AND_TOWNSHIP | {"township_supervision_office@500106001"}})
        for kind, rule in (
            (guidance_links.GuidanceAssigned, "guidance_assigned"),
            (guidance_links.GuidanceEnded, "guidance_ended"),
        )
    ),
    *(
        (kind, {}, {rule: {f"agency_user#{BODY}"}})
        for kind, rule in (
            (guidances.GuidanceSessionPlanned, "guidance_session_planned"),
            (guidances.GuidanceSessionCancelled, "guidance_session_cancelled"),
        )
    ),
    (
        item_lists.ItemListSubmitted,
        {},
        {"item_list_submitted": {"district_supervisor@500106"}},
    ),
    *(
        (item_lists.ItemListReviewed, {"state": state}, {rule: {"township_enforcement@500106001"}})
        for state, rule in (
            ("council", "item_list_passed_review"),
            ("draft", "item_list_sent_back"),
        )
    ),
    (
        item_lists.ItemListPublished,
        {"chunk": 0},
        {
            "item_list_published": {
                "district_supervisor@500106",
                "township_enforcement@500106001",
                "township_supervision_office@500106001",
            }
        },
    ),
    (item_lists.ItemListPublished, {"chunk": 1}, {}),
    (
        item_lists.ItemListEvaluationDue,
        {},
        {
            "item_list_evaluation_due": {
                "district_supervisor@500106",
                "township_enforcement@500106001",
            }
        },
    ),
    (
        item_lists.ItemListPowerEnded,
        {},
        {
            "item_list_power_ended": {
                "district_supervisor@500106",
                "township_enforcement@500106001",
            }
        },
    ),
    (powers.PowerDrafted, {}, {"power_drafted": {"district_supervisor@500106"}}),
    (powers.PowerActivated, {}, {"power_activated": SUBJECT_AND_TOWNSHIP}),
    (powers.PowerAmendmentDismissed, {}, {"power_amendment_dismissed": SUBJECT_AND_TOWNSHIP}),
    (powers.PowerAmended, {}, {"power_amended": SUBJECT_AND_TOWNSHIP}),
    (powers.PowerRepealed, {}, {"power_repealed": SUBJECT_AND_TOWNSHIP}),
    (officers.CertificateExpiring, {}, {"certificate_expiring": SUBJECT_AND_TOWNSHIP}),
    (officers.CertificateRenewed, {}, {"certificate_renewed": SUBJECT_AND_TOWNSHIP}),
    *(
        (
            kind,
            {"level": level},
            {rule: {"district_supervisor@500106"}}
            | ({f"city_{rule}": {"bureau_supervisor@"}} if level == "city" else {}),
        )
        for kind, rule in (
            (delegations.DelegationDrafted, "delegation_drafted"),
            (delegations.DelegationEvaluated, "delegation_evaluated"),
        )
        for level in ("district", "city")
    ),
    (delegations.DelegationReturned, {}, {"delegation_returned": SUBJECT_AND_TOWNSHIP}),
    (delegations.DelegationRefused, {}, {"delegation_refused": SUBJECT_AND_TOWNSHIP}),
    (delegations.DelegationApproved, {}, {"delegation_approved": SUBJECT_AND_TOWNSHIP}),
    (
        delegations.DelegationFilingOverdue,
        {},
        {"delegation_filing_overdue": SUBJECT_AND_TOWNSHIP | {"district_supervisor@500106"}},
    ),
    *(
        (kind, {}, {rule: SUBJECT_AND_TOWNSHIP | TRUSTEE})
        for kind, rule in (
            (delegations.DelegationActivated, "delegation_activated"),
            (delegations.DelegationExpiring, "delegation_expiring"),
            (delegations.DelegationExpired, "delegation_expired"),
            (delegations.DelegationRevoked, "delegation_revoked"),
            (delegations.DelegationTransferred, "delegation_transferred"),
        )
    ),
    (
        empowerments.EmpowermentProposed,
        {},
        {"empowerment_proposed": {"district_supervisor@500106"}},
    ),
    (empowerments.EmpowermentCapacityChecked, {}, {"empowerment_capacity_checked": GRANTOR}),
    (
        empowerments.EmpowermentCasesHandedOver,
        {},
        {"empowerment_cases_handed_over": SUBJECT_AND_TOWNSHIP},
    ),
    *(
        (kind, {}, {rule: SUBJECT_AND_TOWNSHIP | GRANTOR})
        for kind, rule in (
            (empowerments.EmpowermentBegan, "empowerment_began"),
            (empowerments.EmpowermentWithdrawn, "empowerment_withdrawn"),
            (empowerments.EmpowermentTransferred, "empowerment_transferred"),
            (empowerments.EmpowermentDropped, "empowerment_dropped"),
        )
    ),
    *(
        (kind, {}, {rule: {"district_supervisor@500106"}})
        for kind, rule in (
            (empowerments.EmpowermentEvaluationDue, "empowerment_evaluation_due"),
            (empowerments.EmpowermentEvaluationOverdue, "empowerment_evaluation_overdue"),
        )
    ),
    (
        empowerments.EmpowermentEvaluated,
        {"result": "withdraw"},
        {
            "empowerment_to_be_withdrawn": {"district_supervisor@500106"}
            | SUBJECT_AND_TOWNSHIP
            | GRANTOR
        },
    ),
    (empowerments.EmpowermentEvaluated, {"result": "keep"}, {}),
    *(
        (kind, {}, {rule: {PLACES["district"]}})
        for kind, rule in (
            (campaigns.CampaignPlanned, "campaign_to_approve"),
            (campaigns.CampaignSubmitted, "campaign_to_approve_again"),
            (campaigns.CampaignReported, "campaign_to_accept"),
        )
    ),
    (
        campaigns.CampaignReported,
        {"mode": "unannounced"},
        {"campaign_to_accept": {PLACES["district"]}},
    ),
    (campaigns.CampaignReturned, {"state": "returned"}, {"campaign_plan_returned": {"=zhao"}}),
    (
        campaigns.CampaignReturned,
        {"state": "running", "reported_by": "li"},
        {"campaign_report_returned": {"=li"}},
    ),
    (campaigns.CampaignApproved, {}, {"campaign_approved": {"=zhao"}}),
    (campaigns.CampaignCancelled, {}, {"campaign_cancelled": {"=zhao"}}),
    (
        campaigns.CampaignReportOverdue,
        {},
        {"campaign_report_overdue": {PLACES["district"], "=zhao"}},
    ),
    *(
        (
            campaigns.CampaignPrepared,
            {"step": step, "mode": "unannounced"},
            {"unannounced_campaign_to_approve": {"=qian"}},
        )
        for step in ("planned", "submitted")
    ),
    (
        campaigns.CampaignPrepared,
        {"step": "planned", "mode": "unannounced", "approver": None},
        {"some_unannounced_campaign_to_approve": {PLACES["district"]}},
    ),
    *(
        (
            campaigns.CampaignPrepared,
            {"step": step, "mode": "unannounced"},
            {"unannounced_campaign_moved_on": {"=zhao"}},
        )
        for step in ("approved", "returned", "cancelled", "report_overdue")
    ),
    (campaigns.CampaignPrepared, {"step": "started"}, {}),
    (participants.ParticipantInvited, {"account": "he"}, {"participant_invited": {"=he"}}),
    (participants.ParticipantInvited, {"account": None}, {}),
    (participants.ParticipantRecused, {}, {"participant_recused": {"=zhao"}}),
    (participants.ParticipantDeclined, {}, {"participant_declined": {"=zhao"}}),
    (
        participants.ParticipantPrepared,
        {"state": "invited", "account": "he"},
        {"participant_invited_unannounced": {"=he"}},
    ),
    *(
        (
            participants.ParticipantPrepared,
            {"state": state},
            {"participant_answered_unannounced": {"=zhao"}},
        )
        for state in ("declined", "recused")
    ),
    (participants.ParticipantPrepared, {"state": "accepted"}, {}),
    (
        InspectionAssigned,
        {"mode": "announced"},
        {"inspection_announced": SUBJECT_AND_TOWNSHIP, "inspection_assigned": {"=wang", "=li"}},
    ),
    (
        InspectionAssigned,
        {"mode": "unannounced"},
        {"inspection_assigned": {"=wang", "=li"}},
    ),
    (InspectionPrepared, {"state": "assigned"}, {"unannounced_inspection_assigned": INSPECTORS}),
    (InspectionPrepared, {"state": "accepted"}, {"unannounced_inspection_assigned": INSPECTORS}),
    (
        InspectionPrepared,
        {"state": "cancelled"},
        {"unannounced_inspection_cancelled": INSPECTORS},
    ),
    (
        InspectionNotified,
        {"planned_on": date(2022, 7, 4)},
        {"inspection_notified": SUBJECT_AND_TOWNSHIP},
    ),
    (
        InspectionReassigned,
        {"inspectors": ["wang", "zhao"]},
        {"inspection_reassigned": {"=wang", "=zhao"}},
    ),
    (
        InspectionRecusalRequested,
        {"inspector": "li", "assigned_by": "zhao"},
        {
            "inspection_recusal_requested": {"=zhao"},
            "inspection_recusal_challenged": {"=li"},
        },
    ),
    (InspectionRecusalRefused, {"inspector": "li"}, {"inspection_recusal_refused": {"=li"}}),
    (
        InspectionRecusalOverdue,
        {"assigned_by": "zhao"},
        {"inspection_recusal_overdue": {"=zhao"}},
    ),
    *(
        (
            InspectionPrepared,
            {"state": "notified", "step": step, "assigned_by": "zhao"},
            {"unannounced_inspection_recusal": {"=zhao"}},
        )
        for step in ("recusal_requested", "recusal_overdue")
    ),
    (InspectionStarted, {"mode": "announced"}, {"inspection_started": SUBJECT_AND_TOWNSHIP}),
    (InspectionStarted, {"mode": "unannounced"}, {}),
    (
        InspectionCompleted,
        {"mode": "unannounced"},
        {"inspection_completed": SUBJECT_AND_TOWNSHIP},
    ),
    (
        InspectionCancelled,
        {"mode": "announced"},
        {
            "inspection_cancelled": {"=wang", "=li"},
            "announced_inspection_cancelled": SUBJECT_AND_TOWNSHIP,
        },
    ),
    (
        InspectionCancelled,
        {"mode": "unannounced"},
        {"inspection_cancelled": {"=wang", "=li"}},
    ),
    (contact_points.ContactPointProposed, {}, {"contact_point_proposed": {PLACES["district"]}}),
    (
        contact_points.ContactPointVisitDue,
        {"overdue": False},
        {"contact_point_visit_due": OFFICE_AND_DISTRICT},
    ),
    (
        contact_points.ContactPointVisitDue,
        {"overdue": True},
        {"contact_point_visit_overdue": OFFICE_AND_DISTRICT},
    ),
    (
        lay_monitors.LayMonitorNominated,
        {"level": "district"},
        {"lay_monitor_nominated": {PLACES["district"]}},
    ),
    (
        lay_monitors.LayMonitorNominated,
        {"level": "city"},
        {
            "lay_monitor_nominated": {PLACES["district"]},
            "city_lay_monitor_nominated": {PLACES["bureau"]},
        },
    ),
    (
        lay_monitors.LayMonitorAppointed,
        {},
        {"lay_monitor_appointed": {"=zhao", PLACES["township"]}},
    ),
    (
        lay_monitors.LayMonitorAssignmentReversed,
        {},
        {"lay_monitor_assignment_reversed": {"=zhao", PLACES["township"]}},
    ),
    (
        lay_monitors.LayMonitorEnded,
        {},
        {"lay_monitor_ended": {"=zhao", *OFFICE_AND_DISTRICT}},
    ),
    (
        lay_monitors.LayMonitorDismissed,
        {},
        {"lay_monitor_dismissed": {"=zhao", PLACES["township"]}},
    ),
    (teams.TeamPlanned, {}, {"team_planned": {PLACES["district"]}}),
    (
        teams.TeamFormed,
        {},
        {"team_formed": {PLACES["township"], "township_enforcement@500106001"}},
    ),
    (
        leading_groups.LeadingGroupProposed,
        {},
        {"leading_group_proposed": {PLACES["district"]}},
    ),
    (
        responsibilities.ResponsibilityDrafted,
        {},
        {"responsibility_drafted": {PLACES["district"]}},
    ),
    (
        responsibilities.ResponsibilityReturned,
        {},
        {"responsibility_returned": SUBJECT_AND_TOWNSHIP},
    ),
    (responsibilities.ReportDue, {"reported_by": "subject"}, {"report_due": SUBJECT_AND_TOWNSHIP}),
    (
        responsibilities.ReportDue,
        {"reported_by": "district"},
        {"district_report_due": {PLACES["district"]}},
    ),
    (
        responsibilities.ReportOverdue,
        {"reported_by": "subject"},
        {"report_overdue": SUBJECT_AND_TOWNSHIP | {PLACES["district"]}},
    ),
    (
        responsibilities.ReportOverdue,
        {"reported_by": "district", "to_level": "bureau"},
        {"district_report_overdue": {PLACES["district"], PLACES["bureau"]}},
    ),
    (
        responsibilities.ReportSubmitted,
        {"to_level": "bureau"},
        {"report_submitted": {PLACES["bureau"]}},
    ),
    (
        responsibilities.ReportReturned,
        {"reported_by": "subject"},
        {"report_returned": SUBJECT_AND_TOWNSHIP},
    ),
    (
        responsibilities.ReportReturned,
        {"reported_by": "district"},
        {"district_report_returned": {PLACES["district"]}},
    ),
    *(
        (kind, {}, {rule: SUBJECT_AND_TOWNSHIP})
        for kind, rule in (
            (appraisals.AppraisalOpened, "appraisal_opened"),
            (appraisals.AppraisalReviewed, "appraisal_reviewed"),
            (appraisals.AppraisalHeard, "appraisal_heard"),
            (appraisals.AppraisalPublished, "appraisal_published"),
        )
    ),
    *(
        (kind, {"authority_level": level}, {rule: {PLACES[level]}})
        for kind, rule in (
            (appraisals.AppraisalSelfScored, "appraisal_self_scored"),
            (appraisals.AppraisalObjected, "appraisal_objected"),
        )
        for level in ("district", "bureau")
    ),
    (
        appraisals.AppraisalSelfScoreOverdue,
        {"authority_level": "district"},
        {"appraisal_self_score_overdue": SUBJECT_AND_TOWNSHIP | {PLACES["district"]}},
    ),
    *(
        (kind, {"level": level}, {rule: {PLACES[level]}})
        for kind, rule in (
            (appraisals.GovernmentAppraisalOpened, "government_appraisal_opened"),
            (appraisals.GovernmentAppraisalReviewed, "government_appraisal_reviewed"),
            (appraisals.GovernmentAppraisalHeard, "government_appraisal_heard"),
            (appraisals.GovernmentAppraisalPublished, "government_appraisal_published"),
        )
        for level in ("township", "district")
    ),
    *(
        (kind, {"authority_level": "bureau"}, {rule: {PLACES["bureau"]}})
        for kind, rule in (
            (appraisals.GovernmentAppraisalSelfScored, "government_appraisal_self_scored"),
            (appraisals.GovernmentAppraisalObjected, "government_appraisal_objected"),
        )
    ),
    (
        appraisals.GovernmentAppraisalSelfScoreOverdue,
        {"level": "district", "authority_level": "bureau"},
        {"government_appraisal_self_score_overdue": {PLACES["district"], PLACES["bureau"]}},
    ),
    *(
        (kind, {}, {rule: SUBJECT_AND_TOWNSHIP})
        for kind, rule in (
            (commendations.CommendationPublicised, "commendation_publicised"),
            (commendations.CommendationGranted, "commendation_granted"),
            (commendations.CommendationRejected, "commendation_rejected"),
            (commendations.CommendationRevoked, "commendation_revoked"),
        )
    ),
    *(
        (kind, {"authority_level": "district"}, {rule: {PLACES["district"]}})
        for kind, rule in (
            (commendations.CommendationNominated, "commendation_nominated"),
            (commendations.CommendationObjected, "commendation_objected"),
            (commendations.CommendationObjectionSettled, "commendation_objection_settled"),
        )
    ),
    *(
        (kind, {}, {rule: {who}})
        for kind, rule, who in (
            (experiences.ExperienceSubmitted, "experience_submitted", "bureau_supervisor@"),
            (experiences.ExperienceAccepted, "experience_accepted", PLACES["district"]),
            (experiences.ExperienceReturned, "experience_returned", PLACES["district"]),
        )
    ),
    (
        experiences.ExperienceAdopted,
        {},
        {
            "experience_adopted": {"bureau_supervisor@"},
            "experience_adopted_here": {PLACES["district"], PLACES["township"]},
        },
    ),
    (
        experiences.ExperienceRecalled,
        {},
        {"adopted_experience_recalled": {PLACES["district"], PLACES["township"]}},
    ),
    (
        evaluations.EvaluationStarted,
        {"co_evaluators": [BODY]},
        {
            "evaluation_started": {
                *(PLACES["district"], "bureau_supervisor@", f"agency_user#{BODY}"),
            }
        },
    ),
    (
        evaluations.EvaluationCompleted,
        {"co_evaluators": [BODY]},
        {"evaluation_completed": {PLACES["district"], f"agency_user#{BODY}"}},
    ),
    (
        evaluations.EvaluationScored,
        {"missing": 0},
        {"evaluation_all_scored": {"bureau_supervisor@"}},
    ),
    (evaluations.EvaluationScored, {"missing": 1}, {}),
    (case_reviews.CaseReviewAssigned, {}, {"case_review_assigned": {"=r1", "=r2", "=ar"}}),
    (case_reviews.CaseFileDisputed, {}, {"case_file_disputed": {"=ar"}}),
    *(
        (kind, {"authority_level": "bureau"}, {rule: {PLACES["bureau"]}})
        for kind, rule in (
            (case_reviews.CaseReviewScored, "case_review_scored"),
            (case_reviews.CaseReviewObjected, "case_review_objected"),
        )
    ),
    *(
        (kind, {}, {rule: SUBJECT_AND_TOWNSHIP})
        for kind, rule in (
            (case_reviews.CaseReviewAnnounced, "case_review_announced"),
            (case_reviews.CaseReviewConcluded, "case_review_concluded"),
        )
    ),
    (FindingRecorded, {}, {"finding_recorded": SUBJECT_AND_TOWNSHIP}),
    (FindingConfirmed, {}, {"finding_confirmed": SUBJECT_AND_TOWNSHIP}),
    (FindingWithdrawn, {}, {"finding_withdrawn": SUBJECT_AND_TOWNSHIP}),
    (FindingReopened, {}, {"finding_reopened": SUBJECT_AND_TOWNSHIP}),
    (RectificationOrdered, {}, {"rectification_ordered": SUBJECT_AND_TOWNSHIP}),
    *(
        (kind, {"authority_level": level, "days": 10}, {rule: {key}})
        for kind, rule in (
            (FindingCommented, "finding_commented"),
            (FindingCommentsEnded, "finding_comments_ended"),
            (RectificationSubmitted, "rectification_submitted"),
            (RectificationExtensionRequested, "rectification_extension_requested"),
        )
        for level, key in PLACES.items()
    ),
    (
        RectificationExtensionRefused,
        {},
        {"rectification_extension_refused": SUBJECT_AND_TOWNSHIP},
    ),
    (RectificationExtended, {}, {"rectification_extended": SUBJECT_AND_TOWNSHIP}),
    (RectificationRejected, {}, {"rectification_rejected": SUBJECT_AND_TOWNSHIP}),
    (RectificationVerified, {}, {"rectification_verified": SUBJECT_AND_TOWNSHIP}),
    (RectificationRevoked, {}, {"rectification_revoked": SUBJECT_AND_TOWNSHIP}),
    (
        RectificationOverdue,
        {},
        {
            "rectification_overdue": SUBJECT_AND_TOWNSHIP,
            "supervised_rectification_overdue": {
                "township_supervision_office@500106001",
                "district_supervisor@500106",
            },
        },
    ),
    *(
        (kind, {"authority_level": level, **more}, {rule: {key}})
        for kind, more, rule in (
            (documents.DocumentPrepared, {"state": "in_review"}, "document_to_review"),
            (documents.DocumentPrepared, {"state": "reviewed"}, "document_to_sign"),
            (documents.DocumentExecutionReported, {}, "document_execution_reported"),
            (documents.ReExaminationRequested, {}, "re_examination_requested"),
            (documents.ReExaminationOverdue, {}, "re_examination_overdue"),
        )
        for level, key in list(PLACES.items())[1:]
    ),
    (documents.DocumentPrepared, {"state": "drafted"}, {}),
    (documents.DocumentServed, {}, {"document_served": SUBJECT_AND_TOWNSHIP}),
    (
        documents.DocumentExecutionRefused,
        {},
        {"document_execution_refused": SUBJECT_AND_TOWNSHIP},
    ),
    (
        documents.DocumentOverdue,
        {},
        {
            "document_overdue": SUBJECT_AND_TOWNSHIP,
            "supervised_document_overdue": {PLACES["district"]},
        },
    ),
    (documents.DocumentRevoked, {}, {"document_revoked": SUBJECT_AND_TOWNSHIP}),
    (documents.DocumentAmended, {}, {"document_amended": SUBJECT_AND_TOWNSHIP}),
    (documents.ReExaminationDecided, {}, {"re_examination_decided": SUBJECT_AND_TOWNSHIP}),
    *(
        (kind, {"authority_level": level, "executor": "issuer"}, {rule: {key}})
        for kind, rule in (
            (measures.MeasureProposed, "measure_proposed"),
            (measures.MeasureReported, "measure_reported"),
            (measures.MeasureSettled, "measure_settled"),
            (measures.MeasureUnexecuted, "measure_unexecuted"),
            (measures.MeasureOverdue, "supervised_measure_overdue"),
        )
        for level, key in PLACES.items()
    ),
    (
        measures.MeasureDecided,
        {"executor": "authority"},
        {
            "measure_decided": SUBJECT_AND_TOWNSHIP,
            "measure_for_authority_decided": {PLACES["district"]},
        },
    ),
    (measures.MeasureRejected, {}, {"measure_rejected": SUBJECT_AND_TOWNSHIP}),
    (measures.MeasureRevoked, {}, {"measure_revoked": SUBJECT_AND_TOWNSHIP}),
    (
        measures.MeasureOverdue,
        {},
        {
            "measure_overdue": SUBJECT_AND_TOWNSHIP,
            "supervised_measure_overdue": {PLACES["district"]},
        },
    ),
    (
        file_requests.FileRequestRequested,
        {},
        {"file_request_requested": SUBJECT_AND_TOWNSHIP},
    ),
    (file_requests.FileRequestReturned, {}, {"file_request_returned": SUBJECT_AND_TOWNSHIP}),
    (
        file_requests.FileRequestAnswered,
        {"authority_level": "bureau"},
        {"file_request_answered": {PLACES["bureau"]}},
    ),
    (
        file_requests.FileRequestOverdue,
        {},
        {
            "file_request_overdue": SUBJECT_AND_TOWNSHIP,
            "unanswered_file_request": {PLACES["district"]},
        },
    ),
    (
        warnings.WarningRaised,
        {},
        {
            "warning_raised": SUBJECT_AND_TOWNSHIP,
            "supervised_warning_raised": {PLACES["district"]},
        },
    ),
    (
        warnings.WarningTurnedRed,
        {},
        {"warning_turned_red": SUBJECT_AND_TOWNSHIP | {PLACES["district"]}},
    ),
    (warnings.WarningAnswered, {}, {"warning_answered": {PLACES["district"]}}),
    (
        warnings.OutsourcingSuspected,
        {},
        {"outsourcing_suspected": {PLACES["district"], PLACES["bureau"]}},
    ),
    *(
        (kind, {"division": "500106"}, {rule: {PLACES["district"]}})
        for kind, rule in (
            (annual_statistics.AnnualStatisticsCompiled, "annual_statistics_compiled"),
            (annual_statistics.AnnualStatisticsDue, "annual_statistics_due"),
        )
    ),
    *(
        (
            kind,
            {"division": "50"},
            {rule: {PLACES["district"]}, f"city_{rule}": {PLACES["bureau"]}},
        )
        for kind, rule in (
            (annual_statistics.AnnualStatisticsCompiled, "annual_statistics_compiled"),
            (annual_statistics.AnnualStatisticsDue, "annual_statistics_due"),
        )
    ),
    (annual_statistics.AnnualStatisticsReturned, {}, {"annual_statistics_returned": {"=zhao"}}),
    (
        coverage.CoverageGapFound,
        {"coverage_kind": "acts", "unit": BODY},
        {"acts_not_ingested": SUBJECT_AND_TOWNSHIP},
    ),
    (coverage.CoverageGapFound, {"coverage_kind": "officers", "unit": BODY}, {}),
    (risks.RiskIdentified, {"authority_level": "bureau"}, {"risk_identified": {PLACES["bureau"]}}),
    (risks.RiskAssessed, {}, {"risk_assessed": SUBJECT_AND_TOWNSHIP}),
    (
        risks.RiskOverdue,
        {},
        {
            "risk_overdue": SUBJECT_AND_TOWNSHIP,
            "supervised_risk_overdue": {PLACES["district"]},
        },
    ),
    *(
        (kind, {}, {rule: {f"agency_user#{BODY}"}})
        for kind, rule in (
            (acts.ActBatchFinished, "act_records_refused"),
            (acts.ActBatchFailed, "act_file_unreadable"),
            (acts.ActSourceSuspended, "act_source_suspended"),
        )
    ),
    (acts.ActBatchFinished, {"refused": 0}, {}),
    (
        acts.ActReconciliationDiffered,
        {"missing": 1},
        {"act_reconciliation_differed": {f"agency_user#{BODY}"}},
    ),
    (
        acts.ActReconciliationOverdue,
        {"missing": 1},
        {"act_reconciliation_overdue": {f"agency_user#{BODY}", PLACES["district"]}},
    ),
    (
        acts.ActReconciliationOverdue,
        {"missing": 1, "level": "city"},
        {
            "act_reconciliation_overdue": {f"agency_user#{BODY}", PLACES["district"]},
            "city_act_reconciliation_overdue": {PLACES["bureau"]},
        },
    ),
    (conduct_checks.ConductChecked, {}, {"conduct_checked": {PLACES["district"]}}),
    (conduct_checks.ConductViolated, {}, {"conduct_violated": SUBJECT_AND_TOWNSHIP}),
    *(
        (
            SuspensionRequestReceived,
            {"issuer_level": level},
            {"suspension_request_received": {PLACES[level]}},
        )
        for level in ("district", "bureau")
    ),
    *((e.IssueRaised, {"level": level}, {"issue_raised": {key}}) for level, key in PLACES.items()),
    (
        e.IssueRaised,
        {"level": "district", "major": True},
        {"major_issue_raised": {"district_supervisor@500106"}},
    ),
    (
        e.IssueEscalated,
        {"from_level": "township", "level": "district", "why": "breach"},
        {
            "issue_escalated": {"district_supervisor@500106"},
            "issue_left": {"township_supervision_office@500106001"},
        },
    ),
    (
        e.IssueEscalated,
        {"from_level": "district", "level": "bureau", "why": "manual"},
        {
            "issue_escalated": {"bureau_supervisor@"},
            "issue_left": {"district_supervisor@500106"},
        },
    ),
    (
        e.IssueEscalated,
        {"from_level": "township", "level": "bureau", "why": "direct"},
        {"issue_left": {"township_supervision_office@500106001"}},
    ),
    (
        e.IssueReportedToBureau,
        {"direct": True, "level": "bureau"},
        {"issue_reported_to_bureau": {"bureau_supervisor@"}},
    ),
    (e.IssueReportedToBureau, {"direct": False, "level": "bureau"}, {}),
    *(
        (e.IssueReturned, {"level": level, "from_level": "bureau"}, {"issue_returned": {key}})
        for level, key in PLACES.items()
    ),
    *(
        (e.IssueOverdue, {"level": level}, {"issue_overdue": {key}})
        for level, key in PLACES.items()
    ),
    *(
        (kind, {"level": "district"}, {rule: {PLACES["district"]}})
        for kind, rule in (
            (e.IssueEscalationProposed, "issue_escalation_proposed"),
            (e.IssueEscalationDeclined, "issue_escalation_declined"),
            (e.IssueDueSoon, "issue_due_soon"),
            (e.IssueUrged, "issue_urged"),
            (e.IssueExtended, "issue_extended"),
            (e.IssueDeadlineMoved, "issue_deadline_moved"),
            (e.IssueWithdrawn, "issue_withdrawn"),
        )
    ),
    (e.IssueMerged, {"level": "district"}, {"issue_merged": OFFICE_AND_DISTRICT}),
    (e.IssueReopened, {"level": "district"}, {"issue_reopened": OFFICE_AND_DISTRICT}),
    (
        e.IssueDecided,
        {"level": "bureau", "decided_by_level": "bureau"},
        {
            "issue_decided": {
                "township_supervision_office@500106001",
                "township_enforcement@500106001",
            },
            "issue_decided_above": {"district_supervisor@500106"},
        },
    ),
    (
        e.IssueDecided,
        {"level": "district", "decided_by_level": "district"},
        {
            "issue_decided": {
                "township_supervision_office@500106001",
                "township_enforcement@500106001",
            },
        },
    ),
    (e.IssueFedBack, {"level": "bureau"}, {"issue_fed_back": {"bureau_supervisor@"}}),
    (
        e.IssueClosed,
        {"level": "bureau"},
        {
            "issue_closed": {"township_supervision_office@500106001"},
            "issue_closed_above": {"district_supervisor@500106"},
        },
    ),
    (
        e.IssueClosed,
        {"level": "district"},
        {"issue_closed": {"township_supervision_office@500106001"}},
    ),
    *(
        (kind, {"level": "township"}, {rule: {PLACES["township"]}})
        for kind, rule in (
            (complaints.ComplaintReceived, "complaint_received"),
            (complaints.ComplaintReported, "complaint_reported"),
            (complaints.ComplaintExtensionRequested, "complaint_extension_requested"),
            (field_reports.FieldReportSubmitted, "field_report_submitted"),
            (field_reports.FieldReportDueSoon, "field_report_due_soon"),
        )
    ),
    *(
        (
            kind,
            {"level": "township", "by_level": "district", "organisation": None},
            {f"{rule}_to_office": {PLACES["township"]}, **more},
        )
        for kind, rule, more in (
            (assignments.AssignmentMade, "assignment_made", {}),
            (assignments.AssignmentSentBack, "assignment_sent_back", {}),
            (assignments.AssignmentUrged, "assignment_urged", {}),
            (assignments.AssignmentWithdrawn, "assignment_withdrawn", {}),
            (
                assignments.AssignmentOverdue,
                "assignment_overdue",
                {"assigned_is_overdue": {PLACES["district"]}},
            ),
        )
    ),
    *(
        (kind, {"by_office": False}, {rule: {f"agency_user#{BODY}"}})
        for kind, rule in (
            (assignments.AssignmentMade, "assignment_made"),
            (assignments.AssignmentSentBack, "assignment_sent_back"),
            (assignments.AssignmentUrged, "assignment_urged"),
            (assignments.AssignmentWithdrawn, "assignment_withdrawn"),
        )
    ),
    (
        assignments.AssignmentOverdue,
        {"by_office": False, "by_level": "bureau"},
        {
            "assignment_overdue": {f"agency_user#{BODY}"},
            "assigned_is_overdue": {PLACES["bureau"]},
        },
    ),
    (
        assignments.AssignmentReported,
        {"by_level": "district"},
        {"assignment_reported": {PLACES["district"]}},
    ),
    (complaints.ComplaintAssigned, {}, {"complaint_assigned": {f"agency_user#{BODY}"}}),
    (
        complaints.ComplaintAnswered,
        {"outcome": "substantiated"},
        {"complaint_answered": OFFICE_AND_DISTRICT},
    ),
    (complaints.ComplaintAnswered, {"outcome": "unsubstantiated"}, {}),
    (
        complaints.ComplaintDueSoon,
        {"level": "township"},
        {"complaint_due_soon": {PLACES["township"], f"agency_user#{BODY}"}},
    ),
    (
        complaints.ComplaintOverdue,
        {"level": "township", "level_above": "district"},
        {"complaint_overdue": OFFICE_AND_DISTRICT},
    ),
    *(
        (kind, told, {rule: BOTH_PARTIES})
        for kind, rule, told in (
            (disputes.DisputeOpened, "dispute_opened", {}),
            (disputes.DisputeTermsProposed, "dispute_terms_proposed", {}),
            (disputes.DisputeSettled, "dispute_settled", {}),
            (disputes.DisputeRefused, "dispute_refused", {}),
            (disputes.DisputeForwarded, "dispute_forwarded", {}),
            (disputes.DisputeInterimOrdered, "dispute_interim_ordered", {}),
            (disputes.DisputeDecided, "dispute_decided", {"outcome": "ruling"}),
            (disputes.DisputeDueSoon, "dispute_party_due_soon", {"state": "negotiating"}),
        )
    ),
    *(
        (kind, {"level": "district", **told}, {rule: {PLACES["district"]}})
        for kind, rule, told in (
            (disputes.DisputeApplied, "dispute_applied", {}),
            (disputes.DisputeReplied, "dispute_replied", {"outstanding": 0}),
            (disputes.DisputeSafetyActionReported, "dispute_safety_action", {}),
            (disputes.DisputeOpinionProposed, "dispute_opinion_proposed", {}),
            (disputes.DisputeObjected, "dispute_objected", {}),
            (disputes.DisputeDueSoon, "dispute_level_due_soon", {"state": "applied"}),
            (disputes.DisputeOverdue, "dispute_overdue", {"state": "applied"}),
        )
    ),
    *(
        (kind, {}, {rule: BOTH_PARTIES})
        for kind, rule in (
            (conferences.ConferenceCalled, "conference_called"),
            (conferences.ConferencePostponed, "conference_postponed"),
            (conferences.ConferenceCancelled, "conference_cancelled"),
            (conferences.ConferenceMinutesIssued, "conference_minutes_issued"),
        )
    ),
    *(
        (kind, {"level": "district"}, {rule: {PLACES["district"]}})
        for kind, rule in (
            (conferences.ConferenceMinutesWritten, "conference_minutes_written"),
            (conferences.ConferenceMinutesDueSoon, "conference_minutes_due_soon"),
            (conferences.ConferenceMinutesOverdue, "conference_minutes_overdue"),
            (resolutions.ResolutionReported, "resolution_reported"),
        )
    ),
    *(
        (kind, {}, {rule: {f"agency_user#{BODY}"}})
        for kind, rule in (
            (resolutions.ResolutionAssigned, "resolution_assigned"),
            (resolutions.ResolutionSentBack, "resolution_sent_back"),
            (resolutions.ResolutionPostponed, "resolution_postponed"),
            (resolutions.ResolutionUrged, "resolution_urged"),
            (resolutions.ResolutionWithdrawn, "resolution_withdrawn"),
            (resolutions.ResolutionDueSoon, "resolution_due_soon"),
        )
    ),
    *(
        (
            kind,
            {"from_level": "township", "level": "district"},
            {rule: {PLACES[level] for level in levels}},
        )
        for kind, rule, levels in (
            (periodic_reports.PeriodicReportCalled, "periodic_report_called", ["township"]),
            (periodic_reports.PeriodicReportDueSoon, "periodic_report_due_soon", ["township"]),
            (
                periodic_reports.PeriodicReportOverdue,
                "periodic_report_overdue",
                ["township", "district"],
            ),
            (periodic_reports.PeriodicReportUrged, "periodic_report_urged", ["township"]),
            (periodic_reports.PeriodicReportSubmitted, "periodic_report_submitted", ["district"]),
            (periodic_reports.PeriodicReportReturned, "periodic_report_returned", ["township"]),
            (periodic_reports.PeriodicReportAccepted, "periodic_report_accepted", ["township"]),
            (periodic_reports.PeriodicReportMissed, "periodic_report_missed", ["township"]),
        )
    ),
    *(
        (kind, {"level": "township"}, {rule: {PLACES["township"]}})
        for kind, rule in (
            (recommendations.RecommendationSubmitted, "recommendation_submitted"),
            (recommendations.RecommendationReturned, "recommendation_returned"),
            (recommendations.RecommendationApproved, "recommendation_approved"),
        )
    ),
    (
        recommendations.RecommendationIssued,
        {"level_above": "bureau"},
        {"recommendation_issued": {PLACES["bureau"]}},
    ),
    (
        resolutions.ResolutionOverdue,
        {"level": "bureau"},
        {"resolution_overdue": {f"agency_user#{BODY}", PLACES["bureau"]}},
    ),
    *(
        (kind, {"level": "district"}, {rule: {PLACES["district"]}})
        for kind, rule in (
            (accountability.AccountabilityProposed, "accountability_proposed"),
            (accountability.AccountabilityReturned, "accountability_returned"),
            (accountability.AccountabilityApproved, "accountability_approved"),
            (accountability.AccountabilityDeclined, "accountability_declined"),
            (accountability.AccountabilityOutcomeReported, "accountability_outcome_reported"),
        )
    ),
    *(
        (kind, {}, {rule: {f"agency_user#{BODY}"}})
        for kind, rule in (
            (accountability.AccountabilitySent, "accountability_sent"),
            (accountability.AccountabilityUrged, "accountability_urged"),
            (accountability.AccountabilitySentBack, "accountability_sent_back"),
        )
    ),
    (
        accountability.AccountabilityDueSoon,
        {"level": "bureau", "organisation": None},
        {"accountability_due_soon": {PLACES["bureau"]}},
    ),
    (
        accountability.AccountabilityOverdue,
        {"level": "bureau"},
        {"accountability_overdue": {PLACES["bureau"], f"agency_user#{BODY}"}},
    ),
    (disputes.DisputeReplied, {"outstanding": 1}, {}),
    (
        disputes.DisputeOverdue,
        {"state": "forwarded", "level": "bureau"},
        {"dispute_party_overdue": BOTH_PARTIES, "dispute_overdue": {PLACES["bureau"]}},
    ),
    (field_reports.FieldReportAnswered, {}, {"field_report_answered": {"=zhao"}}),
    (
        field_reports.FieldReportOverdue,
        {"level": "township"},
        {"field_report_overdue": OFFICE_AND_DISTRICT},
    ),
    *(
        (kind, {"level": "district"}, {f"referral_{rule}": told})
        for kind, rule, told in (
            (referrals.ReferralDrafted, "drafted", ABOVE),
            (referrals.ReferralAcknowledged, "acknowledged", RECEIVER),
            (referrals.ReferralAccepted, "accepted", ABOVE),
            (referrals.ReferralDeclined, "declined", ABOVE),
            (referrals.ReferralTeamFormed, "team_formed", ABOVE | RECEIVER),
            (referrals.ReferralCompleted, "completed", RECEIVER),
            (referrals.ReferralReplied, "replied", ABOVE),
            (referrals.ReferralUrged, "urged", RECEIVER),
            (referrals.ReferralOverdue, "overdue", ABOVE | RECEIVER),
        )
    ),
    *(
        (kind, {"level": "district"}, {f"cooperation_{rule}": told})
        for kind, rule, told in (
            (cooperations.CooperationDrafted, "drafted", SUBJECT_AND_TOWNSHIP_BODY),
            (cooperations.CooperationReceived, "received", RECEIVER),
            (cooperations.CooperationAccepted, "accepted", SUBJECT_AND_TOWNSHIP_BODY),
            (cooperations.CooperationRefused, "refused", SUBJECT_AND_TOWNSHIP_BODY | ABOVE),
            (cooperations.CooperationDone, "done", SUBJECT_AND_TOWNSHIP_BODY),
            (cooperations.CooperationSentBack, "sent_back", RECEIVER),
            (cooperations.CooperationWithdrawn, "withdrawn", RECEIVER),
            (cooperations.CooperationUrged, "urged", RECEIVER),
            (
                cooperations.CooperationOverdue,
                "overdue",
                SUBJECT_AND_TOWNSHIP_BODY | RECEIVER | ABOVE,
            ),
        )
    ),
    (liaisons.LiaisonProposed, {"level": "district"}, {"liaison_proposed": ABOVE}),
    (liaisons.LiaisonDueSoon, {"level": "district"}, {"liaison_due_soon": ABOVE}),
    (packages.PackageDueSoon, {}, {"package_due_soon": RECEIVER}),
    (transfers.TransferDueSoon, {}, {"transfer_due_soon": SUBJECT_AND_TOWNSHIP_BODY | RECEIVER}),
    (
        reverse_transfers.ReverseTransferDueSoon,
        {},
        {"reverse_transfer_due_soon": SUBJECT_AND_TOWNSHIP_BODY},
    ),
    (referrals.ReferralDueSoon, {}, {"referral_due_soon": RECEIVER}),
    (cooperations.CooperationDueSoon, {}, {"cooperation_due_soon": RECEIVER}),
    (liaisons.LiaisonOverdue, {"level": "district"}, {"liaison_overdue": ABOVE}),
    (packages.PackageSent, {}, {"package_sent": RECEIVER}),
    (packages.PackageConfirmed, {}, {"package_confirmed": OF_SENDER}),
    (packages.PackageOverdue, {}, {"package_overdue": OF_SENDER | RECEIVER}),
    *(
        (kind, {"level": "district"}, {f"transfer_{rule}": told})
        for kind, rule, told in (
            (transfers.TransferFound, "found", SUBJECT_AND_TOWNSHIP_BODY),
            (transfers.TransferApproved, "approved", SUBJECT_AND_TOWNSHIP_BODY),
            (transfers.TransferDeclined, "declined", SUBJECT_AND_TOWNSHIP_BODY | ABOVE),
            (transfers.TransferReceived, "received", RECEIVER),
            (transfers.TransferForwarded, "forwarded", SUBJECT_AND_TOWNSHIP_BODY),
            (transfers.TransferFiled, "filed", SUBJECT_AND_TOWNSHIP_BODY),
            (transfers.TransferRefused, "refused", SUBJECT_AND_TOWNSHIP_BODY | ABOVE),
            (
                transfers.TransferReconsiderationRequested,
                "reconsideration_requested",
                RECEIVER,
            ),
            (transfers.TransferUpheld, "upheld", SUBJECT_AND_TOWNSHIP_BODY | ABOVE),
            (transfers.TransferSupervisionRequested, "supervision_requested", RECEIVER | ABOVE),
            (transfers.TransferDismissed, "dismissed", SUBJECT_AND_TOWNSHIP_BODY),
            (transfers.TransferGoodsHandedOver, "goods_handed_over", RECEIVER),
            (transfers.TransferConcluded, "concluded", SUBJECT_AND_TOWNSHIP_BODY | ABOVE),
            (transfers.TransferUrged, "urged", SUBJECT_AND_TOWNSHIP_BODY | RECEIVER),
            (transfers.TransferOverdue, "overdue", SUBJECT_AND_TOWNSHIP_BODY | RECEIVER | ABOVE),
        )
    ),
    *(
        (kind, {"level": "district"}, {f"reverse_transfer_{rule}": told})
        for kind, rule, told in (
            (reverse_transfers.ReverseTransferRegistered, "registered", SUBJECT_AND_TOWNSHIP_BODY),
            (reverse_transfers.ReverseTransferAccepted, "accepted", OF_SENDER),
            (reverse_transfers.ReverseTransferDeclined, "declined", OF_SENDER | ABOVE),
            (
                reverse_transfers.ReverseTransferOverdue,
                "overdue",
                SUBJECT_AND_TOWNSHIP_BODY | ABOVE,
            ),
        )
    ),
    (
        supervision_officers.SupervisionCardExpired,
        {},
        {"supervision_card_expired": {"district_supervisor@500106"}},
    ),
    (
        supervision_officers.SupervisionCardExpired,
        {"level": "city"},
        {"city_supervision_card_expired": {"bureau_supervisor@"}},
    ),
    (
        trainings.TrainingDue,
        {"person_kind": "officer", "division": "500106001"},
        {"officer_training_due": {*SUBJECT_AND_TOWNSHIP, "district_supervisor@500106"}},
    ),
    (
        trainings.TrainingDue,
        {"person_kind": "supervision_officer", "division": "500106001"},
        {"supervision_training_due": {"district_supervisor@500106"}},
    ),
    (
        trainings.TrainingDue,
        {"person_kind": "supervision_officer", "level": "city", "division": "50"},
        {"city_supervision_training_due": {"bureau_supervisor@"}},
    ),
    (budgets.BudgetSubmitted, {}, {"budget_submitted": {"district_supervisor@500106"}}),
    (
        budgets.BudgetSubmitted,
        {"level": "city"},
        {"city_budget_submitted": {"bureau_supervisor@"}},
    ),
    (
        budgets.BudgetReturned,
        {},
        {"budget_returned": {f"agency_user#{BODY}", "district_supervisor@500106"}},
    ),
    (
        budgets.BudgetSpendingReversed,
        {},
        {"budget_spending_reversed": {f"agency_user#{BODY}", "district_supervisor@500106"}},
    ),
    (budgets.BudgetApproved, {"flagged": True}, {"budget_fell": {"bureau_supervisor@"}}),
    (budgets.BudgetApproved, {"flagged": False}, {}),
    (
        budgets.BudgetMissing,
        {"level": "district", "division": "500106"},
        {"budget_missing": {"district_supervisor@500106"}},
    ),
    (
        budgets.BudgetMissing,
        {"level": "city", "division": "50"},
        {"city_budget_missing": {"bureau_supervisor@"}},
    ),
    (staffing.StaffingShort, {}, {"staffing_short": {"district_supervisor@500106"}}),
    (
        staffing.StaffingShort,
        {"level": "city"},
        {"city_staffing_short": {"bureau_supervisor@"}},
    ),
]


@pytest.mark.parametrize(
    ("kind", "given", "told"), CASES, ids=[f"{kind.type}-{given}" for kind, given, _ in CASES]
)
def test_a_fact_is_told_to_those_whom_it_concerns(
    kind: type[Event], given: dict[str, Any], told: dict[str, set[str]]
) -> None:
    found: dict[str, set[str]] = {}
    for draft in RULES.messages(example(kind, **given), TOWNSHIP, "沙坪坝区小龙坎街道"):
        assert draft.to.key not in found.setdefault(draft.rule, set())
        found[draft.rule].add(draft.to.key)
    assert found == told


def test_every_rule_is_in_the_table() -> None:
    written = {rule.name for several in RULES.by_event.values() for rule in several}
    assert written - {"city_subject_submitted"} == {name for _, _, told in CASES for name in told}


@pytest.mark.parametrize(("kind", "given"), [(kind, given) for kind, given, told in CASES if told])
def test_words_are_complete_and_chinese(kind: type[Event], given: dict[str, Any]) -> None:
    for draft in RULES.messages(example(kind, **given), TOWNSHIP, "沙坪坝区小龙坎街道"):
        for text in (draft.title, draft.body):
            assert "{" not in text
            assert "None" not in text
            for key in ("township", "district", "bureau", "serious", "breach", "manual", "+00:00"):
                assert key not in text
        assert draft.link.startswith("/") and "{" not in draft.link


def test_times_are_told_in_shanghai() -> None:
    (draft, _) = RULES.messages(example(RectificationOrdered), TOWNSHIP, "")
    assert "期限:2022年8月1日 17:00" in draft.body
    assert "第十五条、第十七条" in draft.body


def test_a_deadline_is_told_by_its_last_day() -> None:
    """`due_at` is the first moment that is too late: midnight, which the next day's name has."""
    due_at = datetime(2022, 7, 31, 16, tzinfo=UTC)
    (draft, _) = RULES.messages(example(RectificationOrdered, due_at=due_at), TOWNSHIP, "")
    assert "期限:2022年7月31日 24:00" in draft.body


def test_a_caller_without_a_division_is_nobodys_addressee() -> None:
    keys = rules.keys_of(
        roles={"bureau_supervisor"}, division="", organisation=None, sub="somebody"
    )
    assert keys == {"=somebody"}


def test_a_field_cannot_smuggle_in_a_template() -> None:
    event = example(e.IssueRaised, title="{decision} {0} {place.__class__}\n第二行" + "长" * 300)
    (draft,) = RULES.messages(event, TOWNSHIP, "")
    assert "{decision} {0} {place.__class__} 第二行" in draft.title
    assert len(draft.title) == 200 and draft.title.endswith("…")


def test_an_addressee_that_the_place_does_not_have_is_left_out() -> None:
    """A district's own body has no township that could be told."""
    told = RULES.messages(example(subjects.SubjectPublished), DISTRICT, "")
    assert [draft.to.key for draft in told] == [f"agency_user#{BODY}"]


def test_a_city_body_is_reviewed_by_the_bureau() -> None:
    told = RULES.messages(example(subjects.SubjectSubmitted, level="city", division="50"), CITY, "")
    assert [(draft.rule, draft.to.key) for draft in told] == [
        ("city_subject_submitted", "bureau_supervisor@")
    ]


def test_a_fact_without_a_rule_tells_nobody() -> None:
    assert RULES.messages(example(e.IssueTriaged, level="district"), TOWNSHIP, "") == []


@pytest.mark.parametrize(
    ("reach", "seen_at"),
    [
        (Reach.CITY, CITY),
        (Reach.DISTRICT, DISTRICT),
        (Reach.TOWNSHIP, TOWNSHIP),
        (Reach.ORGANISATION, DISTRICT),
        (Reach.PERSON, DISTRICT),
    ],
)
def test_that_it_was_addressed_is_not_told_below_the_addressee(
    reach: Reach, seen_at: Scope
) -> None:
    assert rules.Addressee(reach, Role.BUREAU_SUPERVISOR, TOWNSHIP).told_at == seen_at


RULE = """
[level_roles]
township = "township_supervision_office"
district = "district_supervisor"
bureau = "bureau_supervisor"
[[rule]]
name = "a_rule"
event = "escalation.issue.raised.v1"
to = [{ at = "level" }]
kind = "issue"
title = "{title}"
body = "{title}"
link = "/escalation/v1/issues/{issue_id}"
"""
ROLES = RULE[: RULE.index("[[rule]]")]


def test_the_smallest_rule_is_accepted() -> None:
    assert list(parse(RULE).by_event) == [e.IssueRaised]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("= [{", "= [", "rules.toml is not TOML: "),
        ("escalation.issue.raised", "escalation.issue.razed", "rule a_rule: there is no fact "),
        ('"{title}"', '"{titel}"', "has no field titel"),
        ("{issue_id}", "{issueid}", "has no field issueid"),
        ('"{title}"', '"{title.__class__}"', "may only name fields"),
        ('"{title}"', '"{title[0]}"', "may only name fields"),
        ('"{title}"', '"{title!r}"', "may only name fields"),
        ('"{title}"', '"{title:>9}"', "may only name fields"),
        ('"{title}"', '"{}"', "may only name fields"),
        ('"{title}"', '"{title"', "cannot be read"),
        ('{ at = "level" }', '{ at = "levl" }', "neither one of city, district, township"),
        ('{ at = "level" }', '{ at = "title" }', "holds no level of an issue"),
        ('{ at = "level" }', '{ at = "district" }', 'at = "district" needs a role'),
        ('{ at = "level" }', '{ at = "district", role = "boss" }', "rule.1.to.1.role: "),
        ('{ at = "level" }', '{ at = "person" }', "names the field `person`"),
        ('{ at = "level" }', '{ at = "person", person = "sub" }', "has no field sub"),
        ('{ at = "level" }', '{ at = "level", person = "number" }', "`person` goes with"),
        (
            '{ at = "level" }',
            '{ at = "organisation", role = "agency_user" }',
            "has no field organisation",
        ),
        ('{ at = "level" }', "", "rule.1.to: "),
        ('kind = "issue"', 'kind = "isue"', "rule.1.kind: "),
        ('kind = "issue"', 'kind = "issue"\nurgency = "now"', "rule.1.urgency: "),
        ('kind = "issue"', 'kind = "issue"\nwhen = { levle = "bureau" }', "has no field levle"),
        ('kind = "issue"', 'kind = "issue"\nwhen = { level = "top" }', "can never be 'top'"),
        ('kind = "issue"', 'kind = "issue"\nunless = { level = ["top"] }', "can never be"),
        ('kind = "issue"', 'kind = "issue"\nnot_known = 1', "rule.1.not_known: "),
        ("/escalation/v1", "https://elsewhere", "rule.1.link: "),
        ('bureau = "bureau_supervisor"', "", "does not name who answers"),
        ('name = "a_rule"', 'name = "A Rule"', "rule.1.name: "),
        (ROLES, "", "level_roles: "),
        (RULE, RULE + RULE[RULE.index("[[rule]]") :], "two rules of this name"),
        (RULE, ROLES, "rules.toml: rule: "),
    ],
)
def test_a_broken_rule_is_refused_in_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in RULE
    with pytest.raises(BrokenRules) as refused:
        parse(RULE.replace(old, new))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_service_with_broken_rules_does_not_start(tmp_path: Path) -> None:
    """Reactions are made when the service is, and the command line says what is the matter."""
    path = tmp_path / "rules.toml"
    path.write_text(RULE.replace("{issue_id}", "{id}"))
    with pytest.raises(Misconfigured, match=r"^rules\.toml: rule a_rule: .* has no field id$"):
        reactions.rules_of(path)


def test_every_fact_of_a_rule_has_one_reaction() -> None:
    table = reactions.reactions(RULES)
    assert len(table) == len({event for event, _ in table}) == len(RULES.by_event)
