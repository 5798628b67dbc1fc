// What record.py does, for the frameworks that run in Node.js: the same shapes, the same statistics.

const SHAPES = [[64, 64], [256, 256], [1000, 1000], [1000, 250], [250, 1000]]; // inputs, outputs
const SMALL_SHAPES = [[16, 16], [64, 64], [256, 256], [256, 64], [64, 256]];
const CHANNELS = [16, 256, 1000]; // of depthwise convolutions
const NAMED = [[1000, 1000], [1000, 250]]; // of initializers by name
const HIDDEN = 256;
const ENOUGH = 250_000; // weights behind a standard deviation
const ENOUGH_BIASES = 10_000; // to 1 %: a layer has few
const SIGMOIDS = [17, -17, 40, -40];

const found = { weights: [], values: [], clips: [] };

/** Statistics of what draw(), an array of new weights at each call, makes for a layer. */
function weights(layer, call, draw, n_in, n_out, enough = ENOUGH) {
  const drawn = [];
  let count = 0;
  while (count < enough) {
    drawn.push(draw());
    count += drawn.at(-1).length;
    if (drawn.length === 3 && drawn.every((w) => w.every((x) => x === 0))) break;
  }
  const mean = power(drawn, 0, 1);
  const square = power(drawn, mean, 2);
  const [smallest, largest] = [Math.min, Math.max].map((f) =>
    drawn.reduce((a, w) => w.reduce((b, x) => f(b, x), a), drawn[0][0]));
  found.weights.push({
    layer, call, n_in, n_out, mean, std: Math.sqrt(square), smallest, largest,
    kurtosis: square ? power(drawn, mean, 4) / square ** 2 : 0,
  });
}

/** The mean of (x − center)^n over all arrays. */
function power(arrays, center, n) {
  let sum = 0;
  let count = 0;
  for (const array of arrays) {
    for (const x of array) sum += (x - center) ** n;
    count += array.length;
  }
  return sum / count;
}

/** Weights and biases of a dense layer: draw(n_in, n_out) makes a new one's [W, b]. */
function dense(call, draw, layer = "dense", shapes = SHAPES) {
  for (const n of shapes) weights(layer, call, () => draw(...n)[0], ...n);
  for (const n of shapes.slice(2)) {
    weights(`${layer} bias`, call, () => draw(...n)[1], ...n, ENOUGH_BIASES);
  }
}

/** Weights of a 3 × 3 convolution with as many groups as channels. */
function depthwise(call, draw) {
  for (const channels of CHANNELS) {
    weights("depthwise 3x3", call, () => draw(channels), channels, channels);
  }
}

/** Weights of an initializer by its name: draw(n_in, n_out). */
function named(name, call, draw) {
  for (const n of NAMED) weights(name, call, () => draw(...n), ...n);
}

/** One number. */
function value(item, call, x) {
  found.values.push({ item, call, value: x });
}

/** Hand over what was found, as the last line of the output; JSON knows no NaN. */
function done(version) {
  console.log(`\n${JSON.stringify({ version, ...found })}`);
}

module.exports = {
  SHAPES, SMALL_SHAPES, CHANNELS, HIDDEN, SIGMOIDS, weights, dense, depthwise, named, value, done,
};
