"""A consent as a FHIR R4 `Consent` with the eight elements that UK Core supports.

Those are status, scope, category, patient, dateTime, performer, organization and source (UK Core Consent 2.4.0, draft
profile; HL7 FHIR R4, Consent). A refusal and a withdrawal are consents too. Nobody is named: people are references.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consent.models import Consent
from consent.vocabulary import ConsentStatus, PersonRole, SealKind, StatusReason, TextType

MEDIA_TYPE = "application/fhir+json"
PROFILE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Consent"
# R4 calls rejected what R5 calls not-done.
STATUS: Mapping[str, str] = {
    ConsentStatus.DRAFT: "proposed",
    ConsentStatus.ACTIVE: "active",
    ConsentStatus.INACTIVE: "inactive",
    ConsentStatus.NOT_DONE: "rejected",
    ConsentStatus.ENTERED_IN_ERROR: "entered-in-error",
}
# HL7 FHIR R4, code system consentscope.
SCOPE: Mapping[str, tuple[str, str]] = {
    TextType.TREATMENT: ("treatment", "Treatment"),
    TextType.RESEARCH: ("research", "Research"),
}
POLICY: Mapping[str, str] = {
    TextType.TREATMENT: "Consent to an experimental treatment; it may be taken back at any time before it.",
    TextType.RESEARCH: "Consent to take part in research with an experimental treatment; it may be taken back at any time.",
}


def resource(consent: Consent, *, base_url: str) -> dict[str, Any]:
    """The resource. `consent` comes with its standing's rows; files are named at `base_url`, where a token is needed."""
    return {
        "resourceType": "Consent",
        "id": str(consent.pk),
        "meta": {"profile": [PROFILE]},
        "identifier": [{"system": f"{base_url}/consents/", "value": consent.reference}],
        "status": STATUS[consent.status],
        "scope": _coded("http://terminology.hl7.org/CodeSystem/consentscope", *SCOPE[consent.text_type]),
        "category": [_coded("http://loinc.org", "59284-0", "Consent Document"), *_category(consent)],
        "patient": {"reference": f"Patient/{consent.patient_id}"},
        **_decided(consent),
        "performer": [{"reference": _performer(consent)}],
        "organization": [
            {"reference": f"Organization/{consent.organization_id}", "display": consent.organization.name}
        ],
        **_source(consent, base_url),
        # FHIR asks for a policy or a rule (constraint ppc-1).
        "policyRule": {"text": POLICY[consent.text_type]},
        "provision": {
            "type": "permit" if consent.status == ConsentStatus.ACTIVE else "deny",
            "actor": [
                {
                    "role": _coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PRF", "performer"),
                    "reference": {"reference": f"Practitioner/{consent.practitioner_id}"},
                }
            ],
        },
    }


def _category(consent: Consent) -> list[dict[str, Any]]:
    """That it is research, and of which study; nothing more for a treatment."""
    if consent.study is None:
        return []
    research = _coded(
        "http://terminology.hl7.org/CodeSystem/consentcategorycodes", "research", "Research Information Access"
    )
    return [{**research, "text": f"Research study: {consent.study.current.title}"}]


def _performer(consent: Consent) -> str:
    """Who decided last: the patient, or somebody who was named to decide for the patient."""
    if (end := getattr(consent, "withdrawal", None) or getattr(consent, "decline", None)) is not None:
        proxy = end.proxy
    else:
        proxy = next(
            (row for row in consent.people.all() if row.role == PersonRole.PROXY and row.left_at is None), None
        )
    return f"RelatedPerson/{proxy.pk}" if proxy else f"Patient/{consent.patient_id}"


def _decided(consent: Consent) -> dict[str, str]:
    """When the patient decided last: signed, said no, or took it back; nothing while it is open."""
    if consent.status == ConsentStatus.NOT_DONE:
        return {"dateTime": consent.decline.declined_at.isoformat()}
    if consent.status_reason == StatusReason.WITHDRAWN:
        return {"dateTime": consent.withdrawal.withdrawn_at.isoformat()}
    signature = getattr(consent, "signature", None)
    return {"dateTime": signature.signed_at.isoformat()} if signature else {}


def _source(consent: Consent, base_url: str) -> dict[str, Any]:
    """The sealed record of the signature, once there is one."""
    sealed = next((row for row in consent.sealed_files.all() if row.kind == SealKind.SIGNED), None)
    if sealed is None:
        return {}
    return {
        "sourceAttachment": {
            "contentType": "application/pdf",
            "url": f"{base_url}/api/v1/consents/{consent.pk}/files/{SealKind.SIGNED.value}/",
            "size": sealed.size,
            "title": f"Sealed record {consent.reference}, SHA-256 {sealed.sha256}",
            "creation": sealed.sealed_at.isoformat(),
        }
    }


def _coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}
