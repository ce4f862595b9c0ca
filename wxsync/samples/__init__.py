"""The smallest files that each type of material takes, for a probe of WeChat."""

from __future__ import annotations

from importlib.resources import files


def sample(name: str) -> bytes:
    """Give the bytes of one of them: picture.png, thumb.jpg, voice.mp3 or video.mp4."""
    return (files(__name__) / name).read_bytes()
