"""Results on standard output, everything else on standard error."""

import io
import json

from ganglion.balance import Balance
from ganglion.cli.render import Column, Renderer, plain
from ganglion.errors import DispatchError
from ganglion.pallets.staking import Position


def renderer(**options):
    return Renderer(out=io.StringIO(), err=io.StringIO(), **options)


def test_plain_values():
    position = Position("5abc", 1, Balance(5), ((3, Balance(7)),), (90,), (None,), Balance(0))
    shown = {"hotkey": "5abc", "netuid": 1, "staked": 5, "unbonding": [[3, 7]], "release_blocks": [90]}
    shown |= {"destinations": [None], "locked": 0}
    assert plain(position) == shown
    assert plain({1: b"\x01", "x": (True, None, 1.5)}) == {"1": "0x01", "x": [True, None, 1.5]}
    assert json.dumps(plain({"amount": Balance(1)})) == '{"amount": 1}'


def test_json_is_one_document_on_stdout():
    render = renderer(json=True)
    render.note("working")
    render.result({"b": Balance(3)}, "three")
    assert json.loads(render.out.getvalue()) == {"b": 3}
    assert render.err.getvalue() == "working\n"


def test_quiet_hides_notes_and_nothing_else():
    render = renderer(quiet=True)
    render.note("working")
    render.important("phrase")
    render.result(1)
    assert (render.out.getvalue(), render.err.getvalue()) == ("1\n", "phrase\n")


def test_a_note_does_not_stand_in_the_line_of_a_streamed_result():
    render = renderer()
    both = io.StringIO()
    render._out = render._err = both
    render.piece("an answer")
    render.note("not audited")
    render.end_line()
    render.piece("another\n")
    render.end_line()
    assert both.getvalue() == "an answer\nnot audited\nanother\n"


def test_table_is_aligned_and_whole_in_a_pipe():
    render = renderer()
    columns = [Column("uid", "UID"), Column("stake", "STAKE", "money"), Column("hotkey", "HOTKEY", "address")]
    rows = [
        {"uid": 1, "stake": 1_500_000_000, "hotkey": "5" * 48},
        {"uid": 22, "stake": None, "hotkey": "5" * 48},
    ]
    render.table(rows, columns, rows, "title")
    assert render.out.getvalue().splitlines() == [
        "title",
        "UID   STAKE  HOTKEY",
        "  1  1.5000  " + "5" * 48,
        " 22       -  " + "5" * 48,
    ]


def test_addresses_are_cut_on_a_terminal_only():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    render = Renderer(out=Terminal())
    render.table([], [Column("a", "A", "address")], [{"a": "5GrwvaEF" + "x" * 40}])
    assert "5Grwva…xxxx" in render.out.getvalue()


def test_a_table_is_its_value_in_json():
    render = renderer(json=True)
    render.table([{"x": 1}], [Column("x", "X")], [{"x": 1}], "title")
    assert json.loads(render.out.getvalue()) == [{"x": 1}]


def test_errors_say_what_to_do():
    error = DispatchError("it failed", pallet="Staking", name="X", hint="mend it", retryable=True)
    render = renderer()
    render.error(error)
    assert render.err.getvalue().splitlines() == [
        "error: it failed",
        "hint: mend it",
        "this may work if repeated",
    ]
    assert render.out.getvalue() == ""
    render = renderer(json=True)
    render.error(error)
    assert json.loads(render.err.getvalue())["pallet"] == "Staking"


def test_pieces_are_not_ended():
    render = renderer()
    for piece in ("a", "b"):
        render.piece(piece)
    assert render.out.getvalue() == "ab"
