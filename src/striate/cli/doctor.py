"""`striate doctor`."""

import typer

from striate.cli.train import Json


def doctor(json: Json = False) -> None:
    """Show what Striate sees of this machine.

    Versions, CPU features, threads, cache, problems.

    \b
    striate doctor
    striate doctor --json
    """
    from striate.actions.doctor import doctor as action
    from striate.cli.show import print_json

    found = action().to_json()
    if json:
        print_json(found)
        return
    for name, version in found["versions"].items():
        print(f"{name:<34} {version or 'not installed'}")
    print(f"{'CPU':<34} {found['cpu']['name']}: {' '.join(found['cpu']['features'])}")
    print(f"{'threads':<34} {found['threads']}")
    print(f"{'cache':<34} {found['cache']['path']}, {found['cache']['bytes'] / 1e6:,.1f} MB")
    for problem in found["problems"]:
        print(f"problem: {problem}")
    for hint in found["hints"]:
        print(f"hint: {hint}")
    if not found["problems"]:
        print("no problems")
    raise typer.Exit(0)
