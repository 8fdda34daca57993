"""The words of consent: states (FHIR consent-state-codes), reasons, parts of a Document, and its clauses."""

from __future__ import annotations

from django.db import models


class ConsentStatus(models.TextChoices):
    """Only these are states; sent, opened, question waiting, sealed are facts that follow from other rows."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    NOT_DONE = "not-done", "Declined"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class StatusReason(models.TextChoices):
    """Why a consent stopped being in force, or never was."""

    WITHDRAWN = "withdrawn", "Taken back by the patient"
    LAPSED = "lapsed", "Lapsed"
    SUPERSEDED = "superseded", "Replaced by a newer consent"
    VOIDED = "voided", "Voided by the clinic"
    DECLINED = "declined", "Declined by the patient"


class EndKind(models.TextChoices):
    """How a consent ended by the clinic or by time; the patient's own endings are a decline and a withdrawal."""

    LAPSED = "lapsed", "Lapsed"
    SUPERSEDED = "superseded", "Replaced by a newer consent"
    VOIDED = "voided", "Voided by the clinic"
    INVALIDATED = "invalidated", "Entered in error"


class BatchWay(models.TextChoices):
    """How the batch in hand was named at the chair."""

    SCAN = "scan", "Scanned"
    CHOSEN = "chosen", "Chosen from the list"


class SigningMethod(models.TextChoices):
    """How the patient made the mark."""

    DRAWN = "drawn", "Drawn by finger or pen"
    TYPED = "typed", "Typed name"
    WITNESSED = "witnessed", "Said aloud before a witness"
    PAPER = "paper", "Signed by hand on paper"


class LinkWay(models.TextChoices):
    """How a patient's link leaves the clinic."""

    QR = "qr", "Shown as a QR code"
    EMAIL = "email", "Sent by e-mail"
    HANDOVER = "handover", "On the clinic's own device"
    LETTER = "letter", "Printed on a letter"


CODE_DIGITS = 6


class CodeChannel(models.TextChoices):
    """How a one-time code reaches a patient."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"


class Wish(models.TextChoices):
    """What a patient asks the clinic to do, from any of the patient's pages."""

    CALL = "call", "Wants to be called"
    NEW_LINK = "link", "Wants a new link"
    DISPUTE = "dispute", "Says that they did not sign this"


class TimeOfDay(models.TextChoices):
    """When a patient would like to be called."""

    ANY = "any", "Any time"
    MORNING = "morning", "In the morning"
    AFTERNOON = "afternoon", "In the afternoon"
    EVENING = "evening", "In the early evening"


class Assurance(models.TextChoices):
    """How it was established who the patient is: the scale of docs/reference/identity.md."""

    BIRTH_DATE = "birth-date", "Private link and date of birth"
    BIRTH_DATE_AND_CODE = "birth-date-and-code", "Private link, date of birth and a one-time code"
    HANDED_OVER = "handed-over", "Handed over in person at the clinic, and date of birth"


class SealKind(models.TextChoices):
    """One sealed file for each act."""

    SIGNED = "signed-record", "Signed record"
    COMPLETED = "completion-record", "Completion record"
    DAY_OF = "day-of-record", "Record of the day"
    DECLINED = "decline-record", "Record of the no"
    WITHDRAWN = "withdrawal-record", "Withdrawal record"
    CLOSED = "closing-record", "Closing record"
    ERROR = "error-record", "Record of an error"


class TimeWay(models.TextChoices):
    """Where the trusted time of a sealed file is."""

    INSIDE = "inside", "In the file"
    DETACHED = "detached", "Beside the file"
    NONE = "none", "None"


class StandingCode(models.TextChoices):
    """Where a consent stands on the board; derived by `consent.disclosure`, never stored."""

    NOT_SENT = "not-sent", "Not sent"
    NOT_OPENED = "not-opened", "Not opened"
    LINK_EXPIRED = "link-expired", "Link expired"
    NOT_REACHED = "not-reached", "Not reached"
    READING = "reading", "Reading"
    QUESTION = "question", "Question asked"
    SCREENING = "screening", "Health answer to decide"
    PAPER = "paper", "On paper"
    PAUSED = "paused", "Paused: can the patient decide?"
    SIGNED = "signed", "Signed"
    SEAL_PENDING = "seal-pending", "Seal pending"
    CHANGED = "changed", "Changed since: to decide"
    ASK_AGAIN = "ask-again", "Ask the patient again"
    BATCH_CHANGED = "batch-changed", "Product changed"
    THINKING = "thinking", "Time to think"
    ACTIVE = "active", "Active"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    VOIDED = "voided", "Voided"
    SUPERSEDED = "superseded", "Replaced"
    LAPSED = "lapsed", "Lapsed"
    ERROR = "entered-in-error", "Entered in error"


class Section(models.TextChoices):
    """The parts of a Document, in the order in which a patient reads them.

    NEWS and PERSONAL may be absent; RESEARCH and TAKING_PART are there for research, and only there.
    """

    NEWS = "news", "What is new"
    RESEARCH = "research", "This is a research study"
    EXPERIMENTAL = "experimental", "This treatment is experimental"
    PERSONAL = "personal", "What matters to you"
    PRODUCT = "product", "What is in the product"
    STATUS = "status", "What the law says here"
    NOT_KNOWN = "not-known", "What nobody knows, and what was not tested"
    TREATMENT = "treatment", "What would happen"
    RISKS = "risks", "What could go wrong"
    ALTERNATIVES = "alternatives", "Your other options"
    COST = "cost", "What it costs"
    TAKING_PART = "taking-part", "If you take part in the study"
    RIGHTS = "rights", "Your rights"


class TextType(models.TextChoices):
    """What a consent text is for. A clinic has one line of versions for each language and type."""

    TREATMENT = "treatment", "Treatment"
    RESEARCH = "research", "Research study"


class TextKind(models.TextChoices):
    """What a section of a clinic's own text is about (GMC 2020, paragraph 10; cosmetic interventions 2016).

    The last four are for research alone (21 CFR 50.25(a)(5) to (8)).
    """

    WHAT = "what", "What it is"
    WHY = "why", "Why"
    HAPPENS = "happens", "What happens"
    BENEFITS = "benefits", "Benefits"
    HARMS = "harms", "Harms"
    NOT_KNOWN = "not-known", "Not known"
    ALTERNATIVES = "alternatives", "Alternatives"
    COST = "cost", "Cost"
    AFTERCARE = "aftercare", "Aftercare"
    CHOICES = "choices", "Choices"
    QUESTIONS = "questions", "Questions"
    FREE = "free", "Free text"
    CONFIDENTIALITY = "confidentiality", "Who sees your data"
    INJURY = "injury", "If taking part harms you"
    CONTACTS = "contacts", "Who to ask"
    VOLUNTARY = "voluntary", "Taking part is your choice"


RESEARCH_KINDS = frozenset({TextKind.CONFIDENTIALITY, TextKind.INJURY, TextKind.CONTACTS, TextKind.VOLUNTARY})


class FindingKind(models.TextChoices):
    """What the gate finds in a text; all but jargon keep it from being published, unless somebody says why it stays."""

    CLAIM = "claim", "Promise or advertising"
    READING_AGE = "reading-age", "Hard to read"
    SENTENCE = "sentence", "Long sentence"
    JARGON = "jargon", "Hard word"


class DraftState(models.TextChoices):
    """Where a draft of a consent text stands."""

    OPEN = "open", "Being written"
    PUBLISHED = "published", "Published"
    DISCARDED = "discarded", "Discarded"


class Clause(models.TextChoices):
    """What no template can drop (domain facts, section E.2)."""

    K1 = "K1", "Experimental, not proven for this use"
    K2 = "K2", "Long-term risks are not known"
    K3 = "K3", "Possible side effects"
    K4 = "K4", "Regulatory status here"
    K5 = "K5", "Source"
    K6 = "K6", "Isolation method"
    K7 = "K7", "Particle size with its method"
    K8 = "K8", "Batch and expiry"
    K9 = "K9", "Alternatives, doing nothing first"
    K10 = "K10", "Total cost and refund terms"
    K11 = "K11", "The right to say no or to withdraw"
    K12 = "K12", "Not a substitute for sun protection and medical care"
    K13 = "K13", "How to report problems and get urgent help"
    K14 = "K14", "What was not tested"
    K15 = "K15", "Data use and retention"
    K16 = "K16", "Who treats, and their registration"


class Element(models.TextChoices):
    """The basic elements of informed consent to research, which no research template can drop (21 CFR 50.25(a)(1) to (8))."""

    E1 = "E1", "That it is research; its purpose, length and procedures, and what is experimental"
    E2 = "E2", "Foreseeable risks"
    E3 = "E3", "Benefits to the participant or to others"
    E4 = "E4", "Alternatives"
    E5 = "E5", "Confidentiality, and who may inspect the records"
    E6 = "E6", "Compensation and treatment for injury"
    E7 = "E7", "Whom to contact"
    E8 = "E8", "Taking part is voluntary, without penalty"


class Step(models.TextChoices):
    """What a patient is asked besides reading, in the order in which it comes."""

    REASONS = "reasons", "What matters to you"
    HEALTH = "health", "About your health"
    CHECK = "check", "Did we explain it well?"
    OWN_WORDS = "own-words", "In your own words"
    CHOICES = "choices", "Your choices"


class Credential(models.TextChoices):
    """What somebody showed just before an act in their own name."""

    PASSWORD = "password", "Password"
    PASSWORD_AND_CODE = "password-and-code", "Password and a one-time code of their own device"
    PASSKEY = "passkey", "Passkey"


class TalkOutcome(models.TextChoices):
    """What follows from the conversation (GMC cosmetic interventions 2016, paragraphs 18 and 19)."""

    GO_ON = "go-on", "The patient may decide"
    DO_NOT_TREAT = "do-not-treat", "Do not treat"
    REFER = "refer", "Refer to somebody else, and do not treat"


class CapacityOutcome(models.TextChoices):
    """What a clinician found on whether the patient can make this decision (Mental Capacity Act 2005, sections 2 and 3)."""

    CAN = "can-decide", "The patient can make this decision now"
    CANNOT = "cannot-decide", "The patient cannot make this decision now: not treated"
    AGAIN = "assess-again", "The patient cannot make this decision now: assessed again on another day"
    PROXY = "proxy-decides", "The patient cannot make this decision: who decides for the patient goes on"


class ScreeningPolicy(models.TextChoices):
    """What a yes, or “not sure”, to a health question means for the clinic (domain facts E.3)."""

    STOP = "stop", "Stop: no signature before a clinician decides"
    PAUSE = "pause", "Pause: support or a talk first, no signature before"
    WARN = "warn", "Warn: a clinician decides before the declaration"
    NOTE = "note", "Note: shown to the practitioner"


# No signature before a clinician has decided on answers that meet one of these.
BLOCKS_SIGNING = frozenset({ScreeningPolicy.STOP, ScreeningPolicy.PAUSE})
NEEDS_DECISION = BLOCKS_SIGNING | {ScreeningPolicy.WARN}


class ReviewDecision(models.TextChoices):
    """What a clinician decides on a patient's answers."""

    GO_ON = "go-on", "May go on"
    DO_NOT_TREAT = "do-not-treat", "Do not treat"
    READ = "read", "Read before the declaration"


class MarkKind(models.TextChoices):
    """What a consent rested on that is not as it was when its text was written."""

    STANDING = "standing", "Legal standing"
    RULE_SET = "rule-set", "Rules"
    FINDING = "finding", "Finding"
    BATCH = "batch", "Batch"
    DOSSIER = "dossier", "Product record"
    TEMPLATE = "template", "Consent text"
    PRACTITIONER = "practitioner", "Who treats"
    AGE_LIMIT = "age-limit", "Age of the consent"
    STUDY = "study", "Research study"


class MarkOutcome(models.TextChoices):
    """What a person decides on what has changed."""

    STANDS = "stands", "The consent stands as it is"
    ASK_AGAIN = "ask-again", "The patient is asked again"
    LAPSES = "lapses", "The consent ends, because it is too old"


class TaskKind(models.TextChoices):
    """What a task of the staff is about. A new kind needs a word here and a line in `docs/reference/tasks.md`."""

    DECLINE = "decline", "The patient said no"
    QUESTION = "question", "Question to answer"
    WITHDRAWAL = "withdrawal", "The patient took it back"
    CHOICE = "choice", "The patient took one choice back"
    CAPACITY = "capacity", "Paused: can the patient decide?"
    NOT_REACHED = "not-reached", "Message did not arrive"
    CHANGED = "changed", "Something changed: to decide"
    CALL = "call", "Call the patient"
    NEW_LINK = "new-link", "New link asked for"
    PAPER = "paper", "Paper record to scan"
    REVIEW = "review", "To look at"


class TaskEnd(models.TextChoices):
    """How a task ended."""

    ACT = "act", "Done by the act itself"
    HAND = "hand", "Closed with a note"
    MOOT = "moot", "No longer needed"


class NoReminder(models.TextChoices):
    """Why a patient is not reminded; the first group for good, the second for now."""

    DECIDED = "decided", "it is decided"
    NOT_BY_MAIL = "not-by-mail", "the link was not sent by e-mail"
    LINK_OVER = "link-over", "the link works no more"
    NOT_REACHED = "not-reached", "the e-mail did not arrive"
    ASKED_FOR_NONE = "asked-for-none", "the patient does not want to be reminded"
    ENOUGH = "enough", "enough were sent"
    QUESTION = "question", "a question waits for its answer"
    PAUSE = "pause", "the clinic has to decide on something first"


# Nothing that may pass by itself: the sweep forgets these.
FOR_GOOD = frozenset(NoReminder) - {NoReminder.QUESTION, NoReminder.PAUSE}


class PaperWay(models.TextChoices):
    """How a patient would rather sign than on a screen."""

    PAPER = "paper", "On paper"
    IN_CLINIC = "in-clinic", "In the clinic"


class Attested(models.TextChoices):
    """What a member of staff says of a signature on paper."""

    SAW = "saw", "I saw this person sign the paper."
    RECEIVED = "received", "I received the paper signed, and compared the signature or asked the patient."


class PersonRole(models.TextChoices):
    """In which role somebody besides the patient takes part when a consent is read and signed."""

    SUPPORTER = "supporter", "Supporter"
    INTERPRETER = "interpreter", "Interpreter"
    WITNESS = "witness", "Witness"
    PROXY = "proxy", "Decides for the patient"


class Decider(models.TextChoices):
    """Whose decision it is where somebody may decide for the patient."""

    PATIENT = "patient", "The patient"
    PROXY = "proxy", "Who decides for the patient"


class WitnessReason(models.TextChoices):
    """Why a witness is there."""

    CANNOT_READ = "cannot-read", "The patient cannot read the text"
    CANNOT_SIGN = "cannot-sign", "The patient cannot make a mark"
    WANTED = "wanted", "The patient wants a witness"


class Authority(models.TextChoices):
    """On what somebody rests who decides for an adult (Mental Capacity Act 2005; Adults with Incapacity (Scotland) Act 2000)."""

    ATTORNEY = "attorney", "Lasting power of attorney for health and welfare"
    DEPUTY = "deputy", "Deputy appointed by the Court of Protection"
    SCOTLAND = "scotland", "Welfare attorney or guardian (Scotland)"
    OTHER = "other", "Another legal authority"


class AuthorityOutcome(models.TextChoices):
    """What staff found when they looked at a proxy's authority; the newest finding counts."""

    CONFIRMED = "confirmed", "Seen, and it covers this decision"
    NOT_ENOUGH = "not-enough", "Not shown, or it does not cover this decision"
    DISAGREES = "disagrees", "Conflict: the proxy disagrees"
