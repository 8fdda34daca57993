"""Consent texts are written as drafts; a published version knows its language, its span, and who wrote and published it."""

import datetime as dt
import uuid

import django.db.models.deletion
from django.db import migrations, models

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0001_clinics_staff_and_patients"),
        ("consent", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="TemplateDraft",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("language", models.CharField(default="en-GB", max_length=20)),
                ("content", models.JSONField()),
                ("what_changed", models.TextField(blank=True)),
                ("starts_on", models.DateField(null=True)),
                ("ends_on", models.DateField(null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("writers", models.JSONField(default=list)),
                ("kept", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Being written"), ("published", "Published"), ("discarded", "Discarded")],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ("-changed_at",),
            },
        ),
        migrations.AlterModelOptions(
            name="consenttemplate",
            options={"ordering": ("-version",)},
        ),
        migrations.RemoveConstraint(
            model_name="consenttemplate",
            name="consent_template_version",
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="effective_from",
            field=models.DateTimeField(default=dt.datetime(2000, 1, 1, 0, 0, tzinfo=dt.UTC)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="effective_to",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="kept",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="language",
            field=models.CharField(default="en-GB", max_length=20),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="published_by",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="readability",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="supersedes",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.consenttemplate"
            ),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="translates",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.consenttemplate"
            ),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="what_changed",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="consenttemplate",
            name="written_by",
            field=models.CharField(blank=True, max_length=600),
        ),
        migrations.AddConstraint(
            model_name="consenttemplate",
            constraint=models.UniqueConstraint(
                fields=("organization", "language", "version"), name="consent_template_language_version"
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="base",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.consenttemplate"
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.organization"
            ),
        ),
        migrations.AddField(
            model_name="templatedraft",
            name="translates",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.consenttemplate"
            ),
        ),
        migrations.AddConstraint(
            model_name="templatedraft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("organization", "language"),
                name="consent_one_open_draft",
            ),
        ),
        # SQLite made the table anew, without its triggers.
        append_only("consent_consenttemplate"),
    ]
