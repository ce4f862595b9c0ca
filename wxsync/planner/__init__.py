"""Decides: what the manifest wants, what the lock remembers and what WeChat shows become a Plan; results become a Lock.

Everything here is pure. The new lock is the old lock plus what is done, never rebuilt from a walk.
"""
