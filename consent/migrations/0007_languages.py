"""Documents and texts know their language; a review of a language is a record of its own."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_webhooks"),
        ("consent", "0006_review_marks"),
    ]

    operations = [
        migrations.AddField(
            model_name="consenttemplate",
            name="reviewed_by",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="document",
            name="language",
            field=models.CharField(default="en-GB", max_length=20),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="reviewed_by",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.CreateModel(
            name="LanguageReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("language", models.CharField(max_length=20)),
                ("catalogue_sha256", models.CharField(max_length=64)),
                ("reviewed_by", models.CharField(max_length=200)),
                ("qualification", models.CharField(max_length=300)),
                ("entered_by", models.CharField(max_length=200)),
                ("reviewed_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.organization"
                    ),
                ),
            ],
            options={
                "ordering": ("-reviewed_at",),
            },
        ),
        append_only("consent_languagereview"),
        # SQLite made these tables anew, without their triggers.
        append_only("consent_consenttemplate"),
        append_only("consent_document"),
    ]
