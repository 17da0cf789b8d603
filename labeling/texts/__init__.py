"""Texts of models as people read them: rendered, masked, compared."""
