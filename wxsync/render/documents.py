"""Writes plans, results and problems as JSON documents with a version, and reads saved ones back."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from wxsync.errors import InvalidInput
from wxsync.model import (
    Action,
    Capacity,
    Change,
    Drift,
    DriftKind,
    Failure,
    MaterialType,
    Outcome,
    Plan,
    Problem,
    Remedy,
    Usage,
)
from wxsync.reasons import recognized
from wxsync.records import record_document, record_from
from wxsync.render.uses import uses_document, uses_from
from wxsync.results import Report, Result
from wxsync.schemas import violations
from wxsync.words import https, text

FORMAT_VERSION = 1


def plan_text(plan: Plan, *, everything: bool = False) -> str:
    """Writes a plan as JSON; a saved plan is exactly this. With `everything`, what is kept is listed too."""
    pending = [_change(change) for change in plan.pending]
    return _text(
        {
            "format_version": FORMAT_VERSION,
            "account": plan.account,
            "digest": _digest(plan.account, pending, _drift(plan)),
            "summary": {action.value: count for action, count in plan.counts.items()},
            "changes": [_change(change) for change in plan.changes] if everything else pending,
            "drift": _drift(plan),
            "capacity": _capacity(plan.capacity) if plan.capacity else None,
            **({"documents": dict(plan.documents)} if plan.documents else {}),
        }
    )


def report_text(report: Report) -> str:
    """Writes what apply did as JSON."""
    counts = Counter(result.outcome for result in report.results)
    return _text(
        {
            "format_version": FORMAT_VERSION,
            "account": report.account,
            "summary": {outcome.value: counts[outcome] for outcome in Outcome},
            "results": [_result(result) for result in report.results],
            **({"uses": uses_document(report.uses, whole=True)} if report.uses else {}),
        }
    )


def problems_text(problems: Iterable[Problem]) -> str:
    """Writes what validate found as JSON."""
    found = list(problems)
    return _text(
        {
            "format_version": FORMAT_VERSION,
            "ok": not any(problem.is_error for problem in found),
            "problems": [_problem(problem) for problem in found],
        }
    )


def failure_document(error: Failure) -> dict[str, Any]:
    """Gives a failure as documents show it."""
    return {
        "code": error.code,
        "errcode": error.errcode,
        "message": error.message,
        "hint": error.hint,
        "rid": error.rid,
    }


def read_document(content: bytes, *, shown_as: str) -> Plan | Report:
    """Reads a saved plan or result; raises InvalidInput where it is neither, or was changed by hand."""
    try:
        document = json.loads(content)
        _text(document).encode()  # half of a surrogate pair can be escaped in JSON, but never be printed again
    except (ValueError, RecursionError) as error:
        raise _not_ours(shown_as, f"not valid JSON: {error}") from None
    kind = "result" if isinstance(document, dict) and "results" in document else "plan"
    broken = violations(kind, document)
    if broken:
        raise _not_ours(shown_as, broken[0])
    return _report_from(document) if kind == "result" else _plan_from(document, shown_as)


def _plan_from(document: Mapping[str, Any], shown_as: str) -> Plan:
    changes = tuple(map(_change_from, document["changes"]))
    pending = [_change(change) for change in changes if change.action is not Action.KEEP]
    if _digest(document["account"], pending, document["drift"]) != document["digest"]:
        raise _not_ours(shown_as, "its digest does not fit its changes, so it was edited")
    drift = (Drift(one["name"], one["media_id"], DriftKind(one["kind"])) for one in document["drift"])
    kept = document["summary"]["keep"] - (len(changes) - len(pending))
    capacity = _capacity_from(document["capacity"]) if document.get("capacity") else None
    documents = {name: tuple(places) for name, places in document.get("documents", {}).items()}
    return Plan(document["account"], changes, tuple(drift), max(0, kept), capacity, documents)


def _report_from(document: Mapping[str, Any]) -> Report:
    uses = uses_from(document["uses"], document["account"]) if document.get("uses") else None
    return Report(document["account"], tuple(map(_result_from, document["results"])), uses)


def _digest(account: str | None, pending: list[dict[str, Any]], drift: list[dict[str, str]]) -> str:
    # What is gone decides what is retired, so it belongs to what was reviewed.
    said = json.dumps([account, pending, drift], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _drift(plan: Plan) -> list[dict[str, str]]:
    return [{"name": one.name, "media_id": one.media_id, "kind": one.kind.value} for one in plan.drift]


def _capacity(capacity: Capacity) -> dict[str, Any]:
    library = {kind: {"used": places.used, "limit": places.limit} for kind, places in capacity.library.items()}
    today = capacity.today
    return {"library": library, "today": {"used": today.used, "limit": today.limit} if today else None}


def _capacity_from(document: Mapping[str, Any]) -> Capacity:
    library = {kind: Usage(**places) for kind, places in document["library"].items()}
    return Capacity(library, Usage(**document["today"]) if document["today"] else None)


def _change(change: Change) -> dict[str, Any]:
    converted: dict[str, Any] = {"fitted": change.fitted._asdict()} if change.fitted else {}
    if change.left_out:
        converted["left_out"] = list(change.left_out)
    return {
        "name": change.name,
        "action": change.action.value,
        "reason": change.reason,
        "type": change.type.value,
        "path": change.path,
        "sha256": change.sha256,
        "size": change.size,
        "before": record_document(change.before) if change.before else None,
        "after": record_document(change.after) if change.after else None,
        "renamed_from": change.renamed_from,
        "duplicates": [record_document(one) for one in change.duplicates],
        **converted,
    }


def _change_from(document: Mapping[str, Any]) -> Change:
    return Change(
        name=document["name"],
        action=Action(document["action"]),
        reason=recognized(document["reason"]),
        type=MaterialType(document["type"]),
        path=document["path"],
        sha256=document["sha256"],
        size=document["size"],
        before=record_from(document["before"]) if document["before"] else None,
        after=record_from(document["after"]) if document["after"] else None,
        renamed_from=document.get("renamed_from"),
        duplicates=tuple(map(record_from, document.get("duplicates", ()))),
        left_out=tuple(document.get("left_out", ())),
    )


def _result(result: Result) -> dict[str, Any]:
    change, record, error = result.change, result.record, result.error
    return {
        "name": change.name,
        "action": change.action.value,
        "outcome": result.outcome.value,
        "type": change.type.value,
        "path": change.path,
        "size": change.size,
        "media_id": record.media_id if record else None,
        "url": https(record.url) if record else None,
        "old_media_id": result.replaced_id,
        "attempts": result.attempts,
        "seconds": result.seconds,
        "error": failure_document(error) if error else None,
        "remedy": error.remedy.value if error else None,
        "change": _change(change),
        "record": record_document(record) if record else None,
    }


def _result_from(document: Mapping[str, Any]) -> Result:
    error = document["error"]
    return Result(
        change=_change_from(document["change"]),
        outcome=Outcome(document["outcome"]),
        record=record_from(document["record"]) if document["record"] else None,
        attempts=document["attempts"],
        seconds=document["seconds"],
        error=_failure_from(error, Remedy(document["remedy"])) if error else None,
    )


def _failure_from(document: Mapping[str, Any], remedy: Remedy) -> Failure:
    return Failure(remedy=remedy, **{key: document[key] for key in _FAILURE_KEYS})


_FAILURE_KEYS = ("code", "message", "hint", "errcode", "rid")


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.location
    return {
        "severity": problem.severity.value,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "name": problem.name,
        "path": problem.path,
    }


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _not_ours(shown_as: str, reason: str) -> InvalidInput:
    hint = text("save one with `wxsync plan --out FILE` or `wxsync apply --out FILE`")
    return InvalidInput(
        [
            Problem(
                "not-a-plan",
                text("{shown_as} is not a saved plan or result: {reason}", shown_as=shown_as, reason=reason),
                hint,
            )
        ]
    )
