"""Installs the wxsync that lies beside this file, for the steps that follow.

Runs on the runner's own Python, so it imports nothing of ours. Everything but wxsync itself is taken by its hash.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[2]
REQUIREMENTS = HERE / "requirements.txt"


def main() -> int:
    """Tells the key of the cache, or installs."""
    if sys.argv[1:] == ["key"]:
        return tell_key()
    return install()


def tell_key() -> int:
    """Gives the steps that follow a key for exactly these packages on this kind of machine."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    machine = f"{platform.system()}-{platform.machine()}-{sys.version_info[0]}.{sys.version_info[1]}"
    append("GITHUB_OUTPUT", f"key=wxsync-{machine}-{digest}\n")
    return 0


def install() -> int:
    """Makes an environment of its own, so that no package of the runner is touched."""
    temporary = Path(os.environ["RUNNER_TEMP"])
    home, wheels = temporary / "wxsync", temporary / "wxsync-wheels"
    venv.create(home, with_pip=True, clear=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    hashed = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(REQUIREMENTS)]
    if not any(wheels.glob("*.whl")):
        subprocess.run([*pip, "download", "--dest", str(wheels), *hashed], check=True)
    subprocess.run([*pip, "install", "--no-index", "--find-links", str(wheels), *hashed], check=True)
    # Built without isolation: the build backend is among the packages that were taken by their hash.
    subprocess.run([*pip, "install", "--no-deps", "--no-build-isolation", "--no-index", str(SOURCE)], check=True)
    append("GITHUB_PATH", f"{programs}\n")
    return 0


def append(variable: str, text: str) -> None:
    """Writes to a file that the runner reads."""
    with Path(os.environ[variable]).open("a", encoding="utf-8") as stream:
        stream.write(text)


if __name__ == "__main__":
    sys.exit(main())
