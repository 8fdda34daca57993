"""When the patient may sign, answer and be answered, and the practitioner declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consent.errors import (
    DeclarationRefusedError,
    DocumentChangedError,
    HashRequiredError,
    ReviewRefusedError,
    SigningRefusedError,
    StepRefusedError,
    TransitionError,
)
from consent.records import MarkFacts, SigningFacts
from consent.rules.issuing import check_adult
from consent.vocabulary import ConsentStatus, SigningMethod

# Shorter than this (in thousandths of the pad's width) is a dot or a slip, not a signature.
LEAST_INK = 60.0


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
    if facts.is_study_closed:
        raise SigningRefusedError(
            "The study was closed, so nobody can join it any more. Nothing was signed. Please ask the clinic.",
            code="signature.study_closed",
        )
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
