"""A TCP proxy before the server that counts what is sent to it, and of that the bytes that can be audio.

Socket.IO sends attachments as binary frames of its websocket (RFC 6455, section 5.2), and audio is nothing else.
"""

from collections.abc import Callable

from tests.e2e.cutting_proxy import CuttingProxy

NEVER_SECONDS = 1e6
CONTINUED, BINARY = 0, 2
MASK_BYTES = 4


class CountingProxy(CuttingProxy):
    """Passes everything on and counts it."""

    def __init__(self, to_port: int, port: int) -> None:
        super().__init__(to_port, NEVER_SECONDS, port)
        self.sent_bytes = 0
        self.binary_bytes = 0

    def watcher(self) -> Callable[[bytes], None]:
        """Look at what one connection sends."""
        return _Connection(self).look


class _Connection:
    def __init__(self, proxy: CountingProxy) -> None:
        self._proxy = proxy
        self._kept = b""
        self._is_websocket = False
        self._kind = 0

    def look(self, block: bytes) -> None:
        self._proxy.sent_bytes += len(block)
        self._kept += block
        if not self._is_websocket:
            head, end, rest = self._kept.partition(b"\r\n\r\n")
            if not end:
                return
            self._is_websocket = b"upgrade: websocket" in head.lower()
            self._kept = rest if self._is_websocket else b""
        while self._is_websocket and self._frame():
            pass

    def _frame(self) -> bool:
        kept = self._kept
        if len(kept) < 2:
            return False
        short = kept[1] & 0x7F
        more = {126: 2, 127: 8}.get(short, 0)
        if len(kept) < 2 + more:
            return False
        size = int.from_bytes(kept[2 : 2 + more]) if more else short
        whole = 2 + more + (MASK_BYTES if kept[1] & 0x80 else 0) + size
        if len(kept) < whole:
            return False
        kind = kept[0] & 0x0F
        self._kind = self._kind if kind == CONTINUED else kind
        self._proxy.binary_bytes += size if self._kind == BINARY else 0
        self._kept = kept[whole:]
        return True
