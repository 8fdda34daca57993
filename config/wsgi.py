"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_django = get_wsgi_application()

from config.punctual import WholeBodies  # noqa: E402 - what it answers is written with Django's help

application = WholeBodies(_django)
