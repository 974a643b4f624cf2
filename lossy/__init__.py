"""Lossy: speak while you watch a video, get clear, time-coded notes."""

__version__ = "0.1.0"
