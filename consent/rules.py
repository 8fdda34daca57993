"""Pure decisions over frozen facts. Each raises a typed refusal or returns nothing; none knows the clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from clinic.vocabulary import CodePolicy, Role
from consent.errors import (
    CapacityRefusedError,
    ChoiceRefusedError,
    ClearanceRefusedError,
    DeclarationRefusedError,
    DocumentChangedError,
    EndingRefusedError,
    ExportRefusedError,
    HashRequiredError,
    IdentityRefusedError,
    IssueRefusedError,
    ReminderRefusedError,
    ReviewRefusedError,
    SigningRefusedError,
    SoonerRefusedError,
    StepRefusedError,
    TalkRefusedError,
    TaskRefusedError,
    TermsRefusedError,
    TransitionError,
    UnderAgeError,
)
from consent.records import IssueFacts, MarkFacts, ReminderFacts, SigningFacts, TreatmentFacts
from consent.vocabulary import (
    Assurance,
    ConsentStatus,
    LinkWay,
    MarkKind,
    NoReminder,
    SigningMethod,
    StatusReason,
    TalkOutcome,
    TaskKind,
)

ADULT_AGE = 18
# Shorter than this (in thousandths of the pad's width) is a dot or a slip, not a signature.
LEAST_INK = 60.0

# Days from first opening the text to the treatment, by route group: proportional to how invasive it is
# (GMC cosmetic interventions 2016; facts E.4: at least the day before, 7 where the skin is broken, 14 where injected).
DAYS_TO_THINK: Mapping[str, int] = {"G_INTACT": 1, "G_BREACHED": 7, "G_INJECT": 14, "G_SYSTEMIC": 14}

# Nobody is treated on the day on which they first read of it where the skin is broken (facts E.4); the rest is the clinic's.
LEAST_DAYS_TO_THINK: Mapping[str, int] = {"G_INTACT": 0, "G_BREACHED": 1, "G_INJECT": 1, "G_SYSTEMIC": 1}
MOST_DAYS_TO_THINK = 90
# For how many days a signed consent can be good.
LEAST_GOOD_FOR, MOST_GOOD_FOR = 7, 1095


class Treatable(Protocol):
    """A consent, as far as the check at the chair needs it."""

    def treatment_facts(self, batch: Any, on: date) -> TreatmentFacts:
        """The facts of treating with this batch on this local day."""


# The one table of legal moves; docs/reference/states.md is compared with it.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    ConsentStatus.DRAFT: frozenset(
        {ConsentStatus.ACTIVE, ConsentStatus.NOT_DONE, ConsentStatus.INACTIVE, ConsentStatus.ENTERED_IN_ERROR}
    ),
    ConsentStatus.ACTIVE: frozenset({ConsentStatus.INACTIVE, ConsentStatus.ENTERED_IN_ERROR}),
    ConsentStatus.INACTIVE: frozenset({ConsentStatus.ENTERED_IN_ERROR}),
    ConsentStatus.NOT_DONE: frozenset({ConsentStatus.ENTERED_IN_ERROR}),
    ConsentStatus.ENTERED_IN_ERROR: frozenset(),
}


def check_transition(now: str, then: str) -> None:
    """Refuse a move that the table does not name."""
    if then not in TRANSITIONS[now]:
        raise TransitionError(
            f"This consent is {ConsentStatus(now).label.lower()}, so it cannot become {ConsentStatus(then).label.lower()}.",
            code="consent.transition",
        )


def age_on(birth_date: date, on: date) -> int:
    """Whole years on the clinic's calendar day; somebody born on 29 February ages on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def check_adult(birth_date: date, on: date) -> None:
    """Refuse a patient under 18 (profile rule, on by default: GMC 2016; 2021 Act for toxin and filler in England)."""
    if age_on(birth_date, on) < ADULT_AGE:
        raise UnderAgeError(
            "This treatment is only for people of 18 and over. No consent can be given for a younger person.",
            code="patient.under_18",
            field="birth_date",
        )


def check_place(jurisdiction: str, clinic_jurisdiction: str) -> None:
    """Refuse the rules of another country: whoever issues must not choose away a STOP that holds where the clinic is."""
    if jurisdiction.partition("-")[0] != clinic_jurisdiction.partition("-")[0]:
        raise IssueRefusedError(
            "The rules of the clinic’s own country apply. For treatments in another country, open a clinic there.",
            code="jurisdiction.elsewhere",
            field="jurisdiction",
        )


def check_can_issue(facts: IssueFacts) -> None:
    """Refuse to make a form where the law says stop, the batch may not be used, or nothing is on record to tell.

    Consent does not make an unlawful use lawful (decisions on regulatory standing; CQC Regulation 11).
    """
    check_adult(facts.birth_date, facts.on)
    if not facts.origin_is_recorded:
        raise IssueRefusedError(
            "Record what the product is made from first, even if that is “not stated”. A patient must be told one or the other.",
            code="product.origin_blank",
            field="product",
        )
    if facts.severity == "STOP" and not facts.is_lifted:
        raise IssueRefusedError(
            "No consent can be issued for this use: "
            + " ".join(facts.stop_sentences)
            + " A trial approval, a licence or a named exemption for this product, use and place, confirmed by two people, would change this.",
            code="standing.stop",
            field="route",
        )
    if not facts.practitioner_has_registration:
        raise IssueRefusedError(
            "The practitioner has no professional register and number on record. The patient must be able to check who treats them.",
            code="practitioner.registration",
            field="practitioner",
        )
    if facts.batch_lot:
        if facts.expiration_date is not None and facts.expiration_date < facts.on:
            raise IssueRefusedError(
                f"Batch {facts.batch_lot} expired on {facts.expiration_date:%-d %B %Y}. Choose another batch.",
                code="product.expired",
                field="batch",
            )
        if facts.batch_status not in ("QUARANTINE", "RELEASED"):
            raise IssueRefusedError(
                f"Batch {facts.batch_lot} is {facts.batch_status.replace('_', ' ').lower()} and may not be used. Choose another batch.",
                code="batch.not_usable",
                field="batch",
            )


def check_can_sign(facts: SigningFacts) -> None:
    """Refuse a signature that would not be informed consent.

    The signer must have been shown the very Document on file, have acknowledged every part of it,
    have no question waiting, be an adult, say that they mean it, and leave a mark or a name.
    """
    if facts.status != ConsentStatus.DRAFT:
        raise TransitionError("This consent can no longer be signed.", code="consent.not_open")
    if not facts.shown_sha256:
        raise HashRequiredError(
            "The page did not say which text was shown. Nothing was signed. Please open the link again.",
            code="document.hash_required",
        )
    if facts.shown_sha256 != facts.document_sha256:
        raise DocumentChangedError(
            "The text was changed after your page was opened. Nothing was signed. Please read the new text first.",
            code="document.changed",
        )
    check_adult(facts.birth_date, facts.on)
    if facts.required_sections - facts.acknowledged_sections:
        raise SigningRefusedError("Not every part of the text is marked as read yet.", code="signature.unread")
    if facts.waiting_steps:
        raise SigningRefusedError(
            f"Please answer this first: {'; '.join(facts.waiting_steps)}.", code="signature.step_waiting"
        )
    if facts.needs_talk:
        raise SigningRefusedError(
            "The clinic wants to talk with you about your answers on health first. You can sign after that.",
            code="signature.needs_talk",
        )
    if facts.is_paused:
        raise SigningRefusedError(
            "The clinic wants to talk with you first, before you decide. You can sign after that.",
            code="signature.paused",
        )
    if facts.open_questions:
        raise SigningRefusedError(
            "You asked a question that is not answered yet. Wait for the answer, or say that you no longer need it.",
            code="signature.question_open",
        )
    if not facts.meaning_confirmed:
        raise SigningRefusedError(
            "Tick the box to say that you mean it. If you do not, you can choose “No, I do not want this”.",
            code="signature.meaning",
            field="meaning_confirmed",
        )
    check_mark(facts)


def check_mark(facts: SigningFacts | MarkFacts) -> None:
    """A name was typed, or a line was drawn that is more than a dot and no copy. A witnessed yes has no mark of its own."""
    if facts.method == SigningMethod.WITNESSED:
        return
    if facts.method == SigningMethod.TYPED:
        if not facts.typed_name:
            raise SigningRefusedError(
                "Type your full name, or draw your signature.", code="signature.blank", field="typed_name"
            )
    elif not facts.ink_length:
        raise SigningRefusedError(
            "The box is empty. Draw your signature in it, or type your name.", code="signature.blank", field="strokes"
        )
    elif facts.ink_length < LEAST_INK:
        raise SigningRefusedError(
            "That is only a dot. Draw your signature across the box, or type your name.",
            code="signature.too_small",
            field="strokes",
        )
    elif facts.is_replayed:
        raise SigningRefusedError(
            "This very drawing was used on another form. Please draw your signature anew.",
            code="signature.replay",
            field="strokes",
        )


def check_answers(step: Mapping[str, Any], answers: Mapping[str, str]) -> None:
    """Refuse answers to what was not asked, options that were not offered, and a needed answer that is missing."""
    prompts = {prompt["key"]: prompt for prompt in step["prompts"]}
    if unknown := sorted(set(answers) - set(prompts)):
        raise StepRefusedError(
            f"The page sent an answer to something that was not asked: {', '.join(unknown)[:200]}. Nothing was kept.",
            code="step.unknown_prompt",
        )
    for key, prompt in prompts.items():
        given = answers.get(key, "")
        if not given and not prompt["optional"]:
            words = "Write a few words." if prompt["kind"] == "text" else "Choose one of the answers."
            raise StepRefusedError(words, code="step.missing", field=key)
        if given and prompt["kind"] == "options" and given not in {option["key"] for option in prompt["options"]}:
            raise StepRefusedError("Choose one of the answers.", code="step.unknown_option", field=key)


def check_can_lapse(*, kinds: frozenset[str]) -> None:
    """A consent ends because of its age only where its age is what waits for a decision."""
    if MarkKind.AGE_LIMIT not in kinds:
        raise ReviewRefusedError(
            "This consent is not too old. Choose whether it stands, or whether the patient is asked again.",
            code="mark.not_aged",
            field="outcome",
        )


def check_can_end(*, reason: str) -> None:
    """Whoever stops somebody's consent says why."""
    if not reason.strip():
        raise EndingRefusedError(
            "Say why. It stays in the record under your name.", code="ending.reason", field="reason"
        )


def check_can_correct(*, status: str, is_same_patient: bool) -> None:
    """A corrected record names one that counts for nothing any more, of the same patient."""
    if status != ConsentStatus.ENTERED_IN_ERROR or not is_same_patient:
        raise IssueRefusedError(
            "The record to correct must be marked as entered in error first, and be of the same patient.",
            code="consent.corrects",
        )


def check_can_withdraw_choice(*, is_agreed: bool, ended_at: datetime | None) -> None:
    """A choice that was agreed to ends once, at any time after the signature (UK GDPR Article 7(3))."""
    if not is_agreed:
        raise ChoiceRefusedError("This was not agreed to, so there is nothing to take back.", code="choice.not_agreed")
    if ended_at is not None:
        raise ChoiceRefusedError("This ended already, with the whole consent.", code="choice.ended")


def check_can_review(*, status: str, outcome: str, is_newest: bool, is_reviewed: bool, reason: str) -> None:
    """A clinician decides on the newest answers of an open consent, once, with a reason."""
    if status != ConsentStatus.DRAFT:
        raise ReviewRefusedError("This record is closed, so nothing can be decided on it.", code="consent.not_open")
    if not is_newest:
        raise ReviewRefusedError(
            "The patient has answered anew since. Read the new answers, then decide.", code="review.stale"
        )
    if is_reviewed:
        raise ReviewRefusedError("Somebody has decided on these answers already.", code="review.decided")
    if not outcome:
        raise ReviewRefusedError("These answers need no decision.", code="review.not_needed")
    if not reason.strip():
        raise ReviewRefusedError(
            "Say in a few words why. It is printed in the record.", code="review.reason", field="reason"
        )


def check_can_declare(
    *,
    status: str,
    is_signed: bool,
    is_treating_practitioner: bool,
    undecided: bool = False,
    unread: bool = False,
    changed: bool = False,
    lacks_factor: bool = False,
    is_paused: bool = False,
    has_talked: bool = True,
) -> None:
    """Only the practitioner named in the Document declares, after the patient has signed, while the consent is open.

    Before it, health answers that call for it are decided on, and the patient's own words are read as they stand.
    """
    if not is_treating_practitioner:
        raise DeclarationRefusedError(
            "Only the practitioner named in the record can make this declaration. Who treats must be the one who explained.",
            code="declaration.other_person",
        )
    if not is_signed:
        raise DeclarationRefusedError("The patient has not signed yet.", code="declaration.not_signed")
    if status != ConsentStatus.DRAFT:
        raise DeclarationRefusedError(
            f"This consent is {ConsentStatus(status).label.lower()}; nothing can be declared on it.",
            code="declaration.closed",
        )
    if lacks_factor:
        raise DeclarationRefusedError(
            "This clinic wants a second factor for a declaration. Set up a passkey or an authenticator app, then declare.",
            code="declaration.second_factor",
        )
    if is_paused:
        raise DeclarationRefusedError(
            "It is paused: somebody doubts that the patient can make this decision. A clinician resolves that first.",
            code="declaration.paused",
        )
    if not has_talked:
        raise DeclarationRefusedError(
            "The conversation with the patient is not recorded yet, or ended with another result. Record it first.",
            code="declaration.no_talk",
        )
    if changed:
        raise DeclarationRefusedError(
            "Something changed since the text was written, and nobody has decided on it. Decide on it first.",
            code="declaration.changed",
        )
    if undecided:
        raise DeclarationRefusedError(
            "A health answer of the patient waits for your decision. Decide on it first.", code="declaration.undecided"
        )
    if unread:
        raise DeclarationRefusedError(
            "The patient’s own words are not the ones that this page showed. Read them as they are now, then declare.",
            code="declaration.unread",
        )


def check_can_talk(
    *,
    status: str,
    is_treating_practitioner: bool,
    outcome: str,
    is_able: bool,
    is_free: bool,
    needs: str,
    reason: str,
    has_proxy: bool = False,
) -> None:
    """Who treats has talked with the patient, looked at capacity, pressure and needs, and says what follows.

    “The patient may decide” is refused where there is doubt or pressure; anything else needs a reason. Where somebody with
    confirmed authority decides for the patient, it is the other way round: for whoever can decide, nobody else does.
    """
    if not is_treating_practitioner:
        raise TalkRefusedError(
            "Only the practitioner named in the record can record this conversation.", code="talk.other_person"
        )
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise TalkRefusedError("This record is closed.", code="talk.closed")
    if not needs.strip():
        raise TalkRefusedError(
            "Say what you found on psychological needs and vulnerability. If you found nothing, write that.",
            code="talk.needs",
            field="needs",
        )
    if outcome != TalkOutcome.GO_ON:
        if not reason.strip():
            raise TalkRefusedError("Say why. It is printed in the record.", code="talk.reason", field="reason")
        return
    if has_proxy and is_able:
        raise TalkRefusedError(
            "Somebody else decides for this patient. If you have no doubt that the patient can decide, nobody may sign for "
            "them: end the proxy’s part, or void this consent and issue a new one.",
            code="talk.able_with_proxy",
            field="is_able",
        )
    if not is_able and not has_proxy:
        raise TalkRefusedError(
            "Where you doubt that the patient can decide, nothing goes on. Pause the consent, or choose not to treat.",
            code="talk.doubt",
            field="is_able",
        )
    if not is_free:
        raise TalkRefusedError(
            "A decision under pressure is no consent. Choose not to treat, or talk with the patient alone on another day.",
            code="talk.pressed",
            field="is_free",
        )


def check_can_doubt(*, status: str, reason: str) -> None:
    """Anybody of the staff pauses an open consent, saying what they saw."""
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise CapacityRefusedError("This record is closed, so nothing needs to be paused.", code="capacity.closed")
    if not reason.strip():
        raise CapacityRefusedError("Say what you saw or heard.", code="capacity.reason", field="reason")


def check_can_resolve(*, registration: str, reason: str) -> None:
    """A clinician with a professional registration resolves a doubt, with a reason (Mental Capacity Act 2005, section 3)."""
    if not registration:
        raise CapacityRefusedError(
            "Only a clinician with a professional register and number on record can resolve this.",
            code="capacity.registration",
        )
    if not reason.strip():
        raise CapacityRefusedError(
            "Say how you found out: what the patient understood, remembered, weighed up and said. It is printed.",
            code="capacity.reason",
            field="reason",
        )


def check_can_decide(*, status: str, waiting: frozenset[str], shown: frozenset[str], reason: str) -> None:
    """A person decides on everything that waits, as the page showed it, with a reason, while the consent is not closed."""
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise ReviewRefusedError("This record is closed, so nothing can be decided on it.", code="consent.not_open")
    if not waiting:
        raise ReviewRefusedError("Nothing waits for a decision here; somebody may have decided.", code="mark.none")
    if waiting != shown:
        raise ReviewRefusedError(
            "Something else has changed since this page was opened. Read it, then decide.", code="mark.stale"
        )
    if not reason.strip():
        raise ReviewRefusedError("Say in a few words why.", code="review.reason", field="reason")


def check_reason(status: str, reason: str) -> None:
    """A stopped consent names a reason; one in force has none."""
    needs = status in (ConsentStatus.INACTIVE, ConsentStatus.NOT_DONE)
    if needs != bool(reason) or (reason and reason not in StatusReason.values):
        raise TransitionError("A stopped consent needs exactly one reason.", code="consent.reason")


def treat_from(opened_on: date | None, days: int) -> date | None:
    """The first local day on which the time to think is over, counted from the day the text was first opened."""
    return None if opened_on is None else opened_on + timedelta(days=days)


def check_terms(*, days_to_think: Mapping[str, int], good_for_days: int, reason: str) -> None:
    """Refuse terms that leave no time to think; shorter ones than are suggested need a reason (GMC 2016: proportional)."""
    for group, suggested in DAYS_TO_THINK.items():
        days, least = days_to_think[group], LEAST_DAYS_TO_THINK[group]
        if not least <= days <= MOST_DAYS_TO_THINK:
            raise TermsRefusedError(
                f"Choose {least} to {MOST_DAYS_TO_THINK} days; {days} was given.", code="terms.days", field=group
            )
        if days < suggested and not reason.strip():
            raise TermsRefusedError(
                f"{days} is shorter than the {suggested} days that are suggested here. Say why that is enough.",
                code="terms.reason",
                field="reason",
            )
    if not LEAST_GOOD_FOR <= good_for_days <= MOST_GOOD_FOR:
        raise TermsRefusedError(
            f"Choose {LEAST_GOOD_FOR} to {MOST_GOOD_FOR} days; {good_for_days} was given.",
            code="terms.good_for",
            field="good_for_days",
        )


def check_can_ask_for_sooner(
    *,
    status: str,
    is_treating_practitioner: bool,
    treat_from: date | None,
    treat_on: date,
    today: date,
    is_asked: bool,
    reason: str,
) -> None:
    """Only the treating practitioner asks, about a running time to think, for a day within it, with a reason."""
    if not is_treating_practitioner:
        raise SoonerRefusedError(
            "Only the practitioner named in the record can ask for this: who treats answers for it.",
            code="sooner.other_person",
        )
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise SoonerRefusedError("This record is closed.", code="sooner.closed")
    if treat_from is None:
        raise SoonerRefusedError(
            "The patient has not opened the text yet, so there is no time to shorten.", code="sooner.not_opened"
        )
    if not today <= treat_on < treat_from:
        raise SoonerRefusedError(
            f"Choose a day from today on and before {treat_from:%-d %B %Y}, when the patient may be treated anyway.",
            code="sooner.day",
            field="treat_on",
        )
    if is_asked:
        raise SoonerRefusedError(
            "The patient was asked about this day already, and has not answered.", code="sooner.asked"
        )
    if not reason.strip():
        raise SoonerRefusedError(
            "Say why the patient should have less time. The patient reads it, and it is printed.",
            code="sooner.reason",
            field="reason",
        )


def check_can_answer_sooner(*, status: str, is_same_text: bool) -> None:
    """The patient answers while the record is open and the text is the one it was asked about."""
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE) or not is_same_text:
        raise SoonerRefusedError("This is not asked any more. Nothing was changed.", code="sooner.closed")


def check_may_treat(consent: Treatable, batch: Any, on: date) -> None:
    """Refuse the treatment of this consent's patient with this batch on this local day; the door for other rooms."""
    check_treatment(consent.treatment_facts(batch, on))


def check_treatment(facts: TreatmentFacts) -> None:
    """Refuse a treatment that this consent does not cover: state, seal, product, batch, standing, expiry, time to think."""
    problems = []
    if facts.status != ConsentStatus.ACTIVE:
        problems.append(f"the consent is {ConsentStatus(facts.status).label.lower()}, not active")
    elif not facts.is_sealed:
        problems.append("the signed record is not sealed yet")
    if facts.product != facts.consented_product:
        problems.append("the batch is of another product than the one consented to")
    elif facts.consented_batch is not None and facts.batch != facts.consented_batch:
        problems.append("the batch is another one than the patient was told of")
    elif facts.bound_batch is not None and facts.batch != facts.bound_batch:
        problems.append("another batch was chosen for this consent before")
    if facts.batch_status != "RELEASED":
        problems.append("the batch is not released for use")
    if facts.expiration_date < facts.on:
        problems.append(f"the batch expired on {facts.expiration_date:%-d %B %Y}")
    problems += _changed_since(facts)
    if facts.treat_from is not None and facts.on < facts.treat_from:
        problems.append(f"the time to think lasts until {facts.treat_from:%-d %B %Y}")
    if problems:
        raise ClearanceRefusedError(
            "Do not treat: " + "; ".join(problems) + ".", code="clearance.refused", field="batch"
        )


def check_day_answers(*, still_wanted: bool, nothing_changed: bool) -> None:
    """Stop where the patient does not want it any more, or something has changed, and say what to do (GMC: reviewing decisions)."""
    if not still_wanted:
        raise ClearanceRefusedError(
            "Do not treat: the patient has not said today that they still want it. "
            "If they changed their mind, record on the consent’s page that they took it back.",
            code="clearance.not_wanted",
            field="still_wanted",
        )
    if not nothing_changed:
        raise ClearanceRefusedError(
            "Do not treat: something has changed since the patient signed. "
            "Talk about it; where it matters to the decision, issue a new consent.",
            code="clearance.changed",
            field="nothing_changed",
        )


def _changed_since(facts: TreatmentFacts) -> list[str]:
    """What is not as it was when the patient signed."""
    kinds = ", ".join(facts.undecided_kinds).lower()
    told = (
        (facts.superseded, "a newer text has replaced the one that was signed"),
        (facts.standing_changed, "the rules for this product here have changed since the patient signed"),
        (bool(kinds), f"something changed since the text was written, and nobody has decided on it yet ({kinds})"),
        (facts.is_paused, "it is paused: a clinician must first find out whether the patient can make this decision"),
        (facts.ask_again, "the patient must be asked again, because of what has changed"),
    )
    return [words for is_so, words in told if is_so]


# These end with the act that answers them, and by nothing less.
CLOSED_BY_ACT = frozenset({TaskKind.QUESTION, TaskKind.CHANGED, TaskKind.CAPACITY})


def check_can_assign(*, is_open: bool, roles: frozenset[Role]) -> None:
    """Only an open task has somebody responsible, and only somebody who may act here."""
    if not is_open:
        raise TaskRefusedError("This task is closed, so nobody needs to take it over.", code="task.closed")
    if not roles & {Role.PRACTITIONER, Role.CLINIC_LEAD}:
        raise TaskRefusedError(
            "This person is no practitioner or lead of this clinic. Choose somebody from the list.",
            code="task.owner",
            field="owner",
        )


def check_can_close(*, kind: str, is_open: bool, note: str, is_about_closer: bool = False) -> None:
    """By hand, with a note; a question is closed by its answer and a change by the decision on it.

    Nobody closes what a patient says against their own part in it.
    """
    if not is_open:
        raise TaskRefusedError("This task is closed already.", code="task.closed")
    if kind in CLOSED_BY_ACT:
        done = {TaskKind.QUESTION: "Answer the question", TaskKind.CAPACITY: "Resolve the pause"}.get(
            TaskKind(kind), "Decide on what has changed"
        )
        raise TaskRefusedError(f"{done} on the consent’s page: that closes the task.", code="task.by_act")
    if is_about_closer:
        raise TaskRefusedError(
            "The patient says that they did not sign this, and you are the one who treats them. Somebody else of the clinic "
            "looks into it and closes the task.",
            code="task.own_dispute",
        )
    if not note.strip():
        raise TaskRefusedError("Say in a few words what was done.", code="task.note", field="note")


# For so long after the hand-over a visit counts as one on the device that a person of the clinic gave into the patient's hand.
HANDOVER_LASTS = timedelta(hours=4)


def is_handed_over(way: str, made_at: datetime, at: datetime) -> bool:
    """Whether this visit is the one for which the clinic's own device was handed over."""
    return way == LinkWay.HANDOVER and at < made_at + HANDOVER_LASTS


def asks_code(policy: str, *, is_handed_over: bool, channels: Collection[str]) -> bool:
    """Whether a one-time code is asked for after the birth date: where the clinic wants it and it can reach the patient."""
    return policy == CodePolicy.REACHABLE and not is_handed_over and bool(channels)


# A contact that was changed after the patient had read is used for a code only after this time: whoever changed it might not be the patient.
CONTACT_SETTLES = timedelta(hours=24)


def check_contact_is_settled(changed_at: datetime | None, opened_at: datetime | None, at: datetime) -> None:
    """Refuse to send a code to an address or number that was changed lately, once the patient has opened the text.

    Before the first opening a mistyped contact may be corrected at once.
    """
    if changed_at is None or opened_at is None or opened_at > changed_at or at >= changed_at + CONTACT_SETTLES:
        return
    raise TransitionError(
        "Your e-mail address or phone number was changed lately. To keep your information safe, we send no code there "
        "for a day. You can read everything on a device at the clinic, or call.",
        code="otp.contact_new",
    )


def assurance_of(*, is_handed_over: bool, has_code: bool) -> Assurance:
    """How it was established who the patient is, in one word of the scale."""
    if is_handed_over:
        return Assurance.HANDED_OVER
    return Assurance.BIRTH_DATE_AND_CODE if has_code else Assurance.BIRTH_DATE


def check_code(*, is_right: bool, is_used: bool, expires_at: datetime, at: datetime) -> None:
    """Refuse a code that is wrong, was used or is too old (NIST SP 800-63B, ASVS 6.5.5: ten minutes, once)."""
    if is_used:
        raise IdentityRefusedError(
            "This code was used already. Each code works once. Ask for a new one.", code="otp.used", field="code"
        )
    if at >= expires_at:
        raise IdentityRefusedError("This code is too old. Ask for a new one.", code="otp.expired", field="code")
    if not is_right:
        raise IdentityRefusedError(
            "That is not the code in our newest message. Check the six digits and try again.",
            code="otp.wrong",
            field="code",
        )


def why_no_reminder(facts: ReminderFacts) -> NoReminder | None:
    """Why a patient is not reminded now; None where the next reminder may be sent.

    Any decision stops reminders, and so do a question that waits and a pause that the clinic has to end.
    """
    reasons = (
        (not facts.is_open, NoReminder.DECIDED),
        (not facts.by_mail, NoReminder.NOT_BY_MAIL),
        (not facts.link_works, NoReminder.LINK_OVER),
        (facts.asked_for_none, NoReminder.ASKED_FOR_NONE),
        (not facts.is_reached, NoReminder.NOT_REACHED),
        (facts.sent >= facts.most, NoReminder.ENOUGH),
        (facts.has_question, NoReminder.QUESTION),
        (facts.is_paused, NoReminder.PAUSE),
    )
    return next((reason for is_so, reason in reasons if is_so), None)


def check_reminders(*, first_after_days: int, every_days: int, most: int) -> None:
    """Refuse a policy that would press patients: at most five reminders, and not on the day itself."""
    for name, days in (("first_after_days", first_after_days), ("every_days", every_days)):
        if not 1 <= days <= 30:
            raise ReminderRefusedError(f"Choose 1 to 30 days; {days} was given.", code="reminders.days", field=name)
    if not 0 <= most <= 5:
        raise ReminderRefusedError(
            f"Choose 0 (no reminders) to 5; {most} was given.", code="reminders.most", field="most"
        )


def check_period(since: date, until: date, *, today: date) -> None:
    """A period ends on or after its first day, and not before anything can have been sealed in it."""
    if until < since:
        raise ExportRefusedError(
            f"The last day ({until:%-d %B %Y}) is before the first ({since:%-d %B %Y}).",
            code="export.period",
            field="until",
        )
    if since > today:
        raise ExportRefusedError(
            f"The first day is after today, {today:%-d %B %Y}.", code="export.period", field="since"
        )
