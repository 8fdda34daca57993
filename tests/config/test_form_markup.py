"""How a form is written, so that a screen reader, a keyboard and a thumb can fill it in."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import override

import clinic.forms
import consent.forms
import products.forms
from config.templatetags.candour import optional_words


class DateBoxes(forms.MultiWidget):
    template_name = "components/date_input.html"
    use_fieldset = True

    def __init__(self) -> None:
        super().__init__([forms.TextInput()] * 3)

    def decompress(self, value: list[str] | None) -> list[str | None]:
        return list(value) if value else [None] * 3


class DateField(forms.MultiValueField):
    def __init__(self, **options: object) -> None:
        super().__init__(fields=[forms.CharField()] * 3, widget=DateBoxes(), **options)

    def compress(self, values: list[str]) -> list[str]:
        return values


class PatientForm(forms.Form):
    given_name = forms.CharField(label="Given name", help_text="As the patient <b>writes</b> it.")
    email = forms.EmailField(label="Email", required=False)
    born = DateField(label="Date of birth", help_text="For example, 27 3 1985")
    route = forms.ChoiceField(label="Route", widget=forms.RadioSelect, choices=[("a", "Skin"), ("b", "Laser")])
    methods = forms.MultipleChoiceField(
        label="Methods",
        widget=forms.CheckboxSelectMultiple,
        choices=[("uc", "Spun"), ("sec", "Sieved")],
        required=False,
    )
    country = forms.ChoiceField(label="Country", choices=[("gb", "United Kingdom")])
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    certificate = forms.FileField(label="Certificate", help_text="PDF")
    agreed = forms.BooleanField(label="I have asked")
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        self.add_error(None, "These two do not go together.")


@pytest.fixture
def fresh() -> str:
    return str(PatientForm())


@pytest.fixture
def refused() -> str:
    return str(PatientForm({"given_name": "", "email": "nope", "born_0": "31", "born_1": "<2>", "password": "secret"}))


class Elements(HTMLParser):
    """Every element of a page with its attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


class TestFreshForm:
    def test_gives_every_control_a_label(self, fresh: str) -> None:
        page = Elements(fresh)
        labelled = {label["for"] for label in page.named("label")}
        shown = [one for one in page.named("input", "select", "textarea") if one.get("type") != "hidden"]
        assert len(shown) == 14
        assert {one["id"] for one in shown} <= labelled

    def test_groups_choices_and_dates_under_a_legend(self, fresh: str) -> None:
        assert len(Elements(fresh).named("fieldset")) == len(Elements(fresh).named("legend")) == 3

    def test_ties_a_hint_to_its_control(self, fresh: str) -> None:
        assert re.search(r'name="given_name"[^>]*aria-describedby="id_given_name_helptext"', fresh)
        assert 'id="id_given_name_helptext"' in fresh
        assert re.search(r'<fieldset[^>]*aria-describedby="id_born_helptext"', fresh)

    def test_escapes_a_hint(self, fresh: str) -> None:
        assert "<b>writes</b>" not in fresh

    def test_says_what_may_stay_empty(self, fresh: str) -> None:
        assert "Email (optional)" in fresh
        assert "Given name (optional)" not in fresh

    def test_says_so_in_the_language_of_the_page(self) -> None:
        with override("ar"):
            assert optional_words(PatientForm()["email"]) == " (اختياري)"
            assert optional_words(PatientForm()["given_name"]) == ""

    def test_uses_every_id_once(self, fresh: str) -> None:
        ids = re.findall(r'\bid="([^"]+)"', fresh)
        assert len(ids) == len(set(ids))

    def test_writes_a_class_once(self) -> None:
        field = str(forms.TextInput(attrs={"class": "govuk-input--width-10"}).render("lot", None))
        assert field.count("class=") == 1
        assert 'class="govuk-input govuk-input--width-10"' in field

    def test_has_no_summary(self, fresh: str) -> None:
        assert "error-summary" not in fresh


class TestRefusedForm:
    def test_lists_every_error_with_a_link_to_a_control_that_exists(self, refused: str) -> None:
        page = Elements(refused)
        links = [link["href"] for link in page.named("a")]
        ids = {attributes.get("id") for _, attributes in page.found}
        assert {"#id_given_name", "#id_email", "#id_born_0", "#id_route_0", "#id_agreed"} <= set(links)
        assert {link.removeprefix("#") for link in links if link} <= ids

    def test_names_the_field_of_an_error_once(self) -> None:
        class Choice(forms.Form):
            patient = forms.CharField(error_messages={"required": "Choose a patient."})
            why = forms.CharField(label="Reason", error_messages={"required": "Say in a few words."})
            sure = forms.CharField(label="How sure are we?", error_messages={"required": "Choose one."})

        page = str(Choice({}))
        assert [re.sub("<[^>]+>", "", line) for line in re.findall("<li>(.*?)</li>", page)] == [
            "Choose a patient.",
            "Reason: Say in a few words.",
            "How sure are we? Choose one.",
        ]

    def test_says_errors_of_the_whole_form(self, refused: str) -> None:
        assert "These two do not go together." in refused

    def test_says_the_error_at_the_field_and_marks_it(self, refused: str) -> None:
        assert 'id="id_email_error"' in refused
        assert re.search(r'name="email"[^>]*aria-invalid="true"[^>]*aria-describedby="id_email_error"', refused)

    def test_keeps_what_was_typed_but_never_a_password(self, refused: str) -> None:
        assert 'value="nope"' in refused
        assert 'value="31"' in refused
        assert 'value="&lt;2&gt;"' in refused
        assert "secret" not in refused

    def test_marks_no_single_radio_as_invalid(self, refused: str) -> None:
        assert not re.search(r'type="radio"[^>]*aria-invalid', refused)


# allauth's own page: its labels say what is missing.
OF_ALLAUTH = {"oldpassword", "password1", "password2"}


def needed_boxes() -> Iterator[tuple[str, str, forms.Field]]:
    """Every field of every room's forms that must be filled in by a person; one without a label is sent by a button."""
    for package in (clinic.forms, products.forms, consent.forms):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, form in vars(importlib.import_module(found.name)).items():
                if isinstance(form, type) and issubclass(form, forms.BaseForm) and form.__module__ == found.name:
                    for field, box in getattr(form, "base_fields", {}).items():
                        if box.required and box.label and not box.widget.is_hidden and field not in OF_ALLAUTH:
                            yield name, field, box


class TestEmptyField:
    def test_says_in_words_of_its_own_what_is_missing(self) -> None:
        said: dict[tuple[str, str], list[str]] = {}
        for form, name, box in needed_boxes():
            try:
                box.clean(box.widget.value_from_datadict({}, {}, name))
            except ValidationError as refusal:
                said[form, name] = refusal.messages
        assert len(said) > 120
        bare = str(forms.Field.default_error_messages["required"])
        assert {where: words for where, words in said.items() if bare in words} == {}
