"""Prose: what is joined, what is put in, and what is left alone."""

import pytest

from pages.kit import whole
from pages.kit.prose import fill
from tests.app import open_page


def test_a_paragraph_is_one_line_and_a_list_keeps_its_own():
    text = """
        ## A heading

        Two lines
        of a paragraph.

        - One
          entry
        - another
        1. and a numbered
           one
    """
    assert fill(text) == (
        "## A heading\n\nTwo lines of a paragraph.\n\n- One entry\n- another\n1. and a numbered one"
    )


def test_a_table_and_an_equation_keep_their_lines():
    assert fill("| a |\n|---|\n| 1 |") == "| a |\n|---|\n| 1 |"
    assert fill("$$\na\n= b\n$$\nwords\ngo on") == "$$\na\n= b\n$$\nwords go on"
    several = "words:\n$$\na\n$$\n\n$$\nb\n$$\n\nwords"
    assert fill(several) == several


def test_names_are_put_in_and_latex_keeps_its_braces():
    assert fill("At *w* = {w}: ({n}).", w=0.6, n=15) == "At *w* = 0.6: (15)."
    latex = r"$\frac{w}{n} w_{l} x^{n} \text{and}$"
    assert fill(f"{latex} {{w}}", w=2) == f"{latex} 2"


def test_what_is_put_in_is_not_looked_at_again():
    assert fill("{a}", a="{b}") == "{b}"


@pytest.mark.parametrize("text,says", [("{a}", {}), ("words", {"a": 1}), ("{a} {b}", {"a": 1})])
def test_a_missing_name_and_an_unused_one_are_errors(text, says):
    with pytest.raises(KeyError, match=r"given without use, or missing: [ab]"):
        fill(text, **says)


def test_a_number_stays_with_its_percent_sign_and_a_short_formula_with_itself():
    said = whole.unbroken("5 % of ∏*w*·φ′(*z*), 1/√*n*, |*w*|ᴸ⁻¹/4ᴸ")
    assert said == "5\xa0% of ∏*w*·φ′\u2060(*z*), 1/\u2060√*n*, |*w*|\u2060ᴸ⁻¹/4ᴸ"
    alone = "## Slopes, ∏ φ′(z)\n\n[home](/home) | a/b | $1/(1 + x)$, $f'(x)$"
    assert whole.unbroken(alone) == alone
    assert "\u2060" in "".join(text.value for text in open_page("chain_rule").markdown)
