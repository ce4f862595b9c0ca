"""What completes a word on the command line: names, accounts and errcodes; whatever is wrong, nothing is offered."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from wxsync.cli.options import Settings

_MOST = 500


def names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names of the manifest's materials, with their types."""
    from wxsync.manifest import read_manifest

    manifest, _ = read_manifest(Path(_settings(context).manifest))
    return _offered(((asset.name, asset.type.value) for asset in manifest.assets), incomplete)


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
    from wxsync.manifest import read_manifest

    manifest, _ = read_manifest(Path(_settings(context).manifest))
    return _offered(((account.name, account.appid) for account in manifest.accounts), incomplete)


def errcodes(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the errcodes that are known, with what they mean."""
    from wxsync.wechat.errcodes import TABLE
    from wxsync.words import say

    return _offered(((str(code), say(line.meaning)) for code, line in TABLE.items()), incomplete)


def _settings(context: click.Context) -> Settings:
    from wxsync.cli.options import Settings

    return cast("Settings", context.find_object(Settings))


def _offered(words: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    """Give the words that go on as it begins; one that a shell could take for more than a word is left out."""
    from click.shell_completion import CompletionItem

    fitting = sorted((word, said) for word, said in words if word.startswith(incomplete) and word.isprintable())
    return [CompletionItem(word, help=said) for word, said in fitting[:_MOST]]
