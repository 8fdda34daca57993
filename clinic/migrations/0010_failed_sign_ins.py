import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0009_retention_holds_and_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="FailedSignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("password", "Wrong password at sign-in"),
                            ("session-password", "Wrong password in an open session"),
                            ("code", "Wrong code at sign-in"),
                            ("session-code", "Wrong code in an open session"),
                        ],
                        max_length=20,
                    ),
                ),
                ("failed_at", models.DateTimeField()),
                ("is_run", models.BooleanField(default=False)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="failed_sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-failed_at", "-pk"),
                "indexes": [models.Index(fields=["user", "-failed_at"], name="clinic_failed_lately")],
            },
        ),
    ]
