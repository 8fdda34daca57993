"""A certificate of analysis: what it says of itself, and its results line by line, typed or pasted as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict

from audit.errors import Refusal
from products.fields import TESTS_BY_CODE
from products.forms.inputs import DayField, DocumentField, add_refusal, upload_of
from products.forms.values import SaidText
from products.models import Certificate, CertificateResult
from products.services import CertificateDraft, ResultDraft
from products.services.result_table import LineRead, read_results
from products.vocabulary import Basis, CoaItem, Stated

RESULT, NOT_STATED, NOT_APPLICABLE = Basis.MEASURED_BATCH.value, Basis.NOT_STATED.value, Basis.NOT_APPLICABLE.value
ESSENTIAL = tuple(TESTS_BY_CODE)
ROWS_AT_FIRST = len(ESSENTIAL) + 1
MOST_ROWS = 103
_EXAMPLES = {
    "STER": "For example: no growth.",
    "ENDO": "The number in EU/mL, for example 0.08 or <0.05.",
    "MYCO": "For example: not detected.",
}
_TEXTS = ("detail", "result", "unit", "method", "limit", "laboratory")
_DAYS = ("sampled_on", "reported_on")


class UnhurriedForm(forms.Form):
    """A form that can be shown again, filled in, before anything is judged."""

    _errors: ErrorDict | None

    def hold_back(self) -> None:
        """Say nothing of what is still missing."""
        self._errors = ErrorDict()


class ResultRow(UnhurriedForm):
    """One line of a certificate. The first three lines are the tests that every batch is asked about."""

    use_required_attribute = False

    result = SaidText(label="Result", max_length=120)
    unit = forms.CharField(label="Unit", max_length=20, required=False)
    detail = forms.CharField(label="What exactly", max_length=80, required=False, help_text="For example BSA.")
    method = forms.CharField(label="Method", max_length=120, required=False)
    limit = forms.CharField(label="Limit, as printed", max_length=80, required=False)
    sampled_on = DayField(label="Sampled on", required=False)
    reported_on = DayField(label="Reported on", required=False)
    laboratory = forms.CharField(
        label="Laboratory", max_length=120, required=False, help_text="Only where it is another one."
    )

    def __init__(self, data: QueryDict | None, *, place: int, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, prefix=f"row-{place}", initial=initial)
        self.place = place
        self.fixed_code = ESSENTIAL[place] if place < len(ESSENTIAL) else ""
        if self.fixed_code:
            self._ask_what_it_says(self.fixed_code)
        else:
            items = [(item.value, str(item.label)) for item in CoaItem]
            code = forms.ChoiceField(label="Test", choices=[("", "Choose one"), *items], required=False)
            self.fields = {"code": code, **self.fields}

    @property
    def label(self) -> str:
        """What the line is about, for its legend."""
        return TESTS_BY_CODE[self.fixed_code].label if self.fixed_code else f"Line {self.place + 1}"

    @property
    def first_inputs(self) -> list[forms.BoundField]:
        """What is always shown."""
        return [self[name] for name in (["result"] if self.fixed_code else ["code", "result", "unit"])]

    @property
    def more_inputs(self) -> list[forms.BoundField]:
        """What is folded away until it is needed."""
        names = ["method", "limit", "laboratory", "sampled_on", "reported_on"]
        return [self[name] for name in (["unit", *names] if self.fixed_code else ["detail", *names])]

    @property
    def is_open(self) -> bool:
        """Whether the folded part holds something or has an error."""
        return any(bound.errors or _filled(bound.value()) for bound in self.more_inputs)

    def draft(self) -> ResultDraft | None:
        """The line, or None where it is empty; only after `is_valid`."""
        cleaned = self.cleaned_data
        code = self.fixed_code or cleaned["code"]
        if self.fixed_code and cleaned["basis"] != RESULT:
            return None
        if not self.fixed_code and not any(_filled(cleaned[name]) for name in ("code", *_TEXTS, *_DAYS)):
            return None
        texts = {name: str(cleaned[name] or "") for name in _TEXTS}
        return ResultDraft(code, **texts, sampled_on=cleaned["sampled_on"], reported_on=cleaned["reported_on"])

    def clean(self) -> dict[str, Any]:
        """Say at the line what is missing or said twice."""
        cleaned = self.cleaned_data
        result, basis = cleaned.get("result"), cleaned.get("basis")
        if basis == RESULT and not result and "result" not in self.errors:
            self.add_error("result", "Enter the result as the certificate says it, or choose “not stated”.")
        if basis == NOT_STATED and result:
            self.add_error("result", "You gave a result and also “not stated”. Keep one of the two.")
        if basis == NOT_APPLICABLE and result:
            self.add_error("result", "You gave a result and also “does not apply”. Keep one of the two.")
        if basis == NOT_APPLICABLE and not cleaned.get("reason"):
            self.add_error("reason", "Say in a few words why the test does not apply.")
        return cleaned

    def _ask_what_it_says(self, code: str) -> None:
        says = forms.ChoiceField(
            label=TESTS_BY_CODE[code].label,
            choices=[(RESULT, "Result"), (NOT_STATED, "Not stated"), (NOT_APPLICABLE, "Does not apply")],
            widget=forms.RadioSelect(attrs={"class": "govuk-radios--inline"}),
            error_messages={"required": "Choose what the certificate says."},
        )
        self.fields = {"basis": says, **self.fields, "reason": SaidText(label="Why does it not apply?", max_length=120)}
        self.fields["result"].help_text = _EXAMPLES[code]
        del self.fields["detail"]
        self.fields["detail"] = forms.CharField(required=False, widget=forms.HiddenInput)


class CertificateForm(UnhurriedForm):
    """The certificate itself, its lines in `rows`, and a table to be pasted."""

    use_required_attribute = False

    certificate_lot = forms.CharField(
        label="Lot number that the certificate names",
        max_length=20,
        help_text="Read it from the certificate itself, not from the vial.",
        error_messages={"required": "Enter the lot number that the certificate names."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20 mono"}),
    )
    number = forms.CharField(label="Certificate number", max_length=120, required=False)
    laboratory = forms.CharField(label="Laboratory", max_length=120, required=False)
    issued_on = DayField(label="Date of the certificate", required=False)
    expiration_date = DayField(label="Expiry date that it names", required=False)
    signed = forms.ChoiceField(
        label="Is it signed?",
        choices=Stated.choices,
        initial=Stated.NOT_STATED.value,
        widget=forms.RadioSelect(attrs={"class": "govuk-radios--inline"}),
        error_messages={"required": "Choose whether it is signed."},
    )
    table = forms.CharField(
        label="Results as a table",
        required=False,
        max_length=60_000,
        help_text="Copy the lines from a spreadsheet and paste them here. Columns: test, result, unit, method, limit, "
        "sampled, reported, laboratory. Dates as 2026-02-17. A first line may name the columns.",
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
        strip=False,
    )

    def __init__(self, data: QueryDict | None = None, files: Any = None, *, reading: Certificate | None = None) -> None:
        """With `reading` the form corrects a certificate on file; without, it files a new one."""
        initial, lines = _initial(reading) if reading else ({}, [])
        super().__init__(data, files, initial=initial)
        if reading is None:
            self.fields["certificate"] = DocumentField(
                label="Certificate of analysis",
                help_text="PDF, PNG, JPEG, text, CSV or XLSX, up to 25 MB.",
                error_messages={"required": "Choose the file of the certificate."},
            )
        else:
            self.fields["correction_reason"] = forms.CharField(
                label="What was read wrongly?",
                max_length=500,
                help_text="The earlier reading stays readable beside this reason.",
                error_messages={"required": "Say in a few words what was read wrongly."},
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        self.lines: list[LineRead] = []
        wanted = max(len(lines), ROWS_AT_FIRST)
        count = _count(data) if data is not None else wanted
        self.rows = [
            ResultRow(data, place=place, initial=lines[place] if place < len(lines) else None) for place in range(count)
        ]

    def is_valid(self) -> bool:
        """Whether the certificate and every line can be used."""
        rows_are_valid = [row.is_valid() for row in self.rows]
        return super().is_valid() and all(rows_are_valid)

    @property
    def has_errors(self) -> bool:
        """Whether anything is refused here or on a line."""
        return self.is_bound and bool(self.errors or any(row.errors for row in self.rows))

    def hold_back(self) -> None:
        """Say nothing of what is still missing: the person only asked for the table to be read, or for more lines."""
        super().hold_back()
        for row in self.rows:
            row.hold_back()

    def clean_table(self) -> str:
        """A table that was pasted and not read would be lost."""
        typed: str = self.cleaned_data["table"]
        if typed.strip():
            raise forms.ValidationError("Press “Read the table” first, so that you see what was read.", code="table")
        return typed

    def draft(self) -> CertificateDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        drafts = [row.draft() for row in self.rows]
        return CertificateDraft(
            upload=upload_of(cleaned.get("certificate")),
            lot_number=cleaned["certificate_lot"],
            results=[draft for draft in drafts if draft],
            does_not_apply={
                row.fixed_code: row.cleaned_data["reason"]
                for row in self.rows
                if row.fixed_code and row.cleaned_data["basis"] == NOT_APPLICABLE
            },
            number=cleaned["number"],
            laboratory=cleaned["laboratory"],
            issued_on=cleaned["issued_on"],
            expiration_date=cleaned["expiration_date"],
            signed=cleaned["signed"],
        )

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal of the act at its field, or at the field of its line."""
        start, _, rest = refusal.field.partition("-")
        position, _, name = rest.partition("-")
        if start != "result" or not position.isdigit():
            add_refusal(self, refusal)
            return
        filled = [row for row in self.rows if row.draft()]
        row = filled[int(position) - 1]
        refusal.field = name if name in row.fields else "result"
        add_refusal(row, refusal)


def with_table_read(data: QueryDict) -> tuple[QueryDict, list[LineRead]]:
    """The same input with the pasted table taken over into the lines; unchanged where a line of it is wrong."""
    lines = read_results(data.get("table", ""))
    drafts = [line.result for line in lines if line.result]
    if not lines or len(drafts) < len(lines):
        return data, lines
    changed = data.copy()
    changed["table"] = ""
    free = [place for place in range(len(ESSENTIAL), _count(data)) if not _is_filled(data, place)]
    next_place = _count(data)
    taken: set[str] = set()
    for draft in drafts:
        if draft.code in ESSENTIAL and draft.code not in taken:
            place = ESSENTIAL.index(draft.code)
            taken.add(draft.code)
            changed[f"row-{place}-basis"] = RESULT
        elif free:
            place = free.pop(0)
        else:
            place, next_place = next_place, next_place + 1
        _write(changed, place, draft)
    changed["rows"] = str(min(next_place, MOST_ROWS))
    return changed, lines


def with_more_rows(data: QueryDict, more: int = 3) -> QueryDict:
    """The same input with more empty lines."""
    changed = data.copy()
    changed["rows"] = str(min(_count(data) + more, MOST_ROWS))
    return changed


def _count(data: Mapping[str, Any]) -> int:
    typed = str(data.get("rows", ""))
    return min(max(int(typed), len(ESSENTIAL)), MOST_ROWS) if typed.isdecimal() and len(typed) < 5 else ROWS_AT_FIRST


def _is_filled(data: Mapping[str, Any], place: int) -> bool:
    names = [*_TEXTS, "code", *(f"{name}_{part}" for name in _DAYS for part in range(3))]
    return any(str(data.get(f"row-{place}-{name}", "")).strip() for name in names)


def _write(data: QueryDict, place: int, draft: ResultDraft) -> None:
    data[f"row-{place}-code"] = draft.code
    for name in _TEXTS:
        data[f"row-{place}-{name}"] = getattr(draft, name)
    for name in _DAYS:
        day: date | None = getattr(draft, name)
        for part, number in enumerate((day.day, day.month, day.year) if day else ("", "", "")):
            data[f"row-{place}-{name}_{part}"] = str(number)


def _initial(reading: Certificate) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the form holds when a certificate on file is read anew."""
    initial = {
        "certificate_lot": reading.lot_number,
        **{name: getattr(reading, name) for name in ("number", "laboratory", "issued_on", "expiration_date", "signed")},
    }
    results = list(reading.results.all())
    first = {code: next((one for one in results if one.code == code), None) for code in ESSENTIAL}
    lines: list[dict[str, Any]] = [_essential_initial(reading, code, one) for code, one in first.items()]
    lines += [{"code": one.code, **_line_initial(one)} for one in results if one not in first.values()]
    return initial, lines


def _essential_initial(reading: Certificate, code: str, result: CertificateResult | None) -> dict[str, Any]:
    if result:
        return {"basis": RESULT, **_line_initial(result)}
    entry = reading.batch.snapshot.get(TESTS_BY_CODE[code].name) or {}
    if entry.get("basis") == NOT_APPLICABLE:
        return {"basis": NOT_APPLICABLE, "reason": entry["reason"]}
    return {"basis": NOT_STATED}


def _line_initial(result: CertificateResult) -> dict[str, Any]:
    return {name: getattr(result, name) for name in (*_TEXTS, *_DAYS)}


def _filled(value: Any) -> bool:
    return (
        any(str(part or "").strip() for part in value)
        if isinstance(value, Sequence) and not isinstance(value, str)
        else bool(value)
    )
