"""The roof as an app: its commands and its template tags."""

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Candour"
