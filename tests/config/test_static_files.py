"""Static files are collected when one of them changed or they are gone, and not at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage.handler import InvalidStorageError

from config import static_files


@pytest.fixture
def source(settings: Any, tmp_path: Path) -> Path:
    """One style of ours, collected once."""
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path / "source"], tmp_path / "static"
    style = tmp_path / "source" / "one.css"
    style.parent.mkdir()
    style.write_text("a {}")
    static_files.collect()
    assert (tmp_path / "static" / "one.css").read_text() == "a {}"
    return style


@pytest.fixture
def collected(source: Path, settings: Any) -> Path:
    return Path(settings.STATIC_ROOT) / source.name


def test_what_did_not_change_is_left_as_it_is(source: Path, collected: Path) -> None:
    collected.write_text("kept")
    static_files.collect()
    assert collected.read_text() == "kept"


def test_another_content_of_the_same_length_is_collected(source: Path, collected: Path) -> None:
    source.write_text("b {}")
    static_files.collect()
    assert collected.read_text() == "b {}"


def test_a_new_file_is_collected(source: Path, collected: Path) -> None:
    source.with_name("two.css").write_text("c {}")
    static_files.collect()
    assert collected.with_name("two.css").is_file()


def test_a_folder_that_was_emptied_is_filled_again(source: Path, collected: Path) -> None:
    for each in (collected, collected.with_name(static_files.COLLECTED)):
        each.unlink()
    static_files.collect()
    assert collected.is_file()


def test_a_collection_that_did_not_end_is_begun_again(source: Path, collected: Path, settings: Any) -> None:
    source.write_text("d {}")
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "no.such.Storage"}}
    with pytest.raises(InvalidStorageError):
        static_files.collect()
    assert not collected.with_name(static_files.COLLECTED).exists()


def test_pages_of_a_package_that_are_never_shown_are_left_out(source: Path, collected: Path) -> None:
    assert not (collected.parent / "rest_framework").exists()
    assert (collected.parent / "account").is_dir()
