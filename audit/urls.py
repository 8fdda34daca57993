"""The auditor's pages of the log."""

from __future__ import annotations

from django.urls import path

from audit import views

urlpatterns = [
    path("log/", views.log, name="log"),
    path("log/checkpoint", views.log_checkpoint, name="log_checkpoint"),
    path("log/<int:leaf_index>/", views.log_entry, name="log_entry"),
    path("log/<int:leaf_index>.json", views.log_entry_details, name="log_entry_details"),
    path("log/<int:leaf_index>.tlog-proof", views.log_entry_proof, name="log_entry_proof"),
]
