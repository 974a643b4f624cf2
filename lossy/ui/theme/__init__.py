"""The look, and the frame around every page."""

from lossy.ui.theme.frame import BareFrame, Frame

__all__ = ["BareFrame", "Frame"]
