import pytest

from rag_lifelong.embedding.batching import batches


def test_every_text_is_in_exactly_one_batch():
    lengths = [7, 1, 30, 12, 12, 0, 5]
    indices = [index for batch in batches(lengths, max_tokens=24) for index in batch]
    assert sorted(indices) == list(range(len(lengths)))


@pytest.mark.parametrize("max_tokens", [1, 10, 24, 1000])
def test_a_padded_batch_keeps_to_its_tokens_unless_one_text_alone_does_not(max_tokens):
    lengths = [7, 1, 30, 12, 12, 3, 5]
    for batch in batches(lengths, max_tokens=max_tokens):
        padded = len(batch) * max(lengths[index] for index in batch)
        assert padded <= max_tokens or len(batch) == 1


def test_no_texts_give_no_batches():
    assert list(batches([], max_tokens=10)) == []
