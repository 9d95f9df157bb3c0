"""The networks of Chollet's book."""

from striate.models.entry import Entry

BOOK: dict[str, Entry] = {
    "book_dense": Entry(
        builder="book:book_dense",
        task="classify",
        year=2017,
        parameters=407_050,
        multiply_adds=406_528,
        input=(1, 28, 28),
        classes=10,
        any_size=False,
        smallest=1,
        published="97.8 % on MNIST's test part (the book, section 2.1)",
        paper="Chollet, Deep Learning with Python, Manning 2017, listing 2.2",
    ),
    "book_mnist": Entry(
        builder="book:book_mnist",
        task="classify",
        year=2017,
        parameters=93_322,
        multiply_adds=2_794_240,
        input=(1, 28, 28),
        classes=10,
        any_size=False,
        smallest=18,
        published="99.3 % on MNIST's test part (the book, section 5.1)",
        paper="Chollet, Deep Learning with Python, Manning 2017, listings 5.1 and 5.2",
    ),
    "book_cats_dogs": Entry(
        builder="book:book_cats_dogs",
        task="classify",
        year=2017,
        parameters=3_453_121,
        multiply_adds=236_095_488,
        input=(3, 150, 150),
        classes=2,
        any_size=False,
        smallest=46,
        published="70 to 72 % validation accuracy on 2,000 pictures of cats and dogs (the book, section 5.2)",
        paper="Chollet, Deep Learning with Python, Manning 2017, listing 5.5",
    ),
}
