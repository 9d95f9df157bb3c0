"""How many batches an epoch has, and a stage."""


def epoch_steps(pictures: int, batch_size: int) -> int:
    """Batches of `batch_size` pictures at most; a single picture that is left over joins another batch.

    Batch normalisation of 1x1 maps has nothing to normalise with in a batch of one, so that one of 2 and one
    of 3 serve five pictures in batches of 2, not 2, 2 and 1.
    """
    steps = -(-pictures // batch_size)
    alone = batch_size > 1 and pictures > 1 and pictures // steps == 1
    return steps - 1 if alone else steps


def stage_steps(epoch_steps: int, epochs: int, most: int | None) -> int:
    """Batches of so many epochs, `most` at most; the last epoch may be a part of one."""
    whole = epochs * epoch_steps
    return whole if most is None else min(whole, most)
