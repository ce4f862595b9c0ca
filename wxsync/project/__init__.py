"""One folder and its memory: which manifest and account, its files, its lock, its journal, and who works in it."""
