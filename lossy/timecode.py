"""Time codes for people: `01:23.5`, `1:02:03.5`."""


def format_timecode(seconds: float) -> str:
    """Write a position on the video's line with tenths, cut off as players do, hours only where there are any."""
    tenths = int(max(0.0, seconds) * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    clock = f"{minutes:02d}:{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{clock}" if hours else clock
