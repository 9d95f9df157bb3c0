"""`striate doctor`."""

from typing import Annotated

import typer

from striate.cli.shared_flags import Json
from striate.cli.terminal.say import print_json, say


def doctor(
    clear_cache: Annotated[
        bool,
        typer.Option("--clear-cache", help="Delete all that can be made again; weights stay."),
    ] = False,
    json: Json = False,
) -> None:
    """Show what Striate sees of this machine.

    Versions, CPU features, threads, cache, problems.

    \b
    striate doctor
    striate doctor --json
    striate doctor --clear-cache
    """

    from striate.actions.doctor import doctor as action

    if clear_cache:
        from striate.data.caching import cache_room, feature_cache
        from striate.engines import compiled_cache

        say(f"freed {cache_room.clear() / 1e6:,.1f} MB of decoded pictures", error=True)
        say(f"freed {feature_cache.clear() / 1e6:,.1f} MB of features", error=True)
        say(f"freed {compiled_cache.clear() / 1e6:,.1f} MB of converted networks", error=True)
    found = action().to_json()
    if json:
        print_json(found)
        return
    for name, version in found["versions"].items():
        say(f"{name:<34} {version or 'not installed'}")
    say(f"{'CPU':<34} {found['cpu']['name']}: {' '.join(found['cpu']['features'])}")
    for name, engine in found["engines"].items():
        say(f"{'engine ' + name:<34} {engine or 'not installed'}")
    say(f"{'threads':<34} {found['threads']}")
    say(f"{'cache':<34} {found['cache']['path']}, {found['cache']['bytes'] / 1e6:,.1f} MB")
    for problem in found["problems"]:
        say(f"problem: {problem}")
    for hint in found["hints"]:
        say(f"hint: {hint}")
    if not found["problems"]:
        say("no problems")
    raise typer.Exit(0)
