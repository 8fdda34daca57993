"""The products room in JSON: how its things are shown, and how a body becomes the frozen draft that a service takes."""
