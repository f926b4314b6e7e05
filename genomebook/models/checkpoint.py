"""Checkpoint folders, opened and checked without torch before anything runs.

A folder holds ``config.json`` and ``model.safetensors`` as transformers writes them, ``reader.json`` with the
digest of every other file, the vocabulary, and optionally ``boundaries.safetensors`` and ``model.onnx``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from genomebook.errors import ReaderError, VocabularyError
from genomebook.files.digests import file_digest
from genomebook.files.manifest import Count, Sha256, Share, read_json, validated
from genomebook.language.bilingual import Bilingual
from genomebook.models.anchors import SCHEME

FORMAT = "genomebook-reader-1"
READER, CONFIG, SCRIPTS = "reader.json", "config.json", "scripts.json"
WEIGHTS, BOUNDARIES, ONNX = "model.safetensors", "boundaries.safetensors", "model.onnx"
Kind = Literal["causal", "masked"]
_FAMILY = {"causal": "gpt2", "masked": "bert"}
_ANEW = "copy the checkpoint anew or train it again"


class ScheduleRecord(msgspec.Struct, frozen=True):
    """How long a reader was pretrained, and on what."""

    steps: Count
    rows: Count
    dna_share: Share
    seed: int


class TrainingRecord(msgspec.Struct, frozen=True):
    """Fields of ``training`` in ``reader.json`` that are read again; None where they are absent."""

    schedule: ScheduleRecord | None = None
    tokens: Count | None = None
    processes: Count | None = None
    device: str | None = None
    hours: float | None = None
    precision: str | None = None
    torch: str | None = None


class CheckpointMeta(msgspec.Struct, frozen=True):
    """``reader.json``."""

    format: Literal["genomebook-reader-1"]
    name: str
    kind: Kind
    window: Count
    lookahead: Count
    scripts: Sha256
    words: Sha256
    weights: Sha256
    boundaries: Sha256 | None
    onnx: Sha256 | None
    training: TrainingRecord = TrainingRecord()


@dataclass(frozen=True)
class NetworkShape:
    """Sizes of a transformer.

    Attributes
    ----------
    layers, width, heads, inner : int
        Layers; width of hidden states; attention heads; width of the feed-forward part.
    ids, positions : int
        Rows of the tables of words and of positions.
    epsilon : float
        Epsilon of layer norm.
    """

    layers: int
    width: int
    heads: int
    inner: int
    ids: int
    positions: int
    epsilon: float


@dataclass(frozen=True)
class Checkpoint:
    """A checked checkpoint folder.

    Attributes
    ----------
    folder : Path
        Where it is.
    meta : CheckpointMeta
        Content of ``reader.json``.
    shape : NetworkShape
        Sizes of the model.
    scripts : Bilingual
        Its id space.
    """

    folder: Path
    meta: CheckpointMeta
    shape: NetworkShape
    scripts: Bilingual

    @property
    def name(self) -> str:
        """Name of the reader."""
        return self.meta.name

    @property
    def kind(self) -> Kind:
        """GPT-2 ("causal") or BERT ("masked")."""
        return self.meta.kind

    @property
    def window(self) -> int:
        """Words in a window."""
        return self.meta.window

    @property
    def lookahead(self) -> int:
        """Words after a boundary at which its head answers."""
        return self.meta.lookahead

    @property
    def onnx(self) -> Path | None:
        """Graph for ONNX Runtime, if there is one."""
        return self.folder / ONNX if self.meta.onnx else None

    @property
    def gives(self) -> frozenset[str]:
        """Scores it can give."""
        return frozenset({"surprisal", "hidden"} | ({"boundary"} if self.meta.boundaries else set()))

    @property
    def says(self) -> int:
        """Ids from 0 that compete for a word: DNA words and special tokens, or a whole unified vocabulary."""
        return self.scripts.first_english if self.scripts.kind == "two-script" else self.shape.ids

    def digest(self, runs: str) -> str:
        """SHA-256 of what determines the scores; ``runs`` is the digest of the weights or graph that runs."""
        kept = {
            key: getattr(self.meta, key)
            for key in ("format", "kind", "window", "lookahead", "scripts", "boundaries")
        }
        text = json.dumps({**kept, "runs": runs, "windows": SCHEME}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def tensors(self, name: str = WEIGHTS) -> dict[str, NDArray[np.float32]]:
        """Read the tensors of a file, as float32."""
        with safe_open(self.folder / name, "numpy") as file:
            return {key: file.get_tensor(key).astype(np.float32) for key in file.keys()}  # noqa: SIM118


def open_checkpoint(folder: Path) -> Checkpoint:
    """Open and check a checkpoint folder.

    Raises
    ------
    ReaderError
        When a file is missing, cut short or altered, the tensors are not those of ``config.json``, or the
        vocabulary does not fit the model.
    """
    if not folder.is_dir():
        raise ReaderError(f"{folder}: no such checkpoint folder; check the path")
    body, config = _json(folder / READER), _json(folder / CONFIG)
    meta = _typed(folder / READER, body)
    shape = _shape(folder / CONFIG, config, meta.kind)
    scripts = _scripts(folder, meta, shape)
    if shape.positions < meta.window:
        what = f"{shape.positions} positions are fewer than the window of {meta.window} in {READER}"
        raise ReaderError(f"{folder / CONFIG}: {what}; {_ANEW}")
    _check_tensors(folder / WEIGHTS, _expected(meta.kind, shape))
    if meta.boundaries:
        _check_tensors(folder / BOUNDARIES, {"weight": (2, shape.width), "bias": (2,)})
    for name, digest in ((WEIGHTS, meta.weights), (BOUNDARIES, meta.boundaries), (ONNX, meta.onnx)):
        if digest:
            _check_digest(folder / name, digest)
    return Checkpoint(folder, meta, shape, scripts)


def _json(path: Path) -> dict[str, Any]:
    try:
        return read_json(path, _ANEW, ReaderError)
    except FileNotFoundError:
        raise ReaderError(f"{path}: missing, so this is not a finished checkpoint; {_ANEW}") from None


def _typed(path: Path, meta: dict[str, Any]) -> CheckpointMeta:
    if meta.get("format") != FORMAT:
        raise ReaderError(f"{path}: not in the format {FORMAT}; train or export it with this version")
    typed = validated(path, meta, CheckpointMeta, _ANEW, ReaderError)
    if typed.window < 8 or typed.window % 8 or typed.lookahead >= typed.window // 2:
        raise ReaderError(f"{path}: a window is a multiple of 8, more than twice the lookahead; {_ANEW}")
    return typed


def _shape(path: Path, config: dict[str, Any], kind: str) -> NetworkShape:
    if config.get("model_type") != _FAMILY[kind]:
        family = config.get("model_type")
        raise ReaderError(f"{path}: a {kind} reader is a {_FAMILY[kind]} model, not {family}; {_ANEW}")
    names = {
        "causal": ("n_layer", "n_embd", "n_head", "n_inner", "vocab_size", "n_positions"),
        "masked": (
            "num_hidden_layers",
            "hidden_size",
            "num_attention_heads",
            "intermediate_size",
            "vocab_size",
            "max_position_embeddings",
        ),
    }[kind]
    numbers = [config.get(name) for name in names]
    if kind == "causal" and numbers[3] is None and isinstance(numbers[1], int):
        numbers[3] = 4 * numbers[1]
    epsilon = config.get("layer_norm_epsilon" if kind == "causal" else "layer_norm_eps")
    whole = [number for number in numbers if isinstance(number, int) and number > 0]
    if len(whole) < len(numbers) or not isinstance(epsilon, float) or whole[1] % whole[2]:
        raise ReaderError(f"{path}: lacks numbers of a {_FAMILY[kind]} model; {_ANEW}")
    activation = config.get("activation_function" if kind == "causal" else "hidden_act")
    wanted = {"causal": ("gelu_pytorch_tanh", "gelu_new"), "masked": ("gelu",)}[kind]
    if activation not in wanted:
        raise ReaderError(f"{path}: activation {activation}, {wanted[0]} expected; train it with genomebook")
    layers, width, heads, inner, ids, rows = whole
    return NetworkShape(layers, width, heads, inner, ids, rows, epsilon)


def _scripts(folder: Path, meta: CheckpointMeta, shape: NetworkShape) -> Bilingual:
    try:
        scripts = Bilingual.open(folder)
    except VocabularyError as error:
        raise ReaderError(str(error)) from None
    if scripts.digest != meta.scripts or scripts.words.digest != meta.words:
        what = "not the vocabulary that the reader was trained with"
        raise ReaderError(f"{folder / SCRIPTS}: {what}; {_ANEW}")
    if scripts.size != shape.ids:
        what = f"{shape.ids} ids in the model, {scripts.size} in its vocabulary"
        raise ReaderError(f"{folder / CONFIG}: {what}; {_ANEW}")
    return scripts


def _check_tensors(path: Path, expected: dict[str, tuple[int, ...]]) -> None:
    """Raise ReaderError when a safetensors file is damaged or does not hold exactly these tensors."""
    try:
        with safe_open(path, "numpy") as file:
            slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
            shapes = {key: tuple(item.get_shape()) for key, item in slices.items()}
            types = {str(item.get_dtype()) for item in slices.values()}
    except FileNotFoundError:
        raise ReaderError(f"{path}: missing; {_ANEW}") from None
    except (OSError, SafetensorError) as error:
        what = " ".join(str(error).split())
        raise ReaderError(f"{path}: damaged or cut short ({what}); {_ANEW}") from None
    wrong = sorted(key for key in expected if shapes.get(key) != expected[key])
    if wrong:
        what = f"tensor {wrong[0]} is {shapes.get(wrong[0], 'missing')}, {expected[wrong[0]]} expected"
        raise ReaderError(f"{path}: {what}; {_ANEW}")
    if surplus := sorted(shapes.keys() - expected.keys()):
        raise ReaderError(f"{path}: tensor {surplus[0]} is not one of this model; {_ANEW}")
    if types - {"F32", "F16"}:
        raise ReaderError(f"{path}: tensors are {', '.join(sorted(types))}, not F32 or F16; {_ANEW}")


def _check_digest(path: Path, digest: str) -> None:
    try:
        actual = file_digest(path)
    except OSError as error:
        raise ReaderError(f"{path}: {error.strerror}; {_ANEW}") from None
    if actual != digest:
        raise ReaderError(f"{path}: altered, its SHA-256 is not the one in {READER}; {_ANEW}")


def _expected(kind: str, shape: NetworkShape) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors of a model, as transformers writes them, tied ones once."""
    return _gpt2(shape) if kind == "causal" else _bert(shape)


def _gpt2(shape: NetworkShape) -> dict[str, tuple[int, ...]]:
    d, inner = shape.width, shape.inner
    tensors: dict[str, tuple[int, ...]] = {"wte.weight": (shape.ids, d), "wpe.weight": (shape.positions, d)}
    layer = {
        "attn.c_attn": (d, 3 * d),
        "attn.c_proj": (d, d),
        "mlp.c_fc": (d, inner),
        "mlp.c_proj": (inner, d),
    }
    for number in range(shape.layers):
        for name, (rows, columns) in layer.items():
            tensors[f"h.{number}.{name}.weight"] = (rows, columns)
            tensors[f"h.{number}.{name}.bias"] = (columns,)
    norms = [f"h.{number}.ln_{k}" for number in range(shape.layers) for k in (1, 2)] + ["ln_f"]
    tensors.update({f"{name}.{part}": (d,) for name in norms for part in ("weight", "bias")})
    return {f"transformer.{name}": size for name, size in tensors.items()}


def _bert(shape: NetworkShape) -> dict[str, tuple[int, ...]]:
    d, inner = shape.width, shape.inner
    tables = {"word": shape.ids, "position": shape.positions, "token_type": 1}
    tensors: dict[str, tuple[int, ...]] = {
        f"bert.embeddings.{name}_embeddings.weight": (rows, d) for name, rows in tables.items()
    }
    layer = {f"attention.self.{name}": (d, d) for name in ("query", "key", "value")}
    layer |= {"attention.output.dense": (d, d), "intermediate.dense": (inner, d), "output.dense": (d, inner)}
    linear = {
        f"bert.encoder.layer.{n}.{name}": size for n in range(shape.layers) for name, size in layer.items()
    }
    linear["cls.predictions.transform.dense"] = (d, d)
    norms = ["bert.embeddings.LayerNorm", "cls.predictions.transform.LayerNorm"]
    for number in range(shape.layers):
        norms += [f"bert.encoder.layer.{number}.{part}.LayerNorm" for part in ("attention.output", "output")]
    for name, (rows, columns) in linear.items():
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = (rows, columns), (rows,)
    tensors.update({f"{name}.{part}": (d,) for name in norms for part in ("weight", "bias")})
    tensors["cls.predictions.bias"] = (shape.ids,)
    return tensors
