"""The colours of figures that are drawn as pixels, red, green and blue."""

Colour = tuple[int, int, int]
INK, QUIET, RULE, PAPER = (28, 33, 38), (91, 101, 110), (222, 219, 211), (255, 255, 255)
EMPTY = (238, 236, 232)  # where there is no picture
# Told apart in grey and by the colour-blind; the first carries the message.
SERIES = ((11, 93, 122), (196, 92, 12), (88, 140, 50), (136, 72, 150), (150, 130, 20), (60, 60, 60))
