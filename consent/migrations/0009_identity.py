"""One-time codes, levels of assurance, letters, and what a patient asks the clinic to do."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0004_code_policy"),
        ("consent", "0008_staff_tasks"),
    ]

    operations = [
        migrations.CreateModel(
            name="HelpRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "wish",
                    models.CharField(
                        choices=[("call", "Wants to be called"), ("link", "Wants a new link")], max_length=10
                    ),
                ),
                (
                    "time_of_day",
                    models.CharField(
                        choices=[
                            ("any", "Any time"),
                            ("morning", "In the morning"),
                            ("afternoon", "In the afternoon"),
                            ("evening", "In the early evening"),
                        ],
                        default="any",
                        max_length=10,
                    ),
                ),
                ("sealed_phone", models.BinaryField()),
                ("is_confirmed", models.BooleanField()),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("asked_at",),
            },
        ),
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("channel", models.CharField(choices=[("email", "E-mail"), ("sms", "Text message")], max_length=10)),
                ("digest", models.CharField(max_length=64)),
                ("delivery", models.CharField(blank=True, max_length=30)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("made_at",),
            },
        ),
        migrations.AddField(
            model_name="opening",
            name="assurance",
            field=models.CharField(
                blank=True,
                choices=[
                    ("birth-date", "Private link and date of birth"),
                    ("birth-date-and-code", "Private link, date of birth and a one-time code"),
                    ("handed-over", "Handed over in person at the clinic, and date of birth"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="patientlink",
            name="codes_locked_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="patientlink",
            name="failed_codes",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="patientlink",
            name="letter_sha256",
            field=models.CharField(blank=True, help_text="of the code printed on a letter", max_length=64),
        ),
        migrations.AddField(
            model_name="signature",
            name="assurance",
            field=models.CharField(
                blank=True,
                choices=[
                    ("birth-date", "Private link and date of birth"),
                    ("birth-date-and-code", "Private link, date of birth and a one-time code"),
                    ("handed-over", "Handed over in person at the clinic, and date of birth"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="patientlink",
            name="way",
            field=models.CharField(
                choices=[
                    ("qr", "Shown as a QR code"),
                    ("email", "Sent by e-mail"),
                    ("handover", "On the clinic's own device"),
                    ("letter", "Printed on a letter"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="patientlink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("letter_sha256", ""), _negated=True),
                fields=("letter_sha256",),
                name="consent_letter_code_once",
            ),
        ),
        migrations.AddField(
            model_name="helprequest",
            name="consent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="help_requests", to="consent.consent"
            ),
        ),
        migrations.AddField(
            model_name="helprequest",
            name="link",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.patientlink"
            ),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="consent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="codes", to="consent.consent"
            ),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="link",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="codes", to="consent.patientlink"
            ),
        ),
        migrations.AddField(
            model_name="opening",
            name="code",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.onetimecode"
            ),
        ),
        append_only("consent_helprequest"),
        # SQLite made these tables anew, without their triggers.
        append_only("consent_opening"),
        append_only("consent_signature"),
    ]
