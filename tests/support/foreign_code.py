"""Python files such as foreign checkpoints bring along: tiny networks laid out and named as theirs are."""

CONFIGURATION = """
from transformers import PretrainedConfig


class TinyConfig(PretrainedConfig):
    model_type = "{kind}"

    def __init__(self, d_model=16, vocab_size=16, rcps=False, complement_map=None, **kwargs):
        super().__init__(**kwargs)
        self.d_model, self.vocab_size = d_model, vocab_size
        self.rcps, self.complement_map = rcps, complement_map
"""

HYENA = """
import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from .configuration_tiny import TinyConfig


class Backbone(PreTrainedModel):
    config_class = TinyConfig

    def __init__(self, config):
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.filter = nn.Conv1d(config.d_model, config.d_model, 24)
        self.norm = nn.LayerNorm(config.d_model)
        self.post_init()

    def forward(self, input_ids):
        x = self.embedding(input_ids).transpose(1, 2)
        x = torch.tanh(self.filter(nn.functional.pad(x, (23, 0))) * 4)
        return (self.norm(x.transpose(1, 2)),)


class TinyForCausalLM(PreTrainedModel):
    config_class = TinyConfig
    _tied_weights_keys = ["lm_head.weight"]

    def __init__(self, config):
        super().__init__(config)
        self.hyena = Backbone(config)
        self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.hyena.embedding

    def forward(self, input_ids):
        return CausalLMOutput(logits=self.lm_head(self.hyena(input_ids)[0]))
"""

CADUCEUS = """
import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import MaskedLMOutput

from .configuration_tiny import TinyConfig


class BothStrands(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.filter = nn.Conv1d(config.d_model, config.d_model, 9, padding=4)
        numbers = [int(config.complement_map[str(i)]) for i in range(len(config.complement_map))]
        self.register_buffer("complement", torch.tensor(numbers))

    def one(self, input_ids):
        return torch.tanh(self.filter(self.embedding(input_ids).transpose(1, 2)).transpose(1, 2) * 4)

    def forward(self, input_ids):
        other = self.one(self.complement[input_ids].flip(1)).flip(1)
        if self.config.rcps:
            return (torch.cat([self.one(input_ids), other.flip(2)], 2),)
        return (self.one(input_ids) + other,)


class Head(nn.Linear):
    def forward(self, x):
        width = self.weight.shape[1]
        return super().forward(x[..., :width] + (x[..., width:].flip(-1) if x.shape[-1] > width else 0))


class TinyForMaskedLM(PreTrainedModel):
    config_class = TinyConfig

    def __init__(self, config):
        super().__init__(config)
        self.caduceus = BothStrands(config)
        self.lm_head = Head(config.d_model, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.caduceus.embedding

    def get_output_embeddings(self):
        return self.lm_head

    def tie_weights(self):
        self.lm_head.weight = self.caduceus.embedding.weight

    def forward(self, input_ids):
        return MaskedLMOutput(logits=self.lm_head(self.caduceus(input_ids)[0]))
"""

BERT_CONFIGURATION = """
from transformers import BertConfig as Plain


class BertConfig(Plain):
    def __init__(self, alibi_starting_size=512, attention_probs_dropout_prob=0.0, **kwargs):
        super().__init__(attention_probs_dropout_prob=attention_probs_dropout_prob, **kwargs)
        self.alibi_starting_size = alibi_starting_size
"""

BERT = """
import torch
from torch import nn
from transformers import BertPreTrainedModel
from transformers.modeling_outputs import MaskedLMOutput

from .configuration_bert import BertConfig

flash_attn_qkvpacked_func = "a kernel that this machine cannot run"


class Trunk(BertPreTrainedModel):
    config_class = BertConfig

    def __init__(self, config):
        super().__init__(config)
        self.embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.attention = nn.MultiheadAttention(config.hidden_size, 2, batch_first=True)
        self.norm = nn.LayerNorm(config.hidden_size)
        slopes = torch.arange(config.alibi_starting_size).float()
        self.alibi = -(slopes[None] - slopes[:, None]).abs() / 8  # no buffer, as in the original
        self.post_init()

    def forward(self, input_ids, token_type_ids=None, attention_mask=None):
        assert flash_attn_qkvpacked_func is None
        x = self.embeddings(input_ids)
        bias = self.alibi[: x.shape[1], : x.shape[1]].to(x)
        mixed = self.attention(x, x, x, attn_mask=bias, need_weights=False)[0]
        return self.norm(x + mixed), None


class BertForMaskedLM(BertPreTrainedModel):
    config_class = BertConfig

    def __init__(self, config):
        super().__init__(config)
        self.bert = Trunk(config)
        self.cls = nn.Linear(config.hidden_size, config.vocab_size)
        self.cls.weight = self.bert.embeddings.weight
        self.post_init()

    def get_input_embeddings(self):
        return self.bert.embeddings

    def forward(self, input_ids):
        return MaskedLMOutput(logits=self.cls(self.bert(input_ids)[0]))
"""
