// What a page shows, and the moves of a reader's hand, for test_agreement.py. It knows the page's
// document, the keys of the controls (`keys`, by page), and Streamlit's and Vega's own names, and
// nothing of the app. It is read before anything else of the page.
(keys => {
  // Streamlit keeps what another widget has replaced for a while, out of sight.
  const all = (selector, within = document) =>
    [...within.querySelectorAll(selector)].filter(node => !node.closest("[data-retained]"));
  const main = () => document.querySelector("[data-testid=stMain]") || document.body;
  const path = () => location.pathname.split("/").pop();
  const words = node => (node ? node.textContent.replace(/\s+/g, " ").trim() : "");
  const sleep = ms => new Promise(done => setTimeout(done, ms));

  // The class by which an element is known, and what is drawn for a control: its key, and possibly
  // something after it.
  const known = node => {
    const holder = node.closest('[class*="st-key-"]');
    const name = holder ? holder.className.match(/st-key-(\S+)/)[1] : "";
    return (keys[path()] || []).find(key => begins(name, key)) || name;
  };
  const begins = (name, key) => name.startsWith(key) && !/^\w/.test(name.slice(key.length));
  const drawn = key =>
    all(`[class*="st-key-${key}"]`, main()).filter(node =>
      [...node.classList].some(name => begins(name, `st-key-${key}`)),
    );

  // Widgets ---------------------------------------------------------------------------------------

  const KINDS = {
    slider: "[data-testid=stSlider] input[type=range]",
    box: "[data-testid=stNumberInputField]",
    menu: "[data-testid=stSelectbox] input[role=combobox]",
    row: "[data-testid=stButtonGroup] [role=radiogroup], [data-testid=stButtonGroup] [role=toolbar]",
  };
  const options = row => all("button", row);
  const isOn = option =>
    option.getAttribute("aria-checked") === "true" || option.getAttribute("aria-pressed") === "true";
  const read = {
    slider: node => ({
      value: node.value,
      shown: words(node.closest("[data-rac]").querySelector("[data-testid=stSliderThumbValue]")),
    }),
    box: node => ({ value: node.value }),
    menu: node => ({ value: node.value }),
    row: node => ({ value: options(node).filter(isOn).map(words), options: options(node).map(words) }),
  };
  const widgets = () =>
    (keys[path()] || []).flatMap(key =>
      drawn(key).flatMap(holder =>
        Object.entries(KINDS).flatMap(([kind, selector]) =>
          all(selector, holder).map(node => ({ key, kind, ...read[kind](node) })),
        ),
      ),
    );
  const isPresets = row => row.getAttribute("aria-label") === "Presets";
  const isFold = row => !isPresets(row) && !(keys[path()] || []).includes(known(row));

  // Charts ----------------------------------------------------------------------------------------

  const charts = () => all("[data-testid=stVegaLiteChart]", main());
  const ranges = () => all(".vega-bindings input[type=range]", main());

  // Every mark that Vega has drawn knows the view that it belongs to.
  const view = chart => {
    for (const node of all("svg.marks *", chart)) {
      const item = node.__data__;
      let group = item && ((item.mark && item.mark.group) || item.group);
      while (group && !(group.context && group.context.dataflow)) {
        group = group.mark && group.mark.group;
      }
      if (group) return group.context.dataflow;
    }
    return null;
  };
  const signal = (of, name) => {
    try {
      return of.signal(name);
    } catch {
      return undefined;
    }
  };
  // The tables that a chart has been sent, and not what Vega makes of them.
  const MADE = /^(root|(data|source|column|row|child)_.*|.*_(store|marks|pathgroup|facet|layout))$/;
  const tables = of => Object.keys(of._runtime.data).filter(name => !MADE.test(name));
  const NOTHING = -1.25e30;
  const digest = async column => {
    const isText = column.some(value => typeof value === "string");
    const bytes = isText
      ? new TextEncoder().encode(column.map(v => (v === null ? "\0" : String(v))).join("\x1f"))
      : Float32Array.from(column, v => (v === null || Number.isNaN(Number(v)) ? NOTHING : Number(v)));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
    return [...hash.slice(0, 8)].map(byte => byte.toString(16).padStart(2, "0")).join("");
  };
  const table = async found => {
    const columns = Object.keys(found[0] || {}).filter(name => !Array.isArray(found[0][name]));
    const digests = columns.map(async name => [
      name,
      await digest(found.map(row => (row[name] === undefined ? null : row[name]))),
    ]);
    return { rows: found.length, columns: Object.fromEntries(await Promise.all(digests)) };
  };
  const chart = async node => {
    const of = view(node);
    const found = { about: node.getAttribute("aria-label"), drawn: !!of, ranges: [], tables: {} };
    found.texts = all("svg.marks text", node).map(words);
    for (const input of all(".vega-bindings input[type=range]", node)) {
      const name = input.name.replace(/^live_(\w+)_\1$/, "$1");
      const values = [input.name, name].map(name => of && signal(of, name));
      const shown = words(input.parentNode.querySelector("span:last-child"));
      found.ranges.push({ name, value: input.value, shown, signals: values.map(v => v ?? null) });
    }
    for (const name of of ? tables(of) : []) found.tables[name] = await table(of.data(name));
    return found;
  };

  // The page --------------------------------------------------------------------------------------

  // Whether a run of the script has been asked for and none has ended since: a server that is busy
  // may not even have said that it has begun. While a busy browser still shows what the last run
  // has not drawn, a hand may move it: the server no longer knows its fragment, and never answers.
  //
  // Streamlit's messages, as trees of numbered fields. From the browser, 11 asks for a run, 11.5 for
  // one of a fragment. From the server, 4 says that a run has begun and 2.6.2 of which fragments; 5
  // is something drawn and 5.8 its fragment; 6 says how a run has ended: 2 is early, for another.
  const EARLY = 2;
  let asked = -1;
  let ended = 0; // milliseconds
  const shown = new Set(); // fragments, by what is drawn since the last run of all
  let alive = shown; // and the same when a run ended last
  const fields = bytes => {
    const found = {};
    let at = 0;
    const number = () => {
      let value = 0;
      for (let shift = 1; ; shift *= 128) {
        value += (bytes[at] & 127) * shift;
        if (bytes[at++] < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = number();
      const value = [0, 2].includes(tag & 7) ? number() : 0;
      const size = [0, 8, value, 0, 0, 4][tag & 7];
      found[tag >> 3] = (tag & 7) === 2 ? bytes.subarray(at, at + size) : value;
      at += size;
    }
    return found;
  };
  const within = (bytes, ...way) =>
    way.reduce((part, number) => part && fields(part)[number], bytes);
  const hears = message => {
    const told = fields(message);
    const fragment = within(told[5], 8);
    if (told[4] && !within(told[2], 6, 2)) shown.clear();
    if (fragment) shown.add(String(fragment));
    if (6 in told && told[6] !== EARLY) {
      alive = new Set(shown);
      ended = performance.now();
    }
  };
  const says = message => {
    const fragment = within(message, 11, 5);
    const isAnswered = !fragment || alive.has(String(fragment));
    if (11 in fields(message) && isAnswered) asked = performance.now();
  };
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("close", () => (asked = -1)); // it asks anew when it is open again
      this.addEventListener("message", ({ data }) => hears(new Uint8Array(data)));
    }
    send(data) {
      says(new Uint8Array(data));
      super.send(data);
    }
  };
  const awaits = () => asked > ended || performance.now() - ended < 100;

  const app = () => document.querySelector("[data-testid=stApp]");
  const isConnected = () => !!app() && app().dataset.testConnectionState === "CONNECTED";
  const isBusy = busy =>
    !isConnected() ||
    awaits() ||
    app().dataset.testScriptState !== "notRunning" ||
    all(busy).length > 0 ||
    charts().some(node => !node.querySelector("svg.marks *, canvas"));
  const state = async () => ({
    path: path(),
    query: location.search,
    titles: all("h1", main()).map(words),
    widgets: widgets(),
    presets: all(KINDS.row, main()).filter(isPresets).map(read.row),
    charts: await Promise.all(charts().map(chart)),
    words: all("[data-testid=stMarkdownContainer], [data-testid=stCaptionContainer]", main()).map(words),
    equations: all(".katex annotation", main()).map(words),
    rows: all("[data-testid=stTable] tr", main()).map(row => all("th, td", row).map(words).join(" | ")),
    link: all("[data-testid=stCode]", main()).map(words).filter(code => /^https?:/.test(code)),
    broken: all("[data-testid=stException], [role=dialog]").map(words),
  });

  // Moves -----------------------------------------------------------------------------------------

  const name = (node, more) => [known(node), more].filter(Boolean).join(" | ");
  const free = node => !node.disabled && node.getAttribute("aria-disabled") !== "true";
  // How a page is shown is no state of it: presentations, lessons, rooms.
  const FRAME = /^(Present|End|Open|Enter|Close|Leave|Add this view)/;
  const LONG = /Train|Continue|Try them|Pause/; // buttons that begin or end what takes long
  const choices = wanted =>
    all(KINDS.row, main())
      .filter(wanted)
      .flatMap(row => options(row).filter(free).map(node => [name(row, words(node)), node]));
  const buttons = wanted =>
    all("[data-testid=stButton] button", main())
      .filter(node => free(node) && node.offsetParent && wanted(words(node)))
      .map(node => [words(node), node]);
  const finds = {
    press: () => all(KINDS.slider, main()).filter(free).map(node => [name(node), node]),
    type: () => all(KINDS.box, main()).filter(free).map(node => [name(node), node]),
    step: () =>
      all("[data-testid=stNumberInput] button[data-testid^=stNumberInputStep]", main())
        .filter(free)
        .map(node => [name(node, /Up/.test(node.dataset.testid) ? "+" : "−"), node]),
    option: () => choices(row => !isPresets(row) && !isFold(row)),
    menu: () => all(KINDS.menu, main()).filter(free).map(node => [name(node), node]),
    preset: () => choices(isPresets),
    fold: () => choices(isFold),
    drag: () => ranges().map(node => [node.name, node]),
    wide: () =>
      all('button[aria-label^="Fullscreen"]', main()).map((node, i) => [`chart ${i + 1}`, node]),
    link: () =>
      all("[data-testid=stTopNavLink], [data-testid=stPageLink] a").map(node => [words(node), node]),
    button: () => buttons(text => !LONG.test(text) && !FRAME.test(text)),
    train: () => buttons(text => /^(Train|Continue)/.test(text)),
    pause: () => buttons(text => /^Pause/.test(text)),
  };
  const offers = kind => finds[kind]().map(([target]) => target);
  const find = (kind, target) => {
    const found = finds[kind]().find(([name]) => name === target || name.endsWith(`| ${target}`));
    return found ? found[1] : null;
  };
  const click = (kind, target) => {
    const node = find(kind, target);
    if (node) node.click();
    return !!node;
  };
  const focus = (kind, target) => {
    const node = find(kind, target);
    if (!node) return null;
    node.focus();
    if (node.select) node.select();
    const { min, max, step } = node;
    return { min: Number(min), max: Number(max), step: Number(step) };
  };
  // The value of a range input by its own setter, as a hand would set it: React and Vega listen.
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const drag = async (target, shares, ms) => {
    const node = find("drag", target);
    if (!node) return null;
    const [low, high] = [Number(node.min), Number(node.max)];
    for (const share of shares) {
      if (!node.isConnected) break; // drawn anew: the hand holds nothing any more
      setValue.call(node, String(low + share * (high - low)));
      node.dispatchEvent(new Event("input", { bubbles: true }));
      await sleep(ms);
    }
    node.dispatchEvent(new Event("change", { bubbles: true }));
    return node.value;
  };
  const open = target => {
    const node = find("menu", target);
    if (!node) return false;
    node.closest("[data-testid=stSelectbox]").querySelector("button").click();
    return true;
  };
  const listed = () => all("[role=listbox] [role=option]").map(words);
  const pick = index => {
    const node = all("[role=listbox] [role=option]")[index];
    if (node) node.click();
    return !!node;
  };
  const place = () => window.navigation.currentEntry.index;
  const last = () => window.navigation.entries().length - 1;

  window.agreement = {
    state, isBusy, isConnected, offers, click, focus, drag, open, listed, pick, place, last,
  };
})(KEYS);
