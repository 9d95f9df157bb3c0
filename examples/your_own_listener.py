"""Watch a training from your own program: every event is a small dataclass.

Usage: python examples/your_own_listener.py FOLDER [OUT]
"""

import sys

import striate
from striate.events import EpochEnded, Event, Note, Warned


def watch(event: Event) -> None:
    """Print what a dashboard would show."""
    match event:
        case Note(text) | Warned(text):
            print("-", text)
        case EpochEnded():
            accuracy = event.values["validation_accuracy"]
            print(f"epoch {event.epoch} of {event.epochs}: validation accuracy {accuracy:.1%}")


def main(folder: str, out: str = "runs") -> None:
    """Train with `watch` listening."""
    run = striate.train(folder, model="lenet5", epochs=3, out=out, on_event=watch)
    print(run.path)


if __name__ == "__main__":
    main(*sys.argv[1:])
