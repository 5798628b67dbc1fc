"""The words of the site: where they are linked, and where they are left alone."""

import re

import pytest

from pages.kit import glossary
from tests.app import TERM, choose_preset, open_page, prose, with_terms
from tests.panels import PATHS


def linked(text: str) -> str:
    seen: set[str] = set()
    return glossary.linked(text, lambda term: not (term in seen or seen.add(term)))


def test_the_first_mention_is_a_link_with_help_on_it():
    weight = next(term for term in glossary.TERMS if term.name == "weight")
    assert linked("Two weights, one weight.") == (
        f'Two [weights](#term "{weight.says}"), one weight.'
    )


@pytest.mark.parametrize(
    "text",
    [
        "## The loss of a network",
        "$\\prod weight$ and $$\ngain\n$$",
        "`loss`",
        "[a weight](elsewhere)",
        "again, lossy, weightless, ‖gain‖",
        "| loss |",
    ],
)
def test_what_is_no_word_of_a_text_is_left_alone(text):
    assert linked(text) == text


@pytest.mark.parametrize("term", glossary.TERMS, ids=lambda term: term.name)
def test_a_term_fits_into_a_link_and_matches_itself(term):
    assert not set('()"[]<>\n$`*') & set(term.says)
    assert term.says.endswith(".")
    assert re.fullmatch(term.pattern, term.name) or term.name == "He"


def test_no_two_terms_share_a_form():
    for term in glossary.TERMS:
        others = [t for t in glossary.TERMS if t is not term]
        assert not [t.name for t in others if re.fullmatch(t.pattern, term.name)]


@pytest.mark.parametrize("path", PATHS)
def test_each_term_is_linked_once_on_a_page_where_it_first_stands(path):
    found = [says for _, says in TERM.findall(with_terms(open_page(path)))]
    assert len(found) == len(set(found)) >= 10


def test_every_term_is_used_somewhere_and_all_stand_on_the_first_page():
    found = {says for path in PATHS for _, says in TERM.findall(with_terms(open_page(path)))}
    unused = {term.name for term in glossary.TERMS if term.says not in found}
    assert unused <= {"saturated", "shortcut"}  # at some settings
    words = prose(open_page("home")).partition("## Words")[2]
    assert all(f"- **{term.name}**: {term.says}" in words for term in glossary.TERMS)


def test_a_network_that_is_dead_is_no_dead_unit():
    assert "[dead unit](#term" in linked("A dead unit.")
    assert linked("dead networks").startswith("dead [networks](")


def test_questions_and_words_on_presets_explain_their_terms():
    asked = with_terms(open_page("activations"))
    assert "[Xavier](#term" in asked[asked.index("**Predict first.**") :].partition("## ")[0]
    at = open_page("initialization")
    choose_preset(at, "Sigmoid, Xavier")
    assert "[saturated](#term" in with_terms(at).partition("**Sigmoid, Xavier** (")[2][:200]
