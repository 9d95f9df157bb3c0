"""The command line: parses, calls an action, prints. Nothing heavy is imported before an action runs."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from striate.cli import (
    check,
    compare,
    compose,
    convert,
    demo,
    doctor,
    evaluate,
    explain,
    inspect,
    ladder,
    models,
    predict,
    report,
    train,
)
from striate.cli.terminal.memory_limit import NO_MEMORY, is_limited, work_in_child
from striate.cli.terminal.say import say
from striate.cli.terminal.streams import leave, open_streams
from striate.errors import StriateError, is_about_memory
from striate.files.possible_paths import impossible_path
from striate.machine.process import tune_process


class QuickGroup(TyperGroup):
    """Typer's group, whose `--help` is False where not given: for None Typer imports pydantic to check it."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option, with a default that needs no check."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command; a call that is wrong is one line on stderr, as every other error for people."""
        words = arguments[0] if arguments and arguments[0] is not None else sys.argv[1:]
        if any("\0" in word for word in words):  # no shell can write one; no file name can hold one
            say("error: an argument holds a NUL character; leave it out.", error=True)
            sys.exit(2)
        try:
            sys.exit(super().main(*arguments, **{**options, "standalone_mode": False}) or 0)
        except Exception as error:
            name, message = type(error).__name__, getattr(error, "format_message", None)
            if name == "Abort":  # what Ctrl-C becomes
                raise KeyboardInterrupt from error
            if message is None:
                raise
            if name == "NoArgsIsHelpError":
                error.show()  # type: ignore[attr-defined]
            else:
                say(f"error: {_first_letter_small(message())}", error=True)
            sys.exit(2)


app = typer.Typer(
    cls=QuickGroup,
    name="striate",
    help="Turn a folder of images into a convolutional network you can trust: "
    "train it, see inside it, ship it.",
    rich_markup_mode=None,  # Rich's help takes twice the time
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    # Typer's two completion options import pydantic at every start, so they are there only when asked for.
    add_completion=sys.argv[1:2] in (["--install-completion"], ["--show-completion"]),
    epilog="Words are completed by your shell after: striate --install-completion",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _first_letter_small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _version(wanted: bool) -> bool:
    if wanted:
        from importlib.metadata import version

        say(f"striate {version('striate')}")
        raise typer.Exit
    return wanted


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turn a folder of images into a convolutional network you can trust: train it, see inside it, ship it.

    Start with `striate demo`, then `striate train YOUR_FOLDER`.
    """


app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("explain")(explain.explain)
app.command("compare")(compare.compare)
app.command("ladder")(ladder.ladder)
app.command("report")(report.report)
app.command("inspect")(inspect.inspect)
app.command("models")(models.models)
app.command("compose")(compose.compose)
app.command("convert")(convert.convert)
app.command("doctor")(doctor.doctor)


def _nobody_reads() -> None:
    """`| head` has what it wanted: end in silence, with Typer's exit code for a pipe that broke earlier."""
    leave(sys.stdout, sys.stderr)
    sys.exit(1)


def _require_folder() -> None:
    """Refuse a working directory that was removed: Intel's library ends the process there, without a line."""
    try:
        Path.cwd()
    except OSError as error:
        raise StriateError("the folder that you are in is gone; `cd` to one that exists.") from error


def _of_no_command(error: Exception) -> str | None:
    """What can be said of an error that may come from any line of any command."""
    if is_about_memory(error) or (isinstance(error, SystemError) and is_limited()):
        return NO_MEMORY  # a library in C that got none may raise SystemError, without a word
    return impossible_path(error)


def main() -> None:
    """Run the command line; errors for people are one line on stderr."""
    tune_process()  # before anything imports torch
    open_streams()
    if is_limited():
        work_in_child()
    try:
        _require_folder()
        if "_STRIATE_COMPLETE" in os.environ:  # the shell asks for words
            from typer import completion

            completion.completion_init()  # type: ignore[attr-defined]
        try:
            app()
        finally:
            sys.stdout.flush()  # not at Python's end, where nobody could catch what it raises
    except BrokenPipeError:
        _nobody_reads()
    except StriateError as error:
        say(f"error: {error}", error=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("stopped", error=True)
        sys.exit(130)
    except Exception as error:
        said = _of_no_command(error)
        if said is None:
            raise
        say(f"error: {said}", error=True)
        sys.exit(1 if is_about_memory(error) else 2)
