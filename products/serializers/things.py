"""How products, batches, claims and evidence look in the API. Every value stands beside its basis and its evidence."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.rest import StrictValue
from products.models import Claim, RegulatoryRecord
from products.vocabulary import Basis, BatchStatus, RegStatus, Route, SizeMethod, StatusEvidence


class ClaimInForceSerializer(serializers.Serializer[Any]):
    """What is said about one field now."""

    claim = serializers.UUIDField()
    value = StrictValue()
    unit = serializers.CharField()
    basis = serializers.ChoiceField(Basis.choices)
    reason = serializers.CharField(help_text="why it does not apply")
    evidence = serializers.UUIDField(allow_null=True)
    evidence_sha256 = serializers.CharField(allow_null=True)
    evidence_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class ProductLineSerializer(serializers.Serializer[Any]):
    """A product in a list."""

    id = serializers.UUIDField()
    marketed_name = serializers.CharField()
    gtin = serializers.CharField(help_text="GTIN-14, or empty where it carries none")
    manufacturer_id = serializers.UUIDField(allow_null=True)
    manufacturer_name = serializers.CharField()
    registered_at = serializers.DateTimeField()


class ProductSerializer(ProductLineSerializer):
    """A product with every claim in force, by field."""

    claims = serializers.DictField(child=ClaimInForceSerializer(), source="snapshot")


class BatchLineSerializer(serializers.Serializer[Any]):
    """A batch in a list."""

    id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    lot_number = serializers.CharField()
    expiration_date = serializers.DateField()
    production_date = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(BatchStatus.choices)
    status_reason = serializers.CharField()
    received_on = serializers.DateField()
    received_by_name = serializers.CharField()
    released_by_name = serializers.CharField()
    released_at = serializers.DateTimeField(allow_null=True)


class BatchSerializer(BatchLineSerializer):
    """A batch with every claim in force, by field, and what stands against its release today."""

    label_scan = serializers.CharField(help_text="what the scanner gave; empty where it was typed")
    claims = serializers.DictField(child=ClaimInForceSerializer(), source="snapshot")
    reasons_against_release = serializers.SerializerMethodField()

    def get_reasons_against_release(self, batch: Any) -> list[str]:
        """Every reason, in the words of the page."""
        return list(self.context["view"].against(batch))


class UnitSerializer(serializers.Serializer[Any]):
    """One vial with its own serial number."""

    id = serializers.UUIDField()
    batch_id = serializers.UUIDField()
    serial_number = serializers.CharField()
    received_on = serializers.DateField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What came of receiving: the same label twice changes nothing."""

    batch = BatchLineSerializer()
    unit = UnitSerializer(allow_null=True)
    is_new = serializers.BooleanField()
    words = serializers.CharField()


class PartySerializer(serializers.Serializer[Any]):
    """Who makes, imports, sells or tests products."""

    id = serializers.UUIDField()
    role = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1, or empty for not stated")
    gln = serializers.CharField(help_text="13 digits, or empty for not stated")


class EvidenceSerializer(serializers.Serializer[Any]):
    """A file that claims rest on; its bytes are at `file/`."""

    id = serializers.UUIDField()
    sha256 = serializers.CharField()
    media_type = serializers.CharField(help_text="decided by its content")
    size_bytes = serializers.IntegerField()
    original_name = serializers.CharField()
    filed_by_name = serializers.CharField()
    filed_at = serializers.DateTimeField()


class ClaimSerializer(serializers.Serializer[Any]):
    """One version of what is said about a field. None is ever changed: a newer one supersedes it."""

    id = serializers.UUIDField()
    product_id = serializers.UUIDField(allow_null=True)
    batch_id = serializers.UUIDField(allow_null=True)
    field = serializers.CharField()
    value = StrictValue()
    unit = serializers.CharField()
    basis = serializers.ChoiceField(Basis.choices)
    reason = serializers.CharField()
    correction_reason = serializers.CharField()
    evidence_id = serializers.UUIDField(allow_null=True)
    supersedes_id = serializers.UUIDField(allow_null=True)
    is_in_force = serializers.SerializerMethodField()
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()

    def get_is_in_force(self, claim: Claim) -> bool:
        """Whether no later claim supersedes it."""
        return not hasattr(claim, "superseded_by")


class SizeMeasurementSerializer(serializers.Serializer[Any]):
    """What one instrument's export says of one batch. Diameters in nm."""

    id = serializers.UUIDField()
    batch_id = serializers.UUIDField()
    evidence_id = serializers.UUIDField()
    method = serializers.ChoiceField(SizeMethod.choices)
    instrument = serializers.CharField()
    d10_nm = serializers.FloatField()
    d50_nm = serializers.FloatField()
    d90_nm = serializers.FloatField()
    mode_nm = serializers.FloatField()
    particles_per_ml = serializers.IntegerField(allow_null=True)
    tracks = serializers.IntegerField(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class CertificateResultSerializer(serializers.Serializer[Any]):
    """One line of a certificate, the result as printed; `number` with `comparator` where it is a number."""

    position = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    result = serializers.CharField()
    comparator = serializers.CharField()
    number = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    method = serializers.CharField()
    limit = serializers.CharField()
    sampled_on = serializers.DateField(allow_null=True)
    reported_on = serializers.DateField(allow_null=True)
    laboratory = serializers.CharField()


class CertificateSerializer(serializers.Serializer[Any]):
    """A certificate of analysis as it was read, line by line; a reading that was corrected is not in force."""

    id = serializers.UUIDField()
    batch_id = serializers.UUIDField()
    evidence_id = serializers.UUIDField()
    number = serializers.CharField()
    lot_number = serializers.CharField()
    expiration_date = serializers.DateField(allow_null=True)
    issued_on = serializers.DateField(allow_null=True)
    laboratory = serializers.CharField()
    signed = serializers.CharField()
    supersedes_id = serializers.UUIDField(allow_null=True)
    is_in_force = serializers.SerializerMethodField()
    correction_reason = serializers.CharField()
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    results = CertificateResultSerializer(many=True)

    def get_is_in_force(self, certificate: Any) -> bool:
        """Whether no later reading replaces it."""
        return not hasattr(certificate, "superseded_by")


class RegulatoryRecordSerializer(serializers.Serializer[Any]):
    """What is on file for one place and one route."""

    id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    jurisdiction = serializers.CharField(help_text="ISO 3166")
    route = serializers.ChoiceField(Route.choices)
    status = serializers.ChoiceField(RegStatus.choices)
    authority = serializers.CharField()
    reference = serializers.CharField()
    evidence_level = serializers.ChoiceField(StatusEvidence.choices)
    evidence_id = serializers.UUIDField(allow_null=True)
    register_url = serializers.CharField()
    checked_on = serializers.DateField(allow_null=True)
    review_due_on = serializers.DateField(allow_null=True)
    supersedes_id = serializers.UUIDField(allow_null=True)
    is_in_force = serializers.SerializerMethodField()
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()

    def get_is_in_force(self, record: RegulatoryRecord) -> bool:
        """Whether no later record supersedes it."""
        return not hasattr(record, "superseded_by")


class StopReleaseSerializer(serializers.Serializer[Any]):
    """A STOP lifted for one use: proposed by one person, and in force once another confirmed it."""

    id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    record_id = serializers.UUIDField()
    reason = serializers.CharField()
    proposed_by_name = serializers.CharField()
    proposed_at = serializers.DateTimeField()
    confirmed_by_name = serializers.CharField()
    confirmed_at = serializers.DateTimeField(allow_null=True)


class RuleSerializer(serializers.Serializer[Any]):
    """One row of the rule set that speaks about this use."""

    id = serializers.CharField()
    jurisdiction = serializers.CharField()
    status = serializers.CharField()
    severity = serializers.CharField()
    warn_clinic = serializers.CharField()
    patient_sentence = serializers.CharField()
    what_would_change_it = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    basis = serializers.CharField()
    as_of = serializers.CharField()
    confidence = serializers.CharField()
    reviewed_by = serializers.CharField(allow_null=True)


class StandingSerializer(serializers.Serializer[Any]):
    """What the rules say of one use here, with every rule that matched."""

    route = serializers.CharField(source="verdict.route")
    jurisdiction = serializers.CharField(source="verdict.jurisdiction")
    severity = serializers.CharField()
    status = serializers.CharField()
    is_lifted = serializers.SerializerMethodField()
    record_id = serializers.UUIDField(source="record.pk", allow_null=True, default=None)
    rules = RuleSerializer(source="verdict.rules", many=True)
    rule_set_version = serializers.CharField(source="verdict.rule_set_version")
    rule_set_as_of = serializers.CharField(source="verdict.rule_set_as_of")
    rule_set_reviewed_by = serializers.CharField(source="verdict.rule_set_reviewed_by", allow_null=True)

    def get_is_lifted(self, standing: Any) -> bool:
        """Whether a STOP was lifted by a record on file and two named people."""
        return bool(standing.as_json()["lifted"])


class StandingsSerializer(serializers.Serializer[Any]):
    """The standing of every use that the product is meant for, in the clinic's own place."""

    product_id = serializers.UUIDField()
    on = serializers.DateField()
    uses = StandingSerializer(many=True)


class DocumentationItemSerializer(serializers.Serializer[Any]):
    """One item that applies; `why` says why it is not met."""

    item = serializers.CharField(source="label")
    is_met = serializers.BooleanField()
    why = serializers.CharField()


class DocumentationGroupSerializer(serializers.Serializer[Any]):
    """The items of one part of the record."""

    title = serializers.CharField()
    items = DocumentationItemSerializer(many=True)


class DocumentationSerializer(serializers.Serializer[Any]):
    """How many of the items that apply are on record, and which. Complete papers are not a mark of safety."""

    met = serializers.IntegerField()
    applies = serializers.IntegerField()
    note = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())
    groups = DocumentationGroupSerializer(many=True)


class ScanSerializer(serializers.Serializer[Any]):
    """What one scan says, and which product of this clinic it names."""

    gtin = serializers.CharField()
    lot_number = serializers.CharField()
    expiration_date = serializers.DateField(allow_null=True)
    production_date = serializers.DateField(allow_null=True)
    serial_number = serializers.CharField()
    form = serializers.CharField()
    symbology = serializers.CharField()
    others = serializers.SerializerMethodField()
    notes = serializers.ListField(child=serializers.CharField())
    product_id = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "array", "items": {"type": "string"}}})
    def get_others(self, scan: Any) -> list[list[str]]:
        """Every further (application identifier, value)."""
        return [list(pair) for pair in scan.others]

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_product_id(self, scan: Any) -> str | None:
        """The product with this GTIN, if it is registered here."""
        return self.context["view"].product_id_of(scan.gtin)  # type: ignore[no-any-return]  # the view's own answer


class SizeReadSerializer(serializers.Serializer[Any]):
    """A size distribution as an instrument wrote it. Diameters in nm."""

    instrument = serializers.CharField()
    software = serializers.CharField()
    size_method = serializers.CharField()
    d10_nm = serializers.FloatField()
    d50_nm = serializers.FloatField()
    d90_nm = serializers.FloatField()
    mode_nm = serializers.FloatField()
    mean_nm = serializers.FloatField()
    peak_nm = serializers.FloatField(allow_null=True)
    span = serializers.FloatField()
    particles_per_ml = serializers.IntegerField(allow_null=True)
    dilution = serializers.FloatField(allow_null=True)
    tracks = serializers.IntegerField(allow_null=True)
    replicates = serializers.IntegerField()
    replicate_spread = serializers.FloatField(allow_null=True)
    sample_name = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
