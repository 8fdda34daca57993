"""The Celery app: Redis where one is named, else a folder as broker. Losing the broker loses nothing.

Values follow from measured faults: late acknowledgement alone does not survive a
killed child, and a visibility timeout shorter than a task runs it twice.
"""

from __future__ import annotations

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from django.conf import settings

from config import folder_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# On a machine of one's own, root is how most people try Candour; SECURITY.md says what to do in earnest.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("candour")

BEAT = {
    "publish-checkpoints": {"task": "audit.publish_checkpoints", "schedule": 1.0, "options": {"expires": 5}},
    "seal-documents": {"task": "consent.seal_documents", "schedule": 1.0, "options": {"expires": 5}},
    "stamp-files": {"task": "consent.stamp_files", "schedule": 10.0, "options": {"expires": 15}},
    "compare-facts": {"task": "consent.compare_facts", "schedule": 5.0, "options": {"expires": 10}},
    "judge-waiting": {"task": "products.judge_waiting", "schedule": 5.0, "options": {"expires": 15}},
    "remove-strays": {"task": "consent.remove_strays", "schedule": 3600.0, "options": {"expires": 60}},
    "remove-old-answers": {"task": "clinic.remove_old_answers", "schedule": 3600.0, "options": {"expires": 60}},
    "forget-attempts": {"task": "clinic.forget_attempts", "schedule": 3600.0, "options": {"expires": 60}},
    "tell-owners": {"task": "clinic.tell_owners", "schedule": 10.0, "options": {"expires": 10}},
    "tell-webhooks": {"task": "clinic.tell_webhooks", "schedule": 2.0, "options": {"expires": 5}},
    "work-imports": {"task": "products.work_imports", "schedule": 2.0, "options": {"expires": 5}},
    "remind": {"task": "consent.remind", "schedule": 60.0, "options": {"expires": 50}},
    "tell-old-contacts": {"task": "consent.tell_old_contacts", "schedule": 10.0, "options": {"expires": 15}},
    "send-notices": {"task": "consent.send_notices", "schedule": 5.0, "options": {"expires": 15}},
}


def _broker() -> dict[str, object]:
    if settings.REDIS_URL:
        return {
            "broker_url": settings.REDIS_URL,
            "broker_transport_options": {
                "visibility_timeout": 600,
                "unacked_restore_interval": 5,
                "unacked_restore_throttle": 1,
                "socket_timeout": 3,
                "socket_connect_timeout": 3,
            },
        }
    folder_broker.register()
    for name in ("queue", "processed", "control"):
        (settings.BROKER_DIR / name).mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": f"{folder_broker.SCHEME}://",
        "broker_transport_options": {
            "data_folder_in": str(settings.BROKER_DIR / "queue"),
            "data_folder_out": str(settings.BROKER_DIR / "queue"),
            "processed_folder": str(settings.BROKER_DIR / "processed"),
            "control_folder": str(settings.BROKER_DIR / "control"),
            "store_processed": False,
            # The default of a second for each message is slower than the ticks come: work would wait behind them.
            "polling_interval": 0.1,
        },
    }


app.conf.update(
    **_broker(),
    beat_schedule=BEAT,
    beat_schedule_filename=str(settings.DATA_DIR / "beat-schedule"),
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_time_limit=60,
    task_soft_time_limit=50,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=2000,
    worker_hijack_root_logger=False,
    timezone="UTC",
)
app.autodiscover_tasks(["audit", "clinic", "products", "consent"])
