"""Bring one product of a file into the register, with its batches and all papers that the file describes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Organization
from products import assessment, gs1
from products.errors import LotRefusedError, ProductsFileError, ScanError
from products.fields import SCIENCE_FIELDS
from products.models import (
    Batch,
    CustodyEvent,
    Evidence,
    LotEdge,
    MarketingClaim,
    Party,
    Product,
    RegulatoryRecord,
    Unit,
)
from products.rules.findings import storage_limit
from products.services.certificate import record_certificate
from products.services.claims import ClaimDraft, in_force, write_claim
from products.services.judging import append
from products.services.lineage import DonorDraft, LineageDraft, state_lineage
from products.services.lots import LotFacts
from products.services.products_file.claims import (
    batch_claims,
    certificate_draft,
    donor_facts,
    passage_of,
    product_claims,
)
from products.services.products_file.parties import Parties, wrong_keys
from products.services.products_file.reading import Place
from products.services.receive import BatchDraft, written_batch
from products.services.register import ProductDraft, register_product
from products.services.temperature import TemperatureDraft, record_temperature
from products.services.units import count_new_unit
from products.text import clean_line
from products.vocabulary import Basis, ClaimPlace, CustodyAct, RegStatus, Route, StatusEvidence

_UNREAD = frozenset({"gs1.check_digit", "gs1.date"})
_CODES_OF_A_VIAL = ("raw", "scan_with_aim_id", "human", "digital_link")


@dataclass
class ProductWriter:
    """Writes the products of one file for one clinic. Runs within the act that logs it."""

    organization: Organization
    parties: Parties
    evidence: Evidence
    on: date
    agent: Agent
    at: datetime
    why: str
    warnings: list[str]

    def write(self, row: Place) -> tuple[Product, list[tuple[Place, Batch]]]:
        """Register a product or add to the one that is here; the product and its batches with their places in the file."""
        product = self._product(row)
        self._say(product, product_claims(row))
        self._promises(product, row)
        self._statuses(product, row)
        batches = [(one, self._batch(product, row, one)) for one in row.children("batches")]
        return product, batches

    def _product(self, row: Place) -> Product:
        name = clean_line(row.text("trade_name", most=120, needed=True), field=row.at("trade_name"), most=120)
        gtin = _gtin(row)
        mine = Product.objects.at(self.organization)
        known = mine.filter(gtin=gtin).first() if gtin else mine.filter(gtin="", marketed_name=name).first()
        maker = self.parties.party(row.text("manufacturer", most=120), otherwise=Party.Role.MANUFACTURER)
        importer = self.parties.party(row.text("importer", most=120), otherwise=Party.Role.IMPORTER)
        if known is None:
            unsaid = tuple(ClaimDraft(field, None, Basis.NOT_STATED) for field in SCIENCE_FIELDS)
            draft = ProductDraft(name, maker.pk if maker else None, gtin, unsaid)
            known = register_product(self.organization, draft, agent=self.agent, at=self.at)
        if importer and known.importer_id != importer.pk:
            known.importer = importer
            known.save(update_fields=["importer"])
            append("products.importer_named", agent=self.agent, occurred_at=self.at, records=[known])
        return assessment.product_with_parties(known.pk)

    def _promises(self, product: Product, row: Place) -> None:
        known = set(product.marketing_claims.in_force().values_list("text", flat=True))
        for number, said in enumerate(row.texts("claims")):
            text = clean_line(said, field=f"{row.at('claims')}[{number}]", most=500)
            if not text or text in known:
                continue
            known.add(text)
            claim = MarketingClaim.objects.create(
                product=product,
                text=text,
                place=ClaimPlace.OTHER,
                place_detail=self.evidence.original_name,
                evidence=self.evidence,
                **self._recorded(),
            )
            append("products.marketing_claim_recorded", agent=self.agent, occurred_at=self.at, records=[claim])

    def _statuses(self, product: Product, row: Place) -> None:
        routes = dict.fromkeys(
            filter(None, (row.code("label_route", Route), row.child("planned_use").code("route", Route)))
        )
        used: set[tuple[str, str]] = set()
        for claim in row.children("status_claims"):
            claim.text("jurisdiction", most=6, needed=True)
            place = claim.place("jurisdiction")
            route = next((one for one in (*routes, Route.OTHER) if (place, one) not in used), None)
            if route is None:
                raise ProductsFileError(
                    f"{claim.at('jurisdiction')}: more statuses are claimed for {place} than there are uses.",
                    code="products_file.value",
                )
            used.add((place, route))
            self._status(product, claim, place, route)

    def _status(self, product: Product, claim: Place, place: str, route: str) -> None:
        status = claim.code("status", RegStatus) or RegStatus.UNKNOWN.value
        level = claim.code("evidence", StatusEvidence) or StatusEvidence.NONE.value
        reference = claim.text("reference", most=120)
        earlier = RegulatoryRecord.objects.filter(product=product).in_force().for_use(place, route).first()
        if earlier and (earlier.status, earlier.evidence_level, earlier.reference) == (status, level, reference):
            return
        checked_on = claim.day("checked_on")
        if level == StatusEvidence.REGISTER_CHECKED and checked_on is None:
            checked_on = self.on
            self.warnings.append(f"{claim.at('checked_on')} is missing: {self.on} is taken.")
        record = RegulatoryRecord.objects.create(
            product=product,
            jurisdiction=place,
            route=route,
            status=status,
            evidence_level=level,
            reference=reference,
            authority=claim.text("authority", most=120),
            evidence=self.evidence,
            checked_on=checked_on,
            supersedes=earlier,
            **self._recorded(),
        )
        append("products.regulatory_record_added", agent=self.agent, occurred_at=self.at, records=[record])

    def _batch(self, product: Product, row: Place, one: Place) -> Batch:
        lot = clean_line(one.text("lot", most=20, needed=True), field=one.at("lot"), most=20)
        expiry, made = one.day("expiry"), one.day("manufactured")
        if expiry is None:
            raise ProductsFileError(f"{one.at('expiry')} is missing.", code="products_file.value")
        batch = Batch.objects.filter(product=product, lot_number=lot).first()
        if batch is None:
            batch = self._received(product, row, one, BatchDraft(lot, expiry, made))
        elif (batch.expiration_date, batch.production_date) != (expiry, made):
            raise ProductsFileError(
                f"{one.at('lot')}: lot {lot} is on record with other dates. Two labels of one lot cannot differ.",
                code="products_file.differs",
            )
        self._say(batch, batch_claims(one, self.warnings))
        self._certify(batch, one)
        self._custody(batch, one)
        self._origin(batch, one)
        self._temperature(batch, row, one)
        batch.refresh_from_db()
        return batch

    def _received(self, product: Product, row: Place, one: Place, draft: BatchDraft) -> Batch:
        steps = one.children("custody")
        arrived = next(
            (step.day("received_or_shipped") for step in steps if self.parties.is_clinic(step.text("party"))),
            steps[-1].day("received_or_shipped") if steps else None,
        )
        serials, readable, unread = self._vials(product, one, draft)
        draft = BatchDraft(
            draft.lot_number,
            draft.expiration_date,
            draft.production_date,
            label_scan=readable,
            unread_labels=unread,
            wrong_keys=wrong_keys(self._keys(row, one)),
        )
        day = arrived or self.on
        batch, written = written_batch(product, draft, today=day, agent=self.agent, at=self.at)
        for serial in serials:
            unit = Unit.objects.create(product=product, batch=batch, serial_number=serial, received_on=day)
            written += [unit, *count_new_unit(batch, unit, agent=self.agent, at=self.at)]
        append("products.batch_received", agent=self.agent, occurred_at=self.at, records=[batch, *written])
        return batch

    def _keys(self, row: Place, one: Place) -> list[tuple[str, str]]:
        """Every GS1 key that the file gives for a batch."""
        codes = [row.text("manufacturer", most=120), row.text("importer", most=120)]
        steps = one.children("custody")
        codes += [step.text("party", most=120) for step in steps]
        keys = [("GTIN", row.text(key, most=20)) for key in ("gtin13", "gtin_case")]
        keys += [("GTIN", one.text("gtin", most=20)), ("SSCC", one.text("sscc", most=20))]
        keys += [("GLN", row.text("manufacturer_gln", most=20))]
        keys += [("GLN", step.text("gln", most=20)) for step in steps]
        return keys + [("GLN", self.parties.gln(code)) for code in codes]

    def _vials(self, product: Product, one: Place, draft: BatchDraft) -> tuple[list[str], str, tuple[str, ...]]:
        """Serial numbers to put on record, a code that was read, and codes that no reader takes."""
        serials, readable, unread = [], "", []
        taken = set(Unit.objects.filter(product=product).values_list("serial_number", flat=True))
        for unit in one.children("units"):
            serial = unit.text("serial", most=20)
            problem = ""
            for name in _CODES_OF_A_VIAL:
                code = unit.text(name, most=400)
                if not code:
                    continue
                try:
                    scan = gs1.parse_element_string(code, today=self.on)
                except ScanError as refusal:
                    unread += [code] if refusal.code in _UNREAD else []
                    problem = f"{unit.at(name)}: {refusal.message}"
                    continue
                if not _agrees(scan.gtin, product.gtin) or not _agrees(scan.lot_number, draft.lot_number):
                    problem = f"{unit.at(name)} is the code of another product or lot."
                elif scan.expiration_date not in (None, draft.expiration_date):
                    problem = f"{unit.at(name)} names another expiry date than its batch."
                else:
                    readable = readable or code
            if serial in taken:
                problem = f"{unit.at('serial')}: serial number {serial} is on record already."
            if problem:
                self.warnings.append(f"{problem} The vial is not on record; scan it when it is in the hand.")
            elif serial:
                taken.add(serial)
                serials.append(serial)
        return serials, readable, tuple(dict.fromkeys(unread))

    def _say(self, subject: Product | Batch, drafts: Sequence[ClaimDraft]) -> None:
        """Put on record what is new or differs; a field on which the file is silent keeps what is on record."""
        earlier = in_force(subject)
        written: list[RecordedModel] = []
        for draft in drafts:
            previous = earlier.get(draft.field)
            if draft.basis == Basis.NOT_STATED and (previous is not None or draft.field not in SCIENCE_FIELDS):
                continue
            if previous and (previous.value, previous.basis) == (draft.value, draft.basis):
                continue
            written.append(
                write_claim(
                    subject,
                    draft,
                    agent=self.agent,
                    at=self.at,
                    evidence=None if draft.basis == Basis.NOT_APPLICABLE else self.evidence,
                    previous=previous,
                    correction_reason=self.why if previous else "",
                )
            )
        if written:
            subject.save(update_fields=["snapshot"])
            append("products.dossier_recorded", agent=self.agent, occurred_at=self.at, records=[subject, *written])

    def _certify(self, batch: Batch, one: Place) -> None:
        if not one.has("coa"):
            return
        draft = certificate_draft(one.child("coa"), batch.lot_number, self.warnings)
        known = batch.certificates.in_force().filter(number=draft.number, evidence=self.evidence).exists()
        if not known:
            record_certificate(batch, draft, self.evidence, why=self.why, agent=self.agent, at=self.at)
            batch.refresh_from_db()

    def _custody(self, batch: Batch, one: Place) -> None:
        steps = one.children("custody")
        known = set(batch.custody_events.in_force().values_list("party_id", "happened_on"))
        names_clinic = any(self.parties.is_clinic(step.text("party", most=120)) for step in steps)
        for step in steps:
            code, day = step.text("party", most=120, needed=True), step.day("received_or_shipped")
            if day is None:
                self.warnings.append(f"{step.at('received_or_shipped')} is missing; the step is left out.")
                continue
            is_here = self.parties.is_clinic(code) or (not names_clinic and step == steps[-1])
            party = None if is_here else self.parties.party(code, otherwise=Party.Role.DISTRIBUTOR)
            if (party.pk if party else None, day) in known:
                continue
            is_maker = party is not None and party.role == Party.Role.MANUFACTURER
            event = CustodyEvent.objects.create(
                batch=batch,
                party=party,
                act=CustodyAct.SHIPPED if is_maker else CustodyAct.RECEIVED,
                happened_on=day,
                evidence=self.evidence,
                **self._recorded(),
            )
            append("products.custody_recorded", agent=self.agent, occurred_at=self.at, records=[event])

    def _origin(self, batch: Batch, one: Place) -> None:
        """The lot graph: from the donor, by code, to this lot."""
        lineage = one.child("lineage")
        donor, facts = lineage.text("donor_id", most=40), donor_facts(lineage, self.warnings)
        draft = LineageDraft(
            donors=(DonorDraft(donor, facts),) if donor or facts != LotFacts() else (),
            working_bank=lineage.text("cell_bank", most=60),
            production_lot=lineage.text("production_lot", most=60),
            passage=passage_of(lineage),
        )
        is_said = bool(draft.donors or draft.working_bank or draft.production_lot)
        if not is_said or LotEdge.objects.in_force().filter(stated_for=batch).exists():
            return
        try:
            state_lineage(batch, draft, agent=self.agent, at=self.at)
        except LotRefusedError as refusal:
            if refusal.code != "lots.facts_differ":
                raise
            # Two lots' papers tell two stories about one code: each keeps its own.
            self.warnings.append(f"{lineage.path}: {refusal.message} It is kept as what the papers of this lot say.")
            own = f"{donor} ({batch.lot_number})"
            apart = replace(draft, donors=(DonorDraft(own, facts),), passage=None)
            state_lineage(batch, apart, agent=self.agent, at=self.at)

    def _temperature(self, batch: Batch, row: Place, one: Place) -> None:
        warmest = one.number("cold_chain_max_C")
        if warmest is None:
            return
        highest = Decimal(str(warmest))
        if batch.temperatures.filter(highest_c=highest).exists():
            return
        limit = storage_limit(row.text("storage_label", most=80))
        draft = TemperatureDraft(highest_c=highest, limit_high_c=limit, note=self.why)
        record_temperature(batch, draft, agent=self.agent, at=self.at)

    def _recorded(self) -> dict[str, object]:
        return {
            "recorded_by": self.agent.id,
            "recorded_by_name": self.agent.name or self.agent.id,
            "recorded_at": self.at,
        }


def _gtin(row: Place) -> str:
    """The GTIN in 14 digits, as the file gives it: a wrong check digit is found by QB009, anything else is refused."""
    given = row.text("gtin14", most=40) or row.text("gtin13", most=40)
    if given and (not given.isascii() or not given.isdigit() or not 8 <= len(given) <= 14):
        raise ProductsFileError(
            f"{row.at('gtin14')} must be a GTIN of 8 to 14 digits, and is “{given}”.", code="products_file.gtin"
        )
    return given.zfill(14) if given else ""


def _agrees(read: str, expected: str) -> bool:
    return not read or not expected or read == expected
