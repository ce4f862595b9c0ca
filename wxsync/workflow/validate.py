"""Judges a manifest and every file that it names, without a network and without credentials."""

from __future__ import annotations

from msgspec.structs import replace

from wxsync.errors import InvalidInput
from wxsync.manifest import manifest_stem, read_manifest
from wxsync.model import Lock, Manifest, Problem
from wxsync.project.fitting import Converts
from wxsync.project.folder import Choice, Project, lock_name, recalled_lock, refuse_two_accounts
from wxsync.project.survey import all_problems, everything_but_pointers, survey
from wxsync.recall import Memo


def validate(
    choice: Choice, *, use_cache: bool = True, converts: Converts = lambda _conversion: None
) -> tuple[Manifest, tuple[Problem, ...]]:
    """Return the manifest and every problem found, sorted by place; needs no account to be chosen.

    A Git LFS pointer is in order where a lock of this manifest holds what it points to.
    """
    refuse_two_accounts(choice)
    manifest, problems = read_manifest(choice.manifest, memo=Memo(choice.manifest.parent, choice.manifest))
    project = Project(manifest, problems, None, choice.sandbox, manifest_stem(choice.manifest) or "", "", None)
    locks, lock_problems = _locks(choice, project)
    project = replace(project, problems=(*problems, *lock_problems))
    return manifest, all_problems(
        project, survey(project, everything_but_pointers(locks), use_cache=use_cache, converts=converts)
    )


def _locks(choice: Choice, project: Project) -> tuple[list[Lock], list[Problem]]:
    labels = [f".{choice.account}"] if choice.account else ["", ".sandbox"]
    labels += [f".{account.name}" for account in project.manifest.accounts if not choice.account]
    locks, problems = list[Lock](), list[Problem]()
    for label in labels if project.stem else ():
        try:
            lock = recalled_lock(project.manifest.root, project.manifest.root / lock_name(project.stem, label))
        except InvalidInput as error:
            problems += error.problems
        else:
            locks += [lock] if lock else []
    return locks, problems
