"""The commands for the jobs of a CI: plan all accounts, apply one, comment, compare with WeChat."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wxsync.cli.exits import Exit
from wxsync.cli.language import Group
from wxsync.cli.lock import branch_option, forge_option
from wxsync.cli.options import Settings, emit, global_options
from wxsync.cli.output import out_option
from wxsync.formats import PageFormat
from wxsync.words import plural, reason_of, text

if TYPE_CHECKING:
    from wxsync.ci.kept import Keep
    from wxsync.ci.overview import Overview, Planned
    from wxsync.cli.gitops import Here, Taken
    from wxsync.model import Lock, Plan, Problem
    from wxsync.project.folder import Project
    from wxsync.results import AccountLine

_REPORTS = ("terraform", "codequality", "sarif")
_REFRESH = "Ask WeChat what is gone, and send that again."


@click.group(cls=Group)
@global_options
def ci() -> None:
    """Do in any CI what a job of it needs, with git alone or with GitHub, GitLab or Gitee."""


@ci.command()
@click.option("--shard", default="1/1", show_default=True, metavar="K/N", help="Every Nth account, from the Kth.")
@click.option("-o", "--out", multiple=True, metavar="FILE", help="Write the page too: .md, .json or .txt; repeatable.")
@click.option("--report", multiple=True, metavar="KIND=FILE", help="terraform, codequality or sarif; repeatable.")
@click.option("--environment", default="wechat", show_default=True, help="What the matrix calls an account's own.")
@click.option("--refresh", is_flag=True, help="Name every account: apply --refresh is to ask WeChat.")
@branch_option
@global_options
@click.pass_obj
def plan(
    settings: Settings,
    *,
    shard: str,
    out: tuple[str, ...],
    report: tuple[str, ...],
    environment: str,
    refresh: bool,
    branch: str | None,
) -> int:
    """Validate, and plan every account without credentials; prints the accounts that apply must run for, as JSON."""
    from wxsync.ci.environment import job_from
    from wxsync.ci.overview import Overview
    from wxsync.cli.gitops import Taken, find_here, take_waiting

    reports = dict(map(_report, report))
    _refuse_suffixes(out)
    here = find_here(settings, branch)
    taken = take_waiting(here) if here else Taken("", {})
    for line in taken.said():
        settings.note(line)
    problems = _judged(settings, here)
    listed = _accounts(settings, problems, shard)
    planned = tuple(_planned(settings, here, one, taken) for one in listed)
    manifest = here.manifest if here else settings.manifest
    overview = Overview(manifest, shard, listed, _page_of(problems), planned)
    jobs = overview.jobs(environment, pending=not refresh)
    job = job_from(settings.environ)
    _annotate(settings, problems)
    _write_pages(overview, jobs, out)
    _write_reports(reports, overview, problems)
    _tell_ci(overview, jobs, overview.jobs(environment, pending=False), job.outputs, job.summary)
    emit(json.dumps(jobs, ensure_ascii=False, indent=2) + "\n")
    code = Exit.INVALID if any(one.is_error for one in problems) else Exit.DONE
    return code or next((Exit(one.code) for one in planned if one.plan is None), _too_many(settings, len(jobs)))


@ci.command()
@click.option("--refresh", is_flag=True, help=_REFRESH)
@click.option(
    "--keep", type=click.Path(file_okay=False), metavar="DIR", help="Keep the lock from before and after in DIR."
)
@out_option(*PageFormat)
@branch_option
@global_options
@click.pass_context
def apply(context: click.Context, *, refresh: bool, keep: str | None, out: tuple[str, ...], branch: str | None) -> int:
    """Apply for one account, whose credentials have their plain names (WXSYNC_SECRET, whatever the account)."""
    from wxsync.ci.kept import Keep
    from wxsync.cli.apply import apply as command
    from wxsync.cli.gitops import Taken, find_here, find_waiting, refuse_tracked
    from wxsync.project.folder import lock_of, open_project

    settings = context.find_object(Settings) or Settings()
    _become(settings)
    here = find_here(settings, branch)
    project = open_project(settings.choice())
    lock = lock_of(project)
    kept = None
    if keep:
        if here:
            refuse_tracked(here, Path(keep))
        kept = Keep(Path(keep), here.path_of(project.lock_file.name) if here else project.lock_file.name)
        kept.started(lock)
    taken = find_waiting(here) if here else Taken("", {})
    refused = _prove(settings, here, taken, kept)
    _fetch_content(settings, here)
    before = lock_of(project)
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "result.json"

        def leaving() -> None:
            after = _known(project)
            if kept and after:
                kept.ended(after)
                kept.told(gone=_gone(before, after, result) if refresh else frozenset(), refused=refused)

        settings.leaving = leaving
        try:
            code: int = context.invoke(command, yes=True, out=(str(result), *out), refresh=refresh)
        finally:
            leaving()
            _summarise(settings, result)
    return code


@ci.command()
@out_option(*PageFormat)
@click.option(
    "--keep", type=click.Path(file_okay=False), metavar="DIR", help="Keep what differs in DIR, for `ci issue`."
)
@branch_option
@global_options
@click.pass_context
def drift(context: click.Context, *, out: tuple[str, ...], keep: str | None, branch: str | None) -> int:
    """Compare one account with WeChat; exits with 2 where anything is gone or was never applied."""
    from wxsync.cli.gitops import find_here, take_waiting
    from wxsync.cli.plan import plan as command

    settings = context.find_object(Settings) or Settings()
    _become(settings)
    here = find_here(settings, branch)
    if here:
        for line in take_waiting(here).said():
            settings.note(line)
    _fetch_content(settings, here)
    with tempfile.TemporaryDirectory() as scratch:
        saved = Path(scratch) / "drift.json"
        code: int = Exit.DEFECT
        try:
            code = context.invoke(command, out=(str(saved), *out), refresh=True, detailed_exitcode=True)
        finally:
            _summarise(settings, saved)
            if keep and code:
                _keep_drift(settings, saved, Path(keep))
    return code


@ci.command()
@click.argument("folder", type=click.Path(file_okay=False), metavar="DIR")
@forge_option
@global_options
@click.pass_obj
def issue(settings: Settings, *, folder: str, forge: str) -> int:
    """Open or update one issue about what `ci drift --keep DIR` found; where there are no issues it says so."""
    from wxsync.ci.comment import body_of, drift_marker_of
    from wxsync.ci.forges import ForgeRefused, Reports, forge_from, forge_named

    found = [_text_of(str(file)) for file in sorted(Path(folder).glob("*.md")) if not file.is_symlink()]
    name = forge_named("", settings.environ) if forge == "auto" else forge
    opened = forge_from(name, settings.environ, "")
    if not found or not isinstance(opened, Reports):
        settings.note(text("nothing to report") if not found else text("no forge with issues is known here"))
        return Exit.DONE
    marker = drift_marker_of(settings.manifest)
    body = body_of(marker, "\n".join(found), limit=opened.most_characters)
    try:
        address = opened.report(
            str(text("wxsync: {manifest} and WeChat differ", manifest=settings.manifest)), marker, body
        )
    except ForgeRefused as error:
        if error.status not in (401, 403, 404, 410):
            raise
        settings.note(text("no issue: {why}; what differs is in the log", why=error.message))
        return Exit.DONE
    settings.note(text("what differs stands in {address}", address=address))
    return Exit.DONE


@ci.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--request", "number", type=click.IntRange(1), metavar="N", help="The request's number. Default: the CI's."
)
@forge_option
@global_options
@click.pass_obj
def comment(settings: Settings, *, file: str, number: int | None, forge: str) -> int:
    """Keep one comment on the pull or merge request up to date; where it may not write it says so and ends with 0."""
    from wxsync.ci.comment import comment as run
    from wxsync.ci.comment import marker_of
    from wxsync.ci.environment import job_from
    from wxsync.ci.forges import ForgeRefused, forge_from, forge_named
    from wxsync.ci.overview import NO_NEWS
    from wxsync.git import open_repository

    said = _text_of(file)
    number = number or job_from(settings.environ).request
    repository = open_repository(Path(settings.manifest).parent, settings.environ)
    remote = repository.remote_url() if repository else ""
    opened = forge_from(forge_named(remote, settings.environ) if forge == "auto" else forge, settings.environ, remote)
    if number is None or opened is None:
        why = (
            text("this is no job of a request")
            if number is None
            else text("no forge, or no token for it, is known here")
        )
        settings.note(text("no comment: {why}", why=why))
        return Exit.DONE
    manifest = repository.inside(Path(settings.manifest)) if repository else settings.manifest
    try:
        told = run(opened, number, marker_of(manifest), said, is_news=not said.startswith(NO_NEWS))
    except ForgeRefused as error:
        if error.status not in (401, 403, 404):
            raise
        settings.note(text("no comment: {why}; the plan is in the log", why=error.message))
        return Exit.DONE
    settings.note(told)
    return Exit.DONE


def _become(settings: Settings) -> None:
    """Read the plain variables as those of the account that is meant."""
    from wxsync.ci.environment import for_account
    from wxsync.workflow.accounts import accounts

    if not settings.account:
        listed = accounts(settings.choice())
        settings.account = listed[0].name if len(listed) == 1 else None
    settings.environ = for_account(settings.environ, settings.account)
    # The transport reads proxies as every program does.
    os.environ.update(
        {name: settings.environ[name] for name in ("HTTPS_PROXY", "https_proxy") if name in settings.environ}
    )


def _prove(settings: Settings, here: Here | None, taken: Taken, kept: Keep | None) -> frozenset[str]:
    """Bring into the lock what waits and WeChat lists as ours; give what it does not list."""
    from wxsync.ci.waiting import proven
    from wxsync.cli.gitops import put_lock
    from wxsync.model import Lock
    from wxsync.project.folder import open_project
    from wxsync.reconcile.remote import open_remote

    choice = settings.choice()
    project = open_project(choice)
    one = taken.waiting.get(here.path_of(project.lock_file.name)) if here else None
    if here is None or one is None:
        return frozenset()
    with open_remote(choice, project, jobs=1, watcher=settings.watcher()) as remote:
        known = proven(remote, one)
    refused = frozenset(each.key for each in one.added) - known
    for each in one.added:
        if each.key in refused:
            settings.note(
                text(
                    "warning: {name} waits on {branch} with an id that WeChat does not list: it is not taken",
                    name=each.name,
                    branch=taken.branch,
                )
            )
    lock = one.proven_by(known, now=time.time())
    if lock != (one.here or Lock(one.account)):
        put_lock(project.lock_file, lock)
        if kept:
            kept.taken(lock)
    return refused


def _judged(settings: Settings, here: Here | None) -> tuple[Problem, ...]:
    """Validate, with the content of what validate asks for, and print what is found."""
    from wxsync.ci.lfs import fetch_content, pointers
    from wxsync.render.problems import render_problems
    from wxsync.workflow.validate import validate

    _manifest, problems = validate(settings.choice())
    asked = pointers(problems)
    if asked and here:
        fetch_content(here.repository, here.root, asked)
        _manifest, problems = validate(settings.choice())
    if problems:
        settings.aside(render_problems(problems, color=settings.colored(sys.stderr)))
    return problems


def _accounts(settings: Settings, problems: tuple[Problem, ...], shard: str) -> tuple[AccountLine, ...]:
    from wxsync.ci.overview import sharded
    from wxsync.errors import UsageProblem
    from wxsync.workflow.accounts import accounts

    try:
        listed = () if any(one.is_error for one in problems) else accounts(settings.choice())
        return sharded(listed, shard)
    except ValueError:
        raise UsageProblem(text("--shard {shard} is not K/N, as in 1/4", shard=shard)) from None


def _planned(settings: Settings, here: Here | None, account: AccountLine, taken: Taken) -> Planned:
    """Plan for one account, in words for the log and as Markdown."""
    from wxsync.ci.lfs import fetch_content, pointers
    from wxsync.ci.overview import Planned, failed
    from wxsync.cli.exits import exit_code_for, told
    from wxsync.cli.plan import rendered
    from wxsync.errors import InvalidInput, WxsyncError

    is_waiting = here is not None and here.path_of(account.lock) in taken.waiting
    with _account(settings, account.name):
        try:
            try:
                made = _plan(settings)
            except InvalidInput as error:
                asked = pointers(error.problems)
                if not (asked and here):
                    raise
                fetch_content(here.repository, here.root, asked)
                made = _plan(settings)
        except WxsyncError as error:
            code = exit_code_for(error)
            said = told(error, settings, color=False)
            _annotate(settings, error.problems if isinstance(error, InvalidInput) else ())
            settings.aside(said)
            return Planned(account, None, failed(f"wxsync plan failed with exit code {code.value}", said), code)
        settings.aside(rendered(made, "text", settings, stream=sys.stderr))
        return Planned(account, made, rendered(made, "markdown", settings), is_waiting=is_waiting)


def _plan(settings: Settings) -> Plan:
    from wxsync.reconcile.planned import PlanOptions
    from wxsync.workflow.plan import plan as run

    return run(settings.choice(), PlanOptions(), settings.watcher()).plan


@contextmanager
def _account(settings: Settings, name: str | None) -> Iterator[None]:
    before, settings.account = settings.account, name
    try:
        yield
    finally:
        settings.account = before


def _page_of(problems: tuple[Problem, ...]) -> str:
    from wxsync.ci.overview import failed
    from wxsync.render.problems import render_problems

    return failed("wxsync validate", render_problems(problems, color=False)) if problems else ""


def _annotate(settings: Settings, problems: tuple[Problem, ...]) -> None:
    from wxsync.ci.environment import job_from
    from wxsync.cli.options import command_ci
    from wxsync.render.annotations import github_annotations

    if job_from(settings.environ).shows_annotations:
        command_ci(github_annotations(problems))


def _write_pages(overview: Overview, jobs: list[dict[str, str | None]], out: tuple[str, ...]) -> None:
    from wxsync.ci.overview import document
    from wxsync.cli.output import save

    for file in out:
        said = document(overview)
        save(file, json.dumps(jobs, ensure_ascii=False, indent=2) + "\n" if file.endswith(".json") else said)


def _write_reports(reports: dict[str, str], overview: Overview, problems: tuple[Problem, ...]) -> None:
    from wxsync.cli.output import save
    from wxsync.render.annotations import codequality, sarif

    for kind, file in reports.items():
        if kind == "terraform":
            save(file, json.dumps(overview.summary()) + "\n")
        else:
            save(file, (codequality if kind == "codequality" else sarif)(problems))


def _tell_ci(
    overview: Overview,
    jobs: list[dict[str, str | None]],
    everybody: list[dict[str, str | None]],
    outputs: Path | None,
    summary: Path | None,
) -> None:
    from wxsync.ci.overview import SUMMARY, counted_bytes, page

    if outputs:
        told = {"key": overview.key, "news": overview.is_news, "pending": jobs, "accounts": everybody}
        lines = (f"{name}={one if isinstance(one, str) else json.dumps(one)}\n" for name, one in told.items())
        _append(outputs, "".join(lines))
    if summary:
        _append(summary, page(overview, limit=SUMMARY, measure=counted_bytes))


def _summarise(settings: Settings, document: Path) -> None:
    """Show a saved plan or result in the CI's summary; never fails, for the lock matters more."""
    from wxsync.ci.environment import job_from
    from wxsync.cli.plan import read_saved, rendered
    from wxsync.errors import WxsyncError

    summary = job_from(settings.environ).summary
    if summary is None:
        return
    try:
        said = rendered(read_saved(str(document)), "markdown", settings)
    except (WxsyncError, OSError):
        said = "### wxsync\n\nThe run ended before it had a result; its log says why.\n"
    with suppress(WxsyncError):
        _append(summary, said)


def _keep_drift(settings: Settings, document: Path, folder: Path) -> None:
    from wxsync.cli.output import save
    from wxsync.cli.plan import read_saved, rendered
    from wxsync.errors import PersonNeeded, WxsyncError

    heading = f"## {settings.account}\n\n" if settings.account else ""
    try:
        said = rendered(read_saved(str(document)), "markdown", settings)
    except (WxsyncError, OSError):
        said = "The run ended before it could compare; its log says why.\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PersonNeeded(text("{file} cannot be written: {why}", file=str(folder), why=reason_of(error))) from None
    save(str(folder / f"{settings.account or 'account'}.md"), heading + said)


def _append(file: Path, said: str) -> None:
    from wxsync.errors import PersonNeeded

    try:
        with file.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(said)
    except OSError as error:
        raise PersonNeeded(text("{file} cannot be written: {why}", file=str(file), why=reason_of(error))) from None


def _fetch_content(settings: Settings, here: Here | None) -> None:
    """Fetch from Git LFS what this account's plan asks for; what else is wrong is told by the command itself."""
    from wxsync.ci.lfs import fetch_content, pointers
    from wxsync.errors import InvalidInput, WxsyncError

    if here is None:
        return
    try:
        _plan(settings)
    except InvalidInput as error:
        asked = pointers(error.problems)
        if asked:
            settings.note(
                plural("fetching {count} file from Git LFS", "fetching {count} files from Git LFS", len(asked))
            )
            fetch_content(here.repository, here.root, asked)
    except WxsyncError:
        return  # apply tells it in full


def _gone(before: Lock | None, after: Lock, result: Path) -> frozenset[str]:
    """Give the ids that apply --refresh proved to be gone: what it did took them out of the lock for good."""
    from wxsync.cli.plan import read_saved
    from wxsync.errors import WxsyncError
    from wxsync.model import Outcome, Plan

    try:
        report = read_saved(str(result))
    except WxsyncError:
        return frozenset()
    if before is None or isinstance(report, Plan):
        return frozenset()
    done = {one.change.before.media_id for one in report.results if one.change.before and one.outcome is Outcome.DONE}
    return frozenset(one for one in (done & before.media_ids) - after.media_ids if one)


def _known(project: Project) -> Lock | None:
    """Give the lock with what a run that was cut off left in its journal; None where it cannot be read."""
    from wxsync.errors import WxsyncError
    from wxsync.planner.naming import utc
    from wxsync.project.recovery import read_state

    try:
        return read_state(project, now=utc(time.time())).lock
    except (WxsyncError, OSError):
        return None


def _report(word: str) -> tuple[str, str]:
    kind, _, file = word.partition("=")
    if kind not in _REPORTS or not file:
        raise click.UsageError(f"--report {word}: write KIND=FILE, KIND one of {', '.join(_REPORTS)}")
    return kind, file


def _refuse_suffixes(out: tuple[str, ...]) -> None:
    for file in out:
        if not file.endswith((".md", ".json", ".txt")):
            raise click.UsageError(f"-o {file}: the file's name ends with .md, .json or .txt")


def _too_many(settings: Settings, count: int) -> Exit:
    from wxsync.ci.environment import job_from
    from wxsync.ci.overview import MATRIX
    from wxsync.errors import UsageProblem

    job = job_from(settings.environ)
    if count <= MATRIX or job.ci != "github" or job.request:
        return Exit.DONE
    raise UsageProblem(
        text("{count:,} accounts are more jobs than the {most} of a matrix", count=count, most=MATRIX),
        hint=text("call the workflow several times, with the inputs shard: 1/4, 2/4 and so on"),
    )


def _text_of(file: str) -> str:
    from wxsync.errors import InvalidInput
    from wxsync.model import Problem

    try:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        message = text("{path} cannot be read: {error}", path=file, error=error.strerror)
        raise InvalidInput([Problem("unreadable", message, path=file)]) from None
