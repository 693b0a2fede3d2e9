"""Retrieval and teaching together: what is found is read by a model that is taught."""
