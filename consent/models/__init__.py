"""Consents, their Documents, and what patients and practitioners did with them."""

from consent.models.access import HelpRequest, OneTimeCode
from consent.models.choices import ChoiceWithdrawal
from consent.models.consents import Consent
from consent.models.decisions import Clearance, Declaration, Decline, Signature, Withdrawal
from consent.models.disposals import DisposalCertificate, DisposalProposal, DisposalRefusal
from consent.models.documents import Acknowledgement, Document, Opening, PatientLink, Question
from consent.models.duties import StaffTask
from consent.models.endings import DayCheck, Ending
from consent.models.files import FileTime, Notice, SealedFile, SealingTask, StampingTask
from consent.models.marks import FactCheck, MarkDecision, ReviewMark
from consent.models.paper import PaperHandover, PaperPack, PaperScan, PaperWish
from consent.models.people import AuthorityCheck, Participant, ParticipantMark
from consent.models.reminders import ReminderDue, ReminderPolicy, ReminderStop
from consent.models.steps import AnswersReview, ScreeningRule, StepAnswers
from consent.models.studies import Study, StudyVersion
from consent.models.talks import CapacityDecision, CapacityDoubt, Talk
from consent.models.terms import ConsentTerms, SoonerAnswer, SoonerRequest
from consent.models.texts import ConsentTemplate, LanguageReview, TemplateDraft

__all__ = [
    "Acknowledgement",
    "AnswersReview",
    "AuthorityCheck",
    "CapacityDecision",
    "CapacityDoubt",
    "ChoiceWithdrawal",
    "Clearance",
    "Consent",
    "ConsentTemplate",
    "ConsentTerms",
    "DayCheck",
    "Declaration",
    "Decline",
    "DisposalCertificate",
    "DisposalProposal",
    "DisposalRefusal",
    "Document",
    "Ending",
    "FactCheck",
    "FileTime",
    "HelpRequest",
    "LanguageReview",
    "MarkDecision",
    "Notice",
    "OneTimeCode",
    "Opening",
    "PaperHandover",
    "PaperPack",
    "PaperScan",
    "PaperWish",
    "Participant",
    "ParticipantMark",
    "PatientLink",
    "Question",
    "ReminderDue",
    "ReminderPolicy",
    "ReminderStop",
    "ReviewMark",
    "ScreeningRule",
    "SealedFile",
    "SealingTask",
    "Signature",
    "SoonerAnswer",
    "SoonerRequest",
    "StaffTask",
    "StampingTask",
    "StepAnswers",
    "Study",
    "StudyVersion",
    "Talk",
    "TemplateDraft",
    "Withdrawal",
]
