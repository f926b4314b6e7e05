"""The foreign families: how each is recognised, cuts letters into tokens, and is laid out inside.

All give surprisal and hidden states.

gpt2
    dnagpt. Byte-level BPE, one vocabulary for DNA and English; read from left to right in windows of 256
    tokens, the length it was trained with. Gives boundaries if it has tokens for both "." and "<p_end>". The
    checkpoint gene_eng_gpt2_v1_ft was tuned as a classifier after it was a language model: its surprisals are
    those of the language model as far as tuning left it.
grover
    BPE; read both ways, hidden tokens predicted. The published weights are pickled: convert them first.
dnabert2
    BPE; read both ways; has code of its own.
nucleotide-transformer
    6-mers from the start of each run of ACGT, what is left of it letter by letter; read both ways. The second
    version has code of its own.
hyenadna
    Letters; read from left to right; has code of its own.
caduceus
    Letters; read both ways; has code of its own. Where it keeps the states of both strands apart, the hidden
    state is their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from genomebook.errors import ReaderError
from genomebook.models.adapters.tokens import (
    UNKNOWN,
    Tokenizer,
    base_tokenizer,
    bpe_tokenizer,
    kmer_tokenizer,
    load_bpe,
    read_vocabulary,
)

Config = Mapping[str, Any]


@dataclass(frozen=True)
class SpecialTokens:
    """Special ids; None where the family has none.

    Parameters
    ----------
    front, back : int, optional
        Before and after the tokens of every window; in a causal model, `front` before the stretch.
    mask : int, optional
        Replaces a hidden token.
    ends : (int, int), optional
        End of a sentence and of a paragraph.
    """

    front: int | None = None
    back: int | None = None
    mask: int | None = None
    ends: tuple[int, int] | None = None


@dataclass(frozen=True)
class Family:
    """How the checkpoints of one family are laid out.

    Parameters
    ----------
    name : str
        Such as ``grover``.
    kind : "causal" or "masked"
        Causal models predict the next token, masked ones a hidden one.
    trunk, head : str
        Attributes of the model: what computes hidden states, and what turns them into logits.
    longest : int
        Maximum positions of a window with special tokens; the model's own limit holds too.
    tokens : callable
        Folder, config and number of rows to a tokenizer and the special tokens.
    """

    name: str
    kind: Literal["causal", "masked"]
    trunk: str
    head: str
    longest: int
    tokens: Callable[[Path, Config, int], tuple[Tokenizer, SpecialTokens]]


def _gpt2_tokens(folder: Path, config: Config, size: int) -> tuple[Tokenizer, SpecialTokens]:
    tokenizer, source = load_bpe(folder, byte_level=True)
    number = tokenizer.token_to_id
    front = number("<|endoftext|>")
    sentence, paragraph = number("."), number("<p_end>")
    both = sentence is not None and paragraph is not None and max(sentence, paragraph) < size
    return bpe_tokenizer(tokenizer, source, size, None), SpecialTokens(
        front if front is not None and front < size else None, ends=(sentence, paragraph) if both else None
    )


def _bert_tokens(folder: Path, config: Config, size: int) -> tuple[Tokenizer, SpecialTokens]:
    tokenizer, source = load_bpe(folder, byte_level=False)
    unknown, front, back, mask = (
        tokenizer.token_to_id(f"[{name}]") for name in ("UNK", "CLS", "SEP", "MASK")
    )
    return bpe_tokenizer(tokenizer, source, size, unknown), SpecialTokens(front, back, mask)


def _kmer_tokens(folder: Path, config: Config, size: int) -> tuple[Tokenizer, SpecialTokens]:
    vocabulary = read_vocabulary(folder)
    k = max((len(token) for token in vocabulary if set(token) <= set("ACGT")), default=0)
    unknown = vocabulary.get(UNKNOWN[1])
    if unknown is None or sum(len(token) == k and set(token) <= set("ACGT") for token in vocabulary) != 4**k:
        raise ReaderError(f"{folder}: its vocabulary is not one of k-mers with <unk>; download it anew")
    return kmer_tokenizer(vocabulary, k, unknown), SpecialTokens(
        vocabulary.get("<cls>"), None, vocabulary.get("<mask>")
    )


FIRST_LETTER = 7
"""Id of A where a config does not tell: ids 0 to 6 are [CLS] [SEP] [BOS] [MASK] [PAD] [RESERVED] [UNK]."""


def _letter_tokens(folder: Path, config: Config, size: int) -> tuple[Tokenizer, SpecialTokens]:
    try:
        pairs = {int(i): int(other) for i, other in (config.get("complement_map") or {}).items()}
    except (AttributeError, TypeError, ValueError):
        raise ReaderError(
            f"{folder / 'config.json'}: its complement_map is not one; download it anew"
        ) from None
    first = min((i for i, other in pairs.items() if i != other), default=FIRST_LETTER)
    if first + 5 > size:
        raise ReaderError(f"{folder}: {size} ids are too few for letters from id {first}; download it anew")
    mask = 3 if first == FIRST_LETTER else first - 4
    ids = {letter: first + i for i, letter in enumerate("ACGTN")}
    return base_tokenizer(ids, ids["N"]), SpecialTokens(mask=mask)


FAMILIES = {
    family.name: family
    for family in (
        Family("gpt2", "causal", "transformer", "lm_head", 256, _gpt2_tokens),
        Family("grover", "masked", "bert", "cls", 512, _bert_tokens),
        Family("dnabert2", "masked", "bert", "cls", 512, _bert_tokens),
        Family("nucleotide-transformer", "masked", "esm", "lm_head", 512, _kmer_tokens),
        Family("hyenadna", "causal", "hyena", "lm_head", 8192, _letter_tokens),
        Family("caduceus", "masked", "caduceus", "lm_head", 4096, _letter_tokens),
    )
}


def choose(folder: Path, config: Config) -> Family:
    """Determine the family of a checkpoint from its config.json; raise ReaderError when it is unknown."""
    kind = config.get("model_type")
    own_code = bool(config.get("auto_map"))
    name = {
        "gpt2": "gpt2",
        "bert": "dnabert2" if own_code else "grover",
        "esm": "nucleotide-transformer",
        "hyenadna": "hyenadna",
        "caduceus": "caduceus",
    }.get(str(kind))
    if name is None:
        raise ReaderError(
            f"{folder / 'config.json'}: no adapter for models of type {kind!r}; "
            f"there are {', '.join(FAMILIES)}"
        )
    return FAMILIES[name]


def window_size(folder: Path, family: Family, config: Config, limit: int | None) -> int:
    """Tokens of a window that family, positions and tokenizer allow, a multiple of 8.

    `limit` is ``model_max_length`` of the tokenizer_config.json, if there is one.
    """
    limits = [family.longest]
    for key in ("n_positions", "max_position_embeddings", "max_seq_len"):
        if isinstance(config.get(key), int):
            limits.append(config[key])
    if (
        family.name == "nucleotide-transformer"
        and config.get("position_embedding_type", "absolute") == "absolute"
    ):
        limits[1:] = [positions - int(config.get("pad_token_id") or 0) - 1 for positions in limits[1:]]
    if limit is not None:
        limits.append(limit)
    size = (min(limits) - (2 if family.kind == "masked" else 0)) // 8 * 8
    if size < 8:
        raise ReaderError(
            f"{folder}: reads only {min(limits)} positions at once, too few; use a larger model"
        )
    return size
