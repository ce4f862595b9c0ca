"""Keeps the permanent materials of WeChat Official Accounts in step with a git repository."""

__version__ = "0.1.0"
