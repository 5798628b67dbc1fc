"""Predict first, then see: a guess, the truth, and the size of the miss.

Whether the answer is shown is a value of its own: it is in no link unless the sharer wants it, and
it can be hidden again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from time import monotonic
from typing import Any

import streamlit as st

from pages.kit import address, beside, mode, prose, theme, values, whole
from pages.kit.panels import Panel
from pages.kit.press import is_soon


@dataclass(frozen=True)
class Question:
    """What a page asks, all answers that it offers, as it writes them, and those that are right.

    so: what is so, and why, for a class that has answered.
    """

    text: str = ""
    offered: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    so: str = ""

    @property
    def in_full(self) -> str:
        """The question and its answers; of many, which are a scale, the two ends."""
        if len(self.offered) > FEW:
            return f"{self.text}\n\nFrom {self.offered[0]} to {self.offered[-1]}."
        return "\n".join([f"{self.text}\n", *(f"- {answer}" for answer in self.offered)])


@dataclass(frozen=True)
class Answer:
    """What a reader answered: a guess in log₁₀ or an option's name, and its text on the page.

    No guess where the reader only asked to be told.
    """

    guess: float | str | None
    text: str = ""


FEW = 6  # answers that are read one by one
TOLD = Answer(None)  # who asked to be told
ASKED = "asked"  # leads to a question that a class is asked


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
    so = f"The answer is **{theme.from_log10(truth, 2)}**."
    answer = _ask(
        panel,
        question,
        partial(st.select_slider, "Your guess", options=[None, *guesses]),
        lambda log10: "?" if log10 is None else theme.from_log10(log10, 1),
        guesses,
        close,
        f"{so} {because}",
    )
    if answer is None:
        return
    lines = [so]
    if isinstance(guess := answer.guess, float | int):
        miss = guess - truth
        if abs(miss) < theme.CLOSE:
            lines.append(f"Your guess, {answer.text}, is right within a factor of 3.")
        else:
            lines.append(
                f"Your guess, {answer.text}, is {theme.from_log10(abs(miss), 2)} times too "
                f"{'large' if miss > 0 else 'small'}."
            )
        lines += [text for low, high, text in replies if low <= guess <= high]
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
    """Choose an answer: `options` maps a name to what the reader sees, `replies` to the word.

    Who cannot see that the question stands above the options hears it as their name.
    """
    name = prose.fill(question).replace("*", "")
    so = f"**{options[truth]}**" + ("." if not options[truth].endswith(".") else "")
    answer = _ask(
        panel,
        question,
        partial(st.radio, name, list(options), index=None, label_visibility="collapsed"),
        options.__getitem__,
        [*options],
        [truth],
        f"{so} {because}",
    )
    if answer is None:
        return
    lines = [so]
    if answer.guess == truth:
        lines.insert(0, "Right:")
    elif isinstance(answer.guess, str):
        lines.insert(0, f"Not “{answer.text}”. {replies.get(answer.guess, '')} The answer is:")
    else:
        lines.insert(0, "The answer is:")
    _tell(panel, lines, because)


def answered(panel: Panel) -> bool:
    """Whether the page may show the answer: the reader has guessed, or asked for it.

    A class that is still answering does not see it, nor does a lesson that hides it.
    """
    shown = mode.now()
    answers = shown.on(panel.page).answers
    if shown.awaited == panel.page or answers == "hidden":
        return False
    return answers == "shown" or given(panel.page) is not None


def given(page: str) -> Answer | None:
    """What the reader has answered on this page."""
    return st.session_state.get(f"{page}.answer")


def idea(panel: Panel, of: Callable[[Any], beside.Idea | None]) -> beside.Idea | None:
    """What the reader's guess would give by `of`, once the page may say that it is wrong."""
    answer = given(panel.page) or TOLD
    return of(answer.guess) if answered(panel) and answer.guess is not None else None


def given_as_text(page: str) -> str:
    """The reader's answer as the page wrote it; nothing if there is none, or no guess in it."""
    return (given(page) or TOLD).text


def asked(page: str) -> Question:
    """What the page asks; with no answers before the reader has seen the question."""
    return st.session_state.get(f"{page}.question", Question())


def arrive(panel: Panel) -> None:
    """At the head of a page: show the answer if the link asks for that."""
    if address.take_answer():
        tell(panel.page)


def tell(page: str) -> None:
    """Show the answer. A guess that was made stays."""
    if given(page) is None:
        _give(page, TOLD)


def forget(page: str) -> None:
    """What the reader has answered on this page: the question is asked as if for the first time."""
    for what in ("answer", "unsent"):
        st.session_state.pop(f"{page}.{what}", None)


def _ask(
    panel: Panel,
    question: str,
    widget: Callable,
    say: Callable[[Any], str],
    offered: Sequence,
    right: Sequence,
    so: str,
) -> Answer | None:
    """Ask; None until the reader has answered or asked to be told.

    `say` writes a guess as the reader sees it; `right` are those that are, of those `offered`; `so`
    is what is told at last.
    """
    texts = tuple(map(say, offered))
    st.session_state[f"{panel.page}.question"] = Question(
        prose.fill(question), texts, tuple(map(say, right)), prose.fill(so)
    )
    if f"{panel.page}.answer" not in st.session_state:  # nor was one hidden again
        for guess, text in zip(offered, texts, strict=True):
            if (panel.page, text) == mode.now().counted:  # before a reload
                _give(panel.page, Answer(guess, text))
    asked_by_class = mode.now().awaited == panel.page
    if asked_by_class:
        st.subheader("Asked now", anchor=ASKED)
        if mode.now().teaches:  # one press on the wall would give the answer away
            whole.say(asked(panel.page).in_full)
            return None
    whole.say(f"**Predict first.** {prose.fill(question)}")
    if answered(panel):
        return given(panel.page) or TOLD
    if asked_by_class and given_as_text(panel.page):
        st.markdown("Your answer is in. Your teacher shows what all have answered, and what is so.")
        return None
    if mode.now().on(panel.page).answers == "hidden" and not asked_by_class:
        said = given_as_text(panel.page)  # to a class, before its teacher went on
        kept = f"Your guess was {said}" if said else "Keep your guess in mind"
        st.markdown(f"{kept}: this lesson does not show the answer.")
        return None
    key, kept = f"{panel.page}.guess", f"{panel.page}.unsent"
    # Streamlit forgets what a page that is left had.
    if key not in st.session_state and st.session_state.get(kept) in offered:
        st.session_state[key] = st.session_state[kept]
    guess = widget(
        format_func=say,
        key=key,
        on_change=partial(values.change, panel, {}, anew=_key(panel)),
    )
    st.session_state[kept] = guess
    label = "Just tell me" if guess is None else "Compare with the answer"
    if asked_by_class:
        label = "Send the answer"
    unready = asked_by_class and guess is None
    _button(panel, label, partial(_made, key, say), disabled=unready)
    return None


def _tell(panel: Panel, lines: list[str], because: str) -> None:
    """The verdict, where the guess was, and a way to hide it again.

    Of a double click on what shows it the second would hide it: so soon, none does.
    """
    whole.say(" ".join([*lines, prose.fill(because)]), aloud=True)
    since = monotonic()
    if mode.now().on(panel.page).answers != "shown":
        _button(panel, "Hide the answer", lambda: given(panel.page) if is_soon(since) else None)


def _button(
    panel: Panel, label: str, answer: Callable[[], Answer | None], *, disabled: bool = False
) -> None:
    """What the reader does next, and with what `answer` gives then.

    It is one button with another label: who has pressed it by the keyboard is still on it.
    """

    def press() -> None:
        _give(panel.page, answer())
        st.rerun()  # other parts of the page may have waited for it

    st.button(label, key=f"{panel.page}.proceed", disabled=disabled, on_click=press)


def _made(key: str, say: Callable[[Any], str]) -> Answer:
    """The guess that the widget holds, as it may have moved since the button was drawn."""
    guess = st.session_state[key]
    return TOLD if guess is None else Answer(guess, say(guess))


def _give(page: str, answer: Answer | None) -> None:
    st.session_state[f"{page}.answer"] = answer
    st.session_state.pop(f"{page}.unsent", None)
