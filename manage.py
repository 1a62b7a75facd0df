#!/usr/bin/env python3
"""Django's command line."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    # Nothing is written into the source tree, compiled modules included.
    data = Path(__file__).resolve().parent / (os.environ.get("DATA_DIR") or "var")
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(data / "pycache")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
