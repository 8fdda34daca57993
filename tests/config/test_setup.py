"""Setting up where something is missing and nobody may install it: one line that names it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A folder that everybody may read, with the script asking for a library that does not exist, and no sudo."""
    folder = Path(tempfile.mkdtemp(prefix="candour-setup-"))
    (folder / "deploy").mkdir()
    (folder / "bin").mkdir()
    script = (ROOT / "deploy" / "setup.sh").read_text().replace("libpango-1.0.so.0", "libnowhere.so.9")
    for path, text in ((folder / "deploy" / "setup.sh", script), (folder / "bin" / "sudo", "#!/bin/sh\nexit 1\n")):
        path.write_text(text)
        path.chmod(0o755)
    for path in (folder, folder / "deploy", folder / "bin"):
        path.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_missing_system_library_without_root_is_named_with_the_command_to_ask_for(checkout: Path) -> None:
    done = subprocess.run(
        ["sh", str(checkout / "deploy" / "setup.sh"), "run"],
        env={"PATH": f"{checkout / 'bin'}:/usr/local/bin:/usr/bin:/bin"},
        user="nobody" if os.geteuid() == 0 else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "these system packages are missing: libpango-1.0-0" in done.stderr
    assert "apt-get install libpango-1.0-0" in done.stderr
    assert not (checkout / ".venv").exists()
