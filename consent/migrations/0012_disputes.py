"""A new wish of a patient: to say that they did not sign."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0011_help"),
    ]

    operations = [
        migrations.AlterField(
            model_name="helprequest",
            name="wish",
            field=models.CharField(
                choices=[
                    ("call", "Wants to be called"),
                    ("link", "Wants a new link"),
                    ("dispute", "Says that they did not sign this"),
                ],
                max_length=10,
            ),
        ),
    ]
