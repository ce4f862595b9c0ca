"""Keeps one comment on a pull request up to date; its text is data and decides nothing.

    python comment.py --manifest materials.yaml --file plan.md

Finds its own comment by a hidden marker. Without news there is no first comment, only a correction of an old one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from github_api import ApiRefused, GitHub, github_from

LIMIT = 65_000  # GitHub takes 65,536 characters
_MAY_NOT = (401, 403, 404)


def marker_of(manifest: str) -> str:
    """Gives the line by which the comment of a manifest is found again."""
    return f"<!-- wxsync plan {hashlib.sha256(manifest.encode()).hexdigest()[:16]} -->"


def body_of(marker: str, text: str) -> str:
    """Puts the marker before a text and cuts it to what a comment may hold, at the end of a line."""
    whole = f"{marker}\n{text}"
    if len(whole) <= LIMIT:
        return whole
    return whole[: LIMIT - 100].rsplit("\n", 1)[0] + "\n\n… cut here; the step summary has more.\n"


def comment(github: GitHub, number: int, marker: str, text: str, *, is_news: bool) -> str:
    """Writes the comment and tells how."""
    body = body_of(marker, text)
    earlier = next(filter(lambda one: _is_ours(one, marker), github.each(f"issues/{number}/comments")), None)
    if earlier and earlier["body"] == body:
        return "the comment says so already"
    if earlier:
        github.call("PATCH", f"issues/comments/{earlier['id']}", {"body": body})
        return "updated the comment"
    if not is_news:
        return "nothing to say"
    github.call("POST", f"issues/{number}/comments", {"body": body})
    return "wrote a comment"


def main() -> int:
    """Comments on the pull request of this run; a token that may not write is no failure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", default="materials.yaml")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--news", choices=["true", "false", ""], default="true")
    options = parser.parse_args()
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes())
    text = options.file.read_text(encoding="utf-8", errors="replace")
    try:
        number, marker = int(event["pull_request"]["number"]), marker_of(options.manifest)
        print(comment(github_from(os.environ), number, marker, text, is_news=options.news != "false"))
    except ApiRefused as error:
        print(f"no comment: {error}; the plan is in the step summary")
        return 0 if error.status in _MAY_NOT else 1
    return 0


def _is_ours(one: Any, marker: str) -> bool:
    # Whoever quotes the marker must not have a comment of theirs overwritten.
    return bool(one["user"]["type"] == "Bot" and str(one["body"]).startswith(marker))


if __name__ == "__main__":
    sys.exit(main())
