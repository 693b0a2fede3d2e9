"""Knowledge editing: one fact after another is written into a model, nothing else is taught."""
