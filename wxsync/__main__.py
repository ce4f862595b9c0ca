"""Lets `python -m wxsync` do what `wxsync` does."""

from wxsync.cli import main

if __name__ == "__main__":
    main()
