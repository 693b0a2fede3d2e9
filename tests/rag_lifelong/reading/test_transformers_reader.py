import json

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from rag_lifelong.errors import ModelError
from rag_lifelong.ports import Prompt
from rag_lifelong.reading.transformers_reader import TransformersReader

PROMPT = Prompt("Be short.", "Who is the mayor?")
TEMPLATE = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}<|assistant|>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny Llama with random weights whose tokens are bytes."""
    path = tmp_path_factory.mktemp("models") / "tiny-llama"
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<eos>": 0} | {piece: number for number, piece in enumerate(alphabet, start=1)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(path)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        eos_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(path)
    return path


@pytest.fixture
def reader(folder):
    with TransformersReader(folder, device="cpu", n_ctx=256) as reader:
        yield reader


def answer(reader, max_tokens=8, prompt=PROMPT):
    return list(reader.read(prompt, max_tokens=max_tokens))


def test_the_answer_is_that_of_generate(reader):
    text = "".join(token.text for token in answer(reader))
    prompt = "<|system|>Be short.<|user|>Who is the mayor?<|assistant|>"
    ids = reader._tokenizer(prompt, return_tensors="pt")["input_ids"]
    made = reader._model.generate(ids, max_new_tokens=8, do_sample=False, pad_token_id=0)
    expected = reader._tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)
    assert text == expected.rstrip("\ufffd")


def test_the_same_prompt_gives_the_same_answer(reader):
    assert answer(reader) == answer(reader)


def test_tokens_carry_their_logprobs(reader):
    assert all(token.logprob is not None and token.logprob <= 0 for token in answer(reader))


def test_the_folder_names_the_model_unless_told(folder):
    assert TransformersReader(folder).name == "tiny-llama"
    assert TransformersReader(folder, name="mine").name == "mine"


def test_generation_ends_at_the_end_token(reader):
    reader.load()
    with torch.no_grad():
        reader._model.lm_head.weight.zero_()  # all alike: the first, the end, is taken
    assert answer(reader) == []


def test_characters_of_several_tokens_come_whole(reader, monkeypatch):
    ids = reader_ids(reader, "né!")
    monkeypatch.setattr(reader, "_generate", lambda *_: ((token, -1.0) for token in ids))
    assert [(token.text, token.logprob) for token in answer(reader)] == [
        ("n", -1.0),
        ("é", -2.0),
        ("!", -1.0),
    ]


def reader_ids(reader, text):
    reader.load()
    return reader._tokenizer(text, add_special_tokens=False)["input_ids"]


def test_a_caller_may_compute_gradients_between_tokens(reader):
    tokens = reader.read(PROMPT, max_tokens=8)
    next(tokens)
    assert not torch.is_inference_mode_enabled()
    tokens.close()


def test_a_model_without_a_chat_template_reads_plain_text(reader):
    reader.load()
    reader._tokenizer.chat_template = None
    assert answer(reader)


def test_a_prompt_longer_than_the_context_is_refused(reader):
    with pytest.raises(ModelError, match="exceed the context of 256") as caught:
        answer(reader, prompt=Prompt("", "x" * 300))
    assert "reader.context_tokens" in (caught.value.hint or "")


def test_a_closed_reader_loads_again(reader):
    before = answer(reader)
    reader.close()
    assert answer(reader) == before


def test_a_folder_without_a_model_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="cannot load a language model"):
        TransformersReader(tmp_path).load()


def test_damaged_weights_are_a_model_error(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModelError, match="cannot load a language model"):
        TransformersReader(tmp_path).load()


def test_an_unknown_architecture_is_a_model_error(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "no-such-model"}))
    with pytest.raises(ModelError, match="cannot load a language model"):
        TransformersReader(tmp_path).load()
