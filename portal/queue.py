"""The embedded queue: kombu's folder of files, made safe for several processes.

As kombu 5.7 writes it, a message exists before it has content and is read without a lock, so a reader that
polls often takes an empty file sooner or later: the worker died of it, and the message was gone. Here a message
appears whole or not at all, stays below ``DATA_DIR`` on its way, and one that cannot be read is logged and left out.
"""

import fcntl
import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)
TRIES, PAUSE = 10, 0.02  # for a table that somebody is just writing


def write_whole(path: Path, content: str) -> None:
    """Put a file in its place in one step. Raises ChannelError where the folder does not take it."""
    beside = path.with_name(f".{uuid.uuid4().hex}")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ChannelError(f"the queue's folder does not take {path.name}: {error.strerror}") from error


class Channel(filesystem.Channel):
    """Messages are files ``time_id.queue.msg``; their order is that of their names."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu has two names
        name = f"{time.monotonic_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for name in sorted(os.listdir(self.data_folder_in)):  # noqa: PTH208  polled twenty times a second
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            mine = Path(self.processed_folder) / name
            try:
                (Path(self.data_folder_in) / name).rename(mine)  # only one of several readers succeeds
            except FileNotFoundError:
                continue
            try:
                return loads(mine.read_text(encoding="utf-8"))
            except ValueError:
                log.exception("a message of %s cannot be read and is left out: %s", queue, name)
            finally:
                mine.unlink(missing_ok=True)
        raise Empty

    def get_table(self, exchange: str) -> list[Any]:
        for _ in range(TRIES):
            try:
                return super().get_table(exchange)
            except ValueError:
                time.sleep(PAUSE)
        raise ChannelError(f"the table of {exchange} cannot be read")

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (Path(self.control_folder) / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = self.get_table(exchange)
            if binding not in table:
                write_whole(self._exchange_file(exchange), dumps([binding, *table]))


class Transport(filesystem.Transport):
    Channel = Channel
