"""A complete sample consent: Harbour Clinic, Mara Ilves, and the fictitious product DEMO Rosaline Callus.

The builders return fresh plain dicts in the shapes of `candour-document/1`, `candour-signing-record/1` and the
certificate facts. Nothing in it is random and nothing reads the clock.
"""

from __future__ import annotations

import copy
import hashlib
import math
from typing import Any

import rfc8785

REFERENCE = "HC-7F3K-2Q9M"
CLINIC = {
    "name": "Harbour Clinic",
    "address": ["4 Quay Street", "Bristol", "BS1 4XX", "United Kingdom"],
    "emergency_phone": "0117 496 0111",
    "contact_phone": "0117 496 0100",
    "contact_email": "care@harbour-clinic.example",
    "privacy_notice_url": "https://harbour-clinic.example/privacy",
    "location": "Harbour Clinic, Quay Street",
}
PRACTITIONER = {
    "name": "Dr Anneke Tern",
    "registration_body": "General Medical Council",
    "registration_number": "0000001 (fictitious)",
    "register_url": "https://register.example/0000001",
}
PATIENT = {"given_name": "Mara", "family_name": "Ilves", "birth_date": "1987-04-12"}
RULE_SET = {"version": "2026-11-23", "as_of": "2026-11-23", "reviewed_by": ""}


def size_distribution() -> dict[str, Any]:
    """A smooth distribution around 142 nm with a shoulder, 60 points."""
    diameters = [10.0 + 8.0 * step for step in range(60)]
    density = [
        round(
            math.exp(-((math.log(d / 142.0) / 0.28) ** 2) / 2)
            + 0.16 * math.exp(-((math.log(d / 255.0) / 0.18) ** 2) / 2),
            5,
        )
        for d in diameters
    ]
    return {"diameter_nm": diameters, "density": density, "lot_number": "RSE2601"}


def _fact(label: str, value: str, basis: str, basis_words: str, note: str = "") -> dict[str, str]:
    return {"label": label, "value": value, "basis": basis, "basis_words": basis_words, "note": note}


def _disclosure() -> dict[str, Any]:
    return {
        "product": {
            "id": "3b0f2a0e-5d1c-4f6e-9a55-000000000004",
            "marketed_name": "DEMO Rosaline Callus (fictional)",
            "gtin": "09521104000055",
            "manufacturer": "Pretend Botanics Ltd (fictional)",
            "manufacturer_country": "GB",
        },
        "batch": {
            "id": "3b0f2a0e-5d1c-4f6e-9a55-000000000104",
            "lot_number": "RSE2601",
            "expiration_date": "2028-01-19",
            "production_date": "2026-01-20",
            "serial_numbers": [],
        },
        "claims": {},
        "size_distribution": size_distribution(),
        "not_stated": [
            {"field": "endotoxin", "label": "Endotoxin"},
            {"field": "mycoplasma", "label": "Mycoplasma"},
        ],
        "standing": {
            "jurisdiction": "GB",
            "route": "TOPICAL_INTACT",
            "severity": "WARN",
            "status": "COSMETIC_NOTIFIED",
            "rules": [],
            "clinic_record": {
                "status": "COSMETIC_NOTIFIED",
                "evidence_level": "DOCUMENT_SEEN",
                "reference": "SCPN-DEMO-0004 (invented)",
                "register_url": "",
                "checked_on": "2026-11-20",
            },
            "rule_set": RULE_SET,
        },
    }


def _sections() -> list[dict[str, Any]]:
    size = size_distribution()
    return [
        {
            "key": "experimental",
            "title": "This treatment is experimental",
            "clauses": ["K1", "K2"],
            "material": True,
            "blocks": [
                {
                    "type": "notice",
                    "title": "This treatment is experimental",
                    "text": "It has not been proven to work for this use. Nobody knows its long-term risks.",
                },
                {
                    "type": "paragraph",
                    "text": "We know of no regulator that has authorised an exosome product (as of 23 November 2026). "
                    "Results are not guaranteed, may be small, or may not come at all.",
                },
                {
                    "type": "paragraph",
                    "text": "Effects that appear years later, and the effects of having it again and again, "
                    "have not been studied.",
                },
            ],
        },
        {
            "key": "product",
            "title": "The product we would use",
            "clauses": ["K5", "K6", "K7", "K8"],
            "material": True,
            "blocks": [
                {"type": "paragraph", "text": "Each line says how we know."},
                {
                    "type": "facts",
                    "items": [
                        _fact("Name on the box", "DEMO Rosaline Callus (fictional)", "STATED", "the maker says"),
                        _fact(
                            "Made by", "Pretend Botanics Ltd (fictional), United Kingdom", "STATED", "the maker says"
                        ),
                        _fact(
                            "Made from",
                            "Rose cells (Rosa x damascena) grown in a laboratory",
                            "STATED",
                            "the maker says",
                            "Plant callus. No human or animal donor.",
                        ),
                        _fact(
                            "Exosomes?",
                            "The label says exosomes. That has not been shown for this product.",
                            "CONTRADICTED",
                            "two records disagree",
                        ),
                        _fact(
                            "How it was separated",
                            "Spun at very high speed, then passed through a fine filter",
                            "STATED",
                            "the maker says",
                            "Differential ultracentrifugation, 10,000 g then 100,000 g; filtration at 0.22 µm.",
                        ),
                        _fact(
                            "Particle size",
                            "Half of the particles are smaller than 150 nanometres",
                            "MEASURED_BATCH",
                            "tested, this batch",
                            "Nanoparticle tracking analysis (NTA). D10 98 nm, D50 150 nm, D90 220 nm.",
                        ),
                        _fact(
                            "Number of particles",
                            "About 4 thousand million in each millilitre",
                            "MEASURED_REF",
                            "tested, another batch",
                        ),
                        _fact("Batch", "RSE2601", "MEASURED_BATCH", "read from the label"),
                        _fact("Use by", "19 January 2028", "MEASURED_BATCH", "read from the label"),
                        _fact("Bacteria and fungi", "No growth in the test", "MEASURED_BATCH", "tested, this batch"),
                        _fact("Endotoxin", "Not stated", "NOT_STATED", "not stated"),
                        _fact(
                            "Virus testing of a donor",
                            "Does not apply",
                            "NOT_APPLICABLE",
                            "does not apply",
                            "There is no human or animal donor.",
                        ),
                    ],
                },
                {
                    "type": "distribution",
                    "caption": "How large the particles in batch RSE2601 are",
                    "diameter_nm": size["diameter_nm"],
                    "density": size["density"],
                    "d10_nm": 98,
                    "d50_nm": 150,
                    "d90_nm": 220,
                    "method": "nanoparticle tracking analysis (NTA)",
                    "lot_number": "RSE2601",
                },
            ],
        },
        {
            "key": "plan",
            "title": "What would happen",
            "clauses": [],
            "material": False,
            "blocks": [
                {"type": "list", "title": "Step by step", "items": ["We clean your skin.", "We put the product on."]},
                {
                    "type": "facts",
                    "items": [
                        _fact("Where", "Harbour Clinic, Quay Street", "", ""),
                        _fact("Follow-up", "A visit after four weeks", "", "", "Nothing to pay."),
                    ],
                },
            ],
        },
        {
            "key": "not_tested",
            "title": "What was not tested",
            "clauses": ["K14"],
            "material": True,
            "blocks": [
                {"type": "paragraph", "text": "These tests are missing from the papers we hold for this batch."},
                {
                    "type": "list",
                    "items": [
                        "Endotoxin: not stated. It can cause fever and inflammation.",
                        "Mycoplasma: not stated.",
                        "How long it keeps once mixed: not stated.",
                        "Whether it does what is claimed: not tested in people.",
                    ],
                },
            ],
        },
        {
            "key": "standing",
            "title": "What the law says here",
            "clauses": ["K4"],
            "material": True,
            "blocks": [
                {
                    "type": "facts",
                    "items": [
                        _fact(
                            "Great Britain",
                            "Notified as a cosmetic, for intact skin only. It is not an authorised medicine.",
                            "STATED",
                            "document seen",
                            "SCPN-DEMO-0004 (invented). Checked on 20 November 2026.",
                        )
                    ],
                },
                {
                    "type": "paragraph",
                    "text": "A notified cosmetic has not been checked by a regulator before sale. Being notified does not "
                    "mean that it works.",
                },
                {
                    "type": "links",
                    "items": [
                        {
                            "text": "The law on cosmetics",
                            "url": "https://www.legislation.gov.uk/eur/2009/1223/chapter/I",
                        }
                    ],
                },
            ],
        },
        {
            "key": "risks",
            "title": "What could go wrong",
            "clauses": ["K3"],
            "material": True,
            "blocks": [
                {
                    "type": "risks",
                    "items": [
                        {
                            "code": "R08",
                            "title": "Allergy",
                            "text": "You could react to plant protein or to a preservative: itching, swelling, a rash.",
                            "evidence": "Plausible. Not studied for this product.",
                        },
                        {
                            "code": "R10",
                            "title": "Growth signals",
                            "text": "Particles like these can carry signals that make cells or blood vessels grow. "
                            "Nobody has shown whether that could feed a skin cancer. Tell us if you have had one.",
                            "evidence": "Mechanism in the laboratory. No controlled study in people.",
                        },
                        {
                            "code": "R13",
                            "title": "No benefit",
                            "text": "You may see no change.",
                            "evidence": "Likely for some people.",
                        },
                        {
                            "code": "R14",
                            "title": "Not what the label says",
                            "text": "What is in the vial may differ from the label.",
                            "evidence": "Seen in tests of similar products.",
                        },
                        {
                            "code": "R16",
                            "title": "Unknown later effects",
                            "text": "Effects that appear after years, and effects of repeated use, are not known.",
                            "evidence": "Not known.",
                        },
                        {
                            "code": "R17",
                            "title": "Pregnancy and breastfeeding",
                            "text": "The effect on an unborn or breastfed child is not known.",
                            "evidence": "Not known.",
                        },
                    ],
                }
            ],
        },
        {
            "key": "alternatives",
            "title": "Other choices, doing nothing first",
            "clauses": ["K9", "K12"],
            "material": False,
            "blocks": [
                {
                    "type": "list",
                    "items": [
                        "No treatment. Your skin is healthy without it.",
                        "A broad-spectrum sunscreen of factor 30 or more, every day.",
                        "A retinoid cream (not in pregnancy).",
                        "Vitamin C, a moisturiser, not smoking.",
                        "Other treatments with a longer record. Another clinic may offer them.",
                    ],
                },
                {
                    "type": "paragraph",
                    "text": "This treatment does not replace sun protection or medical care.",
                },
            ],
        },
        {
            "key": "cost",
            "title": "What it costs",
            "clauses": ["K10"],
            "material": False,
            "blocks": [
                {
                    "type": "table",
                    "caption": "Cost in pounds",
                    "head": ["What", "Price", "When"],
                    "rows": [
                        ["Each session", "£180.00", "On the day"],
                        ["Three sessions, as planned", "£540.00", "In three parts"],
                        ["Follow-up visit", "£0.00", "After four weeks"],
                    ],
                },
                {
                    "type": "paragraph",
                    "text": "A session that you cancel before the day is refunded in full. A high price is no sign of benefit.",
                },
            ],
        },
        {
            "key": "rights",
            "title": "You can say no",
            "clauses": ["K11", "K15"],
            "material": True,
            "blocks": [
                {
                    "type": "paragraph",
                    "text": "You can say no, or change your mind at any time before the treatment, without giving a reason "
                    "and without a penalty. It will not affect the rest of your care.",
                },
                {
                    "type": "paragraph",
                    "text": "We keep this record for 10 years. We use it for your care and to reach you if a batch is recalled.",
                },
                {
                    "type": "links",
                    "items": [
                        {"text": "Privacy notice of Harbour Clinic", "url": "https://harbour-clinic.example/privacy"}
                    ],
                },
            ],
        },
        {
            "key": "help",
            "title": "If something goes wrong",
            "clauses": ["K13", "K16"],
            "material": False,
            "blocks": [
                {
                    "type": "list",
                    "items": [
                        "In an emergency call 999.",
                        "Day and night: 0117 496 0111, Harbour Clinic.",
                        "You can report a side effect yourself to the Yellow Card scheme.",
                    ],
                },
                {
                    "type": "paragraph",
                    "text": "Dr Anneke Tern would treat you. Registered with the General Medical Council, "
                    "0000001 (fictitious).",
                },
                {
                    "type": "links",
                    "items": [{"text": "Yellow Card scheme", "url": "https://yellowcard.mhra.gov.uk/"}],
                },
            ],
        },
    ]


def document(**changes: Any) -> dict[str, Any]:
    """A whole Document; keyword arguments replace top-level fields."""
    whole = {
        "schema": "candour-document/1",
        "reference": REFERENCE,
        "language": "en-GB",
        "issued_at": "2026-11-23T10:12:00Z",
        "time_zone": "Europe/London",
        "clinic": CLINIC,
        "practitioner": PRACTITIONER,
        "patient": PATIENT,
        "treatment": {
            "product": "DEMO Rosaline Callus (fictional)",
            "route": "TOPICAL_INTACT",
            "route_words": "Put on unbroken skin",
            "jurisdiction": "GB",
            "jurisdiction_words": "Great Britain",
        },
        "template": {
            "id": "00000000-0000-4000-8000-000000000001",
            "name": "Exosome product on the skin",
            "version": 1,
            "language": "en-GB",
            "sha256": "ab" * 32,
            "readability": {
                "reading_age": "9.4",
                "longest_sentence": 17,
                "formula": "Flesch-Kincaid grade + 5 years",
            },
        },
        "rule_set": RULE_SET,
        "disclosure": _disclosure(),
        "sections": _sections(),
        "meaning": "I, Mara Ilves, have read this information, or had it read to me. I know that the treatment is "
        "experimental and that its long-term risks are not known. I choose to have it, and I know that I can change my "
        "mind at any time before it.",
    }
    return copy.deepcopy({**whole, **changes})


def strokes() -> list[list[list[float]]]:
    """A drawn signature: a looping hand and a dot, as points of x, y (CSS pixels) and time (ms)."""
    hand = []
    for step in range(140):
        turn = step / 139
        x = 20 + 300 * turn + 16 * math.sin(turn * 40)
        y = 80 - 34 * math.cos(turn * 40) * (1 - 0.6 * turn) - 18 * turn
        hand.append([round(x, 1), round(y, 1), step * 9])
    underline = [[60 + 2.2 * i, 128 - 0.12 * i, 1500 + i * 6] for i in range(100)]
    dot = [[212.0, 22.0, 2300], [213.5, 22.5, 2310]]
    return [hand, underline, dot]


def signing_record(whole: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The SigningRecord that belongs to a Document (the sample one by default)."""
    whole = document() if whole is None else whole
    material = [section["key"] for section in whole["sections"] if section["material"]]
    patient = whole["patient"]
    record = {
        "schema": "candour-signing-record/1",
        "reference": whole["reference"],
        "document_sha256": sha256(whole),
        "acknowledged": [
            {"section": key, "at": f"2026-11-23T18:{20 + number:02d}:07Z"} for number, key in enumerate(material)
        ],
        "questions": [
            {
                "section": "risks",
                "text": "I had a mole taken off two years ago. Does that matter?",
                "asked_at": "2026-11-23T18:26:40Z",
                "answer": "Thank you for telling us. We have seen the report: it was harmless. If you notice a new or "
                "changing mole, see a doctor before any treatment here.",
                "answered_at": "2026-11-23T19:02:11Z",
                "answered_by": "Dr Anneke Tern",
            }
        ],
        "identity": [{"step": "birth_date", "at": "2026-11-23T18:17:30Z", "result": "confirmed"}],
        "signature": {
            "method": "drawn",
            "printed_name": f"{patient['given_name']} {patient['family_name']}",
            "meaning": whole["meaning"],
            "strokes": strokes(),
            "typed": None,
        },
        "signed_at": "2026-11-24T19:31:05Z",
        "device": {"user_agent": "Mozilla/5.0 (Linux; Android 15) Mobile", "address": "203.0.113.7"},
    }
    return copy.deepcopy({**record, **changes})


def typed_signature(whole: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same record, signed by typing the name."""
    record = signing_record(whole)
    name = record["signature"]["printed_name"]
    record["signature"].update(method="typed", strokes=None, typed=name)
    return record


def accompanied(whole: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same record, signed by a proxy, with an interpreter who drew and a witness who typed her name."""
    record = signing_record(whole)
    patient = record["signature"]["printed_name"]
    record["signature"].update(printed_name="Ωλένα Ковальчук", on_behalf_of=patient, meaning=f"I decide for {patient}.")
    person = {
        "name": "محمد البغدادي", "relation": "Registered interpreter", "language": "", "authority": "",
        "authority_words": "", "reason": "", "added_at": "2026-11-23T18:20:00Z", "added_by": None, "checked": None, "mark": None,
    }  # fmt: skip
    mark = {"declaration": f"I helped {patient}.", "at": "2026-11-24T19:30:00Z"}
    found = {
        "outcome": "confirmed",
        "seen": "Order 1398",
        "words": "Assessed.",
        "by": "Dr Tern",
        "at": "2026-11-24T10:00:00Z",
    }
    return {
        **record,
        "people": [
            {**person, "role": "proxy", "name": "Ωλένα Ковальчук", "authority": "deputy", "checked": found},
            {**person, "role": "interpreter", "language": "Arabic", "mark": {**mark, "method": "drawn", "strokes": strokes(), "typed": None}},
            {**person, "role": "witness", "name": "李小龍", "reason": "wanted", "mark": {**mark, "method": "typed", "strokes": None, "typed": "李小龍"}},
        ],
    }  # fmt: skip


def on_paper(whole: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same record, signed by hand on paper."""
    record = signing_record(
        whole, acknowledged=[], identity=[{"step": "paper", "at": "2026-11-24T19:31:05Z", "result": "confirmed"}]
    )
    record["signature"].update(method="paper", strokes=None)
    record["device"] = {"user_agent": "", "address": ""}
    record["paper"] = {
        "pack": {
            "pages": 9,
            "sha256": "ab" * 32,
            "handed_over_at": "2026-11-23T10:00:00Z",
            "handed_over_by": "Dr Anneke Tern",
        },
        "scan": {
            "files": [{"sha256": "cd" * 32, "media_type": "application/pdf", "size": 1000, "pages": 9}],
            "filed_at": "2026-11-24T19:00:00Z",
            "filed_by": "Dr Anneke Tern",
        },
        "signed_on": "2026-11-24",
        "attestation": {
            "how": "saw",
            "text": "I saw it.",
            "known_by": "Passport",
            "by": "Dr Anneke Tern",
            "at": "2026-11-24T19:31:05Z",
        },
    }
    return record


def paper_pack(whole: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a pack of the Document prints besides it."""
    whole = document() if whole is None else whole
    name = f"{whole['patient']['given_name']} {whole['patient']['family_name']}"
    return {
        "reference": whole["reference"],
        "document_sha256": sha256(whole),
        "made_at": "2026-11-23T10:00:00Z",
        "signer": {"printed_name": name, "meaning": whole["meaning"]},
        "people": [{"name": "李小龍", "role": "interpreter", "declaration": "I put the whole text into Chinese."}],
        "questions": [
            {"section": "risks", "text": "Does it hurt?", "answer": "A little.", "answered_by": "Dr Anneke Tern"}
        ],
    }


def certificate(whole: dict[str, Any], record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The certificate facts of a signed record."""
    root = hashlib.sha256(b"root").hexdigest()
    facts = {
        "reference": whole["reference"],
        "document_sha256": sha256(whole),
        "signing_record_sha256": sha256(record),
        "signed_at_utc": "2026-11-24T19:31:05Z",
        "signed_at_local": "2026-11-24T19:31:05+00:00 Europe/London",
        "log_origin": "candour.harbour-clinic.example/log/hc",
        "leaf_index": 4127,
        "leaf_hash": hashlib.sha256(b"leaf").hexdigest(),
        "tree_size": 4130,
        "root_hash": root,
        "checkpoint_note": "candour.harbour-clinic.example/log/hc\n4130\n"
        "S2o0wXvJmDk0m0gJp3mD1M9oZ2bQeJ9l5b8wq3w1r0E=\n\n"
        "— candour.harbour-clinic.example/log/hc Qm9ndXMrc2lnbmF0dXJlK2J5dGVzK2Zvcit0aGUrc2FtcGxlK29ubHk=\n",
        "renderer": "candour 0.1.0, WeasyPrint 70.0",
        "template_sha256": whole["template"]["sha256"],
        "seal_certificate_sha256": hashlib.sha256(b"certificate").hexdigest(),
        "verify_url": "https://candour.harbour-clinic.example/verify/",
    }
    return {**facts, **changes}


def declaration(whole: dict[str, Any] | None = None) -> dict[str, Any]:
    """The practitioner's declaration, as the completion record shows it."""
    whole = document() if whole is None else whole
    return {
        "reference": whole["reference"],
        "printed_name": whole["practitioner"]["name"],
        "registration_body": whole["practitioner"]["registration_body"],
        "registration_number": whole["practitioner"]["registration_number"],
        "meaning": "I have explained this treatment to the patient and answered their questions. I believe that they "
        "understand it and that the choice is their own.",
        "declared_at": "2026-11-25T09:05:44Z",
        "signed_record_sha256": hashlib.sha256(b"the first file").hexdigest(),
    }


def sha256(value: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785), hex."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()
