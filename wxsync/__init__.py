"""Keeps the permanent materials of WeChat Official Accounts in step with a git repository."""

__version__ = "0.2.0"

STATE_FOLDER = ".wxsync"
"""Where a manifest's folder keeps what only this machine needs: journal, caches, the sandbox's library."""
