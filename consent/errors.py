"""Every way in which the consent room refuses, with a stable code for programs and a sentence for people."""

from __future__ import annotations

from audit.errors import Refusal


class ConsentError(Refusal):
    """Base of this room's refusals."""


class TransitionError(ConsentError):
    """The consent is not in a state from which this act can happen."""


class SigningRefusedError(ConsentError):
    """The signature would not be informed consent, or says nothing."""


class DocumentChangedError(ConsentError):
    """The Document on the reader's screen is no longer the one on file."""


class HashRequiredError(ConsentError):
    """The request does not say which text was shown."""


class SignatureTypeError(ConsentError):
    """The signature came as a picture or an address; only the drawn strokes are taken."""


class BodyTooLargeError(ConsentError):
    """More was sent than a drawn signature or an answer can hold."""


class UnknownFieldError(ConsentError):
    """The request carries a field that the page does not have, such as a time or a state of its own."""


class UnderAgeError(ConsentError):
    """The patient is under 18 on the clinic's calendar day."""


class ClauseMissingError(ConsentError):
    """A Document lacks a clause that no template can drop."""


class TemplateTextError(ConsentError):
    """A consent text holds something that is not taken: HTML, a link elsewhere, a picture, a list in a list."""


class PublishRefusedError(ConsentError):
    """A consent text cannot be published: something is missing, is too hard to read or promises too much, or it needs another person."""


class StaleDraftError(ConsentError):
    """A draft of a consent text was changed, published or discarded by somebody else since the page was opened."""


class StudyRefusedError(ConsentError):
    """What was sent about a research study cannot be so, or the study is closed."""


class IssueRefusedError(ConsentError):
    """No consent can be issued for this product, batch or use."""


class StepRefusedError(ConsentError):
    """The answers to a step lack something, or answer what was not asked."""


class ChoiceRefusedError(ConsentError):
    """There is no such choice in the signed record, or nothing of it is left to take back."""


class ReviewRefusedError(ConsentError):
    """A clinician's decision on a patient's answers is not possible, or lacks its reason."""


class PersonRefusedError(ConsentError):
    """Somebody cannot take part as asked, their mark is missing, or their authority is not confirmed."""


class PaperRefusedError(ConsentError):
    """A paper pack or its scan is not what it should be: of another consent or text, incomplete, unreadable, or not handed over."""


class LinkInvalidError(ConsentError):
    """No such link; the same answer for unknown, cut and foreign ones."""


class LinkExpiredError(ConsentError):
    """The link's days are over."""


class LinkSupersededError(ConsentError):
    """The link opens a Document that has been replaced."""


class IdentityRefusedError(ConsentError):
    """The birth date does not fit, or was not given in this visit."""


class IdentityLockedError(ConsentError):
    """Too many wrong birth dates or codes; a pause is on."""

    # Seconds, as the answer tells a program; the sentence says it in minutes.
    retry_after = 15 * 60


class StaffSessionError(ConsentError):
    """A signed-in member of staff may not act as the patient."""


class DeclarationRefusedError(ConsentError):
    """The practitioner's declaration is not possible now, or not by this person."""


class ClearanceRefusedError(ConsentError):
    """The patient may not be treated with this batch today."""


class ExportRefusedError(ConsentError):
    """A table or a ZIP cannot be made of this: a period that is none, or too much at once."""


class ReminderRefusedError(ConsentError):
    """Reminders cannot be set in this way: too many, or too soon."""


class TalkRefusedError(ConsentError):
    """The practitioner's conversation with the patient cannot be recorded in this way."""


class CapacityRefusedError(ConsentError):
    """A consent cannot be paused because of a doubt about capacity, or that doubt cannot be resolved in this way."""


class EndingRefusedError(ConsentError):
    """A consent is not stopped without a reason."""


class TermsRefusedError(ConsentError):
    """A clinic's terms leave too little time to think, or lack a reason."""


class SoonerRefusedError(ConsentError):
    """A treatment before the end of the time to think cannot be asked for, or not answered, in this way."""


class TaskRefusedError(ConsentError):
    """A task cannot be given to this person, or is not closed in this way."""


class RenderingError(ConsentError):
    """The PDF could not be laid out."""


class SealingError(ConsentError):
    """The PDF could not be sealed."""


class SealingKeyError(SealingError):
    """The sealing key or its certificate is missing, unreadable or expired."""


class TimestampError(ConsentError):
    """A timestamp authority gave no token that can be relied on; a seal goes on without it."""


class FileDamagedError(ConsentError):
    """A stored file no longer has the SHA-256 that was logged."""


class NotSealedYetError(ConsentError):
    """The sealed file is still being made."""


class DisposalRefusedError(ConsentError):
    """A patient's record cannot be disposed of as asked: it is still to be kept, or the second person is missing."""

    default_code = "disposal"
