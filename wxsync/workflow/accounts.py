"""Lists the accounts that a manifest is for, each with the lock that remembers its ids."""

from __future__ import annotations

from wxsync.manifest import manifest_stem, read_manifest
from wxsync.project.folder import Choice, label_of, lock_name, lock_of, open_project
from wxsync.project.survey import refuse_errors
from wxsync.results import AccountLine


def accounts(choice: Choice) -> tuple[AccountLine, ...]:
    """Return all accounts of a manifest in the order written, or the one that is chosen.

    Where the manifest names none, the appid is that of the environment, else that of the lock. Raises InvalidInput for
    any error in the manifest.
    """
    manifest, problems = read_manifest(choice.manifest)
    refuse_errors(problems)
    if manifest.accounts and not (choice.account or choice.sandbox):
        stem = manifest_stem(choice.manifest) or ""
        return tuple(
            AccountLine(one.name, one.appid, lock_name(stem, label_of(one.appid, one.name)))
            for one in manifest.accounts
        )
    return (_chosen(choice),)


def _chosen(choice: Choice) -> AccountLine:
    project = open_project(choice)
    lock = None if project.appid else lock_of(project)
    name = project.account.name if project.account else None
    return AccountLine(name, project.appid or (lock.account if lock else None), project.lock_file.name)
