"""The error tree: every error answers whose fault, whether to retry, what to do; and survives a process
boundary.
"""

import inspect
import pickle

import pytest

from ganglion import errors
from ganglion.errors import DispatchError, EngineError, GanglionError, InvalidTransaction, RpcError

CLASSES = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, GanglionError)]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_says_fault_retry_and_exit_code(kind):
    error = kind("it broke", hint="mend it")
    assert error.fault in {"self", "peer", "chain", "user"}
    assert isinstance(error.retryable, bool)
    assert error.exit_code in {1, 2, 3, 4}
    assert str(error) == "it broke"
    shown = error.to_dict()
    assert shown["error"] == kind.__name__ and shown["hint"] == "mend it" and shown["message"] == "it broke"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_errors_survive_pickling(kind):
    error = kind("it broke", hint="mend it")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and again.to_dict() == error.to_dict()


def test_all_is_sorted_and_complete():
    public = [*(one.__name__ for one in CLASSES), "Fault"]
    assert errors.__all__ == sorted(public)


def test_facts_are_in_the_document():
    error = DispatchError("x", pallet="Staking", name="NotReleased", docs="Not yet.", block_hash="0x01")
    assert (
        error.to_dict() | {"pallet": "Staking", "name": "NotReleased", "block_hash": "0x01"}
        == error.to_dict()
    )
    assert RpcError("x", code=-32601, data=[1]).to_dict()["code"] == -32601


def test_one_error_can_differ_from_its_class():
    assert InvalidTransaction("x", retryable=True).retryable is True
    assert InvalidTransaction("x").retryable is False
    assert GanglionError("x", fault="peer").fault == "peer"


def test_an_engine_that_recovers_may_be_asked_again():
    assert EngineError("x").retryable is True
    assert EngineError("x", recoverable=False).retryable is False
