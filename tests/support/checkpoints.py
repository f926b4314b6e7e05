"""Tiny checkpoint folders with random weights, in the form that every trained reader has."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from genomebook.language.bilingual import Bilingual, learn_english
from genomebook.language.vocabulary import load_vocabulary

WIDTH, WINDOW, LOOKAHEAD = 32, 64, 2

_ENGLISH = """It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was
the season of Darkness, it was the spring of hope, it was the winter of despair, we had all before us."""


@lru_cache(maxsize=1)
def scripts() -> Bilingual:
    """The id space of tiny readers: words-600 and 300 ids of English."""
    return Bilingual("two-script", load_vocabulary("words-600"), learn_english([_ENGLISH], 300))


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tiny(
    folder: Path, kind: str = "causal", seed: int = 0, boundaries: bool = True, window: int = WINDOW
) -> Path:
    """Write a checkpoint folder: words-600, width 32, 2 layers of 2 heads, window 64, no model.onnx.

    Parameters
    ----------
    folder : Path
        Made when it is missing.
    kind : "causal" or "masked"
        GPT-2 or BERT.
    seed : int
        Decides the weights, which are large enough that every word gets its own score.
    boundaries : bool
        With heads of boundaries; a masked reader has none whatever this says.
    window : int
        Words of a window, and rows of the table of positions.

    Returns
    -------
    Path
        ``folder``.
    """
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    model = _model(kind, window)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():  # biases and norms too: a graph that leaves one out must not go unseen
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    scripts().write(folder)
    heads = folder / "boundaries.safetensors"
    if boundaries and kind == "causal":
        rng = np.random.default_rng(seed)
        save_file(
            {
                "weight": rng.normal(0, 1, (2, WIDTH)).astype(np.float32),
                "bias": np.array([-1, -3], np.float32),
            },
            heads,
        )
    body = {
        "format": "genomebook-reader-1",
        "name": f"tiny-{kind}",
        "kind": kind,
        "window": window,
        "lookahead": LOOKAHEAD if heads.exists() else 0,
        "scripts": scripts().digest,
        "words": scripts().words.digest,
        "weights": sha256(folder / "model.safetensors"),
        "boundaries": sha256(heads) if heads.exists() else None,
        "onnx": None,
        "training": {"steps": 0},
    }
    (folder / "reader.json").write_text(json.dumps(body, indent=1, sort_keys=True) + "\n")
    return folder


def _model(kind: str, window: int) -> Any:
    from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

    if kind == "causal":
        config = GPT2Config(
            vocab_size=scripts().size, n_positions=window, n_embd=WIDTH, n_layer=2, n_head=2,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, initializer_range=0.3,
            bos_token_id=None, eos_token_id=None,
        )  # fmt: skip
        return GPT2LMHeadModel(config)
    encoder = BertConfig(
        vocab_size=scripts().size, max_position_embeddings=window, hidden_size=WIDTH, num_hidden_layers=2,
        num_attention_heads=2, intermediate_size=4 * WIDTH, hidden_dropout_prob=0.0, type_vocab_size=1,
        attention_probs_dropout_prob=0.0, initializer_range=0.3, pad_token_id=None,
    )  # fmt: skip
    return BertForMaskedLM(encoder)


def edit(folder: Path, **changes: Any) -> None:
    """Change fields of ``reader.json``."""
    path = folder / "reader.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def dna(n: int, seed: int = 0) -> NDArray[np.uint16]:
    """n random DNA words of the id space, no gap: uint16[n]."""
    return np.random.default_rng(seed).integers(16, len(scripts().words), n).astype(np.uint16)
