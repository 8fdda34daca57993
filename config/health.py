"""Signs of life for whoever watches the machine: alive, and ready to take a signature."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from config import keys


@login_not_required
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The web process answers."""
    return JsonResponse({"status": "alive"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and the keys are there; the broker is not asked, for signing does not need it."""
    problems = [f"key missing: {name}" for name in keys.missing(settings.KEY_DIR)]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        problems.append("the database does not answer")
    return JsonResponse(
        {"status": "not ready" if problems else "ready", "problems": problems}, status=503 if problems else 200
    )
