"""The causal language models that are taught: found by name, made where they have to be made.

`tiny` is pretrained here once, in minutes, on generated language; `small` is gemma-3-270m from an
installed package; anything else is a folder or a hub id.
"""

from evals.training.models.loading import Loaded, load_model, model_folder

__all__ = ["Loaded", "load_model", "model_folder"]
