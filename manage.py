#!/usr/bin/env python
"""Candour's command line: `manage.py help` lists the acts."""

import os
import sys

from django.core.management import execute_from_command_line

from config.environment import SettingError


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except SettingError as refusal:
        sys.stderr.write(f"candour: {refusal}\n")
        return 78
    return 0


if __name__ == "__main__":
    sys.exit(main())
