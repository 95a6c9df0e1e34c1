"""The process of canonical replays: reads requests as lines of JSON from stdin, writes an answer to each to stdout.

Started by `ganglion.verification.canonical`, which pins the environment before torch is loaded. Layers are watched
by hooks, so any causal language model with a list of decoder layers can be replayed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganglion.errors import GanglionError
from ganglion.model.loading import load_causal_lm
from ganglion.protocol.st1_cuts import answer_margins
from ganglion.protocol.st1_draws import NumpySampler
from ganglion.verification.canonical import MAX_U32, Opening, Question

SELF_TEST_DOMAIN = b"ganglion/self-test/1"
SELF_TEST_TOKENS = 48

Float32 = NDArray[np.float32]


class CanonicalModel:
    """A model in float32 on one thread, with attention as plain matrix products.

    Args:
        slack: of the edge of top-p and top-k, in logits.
    """

    def __init__(self, folder: Path, slack: float) -> None:
        torch.use_deterministic_algorithms(True)
        torch.backends.mkldnn.enabled = False
        self._model = load_causal_lm(folder, attention="eager")
        self._layers = self._model.get_decoder().layers
        self._vocab = self._model.config.get_text_config().vocab_size
        self._slack = slack

    @property
    def layers(self) -> int:
        """How many there are."""
        return len(self._layers)

    def steps(self, question: Question) -> list[Opening]:
        """What every step of a token gives."""
        ids = question.prompt_ids + question.output_ids[: question.position]
        states, logits = self._run(ids)
        openings = [Opening(step, values) for step, values in enumerate(states)]
        return [*openings, self._head(question, logits)]

    def alone(self, question: Question, step: int, given: Opening) -> Opening:
        """What one step gives on the given result of the one before."""
        ids = question.prompt_ids + question.output_ids[: question.position]
        if step == 0:
            return Opening(0, self._run(ids)[0][0])
        width = self._model.config.get_text_config().hidden_size
        if given.values.shape != (len(ids), width):
            raise ValueError(f"the given states have shape {given.values.shape}, not {(len(ids), width)}")
        states, logits = self._run(ids, begin=step - 1, given=torch.tensor(given.values)[None])
        return self._head(question, logits) if step > self.layers else Opening(step, states[step])

    def self_test(self) -> bytes:
        """blake2b-256 over the hashes of all steps of fixed tokens; no sampler is part of it."""
        draws = hashlib.blake2b(SELF_TEST_DOMAIN, digest_size=64).digest()
        ids = tuple(
            int.from_bytes(draws[i % 61 : i % 61 + 4], "little") + 7919 * i for i in range(SELF_TEST_TOKENS)
        )
        states, logits = self._run(tuple(i % self._vocab for i in ids))
        digest = hashlib.blake2b(SELF_TEST_DOMAIN, digest_size=32)
        for step, values in enumerate([*states, logits]):
            digest.update(Opening(step, values).hash())
        return digest.digest()

    @torch.inference_mode()
    def _run(
        self, ids: tuple[int, ...], *, begin: int = 0, given: torch.Tensor | None = None
    ) -> tuple[list[Float32], Float32]:
        """States after the embedding and after each layer, [tokens, width] each, and the last position's logits.

        With `given`, the layers before `begin` do nothing, and layer `begin` (the head, where there is none) gets
        `given` for its input.
        """
        states: list[Float32] = []
        skipped = self._layers[:begin] if given is not None else []
        for layer in skipped:
            layer.forward = _pass_on
        hooks = [self._layers[0].register_forward_pre_hook(_keep_input(states), with_kwargs=True)]
        hooks += [layer.register_forward_hook(_keep_output(states)) for layer in self._layers]
        if given is not None:
            hooks.append(self._substitute(begin, given))
        try:
            logits = self._model(input_ids=torch.tensor([ids]), use_cache=False, logits_to_keep=1).logits
        finally:
            for hook in hooks:
                hook.remove()
            for layer in skipped:
                del layer.forward  # the class's own again
        return states, logits[0, -1].float().numpy().copy()

    def _substitute(self, begin: int, given: torch.Tensor) -> Any:
        """Give a layer other states; for the head, change what the last layer passes on."""
        if begin < self.layers:
            return self._layers[begin].register_forward_pre_hook(_replace_input(given), with_kwargs=True)
        return self._layers[-1].register_forward_hook(lambda *_: given)

    def _head(self, question: Question, logits: Float32) -> Opening:
        margin = answer_margins(
            NumpySampler(self._vocab),
            logits[None].copy(),
            seed=question.seed,
            params=question.sampling,
            prompt_ids=question.prompt_ids,
            output_ids=question.output_ids,
            start=question.position,
            slack=self._slack,
        )[0]
        return Opening(self.layers + 1, logits, millionths(float(margin)))


def millionths(margin: float) -> int:
    """A margin in millionths of a logit, rounded up; what is no number is as large as can be."""
    return MAX_U32 if not math.isfinite(margin) else min(MAX_U32, max(0, math.ceil(margin * 1e6)))


def _pass_on(hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    return hidden_states


def _first(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    return args[0] if args else kwargs["hidden_states"]


def _keep_input(states: list[Float32]) -> Callable[..., None]:
    def hook(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        states.append(_first(args, kwargs)[0].numpy().copy())

    return hook


def _keep_output(states: list[Float32]) -> Callable[..., None]:
    def hook(_: Any, __: Any, output: Any) -> None:
        tensor = output[0] if isinstance(output, tuple) else output
        states.append(tensor[0].numpy().copy())

    return hook


def _replace_input(given: torch.Tensor) -> Callable[..., Any]:
    def hook(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if args:
            return (given, *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": given}

    return hook


@cache
def load(folder: str, slack: float) -> tuple[CanonicalModel, bytes]:
    """The model, and the digest of its self-test."""
    model = CanonicalModel(Path(folder), slack)
    return model, model.self_test()


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request."""
    model, digest = load(request["folder"], request["slack"])
    if request["task"] == "self-test":
        return {"self_test": digest.hex()}
    question = Question.from_json(request["question"])
    if request["task"] == "replay":
        steps = model.steps(question)
        hashes = [step.hash().hex() for step in steps]
        return {"steps": hashes, "margin": steps[-1].margin, "self_test": digest.hex()}
    step = request["step"]
    if not 0 <= step <= model.layers + 1:
        raise ValueError(f"there is no step {step} in a model of {model.layers} layers")
    if request["task"] == "open":
        opening = model.steps(question)[step]
    else:
        opening = model.alone(question, step, Opening.decode(base64.b64decode(request["given"])))
    return {"opening": base64.b64encode(opening.encode()).decode()}


def main() -> None:
    """Read, answer, write, until there is nothing more to read."""
    for line in sys.stdin.buffer:
        try:
            said = answer(json.loads(line))
        except (GanglionError, ValueError, KeyError, IndexError, AttributeError) as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
