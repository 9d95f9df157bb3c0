"""`striate inspect --quiz` in a terminal, or with answers from a file."""

import sys

from striate.anatomy.anatomy import Anatomy
from striate.anatomy.explain import shape_text
from striate.anatomy.quiz import Question, questions
from striate.cli.terminal.say import say


def ask(anatomy: Anatomy, seed: int) -> None:
    """Show the blank table, ask, grade, and show the arithmetic of what was wrong."""
    asked = questions(anatomy, seed=seed)
    say(f"{anatomy.model}, picture {shape_text(anatomy.input)}: fill in {len(asked)} blanks.")
    say("Shapes as 6x28x28 or 28x28x6; an empty answer passes; Ctrl-D ends.", "")
    for line in blank_table(asked):
        say(line)
    right = 0
    for number, question in enumerate(asked):
        if number % 2 == 0:
            say("", f"{question.layer.name}: {question.told}")
        answer = _answer(f"  {question.asks}? ")
        if answer is None:
            say("", f"Ended after {number} of {len(asked)} blanks. {right} right.")
            return
        right += _grade(anatomy, question, answer)
    say("", f"{right} of {len(asked)} right.")


def blank_table(asked: list[Question]) -> list[str]:
    """The rows with nothing filled in."""
    rows = [question for question in asked if question.asks == "output shape"]
    wide = min(max(len(question.layer.name) for question in rows), 30) if rows else 5
    lines = [f"{'layer':<{wide}}  {'how it is built':<44}  output shape  parameters"]
    for question in rows:
        name = question.layer.name[-wide:]
        built = question.told.split(" -> ", 1)[1][:44]
        lines.append(f"{name:<{wide}}  {built:<44}  {'_' * 12}  {'_' * 10}")
    return lines


def _answer(prompt: str) -> str | None:
    """What was typed, or None at the end of the input or at Ctrl-C."""
    try:
        answer = input(prompt)
    except (EOFError, KeyboardInterrupt):
        return None
    if not sys.stdin.isatty():
        say(answer)  # a file of answers is not seen otherwise
    return answer


def _grade(anatomy: Anatomy, question: Question, answer: str) -> int:
    if question.is_right(answer):
        say("  right")
        return 1
    verdict = "wrong, it is" if answer.strip() else "it is"
    say(f"  {verdict} {question.answer}")
    for line in question.arithmetic(anatomy):
        say(f"      {line.what}: {line.how}")
    return 0
