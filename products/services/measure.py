"""File an instrument's export for a batch and put its size distribution on record."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from products.models import Batch, Claim, Evidence, SizeMeasurement
from products.parsing.asking import media_type_of, read_size
from products.records import SizeMeasurementResult
from products.services.claims import ClaimDraft, in_force, write_claim
from products.services.evidence import file_evidence
from products.services.judging import append
from products.uploads import TABLES, Upload
from products.vocabulary import Basis


@transaction.atomic
def attach_size_measurement(batch: Batch, upload: Upload, *, agent: Agent, at: datetime) -> SizeMeasurement:
    """Read an instrument export; its sizes become the batch's size claim, measured on this batch.

    Raises `UploadRefusedError` for a file of the wrong kind, `SizeFileError` for one that cannot be read whole.
    """
    batch = Batch.objects.select_for_update().select_related("product__organization").get(pk=batch.pk)
    media_type_of(upload, allowed=TABLES, field="export", most_bytes=settings.UPLOAD_MAX_BYTES)
    result = read_size(upload.content, upload.name, field="export")
    evidence, is_new = file_evidence(
        batch.product.organization, upload, allowed=TABLES, field="export", agent=agent, at=at
    )
    measurement = _measurement(batch, evidence, result, agent, at)
    claim = write_claim(
        batch,
        ClaimDraft("size", size_value(result), Basis.MEASURED_BATCH, unit="nm"),
        agent=agent,
        at=at,
        evidence=evidence,
        previous=in_force(batch).get("size"),
        correction_reason=f"Instrument export {evidence.original_name} filed",
    )
    batch.save(update_fields=["snapshot"])
    written: list[RecordedModel] = [evidence] if is_new else []
    append(
        "products.size_measured",
        agent=agent,
        occurred_at=at,
        records=[batch, claim, measurement, *written],
        body={"export_sha256": evidence.sha256},
    )
    return measurement


@transaction.atomic
def state_size(batch: Batch, *, mode_nm: float, particles_per_ml: float | None, agent: Agent, at: datetime) -> Claim:
    """Put on record what the supplier says of the size without naming a method or showing data."""
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    value: dict[str, object] = {
        "d10_nm": None,
        "d50_nm": None,
        "d90_nm": None,
        "mode_nm": mode_nm,
        "method": None,
        "instrument": "",
        "particles_per_ml": None if particles_per_ml is None else int(particles_per_ml),
        "tracks": None,
        "warnings": [],
    }
    claim = write_claim(
        batch,
        ClaimDraft("size", value, Basis.STATED, unit="nm"),
        agent=agent,
        at=at,
        previous=in_force(batch).get("size"),
        correction_reason="The supplier stated a size",
    )
    batch.save(update_fields=["snapshot"])
    append("products.size_stated", agent=agent, occurred_at=at, records=[batch, claim])
    return claim


def size_value(result: SizeMeasurementResult) -> dict[str, object]:
    """The size claim's value: diameters in nm with their method, and the instrument's own warnings."""
    return {
        "d10_nm": float(result.d10_nm),
        "d50_nm": float(result.d50_nm),
        "d90_nm": float(result.d90_nm),
        "mode_nm": float(result.mode_nm),
        "method": str(result.size_method),
        "instrument": result.instrument,
        "particles_per_ml": result.particles_per_ml,
        "tracks": result.tracks,
        "warnings": list(result.warnings),
    }


def _measurement(
    batch: Batch, evidence: Evidence, result: SizeMeasurementResult, agent: Agent, at: datetime
) -> SizeMeasurement:
    facts = result.as_json()
    for name in ("diameter_nm", "density", "warnings"):
        facts.pop(name)
    return SizeMeasurement.objects.create(
        batch=batch,
        evidence=evidence,
        method=result.size_method,
        instrument=result.instrument[:80],
        d10_nm=result.d10_nm,
        d50_nm=result.d50_nm,
        d90_nm=result.d90_nm,
        mode_nm=result.mode_nm,
        particles_per_ml=result.particles_per_ml,
        tracks=result.tracks,
        warnings=list(result.warnings),
        distribution={"diameter_nm": list(result.diameter_nm), "density": list(result.density)},
        facts=facts,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
