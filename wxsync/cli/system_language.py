"""What the system says of its user's language, and of what the terminal can show."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def system_language() -> str:
    """Name the user's language where no variable does, such as zh_CN: on Windows and macOS the system knows it."""
    if sys.platform == "win32":
        import ctypes

        # LANGID of the display language; its low ten bits are the primary language, 0x04 Chinese (MS-LCID).
        chinese = 0x04
        return "zh" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == chinese else ""
    if sys.platform == "darwin":
        import subprocess

        asked = ["/usr/bin/defaults", "read", "-g", "AppleLocale"]
        try:
            ended = subprocess.run(asked, capture_output=True, text=True, timeout=2, check=False)  # noqa: S603 - our own words
            return ended.stdout.strip()
        except (OSError, subprocess.TimeoutExpired):
            return ""
    return ""


def can_show_chinese(environ: Mapping[str, str]) -> bool:
    """Tell whether the terminal can show Chinese: its encoding has it, and it is no console without the glyphs."""
    if environ.get("TERM") == "linux":
        return False
    return all(_can_encode(stream.encoding) for stream in (sys.stdout, sys.stderr) if stream and stream.isatty())


def _can_encode(encoding: str) -> bool:
    try:
        "素材".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
