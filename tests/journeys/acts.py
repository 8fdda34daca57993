"""What a patient's browser does, over plain HTTP, and what staff did before: for journeys, faults and measurements."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
import zlib
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.running import Candour

PARTS = ("experimental", "product", "status", "not-known", "treatment", "risks", "alternatives", "cost", "rights")
# The health questions are all answered with no: whatever a page offers a no for.
STEPS: dict[str, dict[str, str]] = {
    "reasons": {"hope": "Fewer lines"},
    "health": {},
    "check": {"proven": "c", "long_term": "a", "source": "b", "refuse": "c", "change_mind": "b"},
    "own-words": {"what": "Rose particles", "harm": "Redness", "unknown": "What it does in years"},
    "choices": {},
}
BIRTH_DATE = ("14", "3", "1984")
STROKES = "[[[100,200,0],[180,120,16],[260,210,33],[340,110,50],[420,205,{last}]]]"

# Run inside the installation: issue consents for the demo's patient and product, with a link each.
ISSUE = """
import datetime
from django.utils import timezone
from audit.records import Agent
from clinic.models import Organization, Practitioner, Patient
from clinic.records import PatientIdentity
from clinic.services import register_patient
from consent import services
from consent.records import Cost, IssueDraft
from consent.vocabulary import LinkWay
from products.models import Batch
at = timezone.now()
clinic = Organization.objects.get(name="Harbour Clinic")
practitioner = Practitioner.objects.filter(organization=clinic).exclude(registration_number="").first()
agent = Agent(kind="user", id=str(practitioner.user_id), organization_id=clinic.pk, name=practitioner.printed_name)
batch = Batch.objects.select_related("product").get(lot_number="RSE2601", product__organization=clinic)
answer = []
for number in range({count}):
    identity = PatientIdentity(given_name="Test", family_name=f"Person{{number}}", birth_date=datetime.date(1984, 3, 14), email="", phone="")
    patient = register_patient(clinic, identity, agent=agent, at=at, is_confirmed=True)
    consent = services.issue_consent(
        IssueDraft(
            patient=patient, practitioner=practitioner, product=batch.product, batch=batch, location=None,
            route="TOPICAL_INTACT", jurisdiction="GB",
            cost=Cost(total="£430", per_session="£430", sessions="1", extras="", refund_terms="All of it before the treatment."),
        ),
        agent=agent, at=at,
    )
    link, token = services.create_link(consent.pk, way=LinkWay.QR, handed_over_by="", agent=agent, at=at)
    answer.append({{"consent": str(consent.pk), "reference": consent.reference, "token": token}})
"""

STATE = """
from consent.models import Consent, SealedFile, Signature
from audit.models import LogEntry
consent = Consent.objects.get(pk="{consent}")
files = SealedFile.objects.filter(consent=consent)
kinds = [entry.kind for entry in LogEntry.objects.all()]
named = [e for e in LogEntry.objects.select_related("detail") if e.detail.body.get("reference") == consent.reference]
answer = {{
    "status": consent.status,
    "signatures": Signature.objects.filter(consent=consent).count(),
    "signed_entries": sum(e.kind == "consent.signed" for e in named),
    "files": files.count(),
    "sealed_entries": sum(e.kind == "document.sealed" for e in named),
}}
"""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    url: str
    text: str


@dataclass
class PatientBrowser:
    """A browser without scripts: keeps cookies, follows redirects, sends the page's own hidden fields."""

    base: str
    token: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def __post_init__(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str = "") -> Answer:
        return self._send(urllib.request.Request(f"{self.base}/p/{self.token}/{path}"))

    def post(self, path: str, **values: str) -> Answer:
        """Open the page, take its hidden fields, send the form."""
        hidden = self.hidden_fields(path)
        return self.send(path, {**hidden, **values})

    def hidden_fields(self, path: str) -> dict[str, str]:
        page = self.get(path).text
        fields = {}
        for tag in re.findall(r"<input[^>]+type=\"hidden\"[^>]*>", page):
            name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and name[1] in ("csrfmiddlewaretoken", "document_sha256"):
                fields[name[1]] = value[1] if value else ""
        return fields

    def send(self, path: str, values: dict[str, str]) -> Answer:
        """Send these values as they are."""
        request = urllib.request.Request(
            f"{self.base}/p/{self.token}/{path}",
            data=urllib.parse.urlencode(values).encode(),
            headers={"Referer": f"{self.base}/", "Origin": self.base},
        )
        return self._send(request)

    def send_once(self, path: str, values: dict[str, str]) -> int:
        """Send these values and do not follow the answer; return its status."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _NoRedirect())
        request = urllib.request.Request(
            f"{self.base}/p/{self.token}/{path}",
            data=urllib.parse.urlencode(values).encode(),
            headers={"Referer": f"{self.base}/", "Origin": self.base},
        )
        try:
            with opener.open(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as problem:
            return problem.code

    def confirm(self, day: str, month: str, year: str) -> Answer:
        return self.post("", birth_date_0=day, birth_date_1=month, birth_date_2=year)

    def read_everything(self) -> None:
        assert self.confirm(*BIRTH_DATE).status == 200
        for part in PARTS:
            assert self.post(f"part/{part}/").status == 200
        for step, given in STEPS.items():
            no = dict.fromkeys(re.findall(r'name="([a-z_]+)" value="no"', self.get(f"step/{step}/").text), "no")
            assert f"step/{step}/" not in self.post(f"step/{step}/", **{**no, **given}).url

    def sign(self) -> Answer:
        return self.post("sign/", **self.signature())

    def signature(self) -> dict[str, str]:
        """A drawing of this consent's own: the strokes of another one would be refused as a copy."""
        strokes = STROKES.replace("{last}", str(66 + zlib.crc32(self.token.encode()) % 1_000_000))
        return {"strokes": strokes, "typed_name": "", "meaning_confirmed": "on"}

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            with self.opener.open(request, timeout=30) as answer:
                return Answer(answer.status, answer.url, answer.read().decode())
        except urllib.error.HTTPError as problem:
            return Answer(problem.code, problem.url, problem.read().decode())


def issue(candour: Candour, count: int = 1) -> list[dict[str, Any]]:
    """Consents for the demo's product, each with its link."""
    return list(candour.shell(ISSUE.format(count=count)))


def state_of(candour: Candour, consent: str) -> dict[str, Any]:
    """What is on record for one consent."""
    return dict(candour.shell(STATE.format(consent=consent)))


def ready_to_sign(candour: Candour, count: int = 1) -> list[tuple[dict[str, Any], PatientBrowser]]:
    """Patients who have read everything and have the pen in the hand."""
    ready = []
    for issued in issue(candour, count):
        patient = PatientBrowser(candour.url, issued["token"])
        patient.read_everything()
        ready.append((issued, patient))
    return ready
