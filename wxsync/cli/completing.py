"""What completes a word on the command line: names, accounts and errcodes; whatever is wrong, nothing is offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from wxsync.cli.options import Settings
    from wxsync.model import Manifest

_MOST = 500


def names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names of the manifest's materials, with their types."""
    return _offered(((asset.name, asset.type.value) for asset in _manifest_of(context).assets), incomplete)


def recorded(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names that the lock holds."""
    from wxsync.errors import WxsyncError
    from wxsync.project.folder import lock_of, open_project

    try:
        lock = lock_of(open_project(_settings(context).choice()))
    except WxsyncError:
        return []
    return _offered(((name, one.type.value) for name, one in (lock.records if lock else {}).items()), incomplete)


def accounts(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the accounts of the manifest, with their appids."""
    return _offered(((account.name, account.appid) for account in _manifest_of(context).accounts), incomplete)


def errcodes(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the errcodes that are known, with what they mean."""
    from wxsync.wechat.errcodes import TABLE
    from wxsync.words import say

    return _offered(((str(code), say(line.meaning)) for code, line in TABLE.items()), incomplete)


def _manifest_of(context: click.Context) -> Manifest:
    from pathlib import Path

    from wxsync.manifest import read_manifest

    return read_manifest(Path(_settings(context).manifest))[0]


def _settings(context: click.Context) -> Settings:
    from wxsync.cli.options import Settings

    return cast("Settings", context.find_object(Settings))


def _offered(words: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    """Give the words that go on as it begins; one that a shell could take for more than a word is left out."""
    from click.shell_completion import CompletionItem

    fitting = sorted((word, said) for word, said in words if word.startswith(incomplete) and word.isprintable())
    return [CompletionItem(word, help=said) for word, said in fitting[:_MOST]]
