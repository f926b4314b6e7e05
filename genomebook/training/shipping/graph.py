"""A reader as an ONNX graph, written node by node: one window in, scores out; logits stay inside.

Inputs: ``ids`` int64[t], the tokens of a window; ``first`` int64[1], rows before it are only keys and values
of the last layer; ``asked`` int64[m], rows counted from ``first`` whose surprisal is computed; ``answers``
int64[m], the ids expected there. Outputs: ``hidden`` float32[t - first, width], after the last layer norm;
``boundary`` float32[t - first, 2], if the reader has heads; ``surprisal`` float32[m], bits.

``int8``: every weight matrix is stored as int8 with one scale per column (per row in the table of words), and
every activation is quantised to uint8 on the fly with one scale per matrix. Weights use 7 bits, so that sums
of two products stay within 16 bits on processors without integer dot products.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from genomebook.models.checkpoint import Kind, NetworkShape

Precision = Literal["float32", "float16", "int8"]
"""How weights are kept; float16 is storage alone, the arithmetic is float32."""

Weights = Mapping[str, NDArray[np.float32]]
_LEVELS = 63


class _Graph:
    """Nodes and tensors of a graph; methods return the name of what they add."""

    def __init__(self, precision: Precision) -> None:
        self.precision = precision
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.quantised: dict[str, tuple[str, str, str]] = {}

    def op(self, kind: str, *inputs: str, outputs: int = 1, name: str = "", **attributes: Any) -> Any:
        """Add a node."""
        stem = name or f"t{len(self.nodes)}"
        names = [stem] if outputs == 1 else [f"{stem}.{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """Add a tensor as it is."""
        name = f"c{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def weight(self, value: NDArray[np.float32]) -> str:
        """Add a weight that is used as float32."""
        if self.precision != "float16":
            return self.constant(value)
        return str(self.op("Cast", self.constant(value, np.float16), to=TensorProto.FLOAT))

    def table(self, value: NDArray[np.float32]) -> _Table:
        """Add the table of words, used for embedding and for answering."""
        return _Table(self, value)

    def quantise(self, x: str) -> tuple[str, str, str]:
        """Quantise an activation to uint8: names of values, scale and zero."""
        if x not in self.quantised:
            self.quantised[x] = tuple(self.op("DynamicQuantizeLinear", x, outputs=3))
        return self.quantised[x]

    def linear(self, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """Multiply by weight [k, n] and add bias [n]."""
        if self.precision != "int8":
            return str(self.op("Gemm", x, self.weight(weight), self.weight(bias)))
        values, scales = _to_int8(weight, axis=0)
        product = self.integer_product(self.quantise(x), self.constant(values, np.int8), scales)
        return str(self.op("Add", product, self.weight(bias)))

    def integer_product(self, x: tuple[str, str, str], weight: str, scales: NDArray[np.float32]) -> str:
        """Multiply a quantised activation by an int8 weight [k, n] with scales [n], as float32."""
        values, scale, zero = x
        product = self.op("Cast", self.op("MatMulInteger", values, weight, zero), to=TensorProto.FLOAT)
        return str(self.op("Mul", product, self.op("Mul", scale, self.constant(scales))))

    def norm(self, x: str, weights: Weights, name: str, epsilon: float, output: str = "") -> str:
        """Layer norm."""
        scale, bias = (self.weight(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return str(self.op("LayerNormalization", x, scale, bias, name=output, axis=-1, epsilon=epsilon))

    def from_row(self, x: str, first: str) -> str:
        """Rows of x from ``first`` on."""
        return str(self.op("Slice", x, first, self.constant([2**31], np.int64), self.constant([0], np.int64)))


class _Table:
    """Embeddings of the words, [ids, width]."""

    def __init__(self, graph: _Graph, value: NDArray[np.float32]) -> None:
        self.graph = graph
        if graph.precision == "int8":
            self.values, self.scales = _to_int8(value, axis=1)
            self.name = graph.constant(self.values, np.int8)
        else:
            self.name = graph.constant(value, np.dtype(graph.precision))

    def look_up(self, ids: str) -> str:
        """Embeddings float32[t, width] of ids."""
        graph, rows = self.graph, self.graph.op("Gather", self.name, ids)
        if graph.precision == "float32":
            return str(rows)
        rows = graph.op("Cast", rows, to=TensorProto.FLOAT)
        if graph.precision == "float16":
            return str(rows)
        return str(graph.op("Mul", rows, graph.op("Gather", graph.constant(self.scales[:, None]), ids)))

    def answer(self, x: str, asked: str, says: int) -> str:
        """Logits float32[m, says] of the asked rows of x."""
        graph = self.graph
        zero, end = (graph.constant([number], np.int64) for number in (0, says))
        words = graph.op("Slice", self.name, zero, end, zero)
        if graph.precision == "int8":
            values, scale, zero = graph.quantise(x)
            rows = (graph.op("Gather", values, asked), scale, zero)
            table = graph.op("Transpose", words, perm=[1, 0])
            return graph.integer_product(rows, table, self.scales[:says])
        table = words
        if graph.precision == "float16":
            table = graph.op("Cast", table, to=TensorProto.FLOAT)
        return str(graph.op("Gemm", graph.op("Gather", x, asked), table, transB=1))


def _to_int8(weight: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric int8 and the scales along the other axis."""
    scales = np.maximum(np.abs(weight).max(axis=axis), 1e-12).astype(np.float32) / np.float32(_LEVELS)
    return np.rint(weight / np.expand_dims(scales, axis)).astype(np.int8), scales


def make_graph(
    kind: Kind,
    shape: NetworkShape,
    weights: Weights,
    boundaries: Weights | None,
    precision: Precision,
    says: int,
) -> bytes:
    """Write the graph of a reader as an ONNX model of operator set 20.

    Parameters
    ----------
    kind : "causal" or "masked"
        GPT-2 (Radford et al. 2019) or BERT (Devlin et al. 2019).
    shape : NetworkShape
        Sizes of the model.
    weights : mapping
        Tensors by their names in transformers, float32.
    boundaries : mapping or None
        "weight" [2, width] and "bias" [2].
    precision : "float32", "float16" or "int8"
        How weights are stored; see above.
    says : int
        Ids from 0 that compete for a word.
    """
    graph = _Graph(precision)
    hidden, logits = (_gpt2 if kind == "causal" else _bert)(graph, shape, weights, says)
    outputs: dict[str, list[str | int | None]] = {"hidden": ["rows", shape.width], "surprisal": ["asked"]}
    if boundaries is not None:
        head = graph.constant(boundaries["weight"].T), graph.constant(boundaries["bias"])
        graph.op("Gemm", hidden, *head, name="boundary")
        outputs["boundary"] = ["rows", 2]
    column = graph.op("Unsqueeze", "answers", graph.constant([1], np.int64))
    chosen = graph.op("GatherElements", graph.op("LogSoftmax", logits, axis=-1), column, axis=1)
    bits = graph.op("Mul", chosen, graph.constant(-1 / math.log(2)))
    graph.op("Squeeze", bits, graph.constant([1], np.int64), name="surprisal")
    inputs: dict[str, list[str | int | None]] = {
        "ids": ["window"],
        "first": [1],
        "asked": ["asked"],
        "answers": ["asked"],
    }
    made = helper.make_graph(
        graph.nodes,
        f"{kind} reader",
        [helper.make_tensor_value_info(name, TensorProto.INT64, size) for name, size in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in outputs.items()],
        graph.tensors,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _positions(graph: _Graph, table: str) -> str:
    """Rows of the table of positions for a window."""
    zero, size = graph.constant([0], np.int64), graph.op("Shape", "ids")
    return str(graph.op("Slice", table, zero, size, zero))


def _gpt2(graph: _Graph, shape: NetworkShape, weights: Weights, says: int) -> tuple[str, str]:
    w = {name.removeprefix("transformer."): value for name, value in weights.items()}
    d = shape.width
    table = graph.table(w["wte.weight"])
    x = graph.op("Add", table.look_up("ids"), _positions(graph, graph.weight(w["wpe.weight"])))
    hide = _later(graph)
    for number in range(shape.layers):
        layer, last = f"h.{number}", number == shape.layers - 1
        y = graph.norm(x, w, f"{layer}.ln_1", shape.epsilon)
        matrix, bias = w[f"{layer}.attn.c_attn.weight"], w[f"{layer}.attn.c_attn.bias"]
        asking, asking_hide = y, hide
        if last:
            x, asking, asking_hide = (graph.from_row(name, "first") for name in (x, y, hide))
        mixed = _attention(
            graph, shape, asking, y, (matrix[:, :d], bias[:d]), (matrix[:, d:], bias[d:]), asking_hide
        )
        out = graph.linear(mixed, w[f"{layer}.attn.c_proj.weight"], w[f"{layer}.attn.c_proj.bias"])
        x = graph.op("Add", x, out)
        y = graph.norm(x, w, f"{layer}.ln_2", shape.epsilon)
        y = graph.linear(y, w[f"{layer}.mlp.c_fc.weight"], w[f"{layer}.mlp.c_fc.bias"])
        y = graph.op("Gelu", y, approximate="tanh")
        y = graph.linear(y, w[f"{layer}.mlp.c_proj.weight"], w[f"{layer}.mlp.c_proj.bias"])
        x = graph.op("Add", x, y)
    hidden = graph.norm(x, w, "ln_f", shape.epsilon, output="hidden")
    return hidden, table.answer(hidden, "asked", says)


def _bert(graph: _Graph, shape: NetworkShape, weights: Weights, says: int) -> tuple[str, str]:
    w = {name.removeprefix("bert."): value for name, value in weights.items()}

    def of(name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return np.ascontiguousarray(w[f"{name}.weight"].T), w[f"{name}.bias"]

    table = graph.table(w["embeddings.word_embeddings.weight"])
    tables = (graph.weight(w[f"embeddings.{name}_embeddings.weight"]) for name in ("position", "token_type"))
    places = graph.op("Add", *tables)
    x = graph.op("Add", table.look_up("ids"), _positions(graph, places))
    x = graph.norm(x, w, "embeddings.LayerNorm", shape.epsilon)
    for number in range(shape.layers):
        layer, last = f"encoder.layer.{number}", number == shape.layers - 1
        asking = graph.from_row(x, "first") if last else x
        key, value = of(f"{layer}.attention.self.key"), of(f"{layer}.attention.self.value")
        both = np.concatenate([key[0], value[0]], 1), np.concatenate([key[1], value[1]])
        mixed = _attention(graph, shape, asking, x, of(f"{layer}.attention.self.query"), both, None)
        y = graph.linear(mixed, *of(f"{layer}.attention.output.dense"))
        x = graph.norm(graph.op("Add", asking, y), w, f"{layer}.attention.output.LayerNorm", shape.epsilon)
        y = graph.op("Gelu", graph.linear(x, *of(f"{layer}.intermediate.dense")))
        y = graph.linear(y, *of(f"{layer}.output.dense"))
        output = "hidden" if last else ""
        x = graph.norm(graph.op("Add", x, y), w, f"{layer}.output.LayerNorm", shape.epsilon, output)
    y = graph.op("Gelu", graph.linear(x, *of("cls.predictions.transform.dense")))
    y = graph.norm(y, w, "cls.predictions.transform.LayerNorm", shape.epsilon)
    return x, graph.op("Add", table.answer(y, "asked", says), graph.weight(w["cls.predictions.bias"][:says]))


def _later(graph: _Graph) -> str:
    """Added to attention so that no word sees later ones: float32[t, t]."""
    zero, one = graph.constant(0, np.int64), graph.constant(1, np.int64)
    size = graph.op("Squeeze", graph.op("Shape", "ids"))
    places = graph.op("Range", zero, size, one)
    rows = graph.op("Unsqueeze", places, graph.constant([1], np.int64))
    later = graph.op("Greater", places, rows)
    return str(graph.op("Where", later, graph.constant(-1e9), graph.constant(0.0)))


def _attention(
    graph: _Graph,
    shape: NetworkShape,
    asking: str,
    seen: str,
    query: tuple[NDArray[np.float32], NDArray[np.float32]],
    key_value: tuple[NDArray[np.float32], NDArray[np.float32]],
    hide: str | None,
) -> str:
    """Attention of ``asking`` [r, width] to ``seen`` [t, width], heads side by side: [r, width]."""
    size = shape.width // shape.heads
    q = graph.op("Mul", graph.linear(asking, *query), graph.constant(1 / math.sqrt(size)))
    q = graph.op("Transpose", _heads(graph, q, 1, shape), perm=[1, 2, 0, 3])
    kv = graph.op("Transpose", _heads(graph, graph.linear(seen, *key_value), 2, shape), perm=[1, 2, 0, 3])
    k, v = graph.op("Split", kv, outputs=2, axis=0, num_outputs=2)
    logits = graph.op("MatMul", q, graph.op("Transpose", k, perm=[0, 1, 3, 2]))
    if hide is not None:
        logits = graph.op("Add", logits, hide)
    mixed = graph.op("MatMul", graph.op("Softmax", logits, axis=-1), v)
    mixed = graph.op("Transpose", mixed, perm=[2, 0, 1, 3])
    return str(graph.op("Reshape", mixed, graph.constant([-1, shape.width], np.int64)))


def _heads(graph: _Graph, x: str, parts: int, shape: NetworkShape) -> str:
    """Split columns into parts and heads: [t, parts, heads, size]."""
    size = [-1, parts, shape.heads, shape.width // shape.heads]
    return str(graph.op("Reshape", x, graph.constant(size, np.int64)))
