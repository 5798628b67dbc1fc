// What ml-fnn does when nothing is said: its first layer, after a step too small to move it.

const FeedForwardNeuralNetworks = require("ml-fnn");
const { Matrix } = require("ml-matrix");
const record = require("./record.js");
const { version } = require("ml-fnn/package.json");

record.dense("FeedForwardNeuralNetworks", (n_in, n_out) => {
  const net = new FeedForwardNeuralNetworks({
    hiddenLayers: [n_out], iterations: 0, learningRate: 1e-300,
  });
  net.train(Matrix.zeros(2, n_in), [0, 1]);
  const { W, b } = net.toJSON().layers[0];
  return [new Matrix(W).to1DArray(), new Matrix(b).to1DArray()];
});
record.done(version);
