"""People who take part besides the patient, their own declarations, and what staff found on a proxy's authority."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0012_disputes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="signature",
            name="method",
            field=models.CharField(
                choices=[
                    ("drawn", "Drawn by finger or pen"),
                    ("typed", "Typed name"),
                    ("witnessed", "Said aloud before a witness"),
                    ("paper", "Signed by hand on paper"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("supporter", "Supporter"),
                            ("interpreter", "Interpreter"),
                            ("witness", "Witness"),
                            ("proxy", "Decides for the patient"),
                        ],
                        max_length=12,
                    ),
                ),
                ("sealed_facts", models.BinaryField()),
                ("added_by_name", models.CharField(blank=True, max_length=200)),
                ("added_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="people", to="consent.consent"
                    ),
                ),
            ],
            options={
                "ordering": ("added_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="AuthorityCheck",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("confirmed", "Seen, and it covers this decision"),
                            ("not-enough", "Not shown, or it does not cover this decision"),
                            ("disagrees", "Conflict: the proxy disagrees"),
                        ],
                        max_length=12,
                    ),
                ),
                ("sealed_words", models.BinaryField()),
                ("checked_by", models.CharField(max_length=64)),
                ("checked_by_name", models.CharField(max_length=200)),
                ("checked_at", models.DateTimeField()),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="consent.participant"
                    ),
                ),
            ],
            options={
                "ordering": ("checked_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="ParticipantMark",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("drawn", "Drawn by finger or pen"),
                            ("typed", "Typed name"),
                            ("witnessed", "Said aloud before a witness"),
                            ("paper", "Signed by hand on paper"),
                        ],
                        max_length=10,
                    ),
                ),
                ("strokes_sha256", models.CharField(blank=True, max_length=64)),
                ("sealed_record", models.BinaryField()),
                ("marked_at", models.DateTimeField()),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.document"
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="marks", to="consent.participant"
                    ),
                ),
            ],
            options={
                "ordering": ("marked_at",),
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "document"), name="consent_person_marked_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("strokes_sha256", ""), _negated=True),
                        fields=("strokes_sha256",),
                        name="consent_person_strokes_once",
                    ),
                ],
            },
        ),
        append_only("consent_participantmark"),
        append_only("consent_authoritycheck"),
    ]
