"""A new kind of task: the patient asks for a new link."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0010_reminders"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stafftask",
            name="kind",
            field=models.CharField(
                choices=[
                    ("decline", "The patient said no"),
                    ("question", "Question to answer"),
                    ("withdrawal", "The patient took it back"),
                    ("not-reached", "Message did not arrive"),
                    ("changed", "Something changed: to decide"),
                    ("call", "Call the patient"),
                    ("new-link", "New link asked for"),
                    ("paper", "Paper record to scan"),
                    ("review", "To look at"),
                ],
                max_length=20,
            ),
        ),
    ]
