// What ConvNetJS does when nothing is said.

const convnetjs = require("convnetjs");
const record = require("./record.js");
const { version } = require("convnetjs/package.json");

function dense(activation) {
  return (inputs, num_neurons) => {
    const net = new convnetjs.Net();
    net.makeLayers([
      { type: "input", out_sx: 1, out_sy: 1, out_depth: inputs },
      { type: "fc", num_neurons, activation },
      { type: "regression", num_neurons: 1 },
    ]);
    const layer = net.layers[1];
    return [layer.filters.flatMap((f) => [...f.w]), [...layer.biases.w]];
  };
}

record.dense("fc", dense(undefined));
record.dense("fc, relu", dense("relu"), "dense relu");
record.done(version);
