"""Waiting threads sleep soon, unless the user has decided; fresh interpreters show it."""

from tests.machine.interpreters import fresh

CALM = "from striate.machine import threads; threads.calm_threads()"


def test_waiting_threads_are_calmed_before_torch_unless_the_user_decided() -> None:
    ask = f"import os; {CALM}; print(os.environ.get('OMP_WAIT_POLICY'))"
    assert fresh(ask) == "PASSIVE"
    assert fresh(ask, OMP_WAIT_POLICY="active") == "active"


def test_after_torch_the_policy_is_left_as_it_is() -> None:
    ask = f"import torch, os; {CALM}; print('OMP_WAIT_POLICY' in os.environ)"
    assert fresh(ask) == "False"


def test_waiting_threads_turn_a_little_unless_the_user_said_how_they_wait():
    ask = f"import os; {CALM}; print(os.environ.get('GOMP_SPINCOUNT'))"
    assert fresh(ask) == "1000"
    assert fresh(ask, OMP_WAIT_POLICY="active") == "None"
    assert fresh(ask, GOMP_SPINCOUNT="7") == "7"
