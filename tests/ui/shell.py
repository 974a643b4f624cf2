"""A page on another loopback port that frames ours, as the extension's shell does."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

SHELL = b"""<!doctype html><meta charset="utf-8"><title>Shell</title>
<style>html, body { margin: 0; height: 100% } iframe { display: block; width: 100%; height: 100%; border: 0 }</style>
<script>
  const heard = [];
  let answer = {};
  addEventListener("message", async (event) => {
    if (event.source !== document.querySelector("iframe")?.contentWindow) return;
    heard.push({ ...event.data, origin: event.origin });
    for (const message of answer[event.data.type] ?? []) say(message);
    if (!["hello", "ask_ticket"].includes(event.data.type) || !window.ticket) return;
    const ticket = await window.ticket();
    say(ticket ? { type: "ticket", ticket } : { type: "ticket_refused", message: "Lossy is thinking about it." });
  });
  function say(message, origin = frameOrigin) {
    document.querySelector("iframe").contentWindow.postMessage(message, origin);
  }
  let frameOrigin;
  function show(address, answers) {
    [frameOrigin, answer] = [new URL(address).origin, answers];
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.allow = "clipboard-write";
    document.body.replaceChildren(frame);
  }
</script><body></body>"""


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(SHELL)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named so by the standard library
        """Say nothing."""


@contextmanager
def running_shell() -> Iterator[str]:
    """Serve the page; gives its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.05), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
