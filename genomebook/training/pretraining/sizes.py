"""Sizes of readers, from ``sizes.toml`` or a file of the same form."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genomebook.errors import OptionError, ReaderError
from genomebook.models.checkpoint import Kind

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_SHIPPED = Path(__file__).with_name("sizes.toml")


@dataclass(frozen=True)
class ReaderSize:
    """Layers, width of hidden states, attention heads and tokens of a window of a transformer."""

    layers: int
    width: int
    heads: int
    window: int


def read_size(name: str) -> ReaderSize:
    """Give a size of ``sizes.toml`` by name, or of a file (``FILE.toml:NAME``; its only: ``FILE.toml``).

    Raises
    ------
    ReaderError
        When there is no such file or name, or its numbers do not make a model.
    """
    path, table = _SHIPPED, name
    if ".toml" in name:
        stem, _, rest = name.partition(".toml")
        path, table = Path(stem + ".toml"), rest.removeprefix(":")
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReaderError(
            f"{path}: not a readable file of sizes ({error}); see sizes.toml for the form"
        ) from None
    if not table and len(tables) == 1:
        table = next(iter(tables))
    if table not in tables:
        raise OptionError(f"{path}: holds no size {table!r}; it has {', '.join(tables)}")
    numbers = tables[table]
    try:
        size = ReaderSize(**numbers)
    except TypeError:
        size = ReaderSize(0, 0, 0, 0)
    if not all(isinstance(n, int) and n > 0 for n in asdict(size).values()) or size.width % size.heads:
        raise ReaderError(
            f"{path}: {table!r} needs whole numbers layers, width, heads, window; heads divide width"
        )
    return size


def new_model(kind: Kind, size: ReaderSize, ids: int, seed: int) -> PreTrainedModel:
    """Make GPT-2 (causal; Radford et al. 2019) or BERT (masked; Devlin et al. 2019) with random weights.

    Parameters
    ----------
    kind, size
        Of the model.
    ids, seed : int
        Size of the id space; decides the weights.

    Returns
    -------
    GPT2LMHeadModel or BertForMaskedLM
        Without dropout: at these sizes and budgets a window is rarely seen twice.
    """
    import torch
    from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    if kind == "causal":
        config = GPT2Config(
            vocab_size=ids, n_positions=size.window,
            n_embd=size.width, n_layer=size.layers, n_head=size.heads,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
            activation_function="gelu_pytorch_tanh", bos_token_id=None, eos_token_id=None,
        )  # fmt: skip
        return GPT2LMHeadModel(config)
    encoder = BertConfig(
        vocab_size=ids, max_position_embeddings=size.window,
        hidden_size=size.width, num_hidden_layers=size.layers,
        num_attention_heads=size.heads, intermediate_size=4 * size.width, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, type_vocab_size=1, pad_token_id=None,
    )  # fmt: skip
    return BertForMaskedLM(encoder)
