"""Hidden states and input embeddings of a network, as numpy arrays; torch is imported on use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def input_table(model: Any) -> NDArray[np.float32]:
    """Input embeddings: float32[n_ids, width]."""
    return np.asarray(model.get_input_embeddings().weight.detach().numpy(), np.float32)


def layer_states(model: Any, ids: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """Hidden states float32[b, t, width] after each layer, of a model on the CPU.

    Parameters
    ----------
    model : GPT2LMHeadModel or BertForMaskedLM
        On the CPU.
    ids : int64[b, t]
        Windows of tokens.
    """
    import torch

    options = {"use_cache": False} if hasattr(model, "transformer") else {}
    with torch.inference_mode():
        output = model.base_model(torch.from_numpy(ids), output_hidden_states=True, **options)
    return [state.numpy() for state in output.hidden_states[1:]]
