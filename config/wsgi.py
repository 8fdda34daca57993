"""The web process."""

import gc
import os
import sys

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

# Whoever writes to a clinic's log holds it until the commit is sent, and the next one waits. A thread with the database's
# answer in its hand therefore gets its turn soon, and not after the five milliseconds that Python gives to each other thread.
sys.setswitchinterval(0.0005)
