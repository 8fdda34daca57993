"""The database itself refuses to change or delete claims, evidence, measurements and regulatory records."""

from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("products", "0001_products")]

    operations = [
        append_only("products_claim"),
        append_only("products_evidence"),
        append_only("products_regulatoryrecord"),
        append_only("products_sizemeasurement"),
    ]
