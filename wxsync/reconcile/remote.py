"""Opens the way to WeChat: what the environment says, or the embedded sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from wxsync import STATE_FOLDER
from wxsync.errors import PersonNeeded
from wxsync.project.folder import Choice, Project
from wxsync.reconcile.watcher import Watcher
from wxsync.words import reason_of, text

if TYPE_CHECKING:
    from wxsync.sandbox import Sandbox
    from wxsync.wechat.client import WeChat


@contextmanager
def open_remote(choice: Choice, project: Project, *, jobs: int, watcher: Watcher) -> Iterator[WeChat]:
    """Connect to the account of a project; raises PersonNeeded or UsageProblem where credentials are wrong."""
    from wxsync.wechat.client import connect
    from wxsync.wechat.credentials import read_credentials
    from wxsync.wechat.naming import names_from

    names = names_from(choice.environ)
    with ExitStack() as stack:
        environ: Mapping[str, str] = choice.environ
        if project.sandbox:
            environ = _variables(stack.enter_context(_sandbox(project)))
        name, appid = (project.account.name, project.account.appid) if project.account else (None, None)
        credentials = read_credentials(environ, account=name, appid=appid)
        yield stack.enter_context(
            connect(
                credentials,
                jobs=jobs,
                pause=watcher.waits,
                on_retry=watcher.says,
                on_call=watcher.traces,
                names=names,
            )
        )


def _sandbox(project: Project) -> Sandbox:
    from wxsync.sandbox import StateProblem, serve

    try:
        return serve(state=project.manifest.root / STATE_FOLDER / "sandbox.db")
    except StateProblem as error:
        raise PersonNeeded(str(error), hint=text("remove that file to begin with an empty sandbox")) from None
    except OSError as error:
        raise PersonNeeded(text("the sandbox cannot start: {why}", why=reason_of(error))) from None


def _variables(sandbox: Sandbox) -> Mapping[str, str]:
    return {"WXSYNC_APPID": sandbox.appid, "WXSYNC_SECRET": sandbox.secret, "WXSYNC_API_BASE": sandbox.url}
