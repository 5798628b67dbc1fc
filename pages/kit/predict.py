"""Predict first, then see: a guess, the truth, and the size of the miss.

Whether the answer is shown is a value of its own: it is in no link unless the sharer wants it, and
it can be hidden again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any

import streamlit as st

from pages.kit import address, prose, theme, values
from pages.kit.panels import Panel

_CLOSE = 0.5  # decades: a guess within a factor of three


def _fragment(function: Callable) -> Callable:
    """A question runs by itself while the reader guesses."""

    @wraps(function)
    def run(panel: Panel, *args, **kwargs):
        ask = partial(function, panel, *args, **kwargs)
        values.fragment(ask, key=_key(panel))()

    return run


def _key(panel: Panel) -> str:
    return f"{panel.page}.predict"


@_fragment
def size(
    panel: Panel,
    question: str,
    *,
    truth: float,
    guesses: Sequence[float],
    replies: Sequence[tuple[float, float, str]],
    because: str,
) -> None:
    """Guess a size. `truth` and `guesses` are log₁₀; `because` explains the answer.

    `replies` are (low, high, text): the word to a guess between low and high, for the wrong
    answers that teach something.
    """
    given = _ask(
        panel,
        question,
        partial(
            st.select_slider,
            "Your guess",
            options=list(guesses),
            format_func=lambda log10: theme.from_log10(log10, 1),
        ),
    )
    if given is None:
        return
    lines = [f"The answer is **{theme.from_log10(truth, 2)}**."]
    if given != _UNGUESSED:
        miss = given - truth
        if abs(miss) < _CLOSE:
            lines.append(
                f"Your guess, {theme.from_log10(given, 1)}, is right within a factor of 3."
            )
        else:
            lines.append(
                f"Your guess, {theme.from_log10(given, 1)}, is off by 10^{abs(miss):.1f}: "
                f"{theme.from_log10(abs(miss), 2)} times too {'large' if miss > 0 else 'small'}."
            )
        lines += [text for low, high, text in replies if low <= given <= high]
    _tell(panel, lines, because)


@_fragment
def choice(
    panel: Panel,
    question: str,
    *,
    options: Mapping[str, str],
    truth: str,
    replies: Mapping[str, str],
    because: str,
) -> None:
    """Choose an answer: `options` maps a name to what the reader sees, `replies` to the word."""
    given = _ask(
        panel,
        question,
        partial(st.radio, "Your answer", list(options), index=None, format_func=options.get),
    )
    if given is None:
        return
    lines = [f"**{options[truth]}**" + ("." if not options[truth].endswith(".") else "")]
    if given == truth:
        lines.insert(0, "Right:")
    elif given != _UNGUESSED:
        lines.insert(0, f"Not “{options[given]}”. {replies.get(given, '')} The answer is:")
    else:
        lines.insert(0, "The answer is:")
    _tell(panel, lines, because)


_UNGUESSED = "nothing guessed"


def answered(panel: Panel) -> bool:
    """Whether the page may show the answer: the reader has guessed, or asked for it."""
    return st.session_state.get(_answer_key(panel)) is not None


def arrive(panel: Panel) -> None:
    """At the head of a page: show the answer if the link asks for that."""
    if address.take_answer():
        st.session_state[_answer_key(panel)] = _UNGUESSED


def _answer_key(panel: Panel) -> str:
    return f"{panel.page}.predicted"


def _ask(panel: Panel, question: str, widget: Callable) -> Any:
    """Ask; None until the reader has answered or asked to be told, then what was answered."""
    st.markdown(f"**Predict first.** {prose.fill(question)}")
    key = _answer_key(panel)
    if answered(panel):
        return st.session_state[key]
    guess = widget(
        key=f"{panel.page}.guess",
        on_change=partial(values.change, panel, {}, anew=_key(panel)),
    )
    with st.container(horizontal=True):
        st.button(
            "Compare with the answer",
            key=f"{panel.page}.compare",
            disabled=guess is None,
            on_click=partial(_answer, key, guess),
        )
        st.button(
            "Just tell me",
            key=f"{panel.page}.tell",
            type="tertiary",
            on_click=partial(_answer, key, _UNGUESSED),
        )
    return None


def _tell(panel: Panel, lines: list[str], because: str) -> None:
    """The verdict, where the question's buttons were, and a way to hide it again."""
    st.markdown(" ".join([*lines, prose.fill(because)]))
    st.button(
        "Hide the answer",
        key=f"{panel.page}.hide",
        type="tertiary",
        on_click=partial(_answer, _answer_key(panel), None),
    )


def _answer(key: str, given: float | str | None) -> None:
    st.session_state[key] = given
    st.rerun()  # other parts of the page may have waited for it
