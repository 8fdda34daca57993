"""Taking away the register and the sealed files of a period, and the languages on offer: as on the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase

from clinic.errors import DateRefusedError, QueryRefusedError
from clinic.records import read_iso_date
from clinic.rest import ApiView, ReadView, download, query, zipped
from clinic.vocabulary import Role
from consent import services
from consent.api.consents import OneOfConsent, id_asked
from consent.forms.filtering import STANDINGS, filters
from consent.serializers.things import LanguagesSerializer


class Register(ReadView):
    """The clinic's consents as a table, the newest first, narrowed as the list is; who took it stands in the log."""

    readers: ClassVar[frozenset[Role]] = services.EXPORTERS
    refuses = frozenset({422})
    asks = {
        "standing": "Where a consent stands on the board: a code of `stands`, or `unsealed`.",
        "practitioner": "The id of a practitioner.",
        "location": "The id of a location.",
        "product": "The id of a product.",
        "patient": "The id of a patient.",
        "since": "The first local day of issue, ISO 8601.",
        "until": "The last local day of issue, ISO 8601.",
        "q": "A part of the reference.",
    }
    form: ClassVar[str]

    def read(self, **place: Any) -> HttpResponse:
        """As an attachment. What the page would overlook is refused here: a program must not take more than it asked for."""
        for name in ("practitioner", "location", "product", "patient"):
            if asked := query(self, name):
                id_asked(asked, name)
        for name in ("since", "until"):
            if query(self, name):
                day_asked(self, name)
        if (standing := query(self, "standing")) and standing not in dict(STANDINGS):
            raise QueryRefusedError("There is no such standing.", field="standing", code="query.range")
        asked_for = filters(self.request.query_params, self.organization)
        if query(self, "patient") and asked_for.patient is None:
            raise Http404
        content = services.export_register(
            self.organization,
            asked_for.consents(self.organization, at=self.now),
            self.form,
            asked_for.question(),
            agent=self.agent,
            at=self.now,
        )
        return download(content, media_type=services.REGISTER_TYPES[self.form], name=f"consents.{self.form}")


class RegisterCsv(Register):
    """The clinic's consents as a table in CSV (UTF-8), the newest first, narrowed as the list is; who took it stands in the log."""

    form = "csv"
    gives = ("text/csv",)


class RegisterXlsx(Register):
    """The clinic's consents as a table in XLSX, the newest first, narrowed as the list is; who took it stands in the log."""

    form = "xlsx"
    gives = (services.REGISTER_TYPES["xlsx"],)


class SealedFiles(ReadView):
    """A ZIP of every file that was sealed in a period, with its proofs and a manifest; who took it stands in the log."""

    readers: ClassVar[frozenset[Role]] = services.EXPORTERS
    refuses = frozenset({422})
    asks = {"since": "The first local day, ISO 8601; needed.", "until": "The last local day, ISO 8601; needed."}
    gives = ("application/zip",)

    def read(self, **place: Any) -> HttpResponseBase:
        """As an attachment, sent piece by piece."""
        since, until = day_asked(self, "since"), day_asked(self, "until")
        packed = services.export_period(self.organization, since, until, agent=self.agent, at=self.now)
        return zipped(packed, f"sealed-files-{since.isoformat()}-{until.isoformat()}.zip")


class EvidencePack(OneOfConsent, ReadView):
    """Everything that bears on one consent in one ZIP: files with their proofs, texts, history, papers; who took it stands in the log."""

    readers: ClassVar[frozenset[Role]] = services.EXPORTERS
    gives = ("application/zip",)

    def read(self, **place: Any) -> HttpResponseBase:
        """As an attachment, sent piece by piece."""
        consent = self.consent(place)
        return zipped(services.export_pack(consent, agent=self.agent, at=self.now), f"{consent.reference}.zip")


class Languages(ReadView):
    """The languages in which a consent may be issued today: English, and what named persons have reviewed."""

    shows = LanguagesSerializer

    def found(self, **place: Any) -> Any:
        """As the issue page offers them."""
        return {"offered": services.offered_languages(self.organization, on=self.now)}


def day_asked(view: ApiView, name: str) -> Any:
    """A day in the address."""
    try:
        return read_iso_date(query(view, name))
    except DateRefusedError as refusal:
        raise QueryRefusedError(refusal.message, field=name, code="query.range") from refusal
