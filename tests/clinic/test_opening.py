"""A real clinic's start: the page that works once, the command, the logo, the settings."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from PIL import Image

from audit.services import entries_for
from clinic.errors import ImageRefusedError
from clinic.logos import clean_logo
from clinic.models import Location, Membership, Organization, User
from clinic.services import start_code
from tests import cast


def picture(kind="PNG", size=(40, 20)) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, "navy").save(output, kind)
    return output.getvalue()


@pytest.fixture(autouse=True)
def key_dir(settings, tmp_path) -> Path:
    settings.KEY_DIR = tmp_path / "keys"
    settings.KEY_DIR.mkdir()
    return settings.KEY_DIR


def answers(**changes):
    return {
        "start_code": start_code(),
        "full_name": "Ada Lead",
        "email": "Ada@Example.org",
        "password": cast.PASSWORD,
        "password_again": cast.PASSWORD,
        "name": "Harbour Clinic",
        "short_code": "hc",
        "address": "1 Quay Street\nFalmouth",
        "jurisdiction": "GB",
        "time_zone": "Europe/London",
        "emergency_phone": "01632 960 999",
        "location_names": "Main building\nAnnexe",
        **changes,
    }


@pytest.mark.django_db
class TestStartPage:
    def test_opens_the_clinic_and_its_first_lead_can_sign_in(self, client):
        code = start_code()
        upload = SimpleUploadedFile("logo.png", picture(), "image/png")
        answer = client.post("/start/", answers(start_code=code.upper(), treats="on", logo=upload))
        assert answer.status_code == 302
        organization = Organization.objects.get()
        assert (organization.short_code, organization.jurisdiction) == ("HC", "GB")
        assert organization.logo_path.read_bytes().startswith(b"\x89PNG")
        assert organization.logo_data_uri.startswith("data:image/png;base64,")
        assert {place.name for place in Location.objects.at(organization)} == {"Main building", "Annexe"}
        member = Membership.objects.get()
        assert {role.value for role in member.roles} == {"clinic_lead", "practitioner"}
        assert entries_for("clinic.organization", organization.pk)[0].kind == "clinic.opened"
        signed_in = client.post("/accounts/login/", {"login": "ada@example.org", "password": cast.PASSWORD})
        assert signed_in.status_code == 302
        assert client.get("/clinic/").status_code == 200

    def test_is_gone_afterwards_with_its_code(self, client, key_dir, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/start/", answers())
        assert not (key_dir / "start_code").exists()
        assert client.get("/start/").status_code == 404
        assert client.post("/start/", answers(short_code="XX", email="b@example.org")).status_code == 404
        assert Organization.objects.count() == 1

    def test_refuses_a_stranger_without_the_code(self, client):
        answer = client.post("/start/", answers(start_code="0000-0000-0000-0000"))
        assert answer.status_code == 422
        assert "This is not the start code" in answer.content.decode()
        assert not Organization.objects.exists()
        assert not User.objects.exists()

    def test_keeps_what_was_typed_and_names_the_field(self, client):
        answer = client.post("/start/", answers(password="short", password_again="short", emergency_phone="nobody"))
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "too short" in html
        assert "A phone number has" in html
        assert "1 Quay Street" in html
        assert "short" not in [part for part in html.split('"') if part == "short"]

    def test_the_code_is_for_its_owner_only(self, key_dir):
        assert start_code() == start_code()
        assert stat.S_IMODE((key_dir / "start_code").stat().st_mode) == 0o600


@pytest.mark.django_db
class TestInitClinic:
    OPTIONS = {
        "name": "Harbour Clinic",
        "short_code": "hc",
        "address": "1 Quay Street, Falmouth",
        "emergency_phone": "01632 960 999",
        "email": "ada@example.org",
        "full_name": "Ada Lead",
        "no_input": True,
    }

    def test_opens_a_clinic_with_a_password_from_the_environment(self, monkeypatch):
        monkeypatch.setenv("CANDOUR_ADMIN_PASSWORD", cast.PASSWORD)
        call_command("init_clinic", **self.OPTIONS, stdout=io.StringIO())
        assert Organization.objects.get().address_lines == ["1 Quay Street", "Falmouth"]
        assert User.objects.get().check_password(cast.PASSWORD)

    def test_takes_the_password_from_a_file(self, tmp_path):
        file = tmp_path / "password"
        file.write_text(cast.PASSWORD + "\n")
        call_command("init_clinic", **self.OPTIONS, password_file=file, stdout=io.StringIO())
        assert User.objects.get().check_password(cast.PASSWORD)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"short_code": "H1"}, "short_code: The short code is two to four"),
            ({"jurisdiction": "ZZ"}, "not an ISO 3166 code"),
            ({"time_zone": "Mars/Base"}, "not a time zone"),
            ({"email": "nobody"}, "email: An e-mail address looks like"),
            ({"name": None}, "--name is missing"),
            ({"full_name": "A\x00"}, "full_name: This holds a NUL"),
        ],
    )
    def test_says_in_one_line_what_is_wrong_and_writes_nothing(self, monkeypatch, changes, words):
        monkeypatch.setenv("CANDOUR_ADMIN_PASSWORD", cast.PASSWORD)
        with pytest.raises(CommandError, match=words):
            call_command("init_clinic", **{**self.OPTIONS, **changes})
        assert not Organization.objects.exists()
        assert not User.objects.exists()

    def test_refuses_a_weak_password(self, monkeypatch):
        monkeypatch.setenv("CANDOUR_ADMIN_PASSWORD", "ada lead ada")
        with pytest.raises(CommandError, match="too similar"):
            call_command("init_clinic", **self.OPTIONS)


class TestLogo:
    def test_is_drawn_anew(self):
        hidden = picture() + b"<script>alert(1)</script>"
        assert b"script" not in clean_logo(hidden)

    def test_jpeg_becomes_png(self):
        assert clean_logo(picture("JPEG")).startswith(b"\x89PNG")

    def test_is_made_as_small_as_a_page_needs(self):
        with Image.open(io.BytesIO(clean_logo(picture(size=(1900, 900))))) as drawn:
            assert drawn.size == (760, 360)

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"<html></html>", "image.format"),
            (b"", "image.format"),
            (picture()[:60], "image.format"),
            (picture("GIF"), "image.format"),
            (b"\x00" * (1024 * 1024 + 1), "image.too_large"),
            (picture(size=(5000, 5000)), "image.too_many_pixels"),
        ],
    )
    def test_everything_else_is_refused(self, content, code):
        with pytest.raises(ImageRefusedError) as refusal:
            clean_logo(content)
        assert refusal.value.code == code
