"""Plays histories of crashes, faults and edits against the real code, deterministically, and judges what is left.

Everything is drawn from a seed. The disk, the server, the clock and the order in which workers take their steps are
simulated; planner, lock, journal, executor, the client and what it makes of an outcome are the real ones.
"""
