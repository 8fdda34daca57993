"""How consents look in the API. A list names nobody: patients are ids, and names stand in the Document alone."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.rest import StrictValue
from consent import services
from consent.models import Consent
from consent.vocabulary import (
    Assurance,
    BatchWay,
    ConsentStatus,
    Decider,
    EndKind,
    SealKind,
    StandingCode,
    TaskEnd,
    TaskKind,
    TextType,
    TimeOfDay,
    TimeWay,
    Wish,
)

DECIDER = {"type": ["string", "null"], "enum": [*Decider.values, None]}


def _decider(row: Any) -> str | None:
    """Who decided: a row of a no or of taking back, or None."""
    return services.by_whom(row.proxy) if row else None


class ConsentLineSerializer(serializers.Serializer[Any]):
    """A consent in a list."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    patient_id = serializers.UUIDField()
    practitioner_id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    batch_id = serializers.UUIDField(allow_null=True, help_text="null: chosen on the day")
    route = serializers.CharField()
    jurisdiction = serializers.CharField()
    status = serializers.ChoiceField(ConsentStatus.choices)
    status_reason = serializers.CharField()
    purpose = serializers.ChoiceField(TextType.choices, source="text_type")
    study_id = serializers.UUIDField(allow_null=True, help_text="the research study; null for a treatment")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class LanguageSerializer(serializers.Serializer[Any]):
    """A language in which a consent may be issued."""

    tag = serializers.CharField(help_text="BCP 47")
    name = serializers.CharField(help_text="in the language itself")
    english_name = serializers.CharField()
    direction = serializers.ChoiceField([("ltr", "left to right"), ("rtl", "right to left")])


class LanguagesSerializer(serializers.Serializer[Any]):
    """The languages that patients of this clinic can be told in today."""

    offered = LanguageSerializer(many=True)


class StandsSerializer(serializers.Serializer[Any]):
    """Where a consent stands on the board, and what comes next."""

    code = serializers.ChoiceField(StandingCode.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # the word of the board
    why = serializers.CharField()
    since = serializers.DateTimeField()
    is_waiting = serializers.BooleanField(help_text="whether it waits for the clinic")


class FileTimeSerializer(serializers.Serializer[Any]):
    """What a timestamp authority said about a sealed file, or why it said nothing."""

    way = serializers.ChoiceField(
        TimeWay.choices, help_text="inside the PDF; detached: at `files/{kind}/timestamp/`; none: no trusted time"
    )
    level = serializers.CharField(help_text="the PAdES level of the file itself: B-B, B-T, B-LT or B-LTA")
    timed_at = serializers.DateTimeField(allow_null=True)
    authority = serializers.CharField()
    policy = serializers.CharField(help_text="an OID")
    serial = serializers.CharField(help_text="the token's serial number, hexadecimal")
    imprint = serializers.CharField(
        help_text="the digest that the token is about: of the seal's signature, or of the file"
    )
    reason = serializers.CharField(
        help_text="why there is no trusted time, or no higher level; empty where there is all"
    )


class SealedFileSerializer(serializers.Serializer[Any]):
    """A sealed PDF; its bytes are at `files/{kind}/`."""

    kind = serializers.ChoiceField(SealKind.choices)
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    sealed_at = serializers.DateTimeField()
    time = FileTimeSerializer(allow_null=True, help_text="null: no timestamp authority was named")


class DayCheckSerializer(serializers.Serializer[Any]):
    """One check just before a treatment."""

    id = serializers.UUIDField()
    consent_id = serializers.UUIDField()
    batch_id = serializers.UUIDField()
    batch_way = serializers.ChoiceField(BatchWay.choices)
    still_wanted = serializers.BooleanField()
    nothing_changed = serializers.BooleanField()
    note = serializers.CharField()
    is_passed = serializers.BooleanField()
    stopped_by = serializers.CharField(help_text="why not, in words; empty where it was passed")
    checked_by_name = serializers.CharField()
    checked_at = serializers.DateTimeField()


class EndingLineSerializer(serializers.Serializer[Any]):
    """How a consent ended by the clinic or by time."""

    kind = serializers.ChoiceField(EndKind.choices)
    reason = serializers.CharField()
    ended_by_name = serializers.CharField()
    ended_at = serializers.DateTimeField()
    successor_id = serializers.UUIDField(allow_null=True)


class ChoiceSerializer(serializers.Serializer[Any]):
    """One optional choice of the signed record; only what is in force may be relied on."""

    key = serializers.CharField()
    text = serializers.CharField()
    is_agreed = serializers.BooleanField(help_text="what was chosen before the signature")
    is_in_force = serializers.BooleanField(help_text="agreed to, and not taken back since")
    chosen_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    received_by = serializers.CharField(
        source="withdrawal.received_by", default="", help_text="who took the message; empty: the patient's own page"
    )
    withdrawn_by = serializers.SerializerMethodField(help_text="null where it was not taken back by itself")

    @extend_schema_field(DECIDER)
    def get_withdrawn_by(self, choice: Any) -> str | None:
        """The patient, or who decides for the patient."""
        return _decider(choice.withdrawal)


class ConsentSerializer(ConsentLineSerializer):
    """A consent with where it stands, when it was decided on, and its sealed files."""

    stands = serializers.SerializerMethodField()
    document_sha256 = serializers.CharField(source="document.sha256", allow_null=True, default=None)
    language = serializers.CharField(
        source="document.language", allow_null=True, default=None, help_text="BCP 47, of the text in force"
    )
    treat_from = serializers.DateField(allow_null=True, help_text="the first local day after the time to think")
    signed_at = serializers.DateTimeField(source="signature.signed_at", allow_null=True, default=None)
    assurance = serializers.ChoiceField(
        Assurance.choices,
        source="signature.assurance",
        allow_null=True,
        allow_blank=True,
        default=None,
        help_text="how it was established who signed; null before the signature",
    )
    on_staff_network = serializers.BooleanField(
        source="signature.on_staff_network",
        allow_null=True,
        default=None,
        help_text="whether it was signed on a network on which staff worked in the month before; null on paper",
    )
    declared_at = serializers.DateTimeField(source="declaration.declared_at", allow_null=True, default=None)
    declined_at = serializers.DateTimeField(source="decline.declined_at", allow_null=True, default=None)
    withdrawn_at = serializers.DateTimeField(source="withdrawal.withdrawn_at", allow_null=True, default=None)
    decided_by = serializers.SerializerMethodField(
        help_text="whose decision the last one was: the signature, the no, or taking it back; null before there is one"
    )
    is_paused = serializers.SerializerMethodField(
        help_text="a clinician must first find out whether the patient can decide"
    )
    corrects_id = serializers.UUIDField(
        allow_null=True, help_text="the record entered in error that this one puts right"
    )
    ending = serializers.SerializerMethodField()
    choices = serializers.SerializerMethodField()
    files = SealedFileSerializer(source="sealed_files.all", many=True)

    @extend_schema_field(DECIDER)
    def get_decided_by(self, consent: Consent) -> str | None:
        """The patient, or who decides for the patient."""
        end = getattr(consent, "withdrawal", None) or getattr(consent, "decline", None)
        if end is None and hasattr(consent, "signature"):
            return services.by_whom(services.proxy_of(consent))
        return _decider(end)

    @extend_schema_field({"type": "boolean"})
    def get_is_paused(self, consent: Consent) -> bool:
        """Whether a doubt about capacity waits."""
        return consent.open_doubt is not None

    @extend_schema_field(EndingLineSerializer(allow_null=True))
    def get_ending(self, consent: Consent) -> Any:
        """Who ended it, when and why; null while it is open, for a decline and a withdrawal, and once erased."""
        ending = None if consent.patient.is_erased else consent.ending
        return EndingLineSerializer(ending).data if ending else None

    @extend_schema_field(ChoiceSerializer(many=True))
    def get_choices(self, consent: Consent) -> Any:
        """Those of the signed record; none before the signature, and none once the patient was erased."""
        return [] if consent.patient.is_erased else ChoiceSerializer(services.choices_of(consent), many=True).data

    @extend_schema_field(StandsSerializer)
    def get_stands(self, consent: Consent) -> Any:
        """As the board says it now."""
        return StandsSerializer(services.standing_of(consent, at=self.context["view"].now)).data


class DocumentSerializer(serializers.Serializer[Any]):
    """What the patient reads: the canonical content whose SHA-256 is signed."""

    number = serializers.IntegerField()
    sha256 = serializers.CharField()
    issued_at = serializers.DateTimeField()
    content = serializers.DictField(child=StrictValue())


class HistoryLineSerializer(serializers.Serializer[Any]):
    """One entry of the log about a consent."""

    leaf_index = serializers.IntegerField()
    leaf_hash = serializers.CharField()
    kind = serializers.CharField()
    words = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    agent = serializers.CharField()
    agent_kind = serializers.CharField()


class HistorySerializer(serializers.Serializer[Any]):
    """Everything that the log says about a consent, oldest first, and rows that are no longer as it says."""

    lines = HistoryLineSerializer(many=True)
    changed = serializers.ListField(child=serializers.CharField())
    unlogged = serializers.ListField(child=serializers.CharField())


class QuestionSerializer(serializers.Serializer[Any]):
    """A patient's question, with the clinic's answer."""

    id = serializers.UUIDField()
    consent_id = serializers.UUIDField()
    text = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    answered_by = serializers.CharField()
    is_open = serializers.BooleanField()


class TaskSerializer(serializers.Serializer[Any]):
    """Something that a member of the staff sees to."""

    id = serializers.UUIDField()
    consent_id = serializers.UUIDField()
    kind = serializers.ChoiceField(TaskKind.choices)
    subject = serializers.CharField(help_text="the id of what it is about, or empty")
    owner_id = serializers.UUIDField(allow_null=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by_name = serializers.CharField()
    ended = serializers.ChoiceField([("", "open"), *TaskEnd.choices])


class HelpRequestSerializer(serializers.Serializer[Any]):
    """What a patient asked the clinic to do from their pages. The task about it says whether it was seen to."""

    id = serializers.UUIDField()
    consent_id = serializers.UUIDField()
    wish = serializers.ChoiceField(Wish.choices)
    time_of_day = serializers.ChoiceField(TimeOfDay.choices)
    phone = serializers.CharField(help_text="empty: the number on record")
    is_confirmed = serializers.BooleanField(help_text="whether the birth date was confirmed in that visit")
    asked_at = serializers.DateTimeField()


class CheckSerializer(serializers.Serializer[Any]):
    """What a presented PDF is, and what does not agree."""

    outcome = serializers.CharField(source="verdict.outcome", help_text="genuine, altered or unknown")
    sentences = serializers.ListField(child=serializers.CharField(), source="verdict.sentences")
    sha256 = serializers.CharField(source="examination.sha256")
    consent_id = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_consent_id(self, check: Any) -> str | None:
        """The consent that it is the record of, where it is this clinic's."""
        ours = check.file is not None and check.file.consent.organization_id == self.context["view"].organization.pk
        return str(check.file.consent_id) if ours else None
