"""Architecture: what is learnt goes into parts of its own, beside weights that stay."""
