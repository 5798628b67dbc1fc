// What TensorFlow.js does when nothing is said.

const tf = require("@tensorflow/tfjs");
const record = require("./record.js");

const H = record.HIDDEN;

/** A new layer's weights, as arrays, in its order. */
function made(layer, shape) {
  layer.build(shape);
  const arrays = layer.getWeights().map((w) => w.dataSync());
  layer.weights.forEach((w) => w.dispose());
  return arrays;
}

record.dense("layers.dense", (n_in, units) => made(tf.layers.dense({ units }), [null, n_in]));
record.depthwise("layers.depthwiseConv2d", (channels) =>
  made(tf.layers.depthwiseConv2d({ kernelSize: 3 }), [null, 8, 8, channels])[0]);
for (const [name, call] of [
  ["he_normal", "heNormal"],
  ["he_uniform", "heUniform"],
  ["xavier_normal", "glorotNormal"],
  ["lecun_normal", "leCunNormal"],
]) {
  record.named(name, `initializers.${call}`, (...n) =>
    tf.initializers[call]({}).apply(n).dataSync());
}
record.named("truncated_normal(1)", "truncatedNormal", (...n) => tf.truncatedNormal(n).dataSync());

// its orthogonal recurrent weights take minutes, and a hidden state of 0 does not meet them
const cell = tf.layers.lstmCell({ units: H, recurrentInitializer: "zeros" });
cell.build([null, H]);
const [kept] = tf.tidy(() => {
  const zero = tf.zeros([1, H]);
  const after = cell.call([zero, zero, tf.ones([1, H])], {})[2]; // output, hidden, cell
  return after.mean().dataSync();
});
record.value("lstm keeps of its cell", "layers.lstmCell", kept);

const minus = tf.tensor([-1]);
for (const [call, f] of [
  ["leakyRelu", tf.leakyRelu],
  ["layers.leakyReLU", (x) => tf.layers.leakyReLU().apply(x)],
]) {
  record.value("leaky_relu slope left", call, -f(minus).dataSync()[0]);
  record.value("leaky_relu slope right", call, f(minus.neg()).dataSync()[0]);
}
const gelu = tf.layers.activation({ activation: "gelu" });
record.value("gelu(-2)", "'gelu'", gelu.apply(minus.mul(2)).dataSync()[0]);

for (const [item, call, f, z] of [
  ["relu'(0)", "relu", tf.relu, 0],
  ["max(x, 0)'(0)", "maximum", (x) => tf.maximum(x, 0), 0],
  ["max(0, x)'(0)", "maximum", (x) => tf.maximum(0, x), 0],
  ["leaky_relu'(0)", "leakyRelu", (x) => tf.leakyRelu(x), 0],
  ["abs'(0)", "abs", tf.abs, 0],
  ["relu6'(6)", "relu6", tf.relu6, 6],
  ["elu'(0)", "elu", tf.elu, 0],
  ...record.SIGMOIDS.map((z) => [`sigmoid'(${z})`, "sigmoid", tf.sigmoid, z]),
]) {
  record.value(item, call, tf.grad((x) => f(x).sum())(tf.tensor([z])).dataSync()[0]);
}
record.done(tf.version.tfjs);
