"""The log, its entries, their erasable details, and its checkpoints."""

import datetime as dt
import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Log",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=300, unique=True)),
                ("organization_id", models.UUIDField(null=True, unique=True)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("recorded_at", models.DateTimeField(default=dt.datetime(2000, 1, 1, 0, 0, tzinfo=dt.UTC))),
            ],
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("leaf_index", models.PositiveBigIntegerField()),
                ("leaf_hash", models.BinaryField(max_length=32)),
                ("leaf", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "log",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="audit.log",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LogDetail",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="detail",
                        serialize=False,
                        to="audit.logentry",
                    ),
                ),
                ("salt", models.BinaryField(max_length=32)),
                ("canonical_body", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="LogRecord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "record_pk", "model", "entry_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("model", models.CharField(max_length=100)),
                ("record_pk", models.CharField(max_length=64)),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="named_records",
                        to="audit.logentry",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TreeNode",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.PositiveBigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
                (
                    "log",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="nodes",
                        to="audit.log",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("tree_size", models.PositiveBigIntegerField()),
                ("root_hash", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("published_at", models.DateTimeField()),
                (
                    "log",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkpoints",
                        to="audit.log",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("log", "tree_size"), name="audit_checkpoint_log_tree_size")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="logentry",
            constraint=models.UniqueConstraint(fields=("log", "leaf_index"), name="audit_logentry_log_leaf_index"),
        ),
        migrations.AddConstraint(
            model_name="treenode",
            constraint=models.UniqueConstraint(fields=("log", "level", "index"), name="audit_treenode_place"),
        ),
    ]
