"""Inputs that several forms share: a date in three fields, a file with its limit, a reading of refusals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from audit.errors import Refusal
from products.records import date_from_fields
from products.uploads import Upload, too_large

EARLIEST = date(2000, 1, 1)
LATEST = date(2100, 12, 31)


class DayWidget(forms.MultiWidget):
    """Day, month and year as three short fields, in the order a British reader expects."""

    template_name = "components/date_input.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__([forms.TextInput(), forms.TextInput(), forms.TextInput()], attrs)

    def decompress(self, value: Any) -> list[Any]:
        """The parts of a date; a missing date gives empty fields."""
        return [value.day, value.month, value.year] if isinstance(value, date) else ["", "", ""]


class DayField(forms.Field):
    """One date typed in three fields; refused with words where it is not a real day in range."""

    widget = DayWidget

    def __init__(self, *, least: date = EARLIEST, most: date = LATEST, **options: Any) -> None:
        super().__init__(**options)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> date | None:
        """The date, or None where all three fields are empty."""
        parts = [str(part or "").strip() for part in (value or ["", "", ""])]
        if not any(parts):
            return None
        day, month, year = parts
        try:
            return date_from_fields(day, month, year, least=self.least, most=self.most)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal

    def validate(self, value: Any) -> None:
        """Refuse an empty date where one is needed."""
        if self.required and value is None:
            raise forms.ValidationError(f"Enter the {str(self.label).lower()}: day, month and year.", code="required")


class DocumentField(forms.FileField):
    """A file of at most 25 MB. What it is, the service decides by its content."""

    default_error_messages = {
        "required": "Choose a file.",
        "empty": "The file is empty (0 bytes). Save it again at its source and choose it once more.",
        "max_length": "The file's name is too long. Give it a shorter name.",
    }

    def to_python(self, data: Any) -> UploadedFile[Any] | None:
        """The file, unread; one above the limit is refused by its size alone."""
        if isinstance(data, UploadedFile) and (data.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(too_large(data.size or 0, settings.UPLOAD_MAX_BYTES), code="upload.too_large")
        return cast("UploadedFile[Any] | None", super().to_python(data))


def upload_of(found: UploadedFile[Any] | None) -> Upload | None:
    """The uploaded file with its bytes, or None."""
    return Upload(found.read(), found.name or "") if found else None


def add_refusal(form: forms.Form, refusal: Refusal, fields: Mapping[str, str] | None = None) -> None:
    """Show a refusal at its field, or above the form where the form has no such field."""
    name = (fields or {}).get(refusal.field, refusal.field)
    form.add_error(name if name in form.fields else None, forms.ValidationError(refusal.message, code=refusal.code))
