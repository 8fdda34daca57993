"""How many parts a Document has stands beside it, so that a board need not decrypt it; older ones have nine."""

from django.db import migrations, models

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_steps_and_screening")]

    operations = [
        migrations.AddField(
            model_name="document",
            name="section_count",
            field=models.PositiveSmallIntegerField(default=9, help_text="how many parts there are to read"),
            preserve_default=False,
        ),
        append_only("consent_document"),
    ]
