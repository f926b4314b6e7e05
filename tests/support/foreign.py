"""Tiny checkpoints with random weights, in the formats of the foreign families."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from safetensors.torch import save_model
from tokenizers import models, pre_tokenizers, processors, trainers
from transformers.dynamic_module_utils import get_class_from_dynamic_module

from tests.support.dna import random_dna
from tests.support.foreign_code import BERT, BERT_CONFIGURATION, CADUCEUS, CONFIGURATION, HYENA

ENGLISH = "It was the best of times. It was the worst of times. It was the age of wisdom. " * 3
LETTER_IDS = {"A": 7, "C": 8, "G": 9, "T": 10, "N": 11}


def _lively(model: Any) -> Any:
    """Weights large enough that every token gets its own score."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in model.parameters():
            if value.ndim > 1:
                value.copy_(torch.randn(value.shape, generator=generator) * 0.3)
    return model.eval()


def _write(folder: Path, name: str, body: object) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    (folder / name).write_text(text, encoding="utf-8")


def _trained(marks: list[str], texts: list[str], size: int, byte_level: bool) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(models.BPE(unk_token=None if byte_level else "[UNK]"))
    tokenizer.pre_tokenizer = (
        pre_tokenizers.ByteLevel(add_prefix_space=False) if byte_level else pre_tokenizers.Whitespace()
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=marks, show_progress=False, max_token_length=8
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _dna() -> list[str]:
    return [random_dna(60, seed).decode() for seed in range(60)]


def gpt2(folder: Path, marks: tuple[str, ...] = ("<|endoftext|>", "<p_end>"), plain: bool = False) -> Path:
    """As dnagpt's: one byte-level BPE for DNA and English; with `plain` in vocab.json and merges.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _trained(list(marks), [ENGLISH, *_dna()], 200, True)
    if plain:
        tokenizer.model.save(str(folder))
    else:
        tokenizer.enable_truncation(64)  # a file may come with a limit; it must not cut a stretch
        tokenizer.save(str(folder / "tokenizer.json"))
    _write(folder, "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "model_max_length": 1024})
    config = transformers.GPT2Config(
        vocab_size=tokenizer.get_vocab_size(), n_positions=32, n_embd=16, n_layer=2, n_head=2, bos_token_id=0
    )
    model = transformers.GPT2ForSequenceClassification(config)  # as the published one: its head is left over
    _lively(model).save_pretrained(folder)
    return folder


def grover(folder: Path) -> Path:
    """As GROVER: tokenizer.json, and one id more than the model has rows."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _trained(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"], _dna(), 80, False)
    rows = tokenizer.get_vocab_size()
    tokenizer.add_tokens(["[EXTRA]"])
    tokenizer.save(str(folder / "tokenizer.json"))
    _write(folder, "tokenizer_config.json", {"model_max_length": 34, "cls_token": "[CLS]"})
    config = transformers.BertConfig(
        vocab_size=rows,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    _lively(transformers.BertForMaskedLM(config)).save_pretrained(folder)
    return folder


def nucleotide_transformer(folder: Path) -> Path:
    """As the first Nucleotide Transformers: vocab.txt of 6-mers, then single letters."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["".join(kmer) for kmer in itertools.product("ATCG", repeat=6)]
    _write(folder, "vocab.txt", "\n".join(["<unk>", "<pad>", "<mask>", "<cls>", *words, *"ATCGN"]))
    _write(folder, "tokenizer_config.json", {"tokenizer_class": "EsmTokenizer", "eos_token": None})
    config = transformers.EsmConfig(
        vocab_size=4 + 4096 + 5,
        mask_token_id=2,
        pad_token_id=1,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=36,
        token_dropout=False,
    )
    _lively(transformers.EsmForMaskedLM(config)).save_pretrained(folder)
    return folder


def _with_code(
    folder: Path, kind: str, files: dict[str, str], auto_map: dict[str, str], **config: Any
) -> Path:
    """Write code and config.json, and the weights of the model that they describe."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        _write(folder, name, text)
    _write(folder, "config.json", {"model_type": kind, "auto_map": auto_map, **config})
    settings: Any
    settings, model_class = (
        get_class_from_dynamic_module(reference, str(folder)) for reference in auto_map.values()
    )
    plain: Any = type("Plain", (model_class,), {"tie_weights": tie})
    model = _lively(plain(settings.from_pretrained(folder)))
    save_model(model, str(folder / "model.safetensors"))
    return folder


def tie(model: Any, **_: Any) -> None:
    """What transformers 4 would do when a model is built."""
    if model.config.model_type == "caduceus":
        model.lm_head.weight = model.caduceus.embedding.weight


def hyenadna(folder: Path) -> Path:
    """As HyenaDNA's -hf checkpoints."""
    files = {"configuration_tiny.py": CONFIGURATION.format(kind="hyenadna"), "modeling_tiny.py": HYENA}
    auto_map = {
        "AutoConfig": "configuration_tiny.TinyConfig",
        "AutoModelForCausalLM": "modeling_tiny.TinyForCausalLM",
    }
    return _with_code(folder, "hyenadna", files, auto_map, vocab_size=16, max_seq_len=66)


def caduceus(folder: Path, rcps: bool = True) -> Path:
    """As Caduceus's; with `rcps` both strands' states are kept apart."""
    files = {"configuration_tiny.py": CONFIGURATION.format(kind="caduceus"), "modeling_tiny.py": CADUCEUS}
    auto_map = {
        "AutoConfig": "configuration_tiny.TinyConfig",
        "AutoModelForMaskedLM": "modeling_tiny.TinyForMaskedLM",
    }
    pairs = {str(i): {7: 10, 8: 9, 9: 8, 10: 7}.get(i, i) for i in range(16)}
    numbers = {"vocab_size": 16, "d_model": 16, "rcps": rcps, "complement_map": pairs}
    _with_code(folder, "caduceus", files, auto_map, **numbers)
    _write(folder, "tokenizer_config.json", {"model_max_length": 66})
    return folder


def dnabert2(folder: Path) -> Path:
    """As DNABERT-2: BPE in tokenizer.json with [CLS] and [SEP], and code of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _trained(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"], _dna(), 80, False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    auto_map = {
        "AutoConfig": "configuration_bert.BertConfig",
        "AutoModelForMaskedLM": "bert_layers.BertForMaskedLM",
    }
    numbers = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 16,
        "num_attention_heads": 2,
        "max_position_embeddings": 34,
        "alibi_starting_size": 64,
    }
    files = {"configuration_bert.py": BERT_CONFIGURATION, "bert_layers.py": BERT}
    return _with_code(folder, "bert", files, auto_map, **numbers)


MAKERS: dict[str, Callable[[Path], Path]] = {
    "gpt2": gpt2,
    "grover": grover,
    "nucleotide-transformer": nucleotide_transformer,
    "hyenadna": hyenadna,
    "caduceus": caduceus,
    "dnabert2": dnabert2,
}
