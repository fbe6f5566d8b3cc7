"""What people call things, and what the plans call them: a synonym list that staff can add to."""

from __future__ import annotations

from plansearch.vocabulary.synonyms import (
    VOCABULARY_NAME,
    Expansion,
    SynonymGroup,
    Vocabulary,
    bundled_vocabulary,
    read_vocabulary,
)

__all__ = ["VOCABULARY_NAME", "Expansion", "SynonymGroup", "Vocabulary", "bundled_vocabulary", "read_vocabulary"]
