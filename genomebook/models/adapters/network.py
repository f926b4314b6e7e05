"""Build the network of a foreign checkpoint and fill it from its safetensors files.

The classes come from transformers or, with the caller's consent, from Python files beside the weights. The
network is built and filled here, because such code is often older than the loader of transformers.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from transformers.dynamic_module_utils import get_class_from_dynamic_module

from genomebook.errors import ReaderError
from genomebook.models.adapters.families import Config, Family
from genomebook.models.adapters.files import one_line, weight_files
from genomebook.models.adapters.runner import Network

NATIVE = {
    "gpt2": (transformers.GPT2Config, transformers.GPT2LMHeadModel),
    "grover": (transformers.BertConfig, transformers.BertForMaskedLM),
    "nucleotide-transformer": (transformers.EsmConfig, transformers.EsmForMaskedLM),
}

UNUSED = ("pooler", "contact_head")
"""Parts that scoring does not need: a checkpoint may leave them out."""

KERNEL = "flash_attn_qkvpacked_func"
"""Attention of MosaicBERT in a dialect of Triton that is no longer there."""

_OF_FOREIGN_CODE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    StrictDataclassError,
    SyntaxError,
    TypeError,
    ValueError,
)


def load_network(folder: Path, family: Family, config: Config, device: str) -> tuple[Network, int, int]:
    """Load a network.

    Parameters
    ----------
    folder : Path
        With config.json, safetensors files and, for remote code, the Python files it names.
    family, config
        Its layout; its config.json. The code named by an ``auto_map`` is run: the caller consented.
    device : str
        As torch names it: "cpu", "cuda", "cuda:1", "mps".

    Returns
    -------
    Network, int, int
        Its forward pass, the width of its hidden states and the number of ids it has rows for.

    Raises
    ------
    ReaderError
        When code, config and weights do not fit each other, or there is no such device.
    """
    model = _build(folder, family, config)
    _fill(folder, family, model)
    try:
        model = model.float().eval().to(device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ReaderError(f"device {device!r} cannot be used ({one_line(error)}); use device='cpu'") from None
    trunk, head = getattr(model, family.trunk), getattr(model, family.head)

    def network(ids: torch.Tensor) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
        return trunk(ids)[0], head

    try:
        with torch.inference_mode():
            states, _ = network(torch.zeros((1, 8), dtype=torch.int64, device=device))
            rows = int(head(states).shape[-1])
    except _OF_FOREIGN_CODE as error:
        raise _unfit(folder, family, error) from None
    return network, int(states.shape[-1]), min(rows, int(model.get_input_embeddings().weight.shape[0]))


def _unfit(folder: Path, family: Family, error: BaseException) -> ReaderError:
    here = f"transformers {transformers.__version__}"
    return ReaderError(
        f"{folder}: this {family.name} does not run with {here} ({one_line(error)}); "
        "use the release it was made for"
    )


def _build(folder: Path, family: Family, config: Config) -> Any:
    if not config.get("auto_map") and family.name not in NATIVE:
        raise ReaderError(
            f"{folder / 'config.json'}: names no code for {family.name} (auto_map); download it anew"
        )
    try:
        if config.get("auto_map"):
            config_class, model_class = _own_classes(folder, family, config["auto_map"])
        else:
            config_class, model_class = NATIVE[family.name]
        return model_class(config_class.from_pretrained(str(folder), local_files_only=True))
    except ImportError as error:
        raise ReaderError(f"{folder}: its code needs a library ({one_line(error)}); install it") from None
    except _OF_FOREIGN_CODE as error:
        raise _unfit(folder, family, error) from None


def _own_classes(folder: Path, family: Family, auto_map: Config) -> tuple[Any, Any]:
    """Import the config and model classes of the checkpoint, from its own folder alone."""
    wanted = "AutoModelForCausalLM" if family.kind == "causal" else "AutoModelForMaskedLM"
    keys = ("AutoConfig", wanted)
    for key in keys:
        if key not in auto_map:
            raise ReaderError(
                f"{folder / 'config.json'}: its auto_map has no {key}; take a checkpoint with one"
            )
    references = [str(auto_map[key]).rpartition("--")[2] for key in keys]
    config_class, model_class = (
        get_class_from_dynamic_module(reference, str(folder), local_files_only=True)
        for reference in references
    )
    _mend(model_class)
    return config_class, model_class


def _mend(model_class: Any) -> None:
    """Adapt code written for transformers 4 to transformers 5, without kernels of its own."""
    tie = model_class.__dict__.get("tie_weights")
    if tie is not None and "recompute_mapping" not in inspect.signature(tie).parameters:
        model_class.tie_weights = lambda self, *_args, **_options: tie(self)
    for base in model_class.__mro__:
        if isinstance(base.__dict__.get("_tied_weights_keys"), list):
            base._tied_weights_keys = None
    module = sys.modules[model_class.__module__]
    if hasattr(module, KERNEL):
        setattr(module, KERNEL, None)  # the code then takes plain attention


def _fill(folder: Path, family: Family, model: Any) -> None:
    """Copy the weights in, and check that none keeps its random initial value."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    targets = {**parameters, **dict(model.named_buffers(remove_duplicate=False))}
    filled: set[int] = set()
    for given, value in _weights(folder):
        name = given.replace("Norm.gamma", "Norm.weight").replace("Norm.beta", "Norm.bias")
        for known in (name, f"{family.trunk}.{name}"):
            target = targets.get(known)
            if target is None:
                continue
            if target.shape != value.shape:
                shapes = f"{tuple(value.shape)}, not {tuple(target.shape)}"
                raise ReaderError(
                    f"{folder}: weight {known} is {shapes} as config.json says; download it anew"
                )
            target.data.copy_(value)
            filled.add(id(target))
            break
    missing = [
        name
        for name, value in parameters.items()
        if id(value) not in filled and not any(part in name for part in UNUSED)
    ]
    if missing and not _tie(model, filled, [parameters[name] for name in missing]):
        raise ReaderError(
            f"{folder}: its weights lack {len(missing)}, such as {missing[0]}; download it anew"
        )


def _tie(model: Any, filled: set[int], missing: list[Any]) -> bool:
    """Share the embeddings with the last layer when it alone is missing."""
    given, last = model.get_input_embeddings(), model.get_output_embeddings()
    if last is None or id(given.weight) not in filled or given.weight.shape != last.weight.shape:
        return False
    if any(value is not last.weight for value in missing):
        return False
    if hasattr(last, "set_weight"):
        last.set_weight(given.weight)
    else:
        last.weight = given.weight
    return True


def _weights(folder: Path) -> Iterator[tuple[str, torch.Tensor]]:
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118
                    yield name, file.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise ReaderError(f"{path}: cut short or damaged ({one_line(error)}); download it anew") from None
