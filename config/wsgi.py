"""The web process."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_wsgi_application()

from config.punctual import WholeBodies  # noqa: E402 - what it answers is written with Django's help

application = WholeBodies(_django)

# All pages are loaded now and not at the first request; and what is loaded stays, so that no request has to wait while
# the collector walks through it.
get_resolver().url_patterns  # noqa: B018 - reading it imports them
gc.collect()
gc.freeze()
