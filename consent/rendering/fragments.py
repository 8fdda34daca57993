"""A part of a record as HTML, and what stands around all of them: margins, page numbers, the whole file.

A fragment starts on a new page. Fragments that hold nothing of one patient are `shared`: their layout may be kept.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template import Context, Engine
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from consent.languages import in_use
from consent.rendering import drawing

# What Django prints for a name that a template asks for and nobody gave: never let it through.
GAP = "\ufdd0gap:%s\ufdd0"


@dataclass(frozen=True)
class Fragment:
    """A part of a record that starts on a new page; `shared` when it holds nothing of one patient.

    `name` is also the name of its pages in the style sheet.
    """

    name: str
    html: str
    shared: bool = False


def fragment(name: str, context: Mapping[str, Any], *, shared: bool = False) -> Fragment:
    """The fragment of this name, from its template. Raises KeyError where the template asks for what is not there."""
    return Fragment(name, _html(f"{name}.html", context), shared)


def running(page: str, clinic: str, kind: str, reference: str, warning: str = "") -> str:
    """What stands in the margins of every page; it goes onto the first page, whose name is `page`."""
    return _html(
        "running.html", {"page": page, "clinic": clinic, "kind": kind, "reference": reference, "warning": warning}
    )


def numbers(total: int) -> str:
    """`total` empty pages whose margins hold the page numbers, in the language in use."""
    words = re.split(r"\{pages?\}", gettext("Page {page} of {pages}"))
    return _html("numbers.html", {"pages": range(total), "words": words, **_spoken()})


def coded_numbers(codes: Sequence[str]) -> str:
    """The same with a QR code in the margin of each page; `codes` are their texts, one for each page."""
    words = re.split(r"\{pages?\}", gettext("Page {page} of {pages}"))
    drawn = [{"number": number, "code": drawing.qr(text)} for number, text in enumerate(codes, start=1)]
    return _html("codes.html", {"pages": drawn, "words": words, **_spoken()})


def whole(parts: Sequence[str]) -> str:
    """A complete HTML document of parts that were made here, in the language in use."""
    return _html("base.html", {"body": mark_safe("".join(parts)), **_spoken()})  # noqa: S308 - parts come escaped from templates


def _html(template: str, context: Mapping[str, Any]) -> str:
    # No localisation: the same facts give the same pages, whatever the language of the process.
    html = str(_engine().get_template(template).render(Context(dict(context), use_l10n=False, use_tz=False)))
    if "\ufdd0" in html:
        name = html.partition("\ufdd0gap:")[2].partition("\ufdd0")[0]
        raise KeyError(f"{template}: nothing is known for {name!r}")
    return html


@functools.cache
def _engine() -> Engine:
    # Its own engine: the pages of a record depend on no context processor and no request.
    return Engine(
        dirs=[str(settings.ROOT / "templates" / "pdf")],
        autoescape=True,
        string_if_invalid=GAP,
        builtins=["django.templatetags.i18n", "consent.rendering.filters"],
    )


def _spoken() -> dict[str, str]:
    language = in_use()
    return {"language": language.tag, "direction": language.direction}
