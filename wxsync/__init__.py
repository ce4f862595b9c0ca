"""Keeps the permanent materials of WeChat Official Accounts in step with a git repository."""

__version__ = "0.2.0"

STATE_FOLDER = ".wxsync"
"""Where a manifest's folder keeps what only this machine needs: journal, caches, the sandbox's library."""

SANDBOX_APPID = "wx5a4db0c500000000"
"""The account of the embedded sandbox, whose ids are worth nothing at WeChat; no real account is called so."""
