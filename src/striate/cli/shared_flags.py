"""Flags that several commands take, with the same name, type and help."""

from typing import Annotated

import typer

from striate.cli.option_flags import help_of

Json = Annotated[bool, typer.Option("--json", help="Print one JSON line on stdout; the rest goes to stderr.")]

Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace files that Striate did not write, too.")
]
Engine = Annotated[
    str,
    typer.Option(
        help="torch, openvino, openvino-bf16, openvino-int8 or onnxruntime; auto is what the run chose."
    ),
]
Scales = Annotated[
    str | None,
    typer.Option(help="Look at the middle of pictures enlarged too, as 1.15,1.3."),
]
Flips = Annotated[
    bool, typer.Option("--flips", help="Also look at mirror images; the mean of both scores counts.")
]
FollowLinks = Annotated[bool, typer.Option("--follow-links", help=help_of("follow_links"))]
MaxPixels = Annotated[int | None, typer.Option(min=1, help=help_of("max_pixels"))]
White = Annotated[int | None, typer.Option(min=1, max=65535, help=help_of("white"))]
MaxBytes = Annotated[int | None, typer.Option(min=1, help=help_of("max_bytes"))]
