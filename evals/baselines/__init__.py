"""Strategies: every way of teaching a model that is compared, a file each, in folders by family.

To add one, subclass `evals.training.strategy.Strategy` and add its line to `STRATEGIES`. The
families are those of the survey (arXiv 2406.06391).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class StrategyEntry:
    """A way of teaching."""

    target: str
    """"module:name" of its class."""
    family: str
    """`bound`, `replay`, `regularisation`, `architecture`, `distillation`, `schedule`, `editing`,
    `combined`."""
    summary: str


STRATEGIES: Mapping[str, StrategyEntry] = MappingProxyType(
    {
        "frozen": StrategyEntry(
            "evals.baselines.bounds.frozen:Frozen", "bound", "the model to be taught, untaught"
        ),
        "sequential": StrategyEntry(
            "evals.baselines.bounds.sequential:Sequential",
            "bound",
            "fine-tuning of all weights on one period after another",
        ),
        "joint": StrategyEntry(
            "evals.baselines.bounds.joint:Joint",
            "bound",
            "taught anew, from the start, on all periods so far",
        ),
        "single-period": StrategyEntry(
            "evals.baselines.bounds.single_period:SinglePeriod",
            "bound",
            "taught anew, from the start, on the last period alone",
        ),
        "replay": StrategyEntry(
            "evals.baselines.replay.replay:Replay",
            "replay",
            "old samples in every batch (arXiv 1902.10486)",
        ),
        "mix-review": StrategyEntry(
            "evals.baselines.replay.mix_review:MixReview",
            "replay",
            "old samples in every epoch, fewer from one to the next (arXiv 1910.07117)",
        ),
        "der": StrategyEntry(
            "evals.baselines.replay.der:Der",
            "replay",
            "old samples, and the logits they once had (DER++, arXiv 2004.07211)",
        ),
        "a-gem": StrategyEntry(
            "evals.baselines.replay.a_gem:AGem",
            "replay",
            "gradients that do not point against those of old samples (arXiv 1812.00420)",
        ),
        "generative-replay": StrategyEntry(
            "evals.baselines.replay.generative_replay:GenerativeReplay",
            "replay",
            "old samples that the model draws from itself (LAMOL, arXiv 1909.03329)",
        ),
        "l2": StrategyEntry(
            "evals.baselines.regularisation.l2:L2",
            "regularisation",
            "weights pulled back to where they were (arXiv 1802.01483, 2308.11958)",
        ),
        "ewc": StrategyEntry(
            "evals.baselines.regularisation.ewc:Ewc",
            "regularisation",
            "weights pulled back by how much they mattered (arXiv 1612.00796, 1805.06370)",
        ),
        "recadam": StrategyEntry(
            "evals.baselines.regularisation.recadam:RecAdam",
            "regularisation",
            "weights recalled at first, then learnt (arXiv 2004.12651)",
        ),
        "feature": StrategyEntry(
            "evals.baselines.regularisation.feature:Feature",
            "regularisation",
            "hidden states of a middle layer held where they were (arXiv 1607.00122)",
        ),
        "lora": StrategyEntry(
            "evals.baselines.architecture.lora:Lora",
            "architecture",
            "low-rank layers beside all linear ones (LoRA, arXiv 2106.09685)",
        ),
        "o-lora": StrategyEntry(
            "evals.baselines.architecture.o_lora:OLora",
            "architecture",
            "low-rank layers for each period, orthogonal to those before (arXiv 2310.14152)",
        ),
        "lora-gated": StrategyEntry(
            "evals.baselines.architecture.lora_gated:LoraGated",
            "architecture",
            "low-rank layers for each period, chosen by the question's words",
        ),
        "lora-oracle": StrategyEntry(
            "evals.baselines.architecture.lora_oracle:LoraOracle",
            "architecture",
            "low-rank layers for each period, chosen by the time asked about",
        ),
        "lora-merge": StrategyEntry(
            "evals.baselines.architecture.lora_merge:LoraMerge",
            "architecture",
            "low-rank layers for each period, merged (TIES, arXiv 2306.01708)",
        ),
        "ia3": StrategyEntry(
            "evals.baselines.architecture.ia3:IA3",
            "architecture",
            "factors of activations ((IA)³, arXiv 2205.05638)",
        ),
        "adapters": StrategyEntry(
            "evals.baselines.architecture.adapters:Adapters",
            "architecture",
            "small networks behind feed-forward layers (arXiv 1902.00751)",
        ),
        "prompt-tuning": StrategyEntry(
            "evals.baselines.architecture.prompt_tuning:PromptTuning",
            "architecture",
            "embeddings of tokens before every text (arXiv 2104.08691)",
        ),
        "prefix-tuning": StrategyEntry(
            "evals.baselines.architecture.prefix_tuning:PrefixTuning",
            "architecture",
            "keys and values before every text (arXiv 2101.00190)",
        ),
        "osf": StrategyEntry(
            "evals.baselines.architecture.osf:Osf",
            "architecture",
            "linear layers, but for their largest singular directions (arXiv 2504.07097)",
        ),
        "freeze-bottom": StrategyEntry(
            "evals.baselines.architecture.freeze_bottom:FreezeBottom",
            "architecture",
            "the upper blocks alone (arXiv 2501.13453)",
        ),
        "block-expansion": StrategyEntry(
            "evals.baselines.architecture.block_expansion:BlockExpansion",
            "architecture",
            "copies of blocks (LLaMA Pro, arXiv 2401.02415)",
        ),
        "width-growth": StrategyEntry(
            "evals.baselines.architecture.width_growth:WidthGrowth",
            "architecture",
            "new neurons for each period (after ELLE, arXiv 2203.06311)",
        ),
        "lwf": StrategyEntry(
            "evals.baselines.distillation.lwf:Lwf",
            "distillation",
            "distils the old model on new texts (learning without forgetting, arXiv 1606.09282)",
        ),
        "kd-buffer": StrategyEntry(
            "evals.baselines.distillation.kd_buffer:KdBuffer",
            "distillation",
            "distils the old model on samples that are kept (arXiv 1611.07725)",
        ),
        "kd-generated": StrategyEntry(
            "evals.baselines.distillation.kd_generated:KdGenerated",
            "distillation",
            "distils the old model on texts that it makes up (L2KD, arXiv 2010.02123)",
        ),
        "sdft": StrategyEntry(
            "evals.baselines.distillation.sdft:Sdft",
            "distillation",
            "distils the model that has the document into itself without it (arXiv 2601.19897)",
        ),
        "rewarm": StrategyEntry(
            "evals.baselines.schedule.rewarm:Rewarm",
            "schedule",
            "a learning rate that rises anew, and a little replay (arXiv 2403.08763)",
        ),
        "infinite-lr": StrategyEntry(
            "evals.baselines.schedule.infinite_lr:InfiniteRate",
            "schedule",
            "a learning rate that never rises again, annealed to answer (arXiv 2403.08763)",
        ),
        "rho-1": StrategyEntry(
            "evals.baselines.schedule.rho_1:Rho1",
            "schedule",
            "only the tokens that a model of the answers knows better (arXiv 2404.07965)",
        ),
        "ft-l": StrategyEntry(
            "evals.baselines.editing.ft_l:FtL",
            "editing",
            "fine-tunes one matrix on each fact, no weight far (FT-L, arXiv 2012.00363)",
        ),
        "grace": StrategyEntry(
            "evals.baselines.editing.grace:Grace",
            "editing",
            "a codebook of facts beside a layer (GRACE, arXiv 2211.11031)",
        ),
        "memit": StrategyEntry(
            "evals.baselines.editing.memit:Memit",
            "editing",
            "writes facts into matrices by least squares (MEMIT, arXiv 2210.07229)",
        ),
    }
)
"""Name of a strategy -> its class, in the order they are shown."""
