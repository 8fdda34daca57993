from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="code_policy",
            field=models.CharField(
                choices=[
                    ("never", "Never"),
                    ("reachable", "Where the patient has an e-mail address or a phone number"),
                ],
                default="never",
                max_length=12,
            ),
        ),
    ]
