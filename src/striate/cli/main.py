"""The command line: parses, calls an action, prints. Nothing heavy is imported before an action runs."""

import sys
from typing import Annotated

import typer

from striate.cli import check, demo, doctor, evaluate, models, predict, report, train
from striate.errors import StriateError

app = typer.Typer(
    name="striate",
    help="Turn a folder of images into a convolutional network you can trust: train it, see inside it, ship it.",
    rich_markup_mode=None,  # Rich's help takes twice the time
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"striate {version('striate')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Turn a folder of images into a convolutional network you can trust: train it, see inside it, ship it.

    Start with `striate demo`, then `striate train YOUR_FOLDER`.
    """


app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("report")(report.report)
app.command("models")(models.models)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; errors for people are one line on stderr."""
    try:
        app()
    except StriateError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
