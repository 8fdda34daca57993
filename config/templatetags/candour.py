"""The tags and filters that every template of Candour has without loading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

import segno
from django import template
from django.forms import BoundField, CheckboxInput
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from config import lot_picture as lots
from config.size_chart import SizeSeries, drawn, plain
from consent.languages import language

register = template.Library()

NBSP = "\u00a0"

# Basis code -> (CSS variant, words for a screen reader and the legend). The codes are those of products.vocabulary.Basis.
MARKS = {
    "MEASURED_BATCH": ("batch", "Measured on this batch"),
    "MEASURED_REF": ("reference", "Measured on a reference batch"),
    "STATED": ("stated", "Stated, no data"),
    "NOT_STATED": ("unknown", "Not stated"),
    "NOT_APPLICABLE": ("na", "Does not apply"),
    "CONTRADICTED": ("contradicted", "Two records disagree"),
}
_RING = '<circle cx="8" cy="8" r="6.9" fill="none" stroke="currentColor" stroke-width="2.2"/>'
SHAPES = {
    "batch": '<circle cx="8" cy="8" r="8" fill="currentColor"/>',
    "reference": _RING + '<path d="M8 1a7 7 0 0 0 0 14z" fill="currentColor"/>',
    "stated": _RING + '<path d="M8 8V1a7 7 0 0 1 7 7z" fill="currentColor"/>',
    "unknown": '<circle cx="8" cy="8" r="6.9" fill="none" stroke="currentColor" stroke-width="2.2"'
    ' stroke-dasharray="4.3 2.9"/>',
    "na": '<path d="M1 8h14" stroke="currentColor" stroke-width="2.4"/>',
    "contradicted": '<path d="M1.1 1.1h13.8v13.8H1.1zM1.1 1.1l13.8 13.8M14.9 1.1L1.1 14.9" fill="none"'
    ' stroke="currentColor" stroke-width="2.2"/>',
}


class HasTimeZone(Protocol):
    """Something that lives in a place: a clinic."""

    time_zone: str


@register.simple_tag
def evidence_mark(basis: str, *, visible: bool = False) -> SafeString:
    """The mark that shows how Candour knows a fact; its words are read aloud, and shown where `visible` is true.

    An unknown code is a mistake of the page and raises KeyError.
    """
    variant, english = MARKS[str(basis)]
    words = gettext(english)
    return format_html(
        '<span class="mark {}"><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">{}</svg></span>'
        '<span class="{}">{}</span>',
        variant,
        SafeString(SHAPES[variant]),
        "mark-words" if visible else "govuk-visually-hidden",
        words if visible else f"{words}: ",
    )


@register.simple_tag
def size_chart(series: Sequence[SizeSeries], caption: str) -> SafeString:
    """The distribution of diameters as a drawing with a table; say the method of measuring in the caption."""
    return drawn(series, caption)


@register.simple_tag
def lot_picture(places: Sequence[lots.PicturePlace], links: Sequence[lots.PictureLink], caption: str) -> SafeString:
    """The lot graph as a drawing; its table belongs on the same page."""
    marked: list[lots.PicturePlace] = [{**place, "mark": MARKS[place["mark"]][0]} for place in places]
    return lots.drawn(marked, links, caption, SHAPES)


@register.simple_tag
def qr(text: str, label: str = "QR code", scale: int = 6) -> SafeString:
    """A QR code of this text as inline SVG, black on white with its quiet zone; `scale` is pixels per module."""
    symbol = segno.make(text, error="m", micro=False)
    drawing = symbol.svg_inline(
        scale=scale, border=4, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return format_html(
        '<span class="qr" role="img" aria-label="{}">{}</span>',
        label,
        SafeString(drawing),
    )


@register.filter
def moment(value: datetime | None, place: str | HasTimeZone = "UTC") -> SafeString | str:
    """An instant in the local time of a zone (a name, or a clinic): Thu 26 Nov 2026, 10:12; offset and zone on hover."""
    if value is None:
        return ""
    zone = place if isinstance(place, str) else place.time_zone
    local = timezone.localtime(value, ZoneInfo(zone))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{written(local, 'l j F Y, H:i:s')} {local.isoformat()[-6:]} ({zone})",
        written(local, "D j M Y, H:i"),
    )


@register.filter
def day(value: date | None) -> SafeString | str:
    """A calendar day: 23 November 2026."""
    if value is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat()[:10], written(value, "j F Y"))


@register.filter
def direction(tag: str) -> str:
    """The direction in which a language is written: ltr or rtl."""
    return language(tag).direction


@register.filter
def ago(value: datetime | None, now: datetime | None = None) -> str:
    """How long since then, in one unit rounded down: 40 min, 2 h, 1 day."""
    if value is None:
        return ""
    minutes = int(((now or timezone.now()) - value).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 24 * 60:
        return f"{minutes // 60}{NBSP}h"
    days = minutes // (24 * 60)
    return f"{days}{NBSP}day{'s' if days > 1 else ''}"


@register.filter
def sci(value: float | Decimal | str | None) -> SafeString | str:
    """A large number with two or three figures: 5.0 × 10¹⁰. Below 100 000 it is written out: 4,200."""
    if value is None or value == "":
        return ""
    number = Decimal(str(value))
    if abs(number) < 100_000:
        return f"{number.normalize():,f}"
    mantissa, exponent = f"{number:.2e}".split("e")
    mantissa = mantissa.removesuffix("0")
    return format_html("{}{}×{}10<sup>{}</sup>", mantissa, NBSP, NBSP, int(exponent))


@register.filter
def nm(value: float | Decimal | None) -> str:
    """A diameter in nanometres, at most one decimal: 115 nm. Say the method beside it."""
    return "" if value is None else f"{plain(float(value))}{NBSP}nm"


@register.filter
def celsius(value: Decimal | None) -> str:
    """A temperature without needless noughts: 7.4 °C."""
    return "" if value is None else f"{value.normalize():f}{NBSP}°C"


@register.filter
def places(count: int) -> range:
    """The numbers from 1 to `count`, to repeat something that often."""
    return range(1, int(count) + 1)


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, to go through a short fixed list in a template."""
    return text.split()


@register.filter
def invalid(attributes: Mapping[str, object]) -> bool:
    """Whether a widget with these attributes was refused."""
    return attributes.get("aria-invalid") == "true"


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether a field is one box to tick, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def optional_words(field: BoundField) -> str:
    """The ending of the label of a field that may stay empty. One of a form's `one_of` may not, whichever it is."""
    is_needed = field.field.required or field.name in getattr(field.form, "one_of", ())
    words = gettext("optional")
    return "" if is_needed or words in str(field.label).lower() else f" ({words})"
