"""What the acts of the products room take. Each body becomes the draft that the page's form makes, under the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from clinic.models import Organization
from clinic.rest import ClosedSerializer, StrictChoice, StrictDay, StrictId, StrictText, StrictValue
from products.errors import ClaimRefusedError, UploadRefusedError
from products.fields import ALL_FIELDS, TESTS_BY_CODE, Kind, check_claim
from products.models import Evidence
from products.services import MOST_RESULTS, ClaimDraft, ResultDraft, Upload, clean_value, read_evidence
from products.text import clean_line, clean_note
from products.vocabulary import Basis, CoaItem, RegStatus, Route, Stated, StatusEvidence

LONGEST_TEXT = 120
LONGEST_REASON = 200
LONGEST_NOTE = 500
MOST_STEPS = 5


class SaidSerializer(ClosedSerializer):
    """What is said about one field: a value, how we know, and why it does not apply where it does not."""

    value = StrictValue(required=False, allow_null=True, default=None)
    unit = StrictText(required=False, max_length=20, default="", help_text="where the field has more than one")
    basis = StrictChoice(Basis.choices)
    reason = StrictText(required=False, max_length=LONGEST_REASON, default="")


class ProductDraftSerializer(ClosedSerializer):
    """A product to register. `claims` has each field once; `gtin` is null where the pack carries none."""

    marketed_name = StrictText(max_length=LONGEST_TEXT)
    gtin = StrictText(allow_null=True, max_length=400)
    manufacturer_id = StrictId(required=False, allow_null=True, default=None)
    manufacturer_name = StrictText(required=False, max_length=LONGEST_TEXT, default="")
    manufacturer_country = StrictText(required=False, max_length=2, default="")
    claims = serializers.DictField(child=SaidSerializer())
    source = StrictId(required=False, allow_null=True, default=None, help_text="evidence that the answers come from")  # type: ignore[assignment]  # the word of the form


class ClaimDraftSerializer(SaidSerializer):
    """A first claim on a field, or, with `expected`, a correction of the one in force."""

    field = StrictText(max_length=40)
    expected = StrictId(required=False, allow_null=True, default=None, help_text="the claim that is corrected")
    correction_reason = StrictText(required=False, max_length=LONGEST_NOTE, default="")
    evidence = StrictId(required=False, allow_null=True, default=None)


class ReceiveSerializer(ClosedSerializer):
    """A vial in the hand: its code as a scanner types it, or the product with what its label says."""

    scan = StrictText(required=False, max_length=20_000, default="")
    product = StrictId(required=False, allow_null=True, default=None)
    lot_number = StrictText(required=False, max_length=20, default="")
    expiration_date = StrictDay(required=False, allow_null=True, default=None)
    production_date = StrictDay(required=False, allow_null=True, default=None)
    serial_number = StrictText(required=False, max_length=20, default="")


class ScanTextSerializer(ClosedSerializer):
    """A code, as a scanner types it."""

    scan = StrictText(max_length=20_000)


class ReasonSerializer(ClosedSerializer):
    """Why something is done, in a few words."""

    reason = StrictText(max_length=LONGEST_NOTE)


class ResultSerializer(ClosedSerializer):
    """One line of a certificate: what was tested, and the result as printed."""

    code = StrictChoice(CoaItem.choices)
    result = StrictText(max_length=LONGEST_TEXT)
    detail = StrictText(required=False, max_length=80, default="")
    unit = StrictText(required=False, max_length=20, default="")
    method = StrictText(required=False, max_length=LONGEST_TEXT, default="")
    limit = StrictText(required=False, max_length=80, default="", help_text="as printed")
    sampled_on = StrictDay(required=False, allow_null=True, default=None)
    reported_on = StrictDay(required=False, allow_null=True, default=None)
    laboratory = StrictText(required=False, max_length=LONGEST_TEXT, default="")

    def to_internal_value(self, data: Any) -> ResultDraft:
        """The draft."""
        return ResultDraft(**super().to_internal_value(data))


class CertificateDraftSerializer(ClosedSerializer):
    """A certificate of analysis that is on file as evidence, line by line.

    `does_not_apply` has the code of each test that does not apply to the product, with the reason. What is neither
    there nor among the results is not stated by this certificate.
    """

    evidence = StrictId()
    certificate_lot = StrictText(max_length=20, help_text="the lot that the certificate itself names")
    number = StrictText(required=False, max_length=LONGEST_TEXT, default="")
    laboratory = StrictText(required=False, max_length=LONGEST_TEXT, default="")
    issued_on = StrictDay(required=False, allow_null=True, default=None)
    expiration_date = StrictDay(required=False, allow_null=True, default=None)
    signed = StrictChoice(Stated.choices, required=False, default=Stated.NOT_STATED.value)
    results = serializers.ListField(child=ResultSerializer(), max_length=MOST_RESULTS)
    does_not_apply = serializers.DictField(child=StrictText(max_length=LONGEST_TEXT), required=False, default=dict)

    def validate_does_not_apply(self, codes: dict[str, str]) -> dict[str, str]:
        """Only tests that every batch is asked about can be said not to apply."""
        if unknown := [code for code in codes if code not in TESTS_BY_CODE]:
            raise serializers.ValidationError(f"“{unknown[0][:40]}” is none of {', '.join(TESTS_BY_CODE)}.")
        return codes


class EvidenceIdSerializer(ClosedSerializer):
    """A file that is on record as evidence."""

    evidence = StrictId()


class RegulatoryDraftSerializer(ClosedSerializer):
    """What was found about one place and one route, and how sure the clinic is of it."""

    jurisdiction = StrictText(max_length=6)
    route = StrictChoice(Route.choices)
    status = StrictChoice(RegStatus.choices)
    evidence_level = StrictChoice(StatusEvidence.choices)
    authority = StrictText(required=False, max_length=LONGEST_TEXT, default="")
    reference = StrictText(required=False, max_length=LONGEST_TEXT, default="")
    register_url = StrictText(required=False, max_length=200, default="")
    checked_on = StrictDay(required=False, allow_null=True, default=None)
    review_due_on = StrictDay(required=False, allow_null=True, default=None)
    evidence = StrictId(required=False, allow_null=True, default=None)


def claim_draft(name: str, said: Mapping[str, Any]) -> ClaimDraft:
    """The draft for one field. Raises `ClaimRefusedError`, with the field, in the words of the page."""
    if name not in ALL_FIELDS:
        raise ClaimRefusedError(f"There is no field “{name[:40]}”.", field="field", code="claim.unknown_field")
    value = _value(name, said["value"])
    reason = clean_note(said["reason"], field=f"{name}.reason", most=LONGEST_REASON)
    check_claim(ALL_FIELDS[name], value, said["basis"], reason)
    return ClaimDraft(
        name, value, said["basis"], said.get("unit", ""), reason if said["basis"] == Basis.NOT_APPLICABLE else ""
    )


def upload_of(organization: Organization, evidence_id: UUID | None, *, field: str) -> Upload | None:
    """The file of an evidence of this clinic, as it came. Raises `UploadRefusedError` where there is none."""
    if evidence_id is None:
        return None
    found = Evidence.objects.at(organization).filter(pk=evidence_id).first()
    if found is None:
        raise UploadRefusedError(
            "There is no such evidence in this clinic. Send the file to evidence/ first.",
            field=field,
            code="evidence.unknown",
        )
    return Upload(read_evidence(found), found.original_name)


def needed_upload(organization: Organization, evidence_id: UUID, *, field: str) -> Upload:
    """The same, where the act needs one."""
    found = upload_of(organization, evidence_id, field=field)
    return found or Upload(b"", "")


def _value(name: str, value: Any) -> Any:
    """The value in the shape of its field; the words in it are judged by `check_claim`."""
    if value is None or value in ("", [], {}):
        return None
    match ALL_FIELDS[name].kind:
        case Kind.STEPS:
            return _steps(value)
        case Kind.CODES:
            return _words(value, name)
        case Kind.CODE | Kind.TEXT | Kind.COUNTRY if not isinstance(value, str):
            raise ClaimRefusedError("Send a text in quotation marks.", field=name, code="schema.type")
        case _:
            return clean_value(ALL_FIELDS[name], value)


def _steps(value: Any) -> dict[str, Any]:
    if (
        not isinstance(value, dict)
        or set(value) - {"methods", "detail"}
        or not isinstance(value.get("detail", ""), str)
    ):
        raise ClaimRefusedError(
            'Send {"methods": [codes in order], "detail": "a text"}.', field="isolation_methods", code="schema.type"
        )
    methods = _words(value.get("methods"), "isolation_methods")
    if len(methods) > MOST_STEPS:
        raise ClaimRefusedError(f"At most {MOST_STEPS} steps.", field="isolation_methods", code="schema.type")
    return {
        "methods": methods,
        "detail": clean_line(value.get("detail", ""), field="isolation_methods", most=LONGEST_TEXT),
    }


def _words(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ClaimRefusedError("Send a list of codes.", field=name, code="schema.type")
    return list(dict.fromkeys(value))
