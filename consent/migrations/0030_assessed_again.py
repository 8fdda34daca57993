from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0029_guard_who_decided"),
    ]

    operations = [
        migrations.AddField(
            model_name="capacitydecision",
            name="again_on",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="capacitydecision",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("can-decide", "The patient can make this decision now"),
                    ("cannot-decide", "The patient cannot make this decision now: not treated"),
                    ("assess-again", "The patient cannot make this decision now: assessed again on another day"),
                    ("proxy-decides", "The patient cannot make this decision: who decides for the patient goes on"),
                ],
                max_length=16,
            ),
        ),
    ]
