// What a reader can tell from what is behind it, where the system sets the colors. Read by a test.
window.seen = (() => {
    const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgb = (color, behind = 'white') => {
        for (const one of [behind, color]) {
            paint.fillStyle = one;
            paint.fillRect(0, 0, 1, 1);
        }
        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
    const ground = () => getComputedStyle(document.querySelector('.stApp')).backgroundColor;
    const contrast = (color, behind = ground()) => {
        const [a, b] = [luminance(rgb(color, behind)), luminance(rgb(behind))].sort();
        return (b + 0.05) / (a + 0.05);
    };
    const all = selector => [...document.querySelectorAll(selector)].filter(n => n.getClientRects().length);
    return {
        // The contrast of every handle and track that is slid.
        sliders: () => all('[data-testid=stSlider] [data-rac]').filter(
            n => n.querySelector(':scope > div > input')
        ).flatMap(n => [n, n.parentElement.firstElementChild]).map(
            n => contrast(getComputedStyle(n).backgroundColor)
        ),
        // Of an option that is chosen: its words on its ground, and its ground on the page's.
        chosen: () => all('button[aria-checked=true]').flatMap(n => {
            const own = getComputedStyle(n).backgroundColor;
            const words = getComputedStyle(n.querySelector('p') ?? n).color;
            return [contrast(words, own), contrast(own)];
        }),
        text: () => all('[data-testid=stMain] :is(p, li, h1, h2, label, td, th)').filter(
            n => n.textContent.trim() && !n.closest('button, [disabled], .katex')
        ).map(n => contrast(getComputedStyle(n).color)),
        // Every bold line of a chart, by its color.
        lines: () => all('[data-testid=stVegaLiteChart] svg .mark-line path').filter(
            n => parseFloat(getComputedStyle(n).strokeWidth) >= 2.2
        ).map(n => contrast(getComputedStyle(n).stroke)),
        labels: () => all('[data-testid=stVegaLiteChart] svg .mark-text text').filter(
            n => n.textContent.trim() && n.getAttribute('opacity') !== '0'
        ).map(n => getComputedStyle(n).fill)
            .filter(color => color !== 'rgb(17, 17, 17)')  // by day and night, on cells with a color
            .map(color => contrast(color)),
        // Whether what has the keyboard's focus, or what stands for it, has an edge.
        focus: () => {
            const here = document.activeElement;
            const edged = n => n && getComputedStyle(n).outlineStyle !== 'none'
                && parseFloat(getComputedStyle(n).outlineWidth) >= 2
                && n.getBoundingClientRect().width > 4;
            const shown = edged(here) || edged(here.closest('[data-focus-visible]'))
                || [...document.querySelectorAll('[data-focus-visible]')].some(edged);
            return [here.outerHTML.slice(0, 200), !!shown];
        },
        moving: () => document.getAnimations().filter(
            a => a.playState === 'running' && (a.effect.getComputedTiming().endTime > 50)
        ).length,
    };
})();
