"""Consents in JSON: how they are shown, and how a body becomes the draft that a service takes."""
