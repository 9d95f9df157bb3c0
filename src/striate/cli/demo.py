"""`striate demo`."""

from typing import Annotated

import typer

from striate.cli.shared_flags import Json
from striate.cli.terminal.say import print_json, say


def demo(
    seed: Annotated[int | None, typer.Option(help="Decides every random choice. [default: 0]")] = None,
    out: Annotated[str | None, typer.Option(help="Where runs are kept. [default: runs]")] = None,
    name: Annotated[str | None, typer.Option(help="The run's name. [default: demo]")] = None,
    json: Json = False,
) -> None:
    """Train LeNet-5 on digits that come with Striate.

    6,000 handwritten digits, a minute, offline, with a report.

    \b
    striate demo
    striate demo --out /tmp/runs --json
    """
    from striate.actions.demo import demo as action
    from striate.cli.text.show import Shown, result_line
    from striate.data.wording import probability
    from striate.tasks.answers import Labelled

    with Shown() as shown:
        shown_demo = action(seed=seed, out=out, name=name, on_event=shown)
    result = shown_demo.run.result
    if json:
        print_json(result)
        return
    say()
    say("Five digits of the test part and what the network says of them:")
    for prediction in shown_demo.predictions:
        answer = prediction.answer
        if isinstance(answer, Labelled):
            say(f"  {prediction.file}   {answer.label}   {probability(answer.probability)}")
    say()
    say(result_line(result["task"], result["metrics"], result["pictures"]["test"], "test"))
    say(f"trained in {result['seconds']:.0f} s on {result['pictures']['train']:,} digits")
    say()
    say(f"open    {shown_demo.run.path / 'report.html'}")
    say(f"again   striate predict {shown_demo.run.path} {shown_demo.predictions[0].file}")
    say("yours   striate train YOUR_FOLDER     (one folder of pictures for each class)")
