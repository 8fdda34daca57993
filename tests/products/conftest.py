"""A product of Harbour Clinic, a batch of it, and the small files that people upload."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image

from audit.records import Agent
from clinic.models import Organization, User
from products.models import Batch, Product
from products.services import (
    BatchDraft,
    CertificateDraft,
    ClaimDraft,
    PartyDraft,
    ProductDraft,
    ResultDraft,
    Upload,
    receive_batch,
    register_product,
)
from tests.cast import NOW, agent_for
from tests.memory import remembered

TODAY = date(2026, 11, 23)
GTIN = "09521104000051"
ROSALINE = ProductDraft(
    marketed_name="Rosaline Callus",
    manufacturer=PartyDraft("Placeholder Botanicals SAS", "FR"),
    gtin=GTIN,
    claims=(
        ClaimDraft("ev_term_on_label", "EXOSOME_CLAIMED", "STATED"),
        ClaimDraft("origin", "PLANT", "STATED"),
        ClaimDraft("donor_relation", None, "NOT_APPLICABLE", reason="a plant product"),
        ClaimDraft("material", "PLANT_CALLUS", "STATED"),
        ClaimDraft("cell_or_tissue", "PLANT_STEM", "STATED"),
        ClaimDraft("species", "Rosa x damascena", "STATED"),
        ClaimDraft("isolation_methods", {"methods": ["DUC", "FILT"], "detail": "100,000 g 90 min; 0.22 µm"}, "STATED"),
        ClaimDraft("formulation", None, "NOT_STATED"),
        ClaimDraft("intended_routes", ["TOPICAL_INTACT", "ID_SC"], "STATED"),
    ),
)
LOT = BatchDraft("RSE2601", date(2028, 1, 19), date(2026, 1, 20), "R1", GTIN, "0109521104000051…")


def changed(draft: ProductDraft, **values: ClaimDraft) -> ProductDraft:
    """The draft with some of its claims replaced."""
    return replace(draft, claims=tuple(values.get(claim.field, claim) for claim in draft.claims))


def pdf(words: str = "certificate") -> bytes:
    """A PDF of one empty page, whole from header to end."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
    ]
    body = b"%PDF-1.4\n%" + words.encode() + b"\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def png(width: int = 8, height: int = 8) -> bytes:
    """A grey picture."""
    stream = io.BytesIO()
    Image.new("L", (width, height), 128).save(stream, "PNG")
    return stream.getvalue()


def jpeg(width: int = 8, height: int = 8) -> bytes:
    """The same as a photograph."""
    stream = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).save(stream, "JPEG")
    return stream.getvalue()


def certificate(**changes: object) -> CertificateDraft:
    """A certificate of RSE2601 that states sterility and endotoxin, and says nothing of mycoplasma."""
    draft = CertificateDraft(
        upload=Upload(pdf(), "coa.pdf"),
        lot_number="RSE2601",
        number="COA-1",
        laboratory="Testhouse Example",
        issued_on=date(2026, 2, 10),
        results=(ResultDraft("STER", "no growth, 14 days"), ResultDraft("ENDO", "0.08")),
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


@pytest.fixture
def nia(practitioner: User, harbour: Organization) -> Agent:
    """Harbour's practitioner, acting."""
    return agent_for(practitioner, harbour)


@pytest.fixture
def ada(lead: User, harbour: Organization) -> Agent:
    """Harbour's first lead, acting."""
    return agent_for(lead, harbour)


@pytest.fixture
def ben(second_lead: User, harbour: Organization) -> Agent:
    """Harbour's second lead, acting."""
    return agent_for(second_lead, harbour)


@pytest.fixture
def rosaline(harbour: Organization, nia: Agent) -> Product:
    """A plant product, meant for intact skin and for injection."""
    return remembered("rosaline", lambda: register_product(harbour, ROSALINE, agent=nia, at=NOW), harbour)


@pytest.fixture
def lot(rosaline: Product, nia: Agent) -> Batch:
    """A batch of it, in quarantine, with one vial."""
    return remembered("lot", lambda: receive_batch(rosaline, LOT, today=TODAY, agent=nia, at=NOW).batch, rosaline)
