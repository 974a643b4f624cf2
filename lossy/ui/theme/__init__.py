"""The look, and the frame around every page."""

from lossy.ui.theme.frame import Frame

__all__ = ["Frame"]
