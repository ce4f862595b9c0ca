"""How a run reports to whoever started it, and hears from them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from msgspec import Struct, field

from wxsync.executor import Event, Pool, in_threads
from wxsync.project.fitting import Converts


class Watcher(Struct, frozen=True):
    """The callbacks and clocks of a run.

    `traces` hears of every call to WeChat. `pause` waits some seconds and tells whether the run is being interrupted;
    by default it waits for `stop`. `clock` gives Unix seconds. `pool` runs the uploads side by side.
    """

    sees: Callable[[Event], None] = lambda _event: None
    converts: Converts = lambda _conversion: None
    says: Callable[[str], None] = lambda _message: None
    traces: Callable[[str], None] = lambda _message: None
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], float] = time.time
    pause: Callable[[float], bool] | None = None
    pool: Pool = in_threads

    def waits(self, seconds: float) -> bool:
        """Wait, and tell whether the run is being interrupted."""
        return (self.pause or self.stop.wait)(seconds)
