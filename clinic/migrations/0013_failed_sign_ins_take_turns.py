from django.db import migrations, models


class Migration(migrations.Migration):
    """When a message about wrong credentials is tried again, so that one that is refused lets others go first."""

    dependencies = [
        ("clinic", "0012_refused_passkeys"),
    ]

    operations = [
        migrations.AddField(
            model_name="failedsignin",
            name="next_attempt_at",
            field=models.DateTimeField(null=True),
        ),
    ]
