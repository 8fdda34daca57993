"""Guard the log's tables: nothing in them is changed, and only the erasable detail of an entry may be deleted."""

from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_log")]

    operations = [
        append_only("audit_logentry"),
        append_only("audit_logdetail", erasable=True),
        append_only("audit_logrecord"),
        append_only("audit_treenode"),
        append_only("audit_checkpoint"),
    ]
