"""The demo's film: a harbour at dusk in three shots, painted in numpy and encoded by ffmpeg as VP9 and Opus.

What the narration complains about is in it: the music is louder than it should be in the first shot, the title in
the second is small, and the second shot ends in a hard cut from dusk to night.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scripts.demo_music import write_music
from scripts.demo_paint import HEIGHT, WIDTH, Image, Scene, Stops, grain, paint

SECONDS = 24.0
FRAME_RATE = 24
DISSOLVE = (7.6, 8.8)
HARD_CUT_SECONDS = 16.8
TITLE = "Harbour at dusk"
TITLE_SECONDS = (9.2, 16.4)

Bytes = npt.NDArray[np.uint8]

SUNSET = Scene(
    seed=3,
    horizon=0.63,
    sky=Stops(
        (0.0, 40, 50, 96), (0.35, 92, 76, 124), (0.65, 190, 112, 108), (0.88, 240, 160, 106), (1.0, 252, 196, 132)
    ),
    light=(0.62, 0.74, 0.038),
    light_color=(255, 222, 160),
    glow=0.75,
    cloud_color=(255, 164, 122),
    cloud_amount=0.75,
    deep=(30, 34, 66),
    hills=((0.050, 126, 84, 104), (0.030, 84, 60, 88)),
    lighthouse=(0.165, (44, 34, 58)),
    boat=(0.80, -0.0135, (38, 28, 48)),
    stars=0.0,
    windows=0,
)
AFTERGLOW = Scene(
    seed=11,
    horizon=0.80,
    sky=Stops(
        (0.0, 26, 32, 72), (0.45, 66, 60, 112), (0.75, 148, 92, 118), (0.93, 226, 138, 108), (1.0, 246, 176, 120)
    ),
    light=(0.30, 0.90, 0.0),
    light_color=(255, 176, 120),
    glow=0.45,
    cloud_color=(214, 122, 126),
    cloud_amount=0.65,
    deep=(24, 26, 56),
    hills=((0.040, 84, 58, 90),),
    lighthouse=None,
    boat=(0.22, 0.009, (34, 26, 50)),
    stars=0.35,
    windows=0,
)
NIGHT = Scene(
    seed=29,
    horizon=0.60,
    sky=Stops((0.0, 6, 10, 26), (0.5, 18, 28, 60), (0.85, 38, 52, 92), (1.0, 66, 72, 104)),
    light=(0.74, 0.20, 0.026),
    light_color=(226, 232, 244),
    glow=0.30,
    cloud_color=(60, 72, 106),
    cloud_amount=0.45,
    deep=(5, 8, 20),
    hills=((0.070, 14, 18, 38),),
    lighthouse=(0.12, (8, 10, 22)),
    boat=(0.34, 0.007, (4, 6, 14)),
    stars=1.0,
    windows=150,
)


def make_film(path: Path) -> None:
    """Paint, encode and write the film; takes a minute or two."""
    with tempfile.TemporaryDirectory() as directory:
        music = Path(directory) / "music.wav"
        write_music(music, SECONDS)
        encoder = subprocess.Popen(_encode(music, path), stdin=subprocess.PIPE)
        if encoder.stdin is None:
            raise RuntimeError("ffmpeg was started without a pipe")
        for frame in frames():
            encoder.stdin.write(frame.tobytes())
        encoder.stdin.close()
        if encoder.wait(timeout=300) != 0:
            raise RuntimeError("ffmpeg could not encode the film")


def frames() -> Iterator[Bytes]:
    """Yield every frame as bytes of shape [height, width, 3]."""
    for number in range(round(SECONDS * FRAME_RATE)):
        yield np.clip(frame_at(number / FRAME_RATE) + grain(number), 0, 255).astype(np.uint8)


def frame_at(seconds: float) -> Image:
    """Paint the film's picture at a time."""
    if seconds >= HARD_CUT_SECONDS:
        return paint(NIGHT, seconds - HARD_CUT_SECONDS)
    begins, ends = DISSOLVE
    if seconds < begins:
        return paint(SUNSET, seconds)
    if seconds >= ends:
        return paint(AFTERGLOW, seconds - begins)
    share = (seconds - begins) / (ends - begins)
    return (1 - share) * paint(SUNSET, seconds) + share * paint(AFTERGLOW, seconds - begins)


def _encode(music: Path, path: Path) -> list[str]:
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAME_RATE), "-i", "pipe:"]
    video = ["-c:v", "libvpx-vp9", "-b:v", "210k", "-crf", "30", "-g", "48", "-row-mt", "1", "-cpu-used", "2"]
    audio = ["-c:a", "libopus", "-b:a", "48k"]
    exact = ["-bitexact", "-map_metadata", "-1", "-cues_to_front", "1", "-pix_fmt", "yuv420p", "-threads", "2"]
    return ["ffmpeg", "-v", "error", "-y", *raw, "-i", str(music), "-vf", _title(), *video, *audio, *exact, str(path)]


def _title() -> str:
    begins, ends = TITLE_SECONDS
    fade = f"min(1\\,min((t-{begins})/0.8\\,({ends}-t)/0.8))"
    spaced = "\u2009".join(TITLE.upper())
    here = f"enable='between(t,{begins},{ends})':alpha='max(0\\,{fade})'"
    text = f"drawtext=font='DejaVu Serif':text='{spaced}':fontsize=11:fontcolor=0xfbe9d2:x=(w-tw)/2:y=h*0.40:{here}"
    line = (
        f"drawbox=x=iw/2-14:y=ih*0.40+22:w=28:h=1:color=0xfbe9d2@0.5:t=fill:enable='between(t,{begins}+0.4,{ends}-0.4)'"
    )
    return f"{text},{line}"
