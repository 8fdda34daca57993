"""The database itself refuses to change or delete a batch's moves, temperatures, decisions and counts."""

from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("products", "0005_batch_life_temperature_and_units")]

    operations = [
        append_only("products_batchmove"),
        append_only("products_temperaturerecord"),
        append_only("products_excursiondecision"),
        append_only("products_unitcount"),
    ]
