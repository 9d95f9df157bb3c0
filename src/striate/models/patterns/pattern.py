"""Networks written as a line of text, as lectures write them: parsing, with errors that point into the text.

    INPUT 32x32x3 -> [[CONV3-32 -> RELU]*2 -> POOL2]*3 -> [FC256 -> RELU]*1 -> FC10

INPUT HxWxC        one picture; 32x32x3 unless given
CONVk-n            n filters of k x k (or k x m: CONV1x7-64); 3 and 32 unless given; keeps the size
POOLk  MAXPOOLk  AVGPOOLk  SUMPOOLk  L2POOLk    k x k places become one; 2 unless given; stride k
GAP                global average pooling            FCn        n units; 256 unless given; flattens by itself
RELU SIGMOID TANH SOFTSIGN GELU                      BN LRN LCN        normalisations of `layers/`
DROPOUTp           the share p is dropped; 0.5 unless given      FLATTEN SOFTMAX    say what happens anyway
s2 p0 d2 g4        after a CONV or POOL: stride, padding, dilation, groups; STRIDE2 PAD0 DILATION2 GROUPS4 too
VALID SAME         the same as p0; and the padding that keeps the size at stride 1
[ ... ]*3          three times; brackets nest; *0 leaves it out
The last FC, or a last CONV1-n -> GAP, makes the classes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from striate.errors import StriateError

CONVOLUTIONS = ("CONV",)
POOLS = ("POOL", "MAXPOOL", "AVGPOOL", "SUMPOOL", "L2POOL")
ACTIVATIONS = ("RELU", "SIGMOID", "TANH", "SOFTSIGN", "GELU")
NORMS = ("BN", "LRN", "LCN")
OTHERS = ("GAP", "FC", "DROPOUT", "FLATTEN", "SOFTMAX")
KINDS = (*CONVOLUTIONS, *POOLS, *OTHERS, *ACTIVATIONS, *NORMS)
OPTIONS = {"S": "stride", "P": "padding", "D": "dilation", "G": "groups"}
OPTIONS |= {"STRIDE": "stride", "PAD": "padding", "PADDING": "padding"}
OPTIONS |= {"DILATION": "dilation", "GROUPS": "groups"}
PADDINGS = {"VALID": 0, "SAME": None}  # None keeps the size
MOST_LAYERS, DEEPEST = 2000, 20
LARGEST = 100_000  # of any number in a pattern

TOKEN = re.compile(
    r"\s*(?:(?P<arrow>->|→|=>)|(?P<open>[\[(])|(?P<close>[\])])|(?P<star>\*)|(?P<ask>\?)|"
    r"(?P<size>\d{1,9}(?:[xX×]\d{1,9})+)|(?P<number>\d{1,9})|"
    r"(?P<word>L2POOL|[A-Za-z]+)(?P<own>\d{1,9}(?:\.\d{1,9})?(?:[xX×]\d{1,9})*)?(?:-(?P<count>\d{1,9}))?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; `start` and `end` are its characters."""

    kind: str
    text: str
    start: int
    end: int
    word: str = ""
    own: str = ""
    count: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a pattern and where the text names it.

    Attributes:
        kind: one of `KINDS`.
        kernel: height and width of a CONV or POOL.
        count: filters of a CONV, units of an FC.
        padding: None keeps the size of a CONV, as SAME does, and is 0 for a POOL.
        unsaid: the text says nothing of the padding.
        rate: of a DROPOUT.
    """

    kind: str
    start: int
    end: int
    kernel: tuple[int, int] = (1, 1)
    count: int | None = None
    stride: int = 1
    padding: int | None = None
    dilation: int = 1
    groups: int = 1
    rate: float = 0.5
    unsaid: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed text: what goes in (C, H, W), and its layers one after the other, repetitions written out."""

    text: str
    input: tuple[int, int, int]
    layers: tuple[Layer, ...]


def is_pattern(name: str) -> bool:
    """Whether this is meant as a pattern rather than as a name of the catalogue."""
    return "->" in name or "→" in name or re.match(r"\s*INPUT\b", name, re.IGNORECASE) is not None


def parse(text: str) -> Pattern:
    """Read a pattern.

    Raises:
        StriateError: the text is none; says where, what stands there and what was expected.
    """
    tokens = list(_tokens(text))
    reader = _Reader(text, tokens)
    size = reader.input()
    layers = reader.chain()
    if not layers:
        raise error(text, len(text), len(text), "it ends after INPUT; at least '-> FC10' must follow")
    return Pattern(text, size, tuple(layers))


def error(text: str, start: int, end: int, problem: str) -> StriateError:
    """An error that shows where in the text it is: >>>...<<< marks the place."""
    before, after = text[max(0, start - 40) : start], text[end : end + 20]
    shown = f"{'...' * (start > 40)}{before}>>>{text[start:end]}<<<{after}{'...' * (end + 20 < len(text))}"
    return StriateError(
        f"the pattern is wrong at character {start + 1}, {' '.join(shown.split())}: {problem}."
    )


def _tokens(text: str) -> Iterator[Token]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = TOKEN.match(text, place)
        if found is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise error(text, start, start + 1, f"{text[start]!r} means nothing here")
        groups = found.groupdict(default="")
        kind = next(kind for kind in groups if groups[kind])
        start = found.end() - len(found[0].lstrip())
        yield Token(
            kind, found[0].strip(), start, found.end(), groups["word"].upper(), groups["own"], groups["count"]
        )
        place = found.end()


class _Reader:
    """Recursive descent over the tokens: chain, item, layer."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text, self.tokens, self.place = text, tokens, 0

    def at(self, kind: str) -> bool:
        return self.place < len(self.tokens) and self.tokens[self.place].kind == kind

    def take(self) -> Token:
        """The next token; its absence is an error."""
        if self.place == len(self.tokens):
            end = len(self.text)
            raise error(self.text, end, end, "it ends here; a layer was expected")
        self.place += 1
        return self.tokens[self.place - 1]

    def refuse(self, token: Token, problem: str) -> StriateError:
        return error(self.text, token.start, token.end, problem)

    def input(self) -> tuple[int, int, int]:
        """INPUT and its size, as (C, H, W)."""
        token = self.take()
        if token.word != "INPUT":
            raise self.refuse(token, "a pattern begins with INPUT, such as 'INPUT 32x32x3'")
        size = token.own or (self.take().text if self.at("size") or self.at("number") else "")
        sides = [int(side) for side in re.split("[xX×]", size)] if size else [32, 32, 3]
        sides = [*sides, 1] if len(sides) == 2 else sides
        if len(sides) != 3 or not all(1 <= side <= LARGEST for side in sides):
            raise self.refuse(
                self.tokens[self.place - 1], "expected height x width x channels, as in 32x32x3"
            )
        return sides[2], sides[0], sides[1]

    def chain(self, depth: int = 0) -> list[Layer]:
        """Items with arrows between them; inside brackets the first has no arrow before it."""
        layers: list[Layer] = self.item(depth) if depth else []
        while self.at("arrow"):
            self.place += 1
            layers += self.item(depth)
            if len(layers) > MOST_LAYERS:
                raise self.refuse(self.tokens[self.place - 1], f"more than {MOST_LAYERS:,} layers")
        if self.place < len(self.tokens) and not (depth and self.at("close")):
            raise self.refuse(self.take(), f"expected '->'{' or a closing bracket' * bool(depth)} before it")
        return layers

    def item(self, depth: int) -> list[Layer]:
        """A layer, or a bracket with how often it is repeated."""
        token = self.take()
        if token.kind == "word":
            return [self.layer(token)]
        if token.kind != "open":
            raise self.refuse(token, f"expected a layer ({', '.join(KINDS[:4])}...) or a bracket")
        if depth == DEEPEST:
            raise self.refuse(token, f"brackets nest more than {DEEPEST} deep")
        layers = self.chain(depth + 1)
        if not self.at("close"):
            raise self.refuse(token, "this bracket is never closed")
        closed = self.take()
        if (token.text, closed.text) not in (("[", "]"), ("(", ")")):
            raise self.refuse(closed, f"expected the bracket that closes '{token.text}'")
        if self.at("ask"):
            raise self.refuse(self.take(), "a pattern has no choices; write the part or leave it out")
        if not self.at("star"):
            return layers
        self.place += 1
        times = self.take()
        if times.kind != "number":
            raise self.refuse(times, "expected how often, a number such as *3")
        if int(times.text) * len(layers) > MOST_LAYERS:
            raise self.refuse(times, f"more than {MOST_LAYERS:,} layers")
        return layers * int(times.text)

    def layer(self, token: Token) -> Layer:
        """A layer with its numbers and the options behind it."""
        kind = "FC" if token.word == "DENSE" else token.word
        if kind not in KINDS:
            near = get_close_matches(kind, KINDS, n=1, cutoff=0.5)
            hint = f". Did you mean {near[0]}?" if near else "."
            hint = "; INPUT stands once, at the beginning." if kind == "INPUT" else hint
            raise self.refuse(token, f"'{token.text}' is no layer{hint} Layers are {', '.join(KINDS)}")
        if self.at("ask"):
            raise self.refuse(self.take(), "a pattern has no choices; write the layer or leave it out")
        options: dict[str, int | None] = {}
        while self.at("word") and self.tokens[self.place].word in (*OPTIONS, *PADDINGS):
            option = self.take()
            name = OPTIONS.get(option.word, "padding")
            if kind not in (*CONVOLUTIONS, *POOLS) or (kind in POOLS and name in ("dilation", "groups")):
                raise self.refuse(option, f"{kind} has no {name}")
            if name in options:
                raise self.refuse(option, f"the {name} of this {kind} is written twice")
            options[name] = self.value(option, name)
        return self.with_numbers(token, kind, options)

    def value(self, option: Token, name: str) -> int | None:
        """The number of an option; None for SAME."""
        if option.word in PADDINGS:
            if option.own or option.count:
                raise self.refuse(option, f"{option.word} takes no number; write p1 for a padding of 1")
            return PADDINGS[option.word]
        least = 0 if name == "padding" else 1
        if not option.own.isdigit() or not least <= int(option.own) <= LARGEST or option.count:
            raise self.refuse(option, f"expected {name} as a number, such as {option.word.lower()}2")
        return int(option.own)

    def with_numbers(self, token: Token, kind: str, options: dict[str, int | None]) -> Layer:
        """What the word's own numbers mean for this kind of layer."""
        takes_kernel = kind in (*CONVOLUTIONS, *POOLS)
        numbers = [float(number) for number in re.split("[xX×]", token.own)] if token.own else []
        whole = all(number.is_integer() and 1 <= number <= LARGEST for number in numbers)
        if token.count and (kind not in CONVOLUTIONS or not 1 <= int(token.count) <= LARGEST):
            raise self.refuse(token, f"{kind} takes no '-{token.count}'")
        if takes_kernel and whole and len(numbers) <= 2:
            sides = [int(number) for number in numbers] or [3 if kind in CONVOLUTIONS else 2]
            options.setdefault("stride", 1 if kind in CONVOLUTIONS else sides[0])
            count = (int(token.count) if token.count else 32) if kind in CONVOLUTIONS else None
            unsaid = "padding" not in options
            padding = options.pop("padding", None)
            if kind in POOLS and not unsaid and padding is None:
                if sides[0] % 2 == 0 or sides[0] != sides[-1]:
                    raise self.refuse(
                        token, f"only a square {kind} of odd sides can be SAME; write a padding"
                    )
                padding = sides[0] // 2
            numbered = {name: value for name, value in options.items() if value is not None}
            kernel = (sides[0], sides[-1])
            return Layer(
                kind, token.start, token.end, kernel, count, padding=padding, unsaid=unsaid, **numbered
            )
        if kind == "FC" and whole and len(numbers) <= 1:
            return Layer(kind, token.start, token.end, count=int(numbers[0]) if numbers else None)
        if kind == "DROPOUT" and len(numbers) <= 1 and all(number < 1 for number in numbers):
            return Layer(kind, token.start, token.end, rate=numbers[0] if numbers else 0.5)
        if numbers:
            raise self.refuse(token, f"{kind} cannot have '{token.own}'; expected {_expected(kind)}")
        return Layer(kind, token.start, token.end)


def _expected(kind: str) -> str:
    if kind in CONVOLUTIONS:
        return "a kernel of whole sides, as in CONV3-32 or CONV1x7-32"
    if kind in POOLS:
        return f"a window of a whole side, as in {kind}2"
    return {"FC": "a number of units, as in FC256", "DROPOUT": "a share below 1, as in DROPOUT0.5"}.get(
        kind, "no number"
    )
