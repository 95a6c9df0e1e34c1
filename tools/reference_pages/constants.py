"""Numbers that the explanation of verification and scoring rests on, read from the sources that define them.

Literals are read without importing: some of these modules need torch.
"""

from __future__ import annotations

import ast
from pathlib import Path

from reference_pages.markdown import code, table

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = "validators/ganglion_validator/"
VERIFICATION = "sdk/ganglion/verification/"
NAMES: tuple[tuple[str, str, str], ...] = (
    (VERIFICATION + "likelihood.py", "EDGES", "classes of margins whose likelihoods are compared, logits"),
    (
        VERIFICATION + "embedding.py",
        "MAX_DISTANCE",
        "relative distance of an embedding from the recomputed one",
    ),
    (VALIDATOR + "scoring.py", "FIRST_PENALTY", "audits to pass after the first lie"),
    (VALIDATOR + "scoring.py", "MAX_PENALTY", "most audits to pass after a lie"),
    (VALIDATOR + "load.py", "GAIN", "factor of throughput that a doubled load must bring"),
    (VALIDATOR + "load.py", "AGAIN", "part of the rounds in which the next load is tried again"),
    (VALIDATOR + "load.py", "ANSWERS", "answers, one after the other, that a window has room for"),
    (VALIDATOR + "load.py", "STRETCH", "longest window, as a multiple of the set one"),
    (
        VALIDATOR + "miners.py",
        "UNKNOWN_SHARE",
        "part of the best score that a newcomer counts as, for users' requests",
    ),
    (VALIDATOR + "committer.py", "COMMIT_AFTER", "part of an epoch after which weights are committed"),
    (
        "sdk/ganglion/protocol/signature_fields.py",
        "MAX_SKEW",
        "seconds between a signature's time and the receiver's",
    ),
    ("sdk/ganglion/protocol/signature_fields.py", "MAX_LIFETIME", "seconds for which a signature is valid"),
)

__all__ = ["page"]


def page() -> str:
    """Names, values, meanings."""
    rows = [(code(name), code(_value(path, name)), text) for path, name, text in NAMES]
    return table(("constant", "value", "meaning"), rows)


def _value(path: str, name: str) -> object:
    for node in ast.parse((ROOT / path).read_text()).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(one, ast.Name) and one.id == name for one in targets):
            return eval(compile(ast.Expression(node.value), path, "eval"), {"__builtins__": {}})
    raise SystemExit(f"{path} has no constant {name} any more")
