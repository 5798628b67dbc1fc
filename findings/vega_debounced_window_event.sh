#!/usr/bin/env bash
# Guess, written down first: each Vega view on a page has event streams of its own. A signal that
# changes once the window has rested (`debounce`) changes in every view, and what depends on it
# follows in every view.
#
# Seen, Vega 6.2.0: the signal changes in all of three views, and what depends on it follows in the
# one that was made last only. In the other two it stays as it was until anything else happens to
# them. All views listen to one window, each writes itself into the one event object as that event's
# dataflow, and when the pause is over every stream runs the dataflow that the object names by then.
# Without `debounce` all three follow: each runs before the next one writes. So charts side by side
# that lay themselves out anew after a resize do so one chart out of all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund vega@6.2.0
cat >views.mjs <<'JAVASCRIPT'
import assert from 'node:assert';

globalThis.window = new EventTarget();
const vega = await import('vega');
const counter = (name, debounce) => ({
  name, value: 0, on: [{events: {source: 'window', type: 'resize', debounce}, update: `${name} + 1`}],
});
const signals = [
  counter('at_once'), {name: 'follows_at_once', update: '10 * at_once'},
  counter('rested', 50), {name: 'follows_rested', update: '10 * rested'},
];
const views = [];
for (let i = 0; i < 3; i++) {
  const view = new vega.View(vega.parse({width: 10, height: 10, signals}), {renderer: 'none'});
  views.push(await view.initialize().runAsync());
}
const told = name => views.map(view => view.signal(name));

window.dispatchEvent(new Event('resize'));
await new Promise(done => setTimeout(done, 500));
for (const {name} of signals) console.log(`${name}: ${told(name)}`);
assert.deepEqual(told('follows_at_once'), [10, 10, 10]);
assert.deepEqual(told('rested'), [1, 1, 1]);
assert.deepEqual(told('follows_rested'), [0, 0, 10]);
JAVASCRIPT
node views.mjs
