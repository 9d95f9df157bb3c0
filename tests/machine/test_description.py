"""What a run records of its machine."""

from striate.machine.description import describe


def test_the_environment_of_a_run_has_its_keys_and_torchs_threads() -> None:
    import torch

    found = describe()
    assert list(found) == [
        *("striate", "python", "torch", "torchvision", "numpy", "pillow", "lightning-fabric"),
        *("platform", "cpu", "threads", "memory_bytes"),
    ]
    assert list(found["cpu"]) == ["name", "features"]
    assert found["torch"] == torch.__version__
    assert found["threads"] == torch.get_num_threads()
