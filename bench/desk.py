"""How quick the board, the list and a search are with many consents: `python -m bench.desk [HOW_MANY]` on an empty PostgreSQL.

One consent is made by the real services; its rows are copied by SQL. Of 100 copies 2 are open, 94 active and old, 4 ended.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from clinic.models import User  # noqa: E402
from consent.models import Consent  # noqa: E402
from tests.consent import desk as desks  # noqa: E402

TIMES = int(os.environ.get("BENCH_TIMES", "30"))


def columns(table: str, changed: dict[str, str]) -> tuple[str, str]:
    """The columns of a table, and what is copied into each."""
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    quoted = [f'"{name}"' for name in names]
    return ", ".join(quoted), ", ".join(changed.get(name, f't."{name}"') for name in names)


def copied(table: str, where: str, **changed: str) -> str:
    """An INSERT of one copy of the template's rows for each row of the table `copies` that fits."""
    into, values = columns(table, changed)
    return f"INSERT INTO {table} ({into}) SELECT {values} FROM {table} t, copies c WHERE t.consent_id = %s AND {where}"


def fill(consent: Consent, number: int) -> None:
    """`number` consents in the clinic of this one."""
    key = str(consent.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE copies AS SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS document,"
            " gen_random_uuid() AS link, n %% 100 AS place, now() - (n || ' minutes')::interval AS since"
            " FROM generate_series(1, %s) n",
            [number],
        )
        cursor.execute("CREATE UNIQUE INDEX ON copies (n)")
        cursor.execute("SET session_replication_role = replica")  # constraints would be checked row by row
        into, values = columns(
            "consent_consent",
            {
                "id": "c.id",
                "reference": "'HC-' || upper(substr(md5(c.n::text), 1, 4)) || '-' || lpad(c.n::text, 6, '0')",
                "document_id": "c.document",
                "created_at": "c.since - interval '60 days' * (c.place > 1)::int",
                "changed_at": "c.since - interval '60 days' * (c.place > 1)::int",
                "status": "CASE WHEN c.place < 2 THEN 'draft' WHEN c.place < 96 THEN 'active' ELSE 'not-done' END",
                "status_reason": "CASE WHEN c.place < 96 THEN '' ELSE 'declined' END",
                "batch_id": "CASE WHEN c.place < 2 THEN t.batch_id END",
            },
        )
        cursor.execute(
            f"INSERT INTO consent_consent ({into}) SELECT {values} FROM consent_consent t, copies c WHERE t.id = %s",
            [key],
        )
        cursor.execute(
            copied("consent_document", "true", id="c.document", consent_id="c.id", issued_at="c.since"), [key]
        )
        cursor.execute(
            copied(
                "consent_patientlink",
                "c.n > 0 AND t.revoked_at IS NULL",
                id="c.link",
                consent_id="c.id",
                document_id="c.document",
                token_sha256="md5(c.n::text)",
                created_at="c.since",
                expires_at="c.since + interval '400 days'",
            ),
            [key],
        )
        random = "gen_random_uuid()"
        for table, where in (
            ("consent_opening", "c.n %% 2 = 0"),
            ("consent_acknowledgement", "c.n %% 2 = 0 AND t.section = 'risks'"),
        ):
            changed = {"id": random, "consent_id": "c.id", "document_id": "c.document"}
            if table == "consent_opening":
                changed |= {"link_id": "c.link", "opened_at": "c.since - interval '60 days' * (c.place > 1)::int"}
            cursor.execute(copied(table, where, **changed), [key])
        signed = "c.place BETWEEN 1 AND 95 AND (c.place > 1 OR c.n %% 3 = 0)"
        cursor.execute(
            copied(
                "consent_signature",
                signed,
                id=random,
                consent_id="c.id",
                document_id="c.document",
                strokes_sha256="''",
                signed_at="c.since - interval '60 days' * (c.place > 1)::int",
            ),
            [key],
        )
        cursor.execute(
            "INSERT INTO consent_declaration (id, consent_id, practitioner_id, printed_name, text, declared_at)"
            " SELECT gen_random_uuid(), c.id, %s, 'x', 'x', c.since - interval '60 days' FROM copies c"
            " WHERE c.place BETWEEN 2 AND 95",
            [str(consent.practitioner_id)],
        )
        for kind in ("signed-record", "completion-record"):
            cursor.execute(
                "INSERT INTO consent_sealedfile (id, consent_id, kind, sha256, size, certificate_sha256, sealed_at)"
                " SELECT gen_random_uuid(), c.id, %s, md5(c.n || %s), 1, 'x', c.since FROM copies c"
                " WHERE c.place BETWEEN 2 AND 95",
                [kind, kind],
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def measured(client: Client, address: str, **sent: str) -> None:
    """Print median, 95th percentile and number of queries of a page."""
    took = []
    ask = (lambda: client.post(address, sent)) if sent else (lambda: client.get(address))
    for _ in range(3):
        assert ask().status_code == 200
    with CaptureQueriesContext(connection) as queries:
        ask()
    asked = len(queries)
    if os.environ.get("BENCH_SLOWEST"):
        for query in sorted(queries.captured_queries, key=lambda one: -float(one["time"]))[:3]:
            print("   ", query["time"], query["sql"][:4000])
    for _ in range(TIMES):
        begun = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begun) * 1000)
    p95 = statistics.quantiles(took, n=20)[-1]
    print(
        f"{address:45} median {statistics.median(took):6.1f} ms   p95 {p95:6.1f} ms   {asked} queries",
        flush=True,
    )


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if not Consent.objects.exists():
        desk = desks.open_desk()
        handed = desks.issue(desk)
        desks.read_all(handed)
        from consent import services

        services.sign_consent(handed.consent.pk, desks.signing(handed), at=desks.NOW)
        fill(handed.consent, number)
    consent = Consent.objects.order_by("changed_at").first()
    print(f"{Consent.objects.count()} consents, {Consent.objects.filter(status='draft').count()} open", flush=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    client = Client(headers={"Host": "localhost"})
    client.force_login(User.objects.get(pk=consent.practitioner.user_id))
    reference = Consent.objects.order_by("-created_at").values_list("reference", flat=True)[500]
    measured(client, "/")
    measured(client, f"/?product={consent.product_id}")
    measured(client, "/consents/")
    measured(client, f"/consents/?q={reference}")
    measured(client, f"/consents/?q={reference[-5:]}")
    for standing in ("question", "not-opened", "signed", "active", "declined"):
        measured(client, f"/consents/?standing={standing}")
    measured(client, "/patients/", family_name="Ilves", birth_date_0="", birth_date_1="", birth_date_2="")
    measured(client, "/tasks/")


if __name__ == "__main__":
    main()
