// What Synaptic does when nothing is said. Each weight is an object: layers of 256 are large.

const { Layer } = require("synaptic");
const record = require("./record.js");
const { version } = require("synaptic/package.json");

record.dense("Layer.project", (n_in, n_out) => {
  const [from, to] = [new Layer(n_in), new Layer(n_out)];
  const { list } = from.project(to);
  return [list.map((connection) => connection.weight), to.list.map((neuron) => neuron.bias)];
}, "dense", record.SMALL_SHAPES);
record.done(version);
