"""Gives the package its long description and addresses, which depend on where the project lives.

PROJECT_REPOSITORY (https://github.com/NAME/wxsync) makes links of the README absolute; without it they become plain
words, for a link that is relative leads nowhere on an index of packages.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?://|#)([^)]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    """Fills in what pyproject.toml names as dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the README and the addresses."""
        repository = os.environ.get("PROJECT_REPOSITORY", "").rstrip("/")
        said = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": described(said, repository)}
        if repository:
            metadata["urls"] = {
                "Changelog": f"{repository}/blob/main/CHANGELOG.md",
                "Documentation": f"{repository}#readme",
                "Issues": f"{repository}/issues",
                "Source": repository,
            }


def described(readme: str, repository: str) -> str:
    """Make every link absolute, or a plain word where nothing says where the project lives."""
    return _LINK.sub(rf"[\1]({repository}/blob/main/\2)" if repository else r"\1", readme)
