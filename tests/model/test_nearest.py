"""The nearest word."""

from headway.model.nearest import nearest


def test_a_misspelt_word_finds_the_most_similar_known_one():
    assert nearest("concurency", ("concurrency", "currency", "lease")) == "concurrency"


def test_a_word_like_no_other_finds_none():
    assert nearest("zzz", ("concurrency", "lease")) is None
    assert nearest("anything", ()) is None


def test_how_alike_words_must_be_can_be_said():
    assert nearest("lase", ("lease",), likeness=0.95) is None
