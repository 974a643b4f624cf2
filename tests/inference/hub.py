"""A model hub on loopback: lists and serves the files of one directory, or fails as a test wants it to."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from lossy.inference.models import DEMO_DIRECTORY
from tests.inference.loopback import Reply, Request

ServeFile = Callable[[str, bytes, Reply], Awaitable[None]]


async def serve_whole(name: str, data: bytes, reply: Reply) -> None:
    await reply.whole(data)


@dataclass
class Hub:
    """Serves the demo's model as if it were every model of the hub."""

    serve: ServeFile = serve_whole
    directory: Path = DEMO_DIRECTORY
    knows_ranges: bool = True
    names: list[str] = field(
        default_factory=lambda: [
            "README.md",
            "config.json",
            "model.bin",
            "preprocessor_config.json",
            "tokenizer.json",
            "vocabulary.json",
        ]
    )

    async def __call__(self, request: Request, reply: Reply) -> None:
        path = unquote(request.path)
        if path.startswith("/api/models/"):
            await reply.whole(json.dumps({"siblings": [self._sibling(name) for name in self.names]}).encode())
        else:
            name = path.rsplit("/", 1)[1]
            data = (self.directory / name).read_bytes()
            asked = request.headers.get("range", "")
            if asked and self.knows_ranges:
                begin = int(asked.removeprefix("bytes=").removesuffix("-"))
                await reply.whole(data[begin:], 206, Content_Range=f"bytes {begin}-{len(data) - 1}/{len(data)}")
            else:
                await self.serve(name, data, reply)

    def _sibling(self, name: str) -> dict[str, object]:
        data = (self.directory / name).read_bytes()
        lfs = {"lfs": {"sha256": hashlib.sha256(data).hexdigest()}} if name == "model.bin" else {}
        return {"rfilename": name, "size": len(data), **lfs}
