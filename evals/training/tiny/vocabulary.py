"""The tiny model's tokenizer: byte-pair encoding of the generated language.

Any text can be encoded, since bytes are tokens. Numbers are cut into pairs of digits, so that the
same number is always the same tokens and can be copied.
"""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS = "<pad>", "<bos>", "<eos>"
_NUMBERS = Regex(r" ?\d{1,2}")


def learn_vocabulary(texts: Iterable[str], *, size: int) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `size` tokens, learnt from texts; the same from the same texts."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Sequence(
        [Split(_NUMBERS, "isolated"), ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=size,
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, bos_token=BOS, eos_token=EOS
    )
