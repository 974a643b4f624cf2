"""Pictures made for tests, as a browser would send them."""

import io

import numpy as np
from PIL import Image


def webp(seed: int, size: tuple[int, int] = (320, 180), quality: int = 80) -> bytes:
    """Draw a picture that another seed draws quite differently."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return encode(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), quality)


def black(size: tuple[int, int] = (320, 180)) -> bytes:
    return encode(Image.new("RGB", size, (4, 4, 4)))


def encode(picture: Image.Image, quality: int = 80, kind: str = "WEBP") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, quality=quality)
    return out.getvalue()
