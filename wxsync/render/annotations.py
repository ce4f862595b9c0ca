"""Writes problems for programs that show them beside the lines: GitHub's log, SARIF, and GitLab's Code Quality."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from wxsync.model import Problem
from wxsync.words import visible

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def github_annotations(problems: Iterable[Problem]) -> str:
    """Write a command of GitHub's runner for each problem."""
    return "".join(_annotation(problem) + "\n" for problem in problems)


def codequality(problems: Iterable[Problem]) -> str:
    """Write GitLab's report on code quality."""
    return _text([_quality(problem) for problem in problems])


def sarif(problems: Iterable[Problem]) -> str:
    """Write SARIF 2.1.0."""
    found = list(problems)
    rules = [{"id": code} for code in sorted({problem.code for problem in found})]
    driver = {"name": "wxsync", "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(map(_finding, found))}
    return _text({"$schema": _SARIF, "version": "2.1.0", "runs": [run]})


def _annotation(problem: Problem) -> str:
    at = problem.location
    facts = {"file": at.file, "line": at.line, "col": at.column} if at else {}
    facts |= {"title": f"wxsync: {problem.code}"}
    told = ",".join(f"{name}={_property(str(value))}" for name, value in facts.items())
    return f"::{problem.severity.value} {told}::{_message(_said(problem))}"


def _quality(problem: Problem) -> dict[str, Any]:
    at = problem.location
    place = (at.file, at.line) if at else (problem.path or "", 1)
    told = "\0".join((problem.code, place[0], problem.name or problem.path or "", problem.message))
    return {
        "description": _said(problem),
        "check_name": problem.code,
        "fingerprint": hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest(),
        "severity": "major" if problem.is_error else "minor",
        "location": {"path": visible(place[0]), "lines": {"begin": place[1]}},
    }


def _finding(problem: Problem) -> dict[str, Any]:
    finding: dict[str, Any] = {
        "ruleId": problem.code,
        "level": problem.severity.value,
        "message": {"text": _said(problem)},
    }
    at = problem.location
    if at:
        region = {"startLine": at.line, "startColumn": at.column}
        uri = quote(at.file.replace("\\", "/"), errors="replace")
        finding["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}]
    return finding


def _said(problem: Problem) -> str:
    said = visible(problem.message)
    return f"{said} ({visible(problem.hint)})" if problem.hint else said


def _message(said: str) -> str:
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    return _message(visible(said)).replace(":", "%3A").replace(",", "%2C")


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
