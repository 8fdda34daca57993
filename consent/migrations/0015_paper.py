"""The paper route: wishes, packs, handing over, scans."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0014_board_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperPack",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("page_count", models.PositiveSmallIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("made_by_name", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="paper_packs", to="consent.consent"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.document"
                    ),
                ),
            ],
            options={
                "ordering": ("made_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="PaperHandover",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("handed_over_by", models.CharField(max_length=64)),
                ("handed_over_by_name", models.CharField(max_length=200)),
                ("handed_over_at", models.DateTimeField()),
                (
                    "pack",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="handover", to="consent.paperpack"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PaperScan",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("files", models.JSONField()),
                ("filed_by", models.CharField(max_length=64)),
                ("filed_by_name", models.CharField(max_length=200)),
                ("filed_at", models.DateTimeField()),
                (
                    "pack",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scans", to="consent.paperpack"
                    ),
                ),
            ],
            options={
                "ordering": ("filed_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="PaperWish",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "way",
                    models.CharField(choices=[("paper", "On paper"), ("in-clinic", "In the clinic")], max_length=10),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="paper_wishes", to="consent.consent"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.document"
                    ),
                ),
            ],
            options={
                "ordering": ("asked_at",),
            },
        ),
        append_only("consent_paperwish"),
        append_only("consent_paperpack"),
        append_only("consent_paperhandover"),
        append_only("consent_paperscan"),
    ]
