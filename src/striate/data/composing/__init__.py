"""Scenes of cut-outs over backgrounds: pictures whose boxes and masks are known to the pixel."""
