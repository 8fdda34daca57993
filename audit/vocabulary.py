"""Words for what stands in the log. Kinds are named by the rooms that write them, as `room.past_tense`."""

from __future__ import annotations

from django.apps import apps


def kind_words(kind: str) -> str:
    """A kind as a person reads it: "consent.signed" is "Consent signed", "products.batch_held" is "Batch held"."""
    room, _, act = kind.partition(".")
    thing, _, done = act.partition("_")
    names_its_thing = bool(done) and not thing.endswith("ed")
    return (act if names_its_thing else f"{room} {act}").replace("_", " ").capitalize()


def model_words(label: str) -> str:
    """A table as a person reads it: "consent.sealedfile" is "Sealed file"; a table that is no more keeps its own name."""
    try:
        return str(apps.get_model(label)._meta.verbose_name).capitalize()
    except LookupError:
        return label.rpartition(".")[2].capitalize()
