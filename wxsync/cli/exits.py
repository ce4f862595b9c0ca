"""Maps what happened to exit codes and errors to words; the only place that does."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from wxsync.cli.options import Settings
from wxsync.cli.options import say as say_error
from wxsync.words import Text, call_reference, hanging, say, text, visible

if TYPE_CHECKING:
    from wxsync.errors import WxsyncError
    from wxsync.model import Failure
    from wxsync.results import Report


_HANGING = 10  # where the words of a hint begin


class Exit(IntEnum):
    """Names the exit codes; scripts rely on their numbers."""

    DONE = 0
    DEFECT = 1
    PENDING = 2
    REFUSED = 3
    INVALID = 4
    PERSON = 5
    CONFLICT = 6
    LATER = 7
    UNKNOWN = 8
    USAGE = 64
    INTERRUPTED = 130


def exit_code_for(error: Exception) -> Exit:
    """Gives the exit code of an error that ended a run."""
    from wxsync import errors

    exits = (
        (errors.InvalidInput, Exit.INVALID),
        (errors.UsageProblem, Exit.USAGE),
        (errors.Conflict, Exit.CONFLICT),
        (errors.TryLater, Exit.LATER),
        (errors.PersonNeeded, Exit.PERSON),
        (errors.HaltedForPerson, Exit.PERSON),
        (errors.HaltedForNow, Exit.LATER),
        (errors.OutcomeUnknown, Exit.LATER),  # of a call that is no upload: nothing is in doubt, only unanswered
        (errors.CallFailed, Exit.REFUSED),
    )
    return next((code for kind, code in exits if isinstance(error, kind)), Exit.DEFECT)


def exit_code_of(report: Report, *, interrupted: bool) -> Exit:
    """Gives the exit code of an apply; where several fit, the one that matters most."""
    from wxsync.model import Outcome

    if not interrupted and any(result.outcome is Outcome.UNKNOWN for result in report.results):
        return Exit.UNKNOWN
    return gravest((result.error for result in report.results), interrupted=interrupted)


def gravest(failures: Iterable[Failure | None], *, interrupted: bool) -> Exit:
    """Gives the exit code of a run by what went wrong with its parts."""
    from wxsync.model import Remedy

    if interrupted:
        return Exit.INTERRUPTED
    codes = {Remedy.PERSON: Exit.PERSON, Remedy.TIME: Exit.LATER, Remedy.FILE: Exit.REFUSED}
    found = {codes.get(failure.remedy) for failure in failures if failure}
    return next((code for code in (Exit.PERSON, Exit.LATER, Exit.REFUSED) if code in found), Exit.DONE)


def print_error(error: Exception, settings: Settings) -> None:
    """Says on standard error what went wrong and what to do next."""
    say_error(told(error, settings, color=settings.colored(sys.stderr)))


def told(error: Exception, settings: Settings, *, color: bool) -> str:
    """Puts into words what went wrong and what to do next."""
    import traceback

    from wxsync.errors import InvalidInput, WxsyncError
    from wxsync.render.problems import render_problems

    if isinstance(error, InvalidInput):
        return render_problems(error.problems, color=color, columns=settings.columns(sys.stderr))
    if isinstance(error, WxsyncError):
        facts = (text("error: {message}", message=error.message), _call(error), _hint(error.hint))
        # Whoever names a thing may put a line feed into its name: only our own sentences break lines.
        said = (line for fact in facts if fact for line in say(fact, mark=visible).split("\n"))
        columns = settings.columns(sys.stderr)
        return "".join(f"{line}\n" for whole in said for line in hanging(whole, _HANGING, columns))
    trace = "".join(traceback.format_exception(error)) if settings.verbose else ""
    defect = text("error: a defect of wxsync: {kind}: {what}", kind=type(error).__name__, what=str(error))
    hint = _hint(text("nothing is lost; run it again with --verbose and report what it prints"))
    return trace + "".join(f"{say(line, mark=visible)}\n" for line in (defect, hint))


def _hint(hint: str) -> Text:
    return text("    hint: {hint}", hint=hint) if hint else Text("")


def _call(error: WxsyncError) -> Text:
    from wxsync.errors import CallFailed

    reference = call_reference(error.errcode, error.rid) if isinstance(error, CallFailed) else None
    return Text("    {call}", call=reference) if reference else Text("")
