"""The roof as an app: its commands, its template tags, and what holds for every connection to a database."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from config.moments import read_quickly


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Candour"

    def ready(self) -> None:
        """Listen for new connections."""
        connection_created.connect(read_quickly)
