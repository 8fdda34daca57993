from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0033_guard_texts_and_studies"),
    ]

    operations = [
        migrations.AddField(
            model_name="signature",
            name="on_staff_network",
            field=models.BooleanField(help_text="null: on paper, or from before this was looked at", null=True),
        ),
    ]
