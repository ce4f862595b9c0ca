"""How a run reports to whoever started it, and hears from them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from wxsync.executor import Event, Pool
    from wxsync.project.fitting import Converts


class Watcher(Struct, frozen=True):
    """The callbacks and clocks of a run.

    `traces` hears of every call to WeChat. `pause` waits some seconds and tells whether the run is being interrupted;
    by default it waits for `stop`. `clock` gives Unix seconds. `pool` runs the uploads side by side; by
    default they run in threads.
    """

    sees: Callable[[Event], None] = lambda _event: None
    converts: Converts = lambda _conversion: None
    says: Callable[[str], None] = lambda _message: None
    traces: Callable[[str], None] = lambda _message: None
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], float] = time.time
    pause: Callable[[float], bool] | None = None
    pool: Pool | None = None

    def waits(self, seconds: float) -> bool:
        """Wait, and tell whether the run is being interrupted."""
        return (self.pause or self.stop.wait)(seconds)
