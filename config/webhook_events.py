"""What a clinic's own systems can be told: kinds of log entries with their words, and how the API names what they are about."""

from __future__ import annotations

EVENTS = {
    "consent.issued": "A consent was issued",
    "consent.signed": "A patient signed, or a proxy on the patient’s behalf",
    "consent.declared": "A practitioner declared; the consent is active",
    "consent.declined": "A patient declined, or a proxy on the patient’s behalf",
    "consent.withdrawn": "A consent was taken back",
    "consent.choice_withdrawn": "One optional choice of a signed consent was taken back",
    "consent.voided": "A consent was voided",
    "consent.invalidated": "A consent was marked as entered in error",
    "consent.lapsed": "A consent lapsed",
    "consent.question_asked": "A patient asked a question",
    "document.sealed": "A file was sealed",
    "products.product_registered": "A product was registered",
    "products.claim_corrected": "What is said about a product or batch was corrected",
    "products.regulatory_record_added": "A regulatory record was added",
    "products.stop_release_confirmed": "A STOP was lifted",
    "products.batch_received": "A batch was received",
    "products.batch_released": "A batch was released",
    "products.batch_held": "A batch was put on hold",
    "products.batch_recalled": "A batch was recalled",
    "products.batch_depleted": "A batch was used up",
    "products.batch_returned": "A batch was sent back",
    "products.batch_destroyed": "A batch was destroyed",
    "products.finding_answered": "A finding was answered",
    "products.temperature_recorded": "A temperature record was filed",
    "products.excursion_decided": "A temperature excursion was decided on",
}
# A table to the thing that the API knows, and the column that holds its id. A patient is never named.
THINGS = {
    "consent.consent": ("consent", "pk"),
    "consent.signature": ("consent", "consent_id"),
    "consent.choicewithdrawal": ("consent", "consent_id"),
    "consent.question": ("consent", "consent_id"),
    "consent.sealedfile": ("consent", "consent_id"),
    "products.product": ("product", "pk"),
    "products.batch": ("batch", "pk"),
    "products.claim": ("claim", "pk"),
    "products.regulatoryrecord": ("product", "product_id"),
    "products.standingrelease": ("product", "product_id"),
    "products.temperaturerecord": ("batch", "batch_id"),
    "products.findinganswer": ("batch", "batch_id"),
    "products.evidence": ("evidence", "pk"),
}
