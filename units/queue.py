"""Handing a job to the queue, which may be away."""

from typing import Any

from kombu.exceptions import ChannelError, KombuError
from redis.exceptions import RedisError

QUEUE_IS_AWAY = (OSError, KombuError, ChannelError, RedisError)


def handed(task: Any, *args: Any) -> bool:
    """Whether the queue has taken the job."""
    try:
        task.delay(*args)
    except QUEUE_IS_AWAY:
        return False
    return True
