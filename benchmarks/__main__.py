"""``make bench``: the figures on SQLite and on PostgreSQL, each in a process and a temporary folder of its own."""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import postgres, postgres_installed

AT_MOST = 1800  # seconds a database may take before it is given up


def main() -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("Each figure: the median of alternated rounds (smallest–largest), its aim, and in brackets the median times.")
    subprocess.run([sys.executable, "-m", "benchmarks.door"], check=True, timeout=AT_MOST)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        workbook = Path(folder) / "items.xlsx"
        measure(Path(folder) / "sqlite", workbook, "")
        if postgres_installed():
            with postgres() as url:
                measure(Path(folder) / "postgresql", workbook, url)
        else:
            print("\nPostgreSQL is not installed and was left out.")


def measure(data: Path, workbook: Path, database_url: str) -> None:
    """Run the figures where the settings see this database: they read the environment once."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "PYTHONPYCACHEPREFIX") if name in os.environ}
    environment = {**kept, "DATA_DIR": str(data), "DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "benchmarks.figures", str(workbook)]
    subprocess.run(command, env=environment, check=True, timeout=AT_MOST)


if __name__ == "__main__":
    main()
