"""The database itself refuses to change or delete what was shown, marked, signed, declined, taken back or sealed."""

from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_consents")]

    operations = [
        append_only("consent_consenttemplate"),
        append_only("consent_document"),
        append_only("consent_opening"),
        append_only("consent_acknowledgement"),
        append_only("consent_signature"),
        append_only("consent_decline"),
        append_only("consent_withdrawal"),
        append_only("consent_declaration"),
        append_only("consent_clearance"),
        append_only("consent_sealedfile"),
    ]
