"""Engines: run a trained network fast on this machine, through one small interface."""
