"""How long a clinic keeps records, holds, and what patients ask: the days, the refusals, the pages and the log."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from audit.services import entries_for
from audit.verification import verify
from clinic import rules, services
from clinic.errors import RequestRefusedError, RetentionRefusedError
from clinic.models import LegalHold, Organization, Patient, PatientRequest, RetentionPolicy, User
from clinic.vocabulary import RequestKind, RequestOutcome, RequestWay
from tests.cast import NOW, agent_for
from tests.conftest import SignedIn

TODAY = NOW.date()
REASON = "Her solicitor wrote about Tuesday"


def decide(harbour: Organization, lead: User, years: int = 10, **changes: str) -> RetentionPolicy:
    words = {"source": "Letter of our insurer, 3 May", "reason": "Claims come late.", **changes}
    return services.set_retention(harbour, years=years, **words, agent=agent_for(lead, harbour), at=NOW)


def ask(
    harbour: Organization, lead: User, patient: Patient, kind: RequestKind = RequestKind.ACCESS, on: date = TODAY
) -> PatientRequest:
    return services.receive_request(
        patient.pk, kind, way=RequestWay.EMAIL, received_on=on, asked="All you hold", asker="Herself; passport seen",
        agent=agent_for(lead, harbour), at=NOW,
    )  # fmt: skip


class TestTheMonth:
    @pytest.mark.parametrize(
        ("received", "due", "extended"),
        [
            (date(2026, 11, 23), date(2026, 12, 23), date(2027, 2, 23)),
            (date(2027, 1, 31), date(2027, 2, 28), date(2027, 4, 30)),
            (date(2028, 1, 31), date(2028, 2, 29), date(2028, 4, 30)),
            (date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31)),
            (date(2026, 11, 30), date(2026, 12, 30), date(2027, 2, 28)),
        ],
    )
    def test_is_a_calendar_month_and_ends_with_the_month_where_it_has_no_such_day(
        self, received, due, extended
    ) -> None:
        assert rules.due_on(received) == due
        assert rules.due_on(received, is_extended=True) == extended


@pytest.mark.django_db
class TestThePolicy:
    def test_is_eight_years_until_somebody_decides(self, harbour: Organization) -> None:
        assert services.retention_of(harbour) == services.Retention(8, None)

    def test_is_the_newest_and_the_earlier_ones_stay(self, harbour, lead, inland) -> None:
        decide(harbour, lead, 30)
        second = services.set_retention(
            harbour, years=12, source="The board", reason="30 was too long", agent=agent_for(lead, harbour),
            at=NOW + timedelta(days=1),
        )  # fmt: skip
        assert services.retention_of(harbour) == services.Retention(12, second)
        assert RetentionPolicy.objects.at(harbour).count() == 2
        assert services.retention_of(inland).row is None
        assert [entry.kind for entry in entries_for("clinic.retentionpolicy", second.pk)] == ["clinic.retention_set"]

    @pytest.mark.parametrize(
        ("years", "changes", "code"),
        [
            (7, {}, "retention.years"),
            (31, {}, "retention.years"),
            (8, {"source": " "}, "retention.source"),
            (8, {"reason": ""}, "retention.reason"),
        ],
    )
    def test_is_never_shorter_than_patients_are_told_and_says_why(self, harbour, lead, years, changes, code) -> None:
        with pytest.raises(RetentionRefusedError) as refused:
            decide(harbour, lead, years, **changes)
        assert refused.value.code == code
        assert not RetentionPolicy.objects.exists()

    def test_is_changed_by_a_lead_alone(self, harbour, lead, practitioner, auditor, signed_in: SignedIn) -> None:
        form = {"years": "10", "source": "Our insurer", "reason": "Claims come late."}
        for user in (practitioner, auditor):
            signed_in(user).post("/clinic/retention/", form)
            assert signed_in(user).get("/clinic/retention/").status_code == 200
        assert not RetentionPolicy.objects.exists()
        assert signed_in(lead).post("/clinic/retention/", form).status_code == 302
        page = signed_in(lead).get("/clinic/retention/").content.decode()
        assert "10 years" in page
        assert "the clinic’s own choice" in page
        assert signed_in(lead).post("/clinic/retention/", {**form, "years": "7"}).status_code == 422


@pytest.mark.django_db
class TestAHold:
    def test_keeps_its_reason_under_the_patient_s_key_and_out_of_the_log(self, harbour, lead, mara) -> None:
        hold = services.set_hold(mara.pk, REASON, agent=agent_for(lead, harbour), at=NOW)
        assert hold.words == REASON
        assert REASON.encode() not in bytes(hold.sealed_words)
        (entry,) = entries_for("clinic.legalhold", hold.pk)
        assert REASON not in entry.detail.canonical_body
        assert [one.message for one in verify(None)] == []

    def test_is_lifted_once_with_a_reason_and_another_one_still_stands(self, harbour, lead, mara) -> None:
        agent = agent_for(lead, harbour)
        first, second = (services.set_hold(mara.pk, f"{REASON} {number}", agent=agent, at=NOW) for number in (1, 2))
        for reason, code in (("", "hold.reason"),):
            with pytest.raises(RetentionRefusedError) as refused:
                services.lift_hold(first.pk, reason, agent=agent, at=NOW)
            assert refused.value.code == code
        assert services.lift_hold(first.pk, "It was settled", agent=agent, at=NOW).words == "It was settled"
        with pytest.raises(RetentionRefusedError) as refused:
            services.lift_hold(first.pk, "Again", agent=agent, at=NOW)
        assert refused.value.code == "hold.lifted"
        assert services.standing_holds([mara]) == [second]

    def test_is_said_on_the_patient_s_page_and_lifted_there(self, lead, practitioner, mara, signed_in) -> None:
        browser = signed_in(lead)
        assert browser.post(f"/patients/{mara.pk}/hold/", {"reason": ""}).status_code == 422
        assert browser.post(f"/patients/{mara.pk}/hold/", {"reason": REASON}).status_code == 302
        page = browser.get(f"/patients/{mara.pk}/").content.decode()
        assert "nothing is disposed of" in page
        assert REASON in page
        lift = f"/patients/holds/{LegalHold.objects.get().pk}/lift/"
        assert lift in page
        assert lift not in signed_in(practitioner).get(f"/patients/{mara.pk}/").content.decode()
        assert signed_in(practitioner).post(lift, {"reason": "No"}).status_code == 403
        assert browser.get(lift).status_code == 200
        assert browser.post(lift, {"reason": "Settled"}).status_code == 302
        assert REASON not in browser.get(f"/patients/{mara.pk}/").content.decode()

    def test_is_none_of_a_stranger_s(self, harbour, lead, stranger, mara, signed_in) -> None:
        hold = services.set_hold(mara.pk, REASON, agent=agent_for(lead, harbour), at=NOW)
        paths = (f"/patients/{mara.pk}/hold/", f"/patients/holds/{hold.pk}/lift/")
        assert [signed_in(stranger).post(path, {"reason": "Mine"}).status_code for path in paths] == [404, 404]
        assert services.standing_holds([mara]) == [hold]


@pytest.mark.django_db
class TestARequest:
    def test_keeps_what_was_asked_under_the_key(self, harbour, lead, mara) -> None:
        row = ask(harbour, lead, mara)
        assert (row.asked, row.asker, row.due_on) == ("All you hold", "Herself; passport seen", date(2026, 12, 23))
        assert b"passport" not in bytes(row.sealed_words)
        assert [one.message for one in verify(None)] == []

    @pytest.mark.parametrize(
        ("on", "code"), [(date(2026, 11, 24), "request.future"), (date(2026, 11, 22), "request.before_record")]
    )
    def test_came_in_while_the_patient_is_on_record(self, harbour, lead, mara, on, code) -> None:
        with pytest.raises(RequestRefusedError) as refused:
            ask(harbour, lead, mara, on=on)
        assert refused.value.code == code

    def test_is_extended_once_and_only_while_the_month_runs(self, harbour, lead, mara) -> None:
        agent, row = agent_for(lead, harbour), ask(harbour, lead, mara)
        late = NOW + timedelta(days=31)
        with pytest.raises(RequestRefusedError) as refused:
            services.extend_request(row.pk, "So many files", agent=agent, at=late)
        assert refused.value.code == "request.overdue"
        services.extend_request(row.pk, "So many files", agent=agent, at=NOW + timedelta(days=30))
        assert PatientRequest.objects.get(pk=row.pk).due_on == date(2027, 2, 23)
        with pytest.raises(RequestRefusedError) as refused:
            services.extend_request(row.pk, "More", agent=agent, at=NOW)
        assert refused.value.code == "request.extended"

    @pytest.mark.parametrize(
        ("kind", "outcome", "is_kept", "words", "code"),
        [
            (RequestKind.ERASURE, RequestOutcome.DONE, False, "Gone", "request.erasure"),
            (RequestKind.ERASURE, RequestOutcome.REFUSED, False, "No", "request.not_kept"),
            (RequestKind.ERASURE, RequestOutcome.REFUSED, True, " ", "request.words"),
            (RequestKind.ACCESS, RequestOutcome.DONE, False, "", "request.words"),
        ],
    )
    def test_is_answered_in_words_and_no_erasure_by_saying_so(
        self, harbour, lead, mara, kind, outcome, is_kept, words, code
    ) -> None:
        row = ask(harbour, lead, mara, kind)
        with pytest.raises(RequestRefusedError) as refused:
            services.answer_request(row.pk, outcome, words, is_kept=is_kept, agent=agent_for(lead, harbour), at=NOW)
        assert refused.value.code == code

    def test_is_answered_once(self, harbour, lead, mara) -> None:
        agent, row = agent_for(lead, harbour), ask(harbour, lead, mara)
        answer = services.answer_request(row.pk, RequestOutcome.DONE, "Here it is.", agent=agent, at=NOW)
        assert answer.words == "Here it is."
        assert services.open_requests(harbour) == []
        with pytest.raises(RequestRefusedError) as refused:
            services.answer_request(row.pk, RequestOutcome.REFUSED, "No", agent=agent, at=NOW)
        assert refused.value.code == "request.answered"

    def test_the_one_due_first_stands_first(self, harbour, lead, mara) -> None:
        agent = agent_for(lead, harbour)
        first, second = ask(harbour, lead, mara), ask(harbour, lead, mara, RequestKind.OBJECTION)
        services.extend_request(first.pk, "So many files", agent=agent, at=NOW)
        assert [row.pk for row in services.open_requests(harbour)] == [second.pk, first.pk]

    def test_is_said_on_the_patient_s_page_and_overdue_when_it_is(
        self, harbour, lead, mara, signed_in: SignedIn, monkeypatch
    ) -> None:
        ask(harbour, lead, mara)
        for days, words in ((0, "Answer by 23 December 2026"), (31, "The answer was due on 23 December 2026")):
            monkeypatch.setattr("django.utils.timezone.now", lambda days=days: NOW + timedelta(days=days))
            browser: Client = signed_in(lead)
            page = re.sub(r"<[^>]+>", "", browser.get(f"/patients/{mara.pk}/").content.decode())
            assert words in page.replace("\N{NO-BREAK SPACE}", " ")
        assert "1 overdue" in browser.get("/patients/").content.decode()
