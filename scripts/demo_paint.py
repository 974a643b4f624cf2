"""Paints a sea at dusk: sky, light, clouds, silhouettes, and water that mirrors all of it.

Coordinates are shares of the picture, 0 at the top left. Colours are 0 to 255. What stands above the horizon is
painted first; the water then looks it up upside down, displaced by ripples that shrink with the distance.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 640, 360
ASPECT = WIDTH / HEIGHT
TEXTURE = 512

Image = npt.NDArray[np.floating[Any]]
"""Shape [height, width, 3]; a layer without the 3."""
Color = tuple[float, float, float]

X, Y = (
    axis.astype(np.float32)
    for axis in np.meshgrid((np.arange(WIDTH) + 0.5) / WIDTH, (np.arange(HEIGHT) + 0.5) / HEIGHT)
)


class Stops(tuple[tuple[float, float, float, float], ...]):
    """Colours of the sky from the zenith (0) to the horizon (1)."""

    def __new__(cls, *stops: tuple[float, float, float, float]) -> "Stops":
        return super().__new__(cls, stops)


@dataclass(frozen=True)
class Scene:
    """One shot."""

    seed: int
    horizon: float
    sky: Stops
    light: tuple[float, float, float]
    """Sun or moon: x, y as a share of the sky, radius (0: below the horizon, only its glow is seen)."""
    light_color: Color
    glow: float
    cloud_color: Color
    cloud_amount: float
    deep: Color
    """The water's own colour."""
    hills: tuple[tuple[float, float, float, float], ...]
    """Height and colour, the farthest first."""
    lighthouse: tuple[float, Color] | None
    boat: tuple[float, float, Color]
    """Where it starts, how far it goes a second, colour."""
    stars: float
    windows: int


def paint(scene: Scene, seconds: float) -> Image:
    """Return the picture of a scene at a time from its beginning."""
    above = _sky(scene, seconds)
    _stand_hills(above, scene)
    _stand_lighthouse(above, scene, seconds)
    picture = _water(above, scene, seconds)
    _shine(picture, scene)
    _sail(picture, scene, seconds)
    vignette = 1 - 0.42 * ((X - 0.5) ** 2 + (0.8 * (Y - 0.5)) ** 2) * 2
    return picture * vignette[..., None]


@lru_cache(maxsize=8)
def _grains() -> Image:
    return np.random.default_rng(5).normal(0, 1.3, (HEIGHT + 64, WIDTH + 64)).astype(np.float32)


def grain(number: int) -> Image:
    """Return a frame's film grain: enough to keep smooth skies from banding."""
    down, right = (number * 37) % 64, (number * 23) % 64
    return _grains()[down : down + HEIGHT, right : right + WIDTH, None]


def _sky(scene: Scene, seconds: float) -> Image:
    stops = np.array(scene.sky, np.float32)
    height = np.clip(Y[:, 0] / scene.horizon, 0, 1)
    rows = np.stack([np.interp(height, stops[:, 0], stops[:, each]) for each in (1, 2, 3)], axis=-1)
    sky = np.repeat(rows[:, None, :], WIDTH, axis=1).astype(np.float32)
    _add_stars(sky, scene, seconds)
    x, y, _ = scene.light
    away = np.hypot((X - x) * ASPECT, Y - y * scene.horizon).astype(np.float32)
    color = np.array(scene.light_color, np.float32)
    halo = scene.glow * (0.55 * np.exp(-((away / 0.10) ** 2)) + 0.45 * np.exp(-((away / 0.42) ** 2)))
    _mix(sky, color, halo * 0.8)
    _add_clouds(sky, scene, seconds, away)
    return sky


def _shine(picture: Image, scene: Scene) -> None:
    # After the water: a clean disc in the waves looks like a second sun; its glitter is enough.
    x, y, radius = scene.light
    if radius:
        away = np.hypot((X - x) * ASPECT, Y - y * scene.horizon)
        color = np.minimum(np.array(scene.light_color, np.float32) * 1.08, 255)
        _mix(picture, color, _inside(radius - away, 0.004))


def _add_clouds(sky: Image, scene: Scene, seconds: float, away: Image) -> None:
    drift = seconds * 1.6
    far = 1 / (scene.horizon * 1.12 - np.minimum(Y, scene.horizon) + 0.12)
    noise = _sample(_noise(scene.seed, 2.1), (X - 0.5) * 190 * (0.6 + 0.25 * far) + drift + 200, far * 95)
    thick = _smooth((noise - 0.50) / 0.22) * scene.cloud_amount * _smooth(Y / scene.horizon / 0.3 + 0.15)
    lit = np.array(scene.cloud_color, np.float32) * (0.78 + 0.35 * np.exp(-((away / 0.35) ** 2)))[..., None]
    shade = np.clip((noise - 0.62) / 0.25, 0, 1)[..., None]
    _mix(sky, np.asarray(np.minimum(lit * (1 - 0.35 * shade), 255)), thick * 0.72)


def _add_stars(sky: Image, scene: Scene, seconds: float) -> None:
    if not scene.stars:
        return
    random = np.random.default_rng(scene.seed)
    count = 150
    columns, rows = random.integers(1, WIDTH - 1, count), (random.random(count) ** 1.4 * HEIGHT * scene.horizon * 0.85)
    bright = random.random(count) ** 3 * 170 + 40
    twinkle = 0.75 + 0.25 * np.sin(seconds * (1 + 2 * random.random(count)) + 6 * random.random(count))
    fade = 1 - rows / (HEIGHT * scene.horizon)
    np.add.at(sky, (rows.astype(int), columns), (bright * twinkle * fade * scene.stars)[:, None])


def _stand_hills(above: Image, scene: Scene) -> None:
    for number, (height, *color) in enumerate(scene.hills):
        top = scene.horizon - height * (0.25 + 0.75 * _ridge(scene.seed + number))
        _mix(above, np.array(color, np.float32), _inside(Y - top[None, :], 0.002))
    _light_windows(above, scene)


@lru_cache(maxsize=8)
def _ridge(seed: int) -> Image:
    random = np.random.default_rng(seed)
    x = np.arange(WIDTH) / WIDTH
    ridge = sum(np.sin(x * f + random.random() * 6.28) / f**0.8 for f in (3.1, 5.7, 9.3, 17.0, 31.0, 67.0))
    ridge = (ridge - np.min(ridge)) / np.ptp(ridge)
    return np.asarray(ridge, np.float32)


def _light_windows(above: Image, scene: Scene) -> None:
    random = np.random.default_rng(scene.seed + 7)
    for _ in range(scene.windows):
        column = int(np.clip(random.normal(0.58, 0.2), 0.24, 0.98) * WIDTH)
        top = scene.horizon - scene.hills[-1][0] * (0.25 + 0.75 * float(_ridge(scene.seed)[column])) * 0.85
        row = int((top + (scene.horizon - top) * random.random() ** 0.6) * HEIGHT) - 1
        warm = np.array((255, 190 + 40 * random.random(), 110 + 60 * random.random()), np.float32)
        above[row : row + 1 + int(random.random() > 0.7), column : column + 1 + int(random.random() > 0.5)] = warm * (
            0.45 + 0.55 * random.random()
        )


def _stand_lighthouse(above: Image, scene: Scene, seconds: float) -> None:
    if scene.lighthouse is None:
        return
    x, color = scene.lighthouse
    dark, base = np.array(color, np.float32), scene.horizon
    headland = base - 0.075 * np.exp(-(((X - x + 0.06) / 0.13) ** 2)) * (1 + 0.16 * np.sin(X * 95) * np.exp(-X * 4))
    _mix(above, dark, _inside(Y - headland + 0.002, 0.002) * _inside(x + 0.235 - X, 0.01))
    across, lamp = np.abs(X - x) * ASPECT, base - 0.262
    tower = _inside((0.0085 + 0.030 * (Y - lamp)) - across, 0.002) * _inside(Y - lamp - 0.012, 0.002)
    gallery = _inside(0.0165 - across, 0.002) * _inside(0.0035 - np.abs(Y - lamp - 0.013), 0.002)
    roof = _inside((Y - lamp + 0.034) * 0.75 - across, 0.002) * _inside(lamp - 0.014 - Y, 0.002)
    room = _inside(0.0095 - across, 0.002) * _inside(0.014 - np.abs(Y - lamp), 0.002)
    _mix(above, dark, np.maximum.reduce([tower * (base > Y), gallery, roof]))
    flash = 0.35 + 0.65 * max(0.0, np.cos(seconds * 2 * np.pi / 4.5)) ** 6
    _mix(above, np.array((255, 226, 160), np.float32), room * (0.55 + 0.45 * flash))
    away = np.hypot((X - x) * ASPECT, Y - lamp)
    _mix(above, np.array((255, 214, 140), np.float32), flash * 0.7 * np.exp(-((away / 0.045) ** 2)))


def _water(above: Image, scene: Scene, seconds: float) -> Image:
    first = int(np.ceil(scene.horizon * HEIGHT))
    y, x = Y[first:], X[first:]
    depth = (y - scene.horizon) / (1 - scene.horizon)
    far = 1 / (depth + 0.05)
    ripple = _ripple(scene, x, far, seconds)
    rows = (scene.horizon - (y - scene.horizon) * (0.55 + 0.25 * scene.horizon)) * HEIGHT
    rows += ripple * HEIGHT * (0.012 + 0.10 * depth)
    mirrored = _look_up(above, rows, x * WIDTH + ripple * (2 + 10 * depth), int(scene.horizon * HEIGHT) - 1)
    strength = (0.86 - 0.42 * depth + 0.25 * ripple)[..., None]
    water = mirrored * strength + np.array(scene.deep, np.float32) * (1 - strength)
    _glitter(water, scene, x, depth, seconds=seconds)
    picture = above.copy()
    picture[first:] = water
    return picture


def _ripple(scene: Scene, x: Image, far: Image, seconds: float) -> Image:
    texture = _noise(scene.seed + 1, 1.5)
    slow = _sample(texture, (x - 0.5) * far * 60 + seconds * 5, far * 150 + seconds * 9)
    quick = _sample(texture, (x - 0.5) * far * 130 - seconds * 9 + 77, far * 320 - seconds * 14)
    return (slow + 0.6 * quick) / 1.6 - 0.5


def _glitter(water: Image, scene: Scene, x: Image, depth: Image, *, seconds: float) -> None:
    far = 1 / (depth + 0.05)
    texture = _noise(scene.seed + 2, 1.0)
    noise = _sample(texture, (x - 0.5) * far * 95 + seconds * 12, far * 260 - seconds * 20)
    path = np.exp(-(((x - scene.light[0]) * ASPECT / (0.05 + 0.16 * depth)) ** 2))
    shine = _smooth((noise - 0.56) / 0.10) * path * scene.glow * (1.0 if scene.light[2] else 0.35)
    _mix(water, np.array(scene.light_color, np.float32), shine * 0.85)


def _sail(picture: Image, scene: Scene, seconds: float) -> None:
    start, speed, color = scene.boat
    x, y = start + speed * seconds, scene.horizon + 0.045 + 0.0015 * np.sin(seconds * 1.7)
    lean = 0.03 * np.sin(seconds * 0.9)
    heading = 1.0 if speed > 0 else -1.0
    dark = np.array(color, np.float32)
    far = 1 / (np.clip((Y - scene.horizon) / (1 - scene.horizon), 0, 1) + 0.05)
    ripple = _ripple(scene, X, far, seconds)
    mirrored = _boat((X - x) * ASPECT + ripple * 0.035, (2 * y - Y - y) * 1.25 + ripple * 0.02, heading, lean)
    _mix(picture, dark, mirrored * (y < Y) * 0.55 * np.clip(1 - (Y - y) / 0.22, 0, 1))
    _mix(picture, dark, _boat((X - x) * ASPECT, Y - y, heading, lean))
    if scene.windows:
        _mix(
            picture,
            np.array((255, 196, 116), np.float32),
            0.9 * np.exp(-((np.hypot((X - x) * ASPECT, Y - y + 0.03) / 0.014) ** 2)),
        )


def _boat(across: Image, down: Image, heading: float, lean: float) -> Image:
    across = (across + down * lean) * heading
    soft = 0.003
    hull = _inside(0.013 - np.abs(down + 0.004), soft) * _inside(
        0.062 - np.abs(across - 0.25 * down) + 0.6 * np.minimum(0, -down), soft
    )
    main = _inside(across + 0.048 * (1 + down / 0.19) - 0.004, soft) * _inside(-0.002 - across, soft)
    jib = _inside(across - 0.003, soft) * _inside(0.050 * (1 + down / 0.165) - across, soft)
    height = _inside(-0.018 - down, soft) * _inside(down + 0.19, soft)
    mast = _inside(0.0013 - np.abs(across), 0.0016) * _inside(-down, soft) * _inside(down + 0.2, soft)
    return np.asarray(np.maximum.reduce([hull, np.maximum(main, jib) * height, mast]))


@lru_cache(maxsize=16)
def _noise(seed: int, smoothness: float) -> Image:
    """Return a texture of 0 to 1 that tiles: noise whose spectrum falls with this power."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(random.normal(size=(TEXTURE, TEXTURE)))
    frequency = np.hypot(np.fft.fftfreq(TEXTURE)[:, None], np.fft.rfftfreq(TEXTURE)[None, :]) * TEXTURE
    texture = np.fft.irfft2(spectrum / np.maximum(frequency, 3) ** smoothness, s=(TEXTURE, TEXTURE))
    return np.asarray(np.clip(0.5 + texture / texture.std() / 5.5, 0, 1), np.float32)


def _sample(texture: Image, u: Image, v: Image) -> Image:
    column, row = np.floor(u).astype(int), np.floor(v).astype(int)
    right, below = (u - column).astype(np.float32), (v - row).astype(np.float32)
    size = texture.shape[0]
    a, b = column % size, (column + 1) % size
    c, d = row % size, (row + 1) % size
    upper = texture[c, a] * (1 - right) + texture[c, b] * right
    lower = texture[d, a] * (1 - right) + texture[d, b] * right
    return np.asarray(upper * (1 - below) + lower * below)


def _look_up(image: Image, rows: Image, columns: Image, last_row: int) -> Image:
    rows, columns = np.clip(rows - 0.5, 0, last_row), np.clip(columns, 0, WIDTH - 1)
    upper = rows.astype(int)
    share = (rows - upper)[..., None].astype(np.float32)
    across = columns.astype(int)
    return np.asarray(image[upper, across] * (1 - share) + image[np.minimum(upper + 1, last_row), across] * share)


def _mix(image: Image, color: Image, share: Image) -> None:
    image += (color - image) * np.asarray(share, np.float32)[..., None]


def _inside(distance: Image, softness: float) -> Image:
    return np.asarray(np.clip(distance / softness + 0.5, 0, 1))


def _smooth(value: Image) -> Image:
    value = np.clip(value, 0, 1)
    return np.asarray(value * value * (3 - 2 * value))
