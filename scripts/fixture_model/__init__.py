"""Trains the demo's speech model from synthetic speech; see README.md beside this file."""
