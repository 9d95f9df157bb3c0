"""The rule of `--transfer auto`."""

from striate.tasks.classify.choosing import Measured, choose_transfer, worth_timing


def test_what_learns_follows_from_pictures_and_the_probe():
    def chosen(seconds=None, **measured):
        return choose_transfer(
            Measured(**{"pictures": 400, "each": 30, "accuracy": 0.8, **measured}), seconds
        )

    assert chosen().transfer == "features"
    assert chosen(each=7).transfer == "probe"
    assert chosen(accuracy=0.99).transfer == "probe"
    assert chosen(accuracy=None).transfer == "probe"
    many = {"pictures": 5000, "each": 500, "finetune_seconds": 300.0}
    assert chosen(**many).transfer == "finetune"
    assert chosen(seconds=60.0, **many).transfer == "features"
    assert "80.0 % right in cross-validation" in chosen(**many).reason
    assert "--transfer finetune" in chosen(seconds=60.0, **many).reason


def test_fine_tuning_is_timed_only_where_it_could_be_chosen():
    assert worth_timing(Measured(5000, 500, 0.8))
    assert not worth_timing(Measured(5000, 500, 0.99))
    assert not worth_timing(Measured(300, 30, 0.8)) and not worth_timing(Measured(5000, 500, None))
