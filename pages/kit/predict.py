"""Predict first, then see: a guess, the truth, and the size of the miss.

Whether the answer is shown is a value of its own: it is in no link unless the sharer wants it, and
it can be hidden again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any

import streamlit as st

from pages.kit import address, beside, mode, prose, theme, values, whole
from pages.kit.panels import Panel


def _fragment(function: Callable) -> Callable:
    """A question runs by itself while the reader guesses."""

    @wraps(function)
    def run(panel: Panel, *args: Any, **kwargs: Any) -> None:
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
    close = [guess for guess in guesses if abs(guess - truth) < theme.CLOSE]
    given = _ask(
        panel,
        question,
        partial(st.select_slider, "Your guess", options=list(guesses)),
        lambda log10: theme.from_log10(log10, 1),
        guesses,
        close,
    )
    if given is None:
        return
    lines = [f"The answer is **{theme.from_log10(truth, 2)}**."]
    if given != _UNGUESSED:
        miss = given - truth
        if abs(miss) < theme.CLOSE:
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
        partial(st.radio, "Your answer", list(options), index=None),
        options.__getitem__,
        [*options],
        [truth],
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
ASKED = "asked"  # leads to a question that a class is asked


def answered(panel: Panel) -> bool:
    """Whether the page may show the answer: the reader has guessed, or asked for it.

    A class that is still answering does not see it, nor does a lesson that hides it.
    """
    shown = mode.now()
    answers = shown.on(panel.page).answers
    if shown.awaited == panel.page or answers == "hidden":
        return False
    return answers == "shown" or given(panel.page) is not None


def given(page: str) -> float | str | None:
    """What the reader has answered on this page: a guess in log₁₀, or an option's name."""
    return st.session_state.get(f"{page}.predicted")


def idea(panel: Panel, of: Callable[[Any], beside.Idea | None]) -> beside.Idea | None:
    """What the reader's answer would give by `of`, once the page may say that it is wrong."""
    guess = given(panel.page)
    return of(guess) if answered(panel) and guess not in (None, _UNGUESSED) else None


def given_as_text(page: str) -> str:
    """The reader's answer as the page wrote it; nothing if there is none, or it was not a guess."""
    guessed = given(page) not in (None, _UNGUESSED)
    return st.session_state.get(f"{page}.predicted_text", "") if guessed else ""


def right_as_text(page: str) -> tuple[str, ...]:
    """The right answers as the page writes them; none before the reader has seen the question."""
    return st.session_state.get(f"{page}.right_text", ())


def offered_as_text(page: str) -> tuple[str, ...]:
    """All answers that there are, likewise."""
    return st.session_state.get(f"{page}.offered_text", ())


def arrive(panel: Panel) -> None:
    """At the head of a page: show the answer if the link asks for that."""
    if address.take_answer():
        tell(panel.page)


def tell(page: str) -> None:
    """Show the answer. A guess that was made stays."""
    if given(page) is None:
        st.session_state[f"{page}.predicted"] = _UNGUESSED


def forget(page: str) -> None:
    """What the reader has answered on this page: the question is asked as if for the first time."""
    for of in ("predicted", "predicted_text"):
        st.session_state.pop(f"{page}.{of}", None)


def _ask(
    panel: Panel,
    question: str,
    widget: Callable,
    say: Callable[[Any], str],
    offered: Sequence,
    right: Sequence,
) -> Any:
    """Ask; None until the reader has answered or asked to be told, then what was answered.

    `say` writes an answer as the reader sees it; `right` are those that are, of those `offered`.
    """
    st.session_state[f"{panel.page}.offered_text"] = texts = tuple(map(say, offered))
    st.session_state[f"{panel.page}.right_text"] = tuple(map(say, right))
    if f"{panel.page}.predicted" not in st.session_state:
        for answer, text in zip(offered, texts, strict=True):
            if (panel.page, text) == mode.now().counted:  # before a reload
                _give(panel.page, answer, text)
    asked_by_class = mode.now().awaited == panel.page
    if asked_by_class:
        st.subheader("Asked now", anchor=ASKED)
    st.markdown(f"**Predict first.** {prose.fill(question)}")
    if answered(panel):
        guess = given(panel.page)
        return _UNGUESSED if guess is None else guess
    if asked_by_class and given_as_text(panel.page):
        st.markdown("Your answer is in. Your teacher shows what all have answered, and what is so.")
        return None
    if mode.now().on(panel.page).answers == "hidden" and not asked_by_class:
        said = given_as_text(panel.page)  # to a class, before its teacher went on
        guess = f"Your guess was {said}" if said else "Keep your guess in mind"
        st.markdown(f"{guess}: this lesson does not show the answer.")
        return None
    guess = widget(
        format_func=say,
        key=f"{panel.page}.guess",
        on_change=partial(values.change, panel, {}, anew=_key(panel)),
    )
    answer = partial(_answer, panel.page)
    with st.container(horizontal=True):
        st.button(
            "Send the answer" if asked_by_class else "Compare with the answer",
            key=f"{panel.page}.compare",
            disabled=guess is None,
            on_click=partial(answer, guess, say(guess) if guess is not None else ""),
        )
        if not asked_by_class:
            st.button(
                "Just tell me",
                key=f"{panel.page}.tell",
                type="tertiary",
                on_click=partial(answer, _UNGUESSED),
            )
    return None


def _tell(panel: Panel, lines: list[str], because: str) -> None:
    """The verdict, where the question's buttons were, and a way to hide it again."""
    whole.say(" ".join([*lines, prose.fill(because)]))
    if mode.now().on(panel.page).answers == "shown":
        return
    st.button(
        "Hide the answer",
        key=f"{panel.page}.hide",
        type="tertiary",
        on_click=partial(_answer, panel.page, None),
    )


def _give(page: str, answer: float | str | None, text: str) -> None:
    st.session_state[f"{page}.predicted"] = answer
    st.session_state[f"{page}.predicted_text"] = text


def _answer(page: str, answer: float | str | None, text: str = "") -> None:
    _give(page, answer, text)
    st.rerun()  # other parts of the page may have waited for it
