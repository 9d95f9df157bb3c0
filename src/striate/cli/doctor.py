"""`striate doctor`."""

from typing import Annotated

import typer

from striate.cli.train import Json


def doctor(
    clear_cache: Annotated[
        bool,
        typer.Option("--clear-cache", help="Delete decoded pictures and converted networks, not weights."),
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
    import sys

    from striate.actions.doctor import doctor as action
    from striate.cli.show import print_json

    if clear_cache:
        from striate.data import cache_room
        from striate.engines import compiled_cache

        print(f"freed {cache_room.clear() / 1e6:,.1f} MB of decoded pictures", file=sys.stderr)
        print(f"freed {compiled_cache.clear() / 1e6:,.1f} MB of converted networks", file=sys.stderr)
    found = action().to_json()
    if json:
        print_json(found)
        return
    for name, version in found["versions"].items():
        print(f"{name:<34} {version or 'not installed'}")
    print(f"{'CPU':<34} {found['cpu']['name']}: {' '.join(found['cpu']['features'])}")
    for name, engine in found["engines"].items():
        print(f"{'engine ' + name:<34} {engine or 'not installed'}")
    print(f"{'threads':<34} {found['threads']}")
    print(f"{'cache':<34} {found['cache']['path']}, {found['cache']['bytes'] / 1e6:,.1f} MB")
    for problem in found["problems"]:
        print(f"problem: {problem}")
    for hint in found["hints"]:
        print(f"hint: {hint}")
    if not found["problems"]:
        print("no problems")
    raise typer.Exit(0)
