"""The database itself refuses to change or delete certificates, their results and marketing claims."""

from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("products", "0008_certificates_and_marketing_claims")]

    operations = [
        append_only("products_certificate"),
        append_only("products_certificateresult"),
        append_only("products_marketingclaim"),
    ]
