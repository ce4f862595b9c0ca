"""The forges behind one small interface; none is needed where a branch is enough."""

from __future__ import annotations

from collections.abc import Mapping

from wxsync.ci.forges.api import ForgeRefused
from wxsync.ci.forges.forge import Comment, Forge, Reports, Request, Signs
from wxsync.ci.forges.gitee import gitee_from
from wxsync.ci.forges.github import github_from
from wxsync.ci.forges.gitlab import gitlab_from

NAMES = ("github", "gitlab", "gitee", "none")

__all__ = ["NAMES", "Comment", "Forge", "ForgeRefused", "Reports", "Request", "Signs", "forge_from", "forge_named"]


def forge_named(remote: str, environ: Mapping[str, str]) -> str:
    """Tell which forge a repository is at: by the CI that runs, else by the remote's address."""
    if environ.get("GITHUB_REPOSITORY"):
        return "github"
    if environ.get("GITLAB_CI"):
        return "gitlab"
    host = remote.partition("://")[2] or remote
    host = host.split("/")[0].split("@")[-1].split(":")[0].lower()
    return next((name for name in NAMES if name in host), "none")


def forge_from(name: str, environ: Mapping[str, str], remote: str) -> Forge | None:
    """Open a forge with what the environment holds, or give None where it holds too little, or no forge is wanted."""
    if name == "github":
        return github_from(environ)
    if name == "gitlab":
        return gitlab_from(environ)
    return gitee_from(environ, remote) if name == "gitee" else None
