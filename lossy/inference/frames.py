"""Video frames as they come from a browser: read with care, told apart by a hash, black ones recognised.

dHash (Krawetz, "Kind of Like That", 2013): the picture as 9 by 8 grey values; each bit says whether a value is brighter
than its right neighbour. Pictures of the same moment differ by a few of its 64 bits.
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lossy.errors import InvalidInput

MAX_PIXELS = 4096 * 2304
MAX_RATIO = 8
"""Of its sides: no video is a ribbon."""
SHORT_SIDE = 336
"""As much of a picture as any model here looks at."""
BLACK_LEVEL = 16
"""Of 255: studio black. A protected video gives frames that are black all over."""
BLACK_SHARE = 0.995

Rgb = npt.NDArray[np.uint8]
"""A picture, shape [height, width, 3]."""


@dataclass(frozen=True)
class Frame:
    """A picture of a video, as it came `width` by `height`; `pixels` are of a small copy."""

    width: int
    height: int
    pixels: Rgb
    dhash: int
    is_black: bool
    """Whether there is nothing to see."""


def read_frame(webp: bytes) -> Frame:
    """Decode a WebP picture; `InvalidInput` if it is none, is broken, or unpacks to more than a 4K picture.

    Takes a tenth of a second and tens of megabytes of a large one: call it in a thread, a few at a time.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(webp), formats=["WEBP"]) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS or max(width, height) > MAX_RATIO * min(width, height):
                raise InvalidInput("A video frame has at most the size of a 4K picture.")
            rgb = picture.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise InvalidInput("A video frame is a WebP picture in one binary attachment.") from error
    grey = np.asarray(rgb.convert("L").resize((9, 8), Image.Resampling.LANCZOS))
    bits = (grey[:, 1:] > grey[:, :-1]).ravel()
    scale = max(1.0, min(width, height) / SHORT_SIDE)
    pixels = np.asarray(rgb.resize((round(width / scale), round(height / scale)), Image.Resampling.BOX))
    is_black = bool((pixels.max(axis=2) < BLACK_LEVEL).mean() > BLACK_SHARE)
    return Frame(width, height, pixels, int("".join("1" if bit else "0" for bit in bits), 2), is_black)


def distance(one: int, other: int) -> int:
    """Count the bits in which two hashes differ, 0 to 64."""
    return (one ^ other).bit_count()
