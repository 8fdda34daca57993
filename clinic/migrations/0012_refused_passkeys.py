from django.db import migrations, models


class Migration(migrations.Migration):
    """Refused passkeys are kept too. The table stays as it is."""

    dependencies = [
        ("clinic", "0011_staff_networks"),
    ]

    operations = [
        migrations.AlterField(
            model_name="failedsignin",
            name="kind",
            field=models.CharField(
                choices=[
                    ("password", "Wrong password at sign-in"),
                    ("session-password", "Wrong password in an open session"),
                    ("code", "Wrong code at sign-in"),
                    ("session-code", "Wrong code in an open session"),
                    ("passkey", "Refused passkey at sign-in"),
                    ("session-passkey", "Refused passkey in an open session"),
                ],
                max_length=20,
            ),
        ),
    ]
