"""Prints what a probe found: for people with what the sandbox would answer, for programs as JSON."""

from __future__ import annotations

import json
import shlex

from wxsync import __version__
from wxsync.results import Probed
from wxsync.words import Text, say, text


def probed_json(probed: Probed) -> str:
    """Print the report as it can be sent to us: nothing in it tells whose account it was."""
    findings = [{"question": one.question, "answer": str(one.answer), "switch": one.switch} for one in probed.findings]
    document = {
        "format_version": 1,
        "wxsync": __version__,
        "findings": findings,
        "switches": list(probed.switches),
        "quotas": dict(probed.quotas),
        "uploads": probed.uploads,
        "complete": probed.halted is None,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def probed_page(probed: Probed) -> str:
    """Print the report for people, a line for each question."""
    lines = [_line(one.asked, one.answer, one.switch) for one in probed.findings]
    lines += [text("quota of {path}: {most:,} a day", path=path, most=most) for path, most in probed.quotas.items()]
    command = shlex.join(["wxsync", "sandbox", *(word for one in probed.switches for word in ("--switch", one))])
    lines.append(text("The sandbox is as this WeChat is by: {command}", command=command))
    return "".join(f"{say(line)}\n" for line in lines)


def _line(asked: str, answer: str, switch: str) -> Text:
    if not switch:
        return text("{question} {answer} (as the sandbox)", question=asked, answer=answer)
    return text("{question} {answer} (the sandbox with {switch})", question=asked, answer=answer, switch=switch)
