// What Brain.js does when nothing is said.

const brain = require("brain.js");
const record = require("./record.js");
const { version } = require("brain.js/package.json");

/** A network as `train` begins it, which finds its sizes in the examples. */
function network(inputs, units, activation) {
  const net = new brain.NeuralNetwork(activation ? { activation } : {});
  net.sizes = [inputs, units, 1];
  net.initialize();
  return net;
}

record.dense("NeuralNetwork", (n_in, n_out) => {
  const net = network(n_in, n_out);
  return [net.weights[1].flatMap((row) => [...row]), [...net.biases[1]]];
});

for (const [side, x] of [["left", -1], ["right", 1]]) {
  const net = network(1, 1, "leaky-relu");
  net.weights = [[], [[1]], [[1]]];
  net.biases = [[], [0], [0]];
  net.runInput([x]);
  record.value(`leaky_relu slope ${side}`, "'leaky-relu'", net.outputs[1][0] / x);
}
record.done(version);
