"""The list of pages, in reading order, and how the site starts.

Adding a page is one file in `pages/`, one folder in `pages/concepts/`, one entry here, and a line
on the first page's map.
"""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import isfunction, signature
from pathlib import Path
from types import CodeType, ModuleType
from typing import Literal
from urllib.parse import urlencode

import streamlit as st

from pages.kit import mode, run_lock
from pages.kit.panels import Panel

NAME = "Why gradients vanish and explode"
_ROOT = Path(__file__).parents[2]
STARTED = "site.started"
BEYOND = "Beyond the article"


@dataclass(frozen=True)
class PageInfo:
    """One page: where it stands in the navigation, what it claims in one line, what its first
    picture shows, in words for who has never seen it, and what to keep of it: a sentence at its
    foot that leads on to the next page."""

    path: str  # its file in pages/, and its address
    menu: str  # its name in the navigation
    title: str
    claim: str
    picture: str
    keep: str
    section: str = ""  # of the navigation; none for a page of the article

    @property
    def file(self) -> str:
        return f"pages/{self.path}.py"


PAGES = (
    PageInfo(
        path="home",
        menu="Three networks",
        title="One network, three sizes of weights",
        claim="Trained by [plain SGD](optimizers): its gradients vanish, explode or are just "
        "right, by the size of its weights alone.",
        picture="Training sends a gradient back from the loss *J*, and each layer learns by what "
        "reaches it. Drag “weights ×”.",
        keep="A layer near the input gets only what all later layers let through: too little "
        "teaches it nothing, too much throws it off. Next: why it goes so fast.",
    ),
    PageInfo(
        path="products",
        menu="Repeated multiplication",
        title="Why gradients vanish or explode exponentially",
        claim="Multiply the same number often enough and only 1 survives.",
        picture="The line is the size of *w* · *w* · … · *w*, with *n* factors. Each mark on its "
        "axis is a hundred thousand times the one below. A cross marks where 16 bits cannot hold "
        "it. Drag *w*.",
        keep="One factor does little; their number does it. The deeper a network, the nearer to 1 "
        "its factors must be on average. Next: where they come from.",
    ),
    PageInfo(
        path="chain_rule",
        menu="The chain rule",
        title="Backpropagation is a product",
        claim="A gradient is a product of one factor per step back. "
        "What one factor takes away, only another can give back.",
        picture="Two sigmoid units in a row make *ŷ* of *x*; *J* says how wrong it is. A unit "
        "takes in *z* and puts out *a*. From *J* on, each bar multiplies the gradient by one "
        "factor. Drag *w*₂.",
        keep="Judge slopes and weights together: the slopes alone can vanish while the gradient "
        "explodes. Next: what each activation's slope lets through.",
    ),
    PageInfo(
        path="activations",
        menu="Activations",
        title="Saturation, ReLU and leaky ReLU",
        claim="Flat parts stop gradients, but even a sigmoid's steepest part is only ¼.",
        picture="A unit takes in a sum *z* and puts out φ(*z*). On the way back, each layer "
        "multiplies the gradient by the slope φ′(*z*). Drag *z*.",
        keep="A gradient can vanish without a saturated unit, and even with ReLU the weights must "
        "pay for the units that are off. Next: how large they must be.",
    ),
    PageInfo(
        path="initialization",
        menu="Initialization",
        title="Weight initialization",
        claim="Choose σ√n so that each layer's gain is 1; "
        "the right value depends on the activation.",
        picture="A network starts with random weights: σ is their standard deviation, *n* how "
        "many each unit has. The bold line is the size of the gradient in each layer. "
        "Drag σ√*n*.",
        keep="What should be near 1 is a layer's gain, not the weights; the deeper the network, "
        "the nearer. Next: what to do about steps that are too long.",
    ),
    PageInfo(
        path="clipping",
        menu="Clipping",
        title="Gradient clipping",
        claim="Clipping caps one step; it mends neither a vanishing gradient nor a bad scale.",
        picture="At every step of training, what is too large of a gradient is cut down to a "
        "threshold *c*. How many digits does the network then get right? Drag *c*; at its right "
        "end nothing is cut.",
        keep="Clipping comes after backpropagation: it changes the product's result and none of "
        "its factors. Next: train two networks against each other, with every remedy so far.",
    ),
    PageInfo(
        path="training",
        menu="Training lab",
        title="The training lab",
        claim="Same data, same random draws: where one network learns and the other does not, "
        "its settings are why.",
        picture="Two networks, A and B, in training: what they have learned, and what reaches each "
        "layer. Drag the step.",
        keep="Before you change the learning rate, look at the gradient in layer 1 and at how far "
        "a step moves its weights. Next, beyond the article: where numbers end.",
    ),
    PageInfo(
        path="precision",
        menu="Number formats",
        title="Where numbers end",
        claim="A gradient can be right and still vanish: in the number that holds it.",
        picture="The bars are the entries of a gradient, by size; each ruler is what a number "
        "format can hold. Drag the loss scale, by which the loss is multiplied: the bars "
        "move along the rulers.",
        keep="A loss scale can lift a gradient that rounds to 0; a float32 copy of the weights can "
        "save a step that rounds away. Next: what libraries do by default.",
        section=BEYOND,
    ),
    PageInfo(
        path="frameworks",
        menu="What frameworks start with",
        title="What frameworks do by default",
        claim="Left to its defaults, each framework builds a different network.",
        picture="The same layers, asked for in different libraries, with nothing said about their "
        "weights. How large is the gradient in each layer, before any training? Drag the number "
        "of layers.",
        keep="Say which initialization you want: a default that looks fine over three layers can "
        "lose the gradient over thirty. Next: whether an optimizer makes up for it.",
        section=BEYOND,
    ),
    PageInfo(
        path="optimizers",
        menu="Optimizers",
        title="What an optimizer gives back",
        claim="Adam gives a small gradient its size back. "
        "It cannot give back what was lost on the way forward.",
        picture="Before any training, from the first layer to the last: the gradient, and the "
        "step that the optimizer makes of it. Adam divides a gradient by its own size "
        "plus ε. Drag ε.",
        keep="Check two things: whether steps have a useful size, and whether the last layers can "
        "still tell the examples apart. Next: a way past the layers.",
        section=BEYOND,
    ),
    PageInfo(
        path="shortcuts",
        menu="Shortcuts and norms",
        title="A way past the layers",
        claim="A shortcut lets the gradient past; "
        "where the normalization stands decides how it arrives.",
        picture="A shortcut hands on what comes into a block, and the block adds *r* times what "
        "it makes of it. The lines are gradient and signal, block by block. Drag *r*.",
        keep="A shortcut's 1 leads past slopes and weights; in a deep stack a small factor or a "
        "norm has to hold down what the branches add. Next: depth in time.",
        section=BEYOND,
    ),
    PageInfo(
        path="memory",
        menu="Memory",
        title="The gradient's way through time",
        claim="A recurrent network meets the same weights at every step, and so does its gradient.",
        picture="What is left of the gradient, so many steps back in a sequence? At each step the "
        "same weights multiply it; σ₁ is the most by which they stretch any vector. Drag "
        "σ₁.",
        keep="A gate that loses 1/*n* of a memory at each step keeps about a third of it over *n* "
        "steps: the longer the memory, the wider it must open.",
        section=BEYOND,
    ),
)


def concept(path: str, part: str) -> ModuleType:
    """A module of the page's concept: `concept("products", "panel")`."""
    return import_module(f"pages.concepts.{path}.{part}")


def builders(path: str) -> list[Callable]:
    """What the page's charts are built by: the public functions of its `charts.py` that need no
    arguments, in their order there."""
    module = concept(path, "charts")
    own = [f for f in vars(module).values() if isfunction(f) and f.__module__ == module.__name__]
    return [f for f in own if not f.__name__.startswith("_") and not signature(f).parameters]


def panel(path: str) -> Panel:
    """The controls and presets of the page at this address."""
    return concept(path, "panel").PANEL


def info(path: str) -> PageInfo:
    """The page at this address."""
    return next(page for page in PAGES if page.path == path)


def neighbors(path: str) -> tuple[PageInfo | None, PageInfo | None]:
    """The pages before and after this one, None at either end."""
    at = PAGES.index(info(path))
    before = PAGES[at - 1] if at > 0 else None
    return before, PAGES[at + 1] if at + 1 < len(PAGES) else None


@cache
def _first_page() -> CodeType:
    file = _ROOT / PAGES[0].file
    return compile(file.read_text("utf-8"), str(file), "exec")


def _front_door() -> None:
    """The first page at the address without a path.

    To be sent on to the page's own address would leave an entry in the browser's history from which
    Back leads nowhere but here.
    """
    if step := mode.now().step:
        st.switch_page(info(step.page).file)
    exec(_first_page(), {"__name__": "__main__", "__file__": str(_ROOT / PAGES[0].file)})


@cache
def _entries() -> dict[str, st.Page]:
    # Made once: each looks for its file several times.
    front = st.Page(_front_door, title=NAME, default=True, visibility="hidden")
    return {"": front} | {
        page.path: st.Page(
            _ROOT / page.file,
            title=page.menu,
            url_path=page.path,
        )
        for page in PAGES
    }


def link(
    to: PageInfo,
    label: str,
    query_params: Mapping[str, str] | None = None,
    width: int | Literal["content"] = "content",
) -> None:
    """Draw a link to a page. `width` in pixels. From within another site it leads out of there."""
    if mode.now().embedded:
        asks = f"?{urlencode(query_params)}" if query_params else ""
        st.markdown(f"[{label}]({to.path}{asks})", width=width)
        return
    entry, says = _entries()[to.path], {**(query_params or {}), **mode.now().address}
    st.page_link(entry, label=label, query_params=says, width=width)


def go_to(path: str) -> None:
    """Run this page instead of what would run now, shown as pages are now; see `address.go_to`."""
    st.switch_page(_entries()[path], query_params=dict(mode.now().address))


def _navigation() -> st.Page:
    # The address without a path leads to the first page; `default=True` on that page itself
    # would take its own address away.
    entries = _entries()
    # Copies, as Streamlit marks the one that it opens. In a sidebar they would be rendered anew
    # at each move of a control: 10 ms of every key press.
    sections: dict[str, list[st.Page]] = {"": [copy(entries[""])]}
    for page in PAGES:
        sections.setdefault(page.section, []).append(copy(entries[page.path]))
    opened = st.navigation(sections, position="top" if mode.now().is_site else "hidden")
    # An icon of another kind than a local image would be fetched from another host.
    st.set_page_config(
        page_title=NAME if opened.title == NAME else f"{opened.title} · {NAME}",
        page_icon=str(_ROOT / "pages/kit/icon.png"),
        layout="centered",
    )
    return opened


def run(before: Callable[[], None], after: Callable[[], None]) -> None:
    """What app.py does: set the site up, then run the page that the address asks for.

    `before` decides how pages are shown; `after` draws what stands around each.
    """
    with run_lock.LOCK.held():
        before()
        page = _navigation()
        st.session_state[STARTED] = True
        page.run()
        after()
    _stop_if_overtaken()


def _stop_if_overtaken() -> None:
    """Where a newer script of this session has been asked for, end as one that was stopped.

    A script that ends by itself takes the fragments of all others from the session, also of the
    newer one, which begins while this one ends: whatever a reader moved in them would be lost.
    Streamlit looks for a stop wherever the session's state is asked.
    """
    st.session_state.get(STARTED)


def ensure_started() -> None:
    """Set the site up from within a page, where app.py did not, and start over through app.py.

    A server that has not run app.py yet takes `pages/` for an old-style app and runs the file a
    deep link names by itself. Declaring the navigation there gives that visitor the right page,
    menu and parameters. Every later run goes through app.py, where widgets have other identities:
    drawn here, they would forget the reader's first touch.
    """
    if STARTED not in st.session_state:
        _navigation()
        st.session_state[STARTED] = True
        st.rerun()
