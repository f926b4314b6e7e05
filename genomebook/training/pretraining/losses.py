"""The training loss of readers: the next word, or the masked one, among the words of its script.

Probabilities are normalised over the words of one script and the special tokens: the script of a passage is
known, so DNA words do not compete with English ones, at half the cost. In a unified vocabulary, the published
way, all ids compete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from genomebook.language.bilingual import Bilingual


def columns(scripts: Bilingual) -> dict[bool, slice]:
    """Ids that compete: of DNA (True) and of English (False)."""
    if scripts.kind == "unified":
        return {True: slice(0, scripts.size), False: slice(0, scripts.size)}
    return {True: slice(0, scripts.first_english), False: slice(scripts.first_mark, scripts.size)}


class WordLosses(torch.nn.Module):
    """A model and its loss at each scored word; one module, so that it can be copied to several devices.

    Parameters
    ----------
    model : GPT2LMHeadModel or BertForMaskedLM
        Model of transformers.
    scripts : Bilingual
        Its id space.
    """

    def __init__(self, model: PreTrainedModel, scripts: Bilingual) -> None:
        super().__init__()
        self.model: Any = model
        self.causal, self.columns = hasattr(model, "transformer"), columns(scripts)

    def forward(
        self, seen: torch.Tensor, answers: torch.Tensor, asked: torch.Tensor, is_dna: torch.Tensor
    ) -> dict[bool, torch.Tensor]:
        """Compute the losses.

        Parameters
        ----------
        seen, answers : int64[b, t]
            What the model reads; the word to predict at each place (in a causal model the next one).
        asked : bool[b, t]
            Places to score.
        is_dna : bool[b, t]
            Script of each word to predict.

        Returns
        -------
        dict
            Natural log losses, float32[k], of DNA (True) and of English (False).
        """
        hidden = self.hidden(seen)
        losses = {}
        for script, here in self.columns.items():
            places = asked & (is_dna == script)
            if places.any():
                weight = self.model.get_output_embeddings().weight[here]
                bias = None if self.causal else self.model.cls.predictions.decoder.bias[here]
                logits = torch.nn.functional.linear(self.head(hidden[places]), weight, bias)
                losses[script] = cross_entropy(logits.float(), answers[places] - here.start, reduction="none")
        return losses

    def hidden(self, seen: torch.Tensor) -> torch.Tensor:
        """Final hidden states: float[b, t, width]."""
        body = self.model.transformer if self.causal else self.model.bert
        states: torch.Tensor = body(seen, **({"use_cache": False} if self.causal else {})).last_hidden_state
        return states

    def head(self, hidden: torch.Tensor) -> torch.Tensor:
        """States that are multiplied with the word embeddings: float[k, width]."""
        if self.causal:
            return hidden
        transformed: torch.Tensor = self.model.cls.predictions.transform(hidden)
        return transformed
