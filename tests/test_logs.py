"""The log says whom a line concerns and nothing that anybody said; Sentry hears of errors, and of no words either."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from lossy.errors import SetupProblem
from lossy.logs import set_up

CANARY = "zyzzyva"
PROGRAM = f"""
import logging, sys
from lossy import logs
logs.set_up("INFO", sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
logger = logging.getLogger("lossy.program")
logger.info("Nobody's line.")
with logs.about(user_id="user-1", session_id="session-1"):
    logger.info("Took up %s.", "it")
    spoken = "{CANARY}"
    try:
        raise ValueError(spoken)
    except ValueError:
        logger.exception("Could not take %s.", "{CANARY}" if len(sys.argv) > 2 else "it")
if len(sys.argv) > 2:
    logging.getLogger("asyncio").error(f"Task exception was never retrieved: {{spoken!r}}")
print("sentry_sdk" in sys.modules)
"""


def run(*arguments: str) -> tuple[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip(), done.stderr.splitlines()


@contextmanager
def sentry() -> Iterator[tuple[str, list[str]]]:
    """Serve Sentry's side of the wire on loopback; give its DSN and what it is told."""
    told: list[str] = []

    class Ingest(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ingest)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://key@127.0.0.1:{server.server_port}/1", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_line_of_text_says_whom_it_concerns() -> None:
    has_sentry, lines = run("text")
    assert lines[0].endswith("INFO lossy.program: Nobody's line.")
    assert lines[1].endswith("INFO lossy.program: Took up it. user_id=user-1 session_id=session-1")
    assert has_sentry == "False", "nobody pays for what is not asked for"


def test_a_line_of_json_does_too() -> None:
    _, lines = run("json")
    line = json.loads(lines[1])
    assert line.pop("at")
    assert line == {
        "level": "INFO",
        "logger": "lossy.program",
        "message": "Took up it.",
        "user_id": "user-1",
        "session_id": "session-1",
    }
    assert "ValueError" in json.loads(lines[2])["exc_info"]


def test_sentry_hears_where_an_error_was_and_no_words() -> None:
    with sentry() as (dsn, told):
        run("text", dsn)
    [event] = [line for envelope in told for line in map(json.loads, envelope.splitlines()) if "exception" in line]
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["logentry"]["message"] == "Could not take %s."
    assert event["tags"] == {"user_id": "user-1", "session_id": "session-1"}
    assert CANARY not in "".join(told)


def test_an_address_that_is_none_is_said_in_words() -> None:
    with pytest.raises(SetupProblem, match="LOSSY_SENTRY_DSN"):
        set_up("INFO", "text", "not-an-address")
