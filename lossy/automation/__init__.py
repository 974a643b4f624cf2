"""Browsers that Lossy drives."""
