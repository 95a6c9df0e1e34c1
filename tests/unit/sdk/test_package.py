"""What importing costs, and what the package says it offers."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import ganglion

HEAVY = (
    "torch",
    "transformers",
    "substrateinterface",
    "scalecodec",
    "aiohttp",
    "numpy",
    "pydantic",
    "wasmtime",
)


def loaded_after(statement):
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def test_import_is_light():
    before, after = set(loaded_after("pass")), set(loaded_after("import ganglion"))
    ours = {name for name in after if name.split(".")[0] == "ganglion"}
    assert ours == {"ganglion"}
    assert not [name for name in after if name.split(".")[0] in HEAVY]
    assert len(after - before) < 40


def test_the_client_needs_no_torch():
    after = loaded_after(
        "from ganglion import Client, SyncClient, Wallet, Metagraph, load_settings; load_settings()"
    )
    assert not [name for name in after if name.split(".")[0] in {"torch", "transformers", "wasmtime"}]


def test_keys_and_wallets_load_no_client():
    after = loaded_after("from ganglion import Keypair, Wallet, Balance; Keypair.from_uri('//Alice')")
    assert not [name for name in after if name.split(".")[0] in set(HEAVY)]


def test_public_names_are_sorted_complete_and_loadable():
    assert ganglion.__all__ == sorted(ganglion.__all__)
    assert set(ganglion.__all__) == {*ganglion._HOME, "__version__"}
    for name in ganglion.__all__:
        assert getattr(ganglion, name) is not None
    assert dir(ganglion) == ganglion.__all__
    try:
        _ = ganglion.nothing
    except AttributeError as error:
        assert "nothing" in str(error)
    else:
        raise AssertionError


def test_every_module_says_what_it_exports():
    for name in (
        "errors",
        "balance",
        "config",
        "client",
        "sync",
        "namespaces",
        "metagraph",
        "keys.keypair",
        "keys.keystore",
        "keys.wallet",
        "keys.ss58",
        "chain.transport",
        "chain.rpc_core",
        "chain.extrinsics",
        "pallets.weights",
        "testing",
    ):
        module = importlib.import_module(f"ganglion.{name}")
        assert module.__doc__ and len(set(module.__all__)) == len(module.__all__), name
        assert all(hasattr(module, one) for one in module.__all__), name


def test_nothing_but_the_renderer_prints():
    root = Path(ganglion.__file__).parent
    for path in root.rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        printing = [one for one in calls if isinstance(one, ast.Name) and one.id == "print"]
        assert not printing or path.relative_to(root) == Path("cli/render.py"), path
