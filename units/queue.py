"""Handing a job to the queue, which may be away."""

from kombu.exceptions import ChannelError, KombuError
from redis.exceptions import RedisError

QUEUE_IS_AWAY = (OSError, KombuError, ChannelError, RedisError)
