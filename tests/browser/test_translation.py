"""A page that the reader's browser translates: its sentences change as those of another page do.

Google Translate, as Chromium has it, puts each text into two elements of its own. React has made
the texts, writes into them, and takes them away; it finds neither.
"""

from tests.browser.tabs import MAIN, await_address, live_input
from tests.panels import PANELS

WRAP = """() => {
    const left = 'script, style, svg, canvas, textarea, code, .katex, [translate=no], font';
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
        const text = walker.currentNode;
        if (text.data.trim() && !text.parentElement.closest(left)) texts.push(text);
    }
    for (const text of texts) {
        const [outer, inner] = [document.createElement('font'), document.createElement('font')];
        inner.append(document.createTextNode(text.data));
        outer.append(inner);
        text.replaceWith(outer);
    }
    return texts.length;
}"""
WORDS = """() => {
    const held = ['MarkdownContainer', 'CaptionContainer', 'Table', 'ElementContainer'];
    const where = held.map(name => `[data-testid=stMain] [data-testid=st${name}]`).join();
    const words = [...document.querySelectorAll(where)].filter(
        element => !element.querySelector('[data-testid=stVegaLiteChart]'));
    return words.map(element => element.textContent.replace(/\\s+/g, ' ').trim());
}"""


def same_as_fresh(tab, reader) -> None:
    other = reader().goto(tab.page.url)
    translated, fresh = (t.page.evaluate(WORDS) for t in (tab, other))
    apart = [both for both in zip(translated, fresh, strict=False) if both[0] != both[1]]
    assert not apart, apart[:3]
    assert len(translated) == len(fresh)
    tab.assert_sound()


def test_a_live_control_and_presets_change_sentences_whole(server, reader):
    panel, control = PANELS["memory"], MAIN["memory"]
    tab = reader().goto(f"{server}/memory")
    handle = live_input(tab, control)
    assert tab.page.evaluate(WRAP) > 50
    handle.focus()
    for key, value in (("Home", control.low), ("ArrowRight", control.low + control.step)):
        tab.page.keyboard.press(key)
        await_address(tab, panel.key(control.name), value)
        tab.settle()
    presets = tab.page.get_by_role("radiogroup", name="Presets")
    for i in (1, -1):
        presets.get_by_role("radio").nth(i).click()
        tab.settle()
    same_as_fresh(tab, reader)
