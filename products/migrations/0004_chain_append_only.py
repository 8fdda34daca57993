"""The database itself refuses to change or delete what was said about the chain and the lots."""

from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("products", "0003_parties_custody_and_lot_graph")]

    operations = [
        append_only("products_custodyevent"),
        append_only("products_lotedge"),
        append_only("products_lotedgewithdrawal"),
        append_only("products_lotnodeversion"),
        append_only("products_partyversion"),
    ]
