"""How many questions a reader has answered, over all pages; in a link, to carry on elsewhere."""

import streamlit as st

from pages.kit import page, predict, site

_DONE = "classroom.done"  # of a link: what was answered elsewhere


def answered() -> set[str]:
    """What has been answered, each as “products-p”, its page and p(rediction) or r(ecall)."""
    here = {f"{info.path}-p" for info in site.PAGES if predict.given_as_text(info.path)}
    here |= {f"{info.path}-r" for info in site.PAGES if page.recalled(info.path)}
    return here | st.session_state.get(_DONE, set())


def questions() -> set[str]:
    """All that can be answered."""
    recalls = {f"{i.path}-r" for i in site.PAGES if site.panel(i.path).recall}
    return recalls | {f"{i.path}-p" for i in site.PAGES}


def mark() -> str:
    """“3 of 17 questions answered”; nothing before the first."""
    done = len(answered() & questions())
    return f"{done} of {len(questions())} questions answered" if done else ""


def in_link() -> str:
    """What a link says of it."""
    return ".".join(sorted(answered()))


def take_over(text: str) -> None:
    """From a link: what of it there is to answer counts as answered."""
    known = questions() & set(text[:2000].split("."))
    st.session_state[_DONE] = known | st.session_state.get(_DONE, set())
