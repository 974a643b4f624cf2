"""A throwaway Redis (or Valkey) that keeps nothing."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.services import find
from tests.services.server import serving

CONNECT_SECONDS = 5.0


@contextmanager
def redis(fixed_port: int | None = None) -> Iterator[str]:
    """Serve an empty Redis on loopback, on a port of your choice or any that is free, and yield its URL."""
    program = find.redis_server()
    if program is None:
        raise RuntimeError("Redis is missing: `make test` installs it or says how.")
    with tempfile.TemporaryDirectory(prefix="lossy-redis-") as folder:

        def command(port: int) -> list[str]:
            where = ["--bind", "127.0.0.1", "--port", str(fixed_port or port), "--dir", folder]
            return [str(program), *where, "--save", "", "--appendonly", "no"]

        with serving(command, lambda port, pid: _is_ready(fixed_port or port, pid), Path(folder)) as port:
            yield f"redis://127.0.0.1:{fixed_port or port}/0"


def empty(url: str) -> None:
    """Drop every key of every logical database."""
    with Redis.from_url(url, socket_timeout=CONNECT_SECONDS) as client:
        client.flushall()


def _is_ready(port: int, pid: int) -> bool:
    try:
        with Redis(host="127.0.0.1", port=port, socket_timeout=CONNECT_SECONDS) as client:
            return bool(client.info("server")["process_id"] == pid)
    except RedisError:
        return False
