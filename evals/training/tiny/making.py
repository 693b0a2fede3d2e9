"""The tiny model before it has learnt anything."""

import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, PreTrainedTokenizerFast

from evals.training.tiny.induction import give_induction
from evals.training.tiny.recipe import Shape


def make_model(shape: Shape, tokenizer: PreTrainedTokenizerFast, *, seed: int) -> Gemma3ForCausalLM:
    """A model that can copy and nothing else, built as Gemma 3 is (arXiv 2503.19786).

    So what is done to the larger one can be done to it: norms before and after each block, tied
    embeddings. Every layer sees the whole context.
    """
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=shape.width // shape.heads,
        query_pre_attn_scalar=shape.width // shape.heads,
        layer_types=["full_attention"] * shape.layers,
        max_position_embeddings=shape.context,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(seed)
    model = Gemma3ForCausalLM(config)
    # On a CPU the fused attention's backward pass takes a third of a step; this takes little.
    model.set_attn_implementation("eager")
    give_induction(model, seed=seed)
    return model
