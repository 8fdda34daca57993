"""Frozen facts to PDF bytes: the signed record, the completion record, and a copy to read before signing.

One file is PDF/A-3a and PDF/UA-1 at once. Same facts, same bytes; the clock is never read. Nothing is fetched
but the vendored fonts. Input that cannot be drawn whole raises RenderingError: a missing fact, a missing glyph,
a signature without ink, any warning of the layout engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, gettext_noop

from consent.ceremony import PaperCode
from consent.errors import RenderingError
from consent.languages import ENGLISH, speaking
from consent.rendering import declared, ends, fragments, pages
from consent.rendering.files import RENDERER, Attachment, PageCodes, Particulars
from consent.rendering.fragments import Fragment
from consent.rendering.words import words_of

__all__ = [
    "RENDERER",
    "Attachment",
    "make_ready",
    "render_completion_record",
    "render_day_record",
    "render_ending_record",
    "render_paper_pack",
    "render_signed_record",
    "render_test_page",
    "render_unsigned_copy",
]

Facts = Mapping[str, Any]


def render_signed_record(
    document: Facts, signing_record: Facts, certificate: Facts, attachments: Sequence[Attachment]
) -> bytes:
    """The signed record, ready to be sealed.

    `document` is `candour-document/1`, `signing_record` is `candour-signing-record/1`, `certificate` holds the
    facts of the certificate page; the attachments become associated files.
    """
    return _render(
        gettext_noop("Consent record"),
        document,
        lambda: [
            pages.opening(document, signed=True),
            pages.information(document, signed=True, legend=False),
            pages.decision(document, signing_record),
            pages.certificate(document, signing_record, certificate),
        ],
        made_at=lambda: str(signing_record["signed_at"]),
        attachments=attachments,
        facts=(document, signing_record, certificate),
    )


def render_completion_record(document: Facts, declaration: Facts, attachments: Sequence[Attachment] = ()) -> bytes:
    """The practitioner's declaration, one page.

    `declaration`: `printed_name`, `registration_body`, `registration_number`, `meaning`, `declared_at`,
    `signed_record_sha256` (of the sealed signed record).
    """
    return _render(
        gettext_noop("Completion record"),
        document,
        lambda: [declared.completion(document, declaration)],
        made_at=lambda: str(declaration["declared_at"]),
        attachments=attachments,
        facts=(document, declaration),
    )


def render_day_record(document: Facts, day: Facts, attachments: Sequence[Attachment] = ()) -> bytes:
    """The check just before the treatment. `day` is `candour-day-of/1`."""
    return _render(
        gettext_noop("Record of the day"),
        document,
        lambda: [ends.day_of(document, day)],
        made_at=lambda: str(day["cleared_at"]),
        attachments=attachments,
        facts=(document, day),
    )


def render_ending_record(
    document: Facts, ending: Facts, certificate: Facts, attachments: Sequence[Attachment]
) -> bytes:
    """A no, a withdrawal, or that the clinic closed the consent; with a no, also the text that was shown.

    `ending` is `candour-ending/1`; `certificate` holds the place in the log.
    """
    return _render(
        ends.ENDINGS[str(ending["what"])],
        document,
        lambda: [
            ends.ending(document, ending, certificate),
            *([pages.information(document, signed=True, legend=True)] if ending["what"] == "declined" else []),
        ],
        made_at=lambda: str(ending["ended_at"]),
        attachments=attachments,
        facts=(document, ending, certificate),
    )


def render_unsigned_copy(document: Facts) -> bytes:
    """The Document to read before signing, marked "Not signed" on every page."""
    return _render(
        gettext_noop("Information to read before you decide"),
        document,
        lambda: [pages.opening(document, signed=False), pages.information(document, signed=False, legend=True)],
        made_at=lambda: str(document["issued_at"]),
        attachments=(),
        facts=(document,),
        warning=gettext_noop("NOT SIGNED: a copy to read"),
    )


def render_paper_pack(document: Facts, pack: Facts) -> tuple[bytes, int]:
    """The pack to sign by hand, and its number of pages: the whole text, room for questions and answers, boxes to sign in.

    `pack`: `reference`, `document_sha256`, `made_at`, `signer`, `people`, `questions`. Each page carries a QR code with
    reference, digest of the text and page.
    """
    counted: list[int] = []

    def codes(total: int) -> list[str]:
        counted.append(total)
        return [
            PaperCode(pack["reference"], pack["document_sha256"], number, total).text for number in range(1, total + 1)
        ]

    content = _render(
        gettext_noop("Consent on paper"),
        document,
        lambda: [
            pages.opening(document, signed=False),
            pages.information(document, signed=False, legend=True),
            *pages.paper(document, pack),
        ],
        made_at=lambda: str(pack["made_at"]),
        attachments=(),
        facts=(document, pack),
        codes=codes,
    )
    return content, counted[0]


def make_ready() -> None:
    """Load the layout engine now, as a process does that is to seal files; others load it with their first file."""
    _typeset()


def render_test_page() -> bytes:
    """A page to try fonts, layout and sealing with; it holds no record."""
    particulars = Particulars("Test page", "Test page", "Candour", "en-GB", "2026-01-01T00:00:00Z")
    running = fragments.running("test", "Candour", "Test page", "")
    return _typeset()([pages.test_page()], running, particulars, (), "")


def _render(
    title: str,
    document: Facts,
    parts: Callable[[], list[Fragment]],
    *,
    made_at: Callable[[], str],
    attachments: Sequence[Attachment],
    facts: Sequence[Facts],
    warning: str = "",
    codes: PageCodes | None = None,
) -> bytes:
    with speaking(str(document.get("language", ENGLISH))):
        return _rendered(
            title, document, parts, made_at=made_at, attachments=attachments, facts=facts, warning=warning, codes=codes
        )


def _rendered(
    title: str,
    document: Facts,
    parts: Callable[[], list[Fragment]],
    *,
    made_at: Callable[[], str],
    attachments: Sequence[Attachment],
    facts: Sequence[Facts],
    warning: str,
    codes: PageCodes | None,
) -> bytes:
    title = gettext(title)
    try:
        reference, clinic = document["reference"], document["clinic"]["name"]
        particulars = Particulars(
            title=f"{title} {reference}",
            subject=document["treatment"]["product"],
            author=clinic,
            language=document["language"],
            made_at=made_at(),
        )
        made = parts()
    except KeyError as problem:
        raise RenderingError(f"a fact is missing: {problem.args[0]}", code="rendering.missing") from problem
    except (ValueError, TypeError) as problem:
        raise RenderingError(f"a fact cannot be drawn: {problem}", code="rendering.unfit") from problem
    running = fragments.running(made[0].name, clinic, title, reference, gettext(warning) if warning else "")
    words = words_of(facts) + running + "".join(fragment.html for fragment in made)
    return _typeset()(made, running, particulars, attachments, words, codes)


def _typeset() -> Callable[..., bytes]:
    from consent.rendering.typesetting import typeset  # noqa: PLC0415 - most processes never print anything

    return typeset
