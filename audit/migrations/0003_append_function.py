"""On PostgreSQL an entry is appended by one function: one round trip, and plans that a session keeps.

The update takes the log row's lock, so whoever appends next waits until we commit; a rolled back
act gives its index back. A log that is not there gives no row. Rows named come as lines of models and of keys.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SIGNATURE = "candour_append(uuid, text, timestamptz, bytea, text, bytea, text, text, text)"
CREATE = """
CREATE FUNCTION candour_append(
    in_log uuid, in_origin text, in_now timestamptz, in_leaf_hash bytea, in_leaf text,
    in_salt bytea, in_body text, in_models text, in_pks text,
    OUT out_id bigint, OUT out_index bigint, OUT out_recorded_at timestamptz
) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    UPDATE audit_log SET size = size + 1, recorded_at = GREATEST(recorded_at, in_now)
        WHERE id = in_log AND origin = in_origin
        RETURNING size - 1, recorded_at INTO out_index, out_recorded_at;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO audit_logentry (log_id, leaf_index, leaf_hash, leaf, recorded_at)
        VALUES (in_log, out_index, in_leaf_hash, in_leaf, out_recorded_at) RETURNING id INTO out_id;
    INSERT INTO audit_logdetail (entry_id, salt, canonical_body) VALUES (out_id, in_salt, in_body);
    IF in_pks <> '' THEN
        INSERT INTO audit_logrecord (entry_id, model, record_pk)
            SELECT out_id, named.model, named.pk
            FROM unnest(string_to_array(in_models, E'\\n'), string_to_array(in_pks, E'\\n')) AS named (model, pk);
    END IF;
    RETURN NEXT;
END $$
"""


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL only; SQLite has no round trips to save."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE, None)


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The application of before knows no such function."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION {SIGNATURE}", None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]

    operations = [migrations.RunPython(create, drop)]
