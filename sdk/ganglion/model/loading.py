"""Find a model's folder and load it: safetensors only, none of its own code, fp32, one thread.

A local path never asks a hub; an id is fetched once into the hub's cache and is a local path from then on.
The name of the bundled model is an id too. This file does not know what the model will be used for.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganglion.model.errors import ModelError, ModelUnavailable
from ganglion.model.profile import PROFILE_PATTERNS, profile_files

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BUNDLED_MODEL = "ganglion-tiny"
HUB_TIMEOUT_SECONDS = 10.0


def bundled_model_path() -> Path:
    """The folder of `ganglion-tiny` inside the installed package."""
    return Path(str(files("ganglion"))) / "models" / BUNDLED_MODEL


def resolve_model(path_or_id: str | Path) -> Path:
    """The local folder of a model: the bundled one by name, a folder by path, anything else by its id on a
    hub.

    Raises:
        ModelError: a path that does not exist.
        ModelUnavailable: an id that could not be fetched.
    """
    text = str(path_or_id)
    if text == BUNDLED_MODEL:
        return bundled_model_path()
    folder = Path(text).expanduser()
    if folder.is_dir():
        return folder
    if isinstance(path_or_id, Path) or text.startswith(("/", ".", "~")) or text.count("/") > 1:
        raise ModelError(f"there is no model folder at {folder}", hint=f"try --model {BUNDLED_MODEL}")
    return _fetch(text)


def load_causal_lm(path_or_id: str | Path, *, attention: str = "sdpa") -> PreTrainedModel:
    """A causal language model in fp32, ready for inference, with torch held to one thread.

    Raises:
        ModelError: files missing or damaged, a model with code of its own, or not a causal language model.
    """
    from transformers import AutoModelForCausalLM

    return _load(AutoModelForCausalLM, resolve_model(path_or_id), attention)


def load_encoder(path_or_id: str | Path) -> PreTrainedModel:
    """The encoder of an embedding model in fp32, ready for inference."""
    from transformers import AutoModel

    return _load(AutoModel, resolve_model(path_or_id), "sdpa")


def load_tokenizer(path_or_id: str | Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model folder, with its chat template."""
    from transformers import AutoTokenizer

    folder = resolve_model(path_or_id)
    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ModelError(f"cannot load the tokenizer in {folder}: {error}") from error


def context_length(model: PreTrainedModel) -> int:
    """Tokens of prompt and answer together that the model can take."""
    length = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if not length:
        raise ModelError("the model's config does not say its context length (max_position_embeddings)")
    return int(length)


def stop_token_ids(model: PreTrainedModel) -> tuple[int, ...]:
    """Ids that end an answer, from the generation config; empty when it names none."""
    ids = getattr(model.generation_config, "eos_token_id", None)
    if ids is None:
        return ()
    return tuple(ids) if isinstance(ids, list | tuple) else (int(ids),)


def use_one_thread() -> None:
    """One torch thread for this process: many daemons share one machine, and results do not depend on its
    cores.
    """
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


def _load(auto_class: Any, folder: Path, attention: str) -> PreTrainedModel:
    import torch
    from safetensors import SafetensorError
    from transformers.utils import logging as transformers_logging

    profile_files(folder)
    use_one_thread()
    transformers_logging.disable_progress_bar()
    try:
        model = auto_class.from_pretrained(
            str(folder),
            dtype=torch.float32,
            attn_implementation=attention,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"cannot load the model in {folder}: {error}", hint="is it a complete transformers model?"
        ) from error
    return model.eval().requires_grad_(False)


def _fetch(model_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                model_id,
                allow_patterns=list(PROFILE_PATTERNS),
                etag_timeout=HUB_TIMEOUT_SECONDS,
                max_workers=4,
            )
        )
    except HFValidationError as error:
        raise ModelError(f"{model_id!r} is neither a folder nor a model id: {error}") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        hint = f"check the id, or use a local folder or {BUNDLED_MODEL}"
        raise ModelUnavailable(f"cannot fetch {model_id!r} from the model hub: {error}", hint=hint) from error
