"""What people besides the patient declare, in plain words, in the language of the text. No database."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from consent.vocabulary import AuthorityOutcome, PersonRole, WitnessReason

# `{patient}` is the patient's name as the text has it, `{language}` what the interpreter speaks with the patient.
DECLARATIONS: Mapping[str, str] = {
    PersonRole.SUPPORTER: gettext_noop(
        "I helped {patient} to read this and to say what they think. I did not decide for them, and I did not press them. "
        "I keep to myself what I heard."
    ),
    PersonRole.INTERPRETER: gettext_noop(
        "I put the whole text, the questions and the answers into {language} for {patient}, as well as I can. I left nothing "
        "out and added nothing. I believe that {patient} understood. I keep to myself what I heard."
    ),
    PersonRole.WITNESS: gettext_noop(
        "I was there. The whole text was read out to {patient}, they could ask, and they decided freely, as far as I could see. "
        "I do not work for the clinic, and I gain nothing from the treatment."
    ),
}
WITNESS_ADDITIONS: Mapping[str, str] = {
    WitnessReason.CANNOT_SIGN: gettext_noop("{patient} cannot make a mark, and said yes aloud before me."),
}
PROXY_MEANING = gettext_noop(
    "I decide for {patient}, who cannot make this decision. My authority: {authority}. I have read what this record says. "
    "I know that the treatment is experimental and that nobody knows its long-term risks. I believe that it is in the best "
    "interests of {patient}, and I say yes on their behalf."
)
ROLE_WORDS: Mapping[str, str] = {
    PersonRole.SUPPORTER: gettext_noop("Supporter"),
    PersonRole.INTERPRETER: gettext_noop("Interpreter"),
    PersonRole.WITNESS: gettext_noop("Witness"),
    PersonRole.PROXY: gettext_noop("Decides for the patient"),
}
# What each role is, for somebody who chooses one.
ROLE_HELP: Mapping[str, str] = {
    PersonRole.SUPPORTER: gettext_noop("I am a friend, a relative or a carer. I help them to read and to speak."),
    PersonRole.INTERPRETER: gettext_noop(
        "I put the text and the talk into the patient’s language, or into sign language."
    ),
    PersonRole.WITNESS: gettext_noop("The patient cannot read or cannot sign, or wants somebody to see it."),
    PersonRole.PROXY: gettext_noop("The patient cannot make this decision, and the law lets me make it."),
}
RELATION_LABELS: Mapping[str, str] = {
    PersonRole.SUPPORTER: gettext_noop("How do you know the patient?"),
    PersonRole.INTERPRETER: gettext_noop("Your qualification, or how you come to speak both languages"),
    PersonRole.WITNESS: gettext_noop("How do you know the patient?"),
    PersonRole.PROXY: gettext_noop("How do you know the patient?"),
}
AUTHORITY_WORDS: Mapping[str, str] = {
    "attorney": gettext_noop("Lasting power of attorney for health and welfare"),
    "deputy": gettext_noop("Deputy appointed by the Court of Protection"),
    "scotland": gettext_noop("Welfare attorney or guardian (Scotland)"),
    "other": gettext_noop("Another legal authority"),
}
OUTCOME_WORDS: Mapping[str, str] = {
    AuthorityOutcome.CONFIRMED: gettext_noop("Seen, and it covers this decision"),
    AuthorityOutcome.NOT_ENOUGH: gettext_noop("Not shown, or it does not cover this decision"),
    AuthorityOutcome.DISAGREES: gettext_noop("Conflict: the proxy disagrees"),
}
REASON_WORDS: Mapping[str, str] = {
    WitnessReason.CANNOT_READ: gettext_noop("The patient cannot read the text"),
    WitnessReason.CANNOT_SIGN: gettext_noop("The patient cannot make a mark"),
    WitnessReason.WANTED: gettext_noop("The patient wants a witness"),
}


def declaration_of(facts: Mapping[str, str], patient_name: str) -> str:
    """What this person declares, in the language in use; `facts` are those of the row."""
    words = gettext(DECLARATIONS[facts["role"]])
    if addition := WITNESS_ADDITIONS.get(facts.get("reason", "")):
        words = f"{words} {gettext(addition)}"
    return words.format(patient=patient_name, language=facts.get("language", ""))


def proxy_meaning(facts: Mapping[str, str], patient_name: str) -> str:
    """What the signature of somebody says who decides for the patient."""
    return gettext(PROXY_MEANING).format(patient=patient_name, authority=authority_told(facts))


def authority_told(facts: Mapping[str, str]) -> str:
    """The authority in words, with what was added to it."""
    words = gettext(AUTHORITY_WORDS[facts["authority"]])
    return f"{words} ({facts['authority_words']})" if facts.get("authority_words") else words
