"""What Sonnet does when nothing is said."""

import numpy as np
import record
import sonnet as snt
import tensorflow as tf

H = record.HIDDEN


def linear(n_in, n_out):
    layer = snt.Linear(n_out)
    layer(tf.zeros((1, n_in)))
    return layer.w.numpy(), layer.b.numpy()


def depthwise(c):
    layer = snt.DepthwiseConv2D(3)
    layer(tf.zeros((1, 8, 8, c)))
    return layer.w.numpy()


record.dense("snt.Linear", linear)
record.depthwise("snt.DepthwiseConv2D", depthwise)
for name, call, draw in (
    ("truncated_normal(1)", "TruncatedNormal", snt.initializers.TruncatedNormal),
    ("lecun_normal", "VarianceScaling", snt.initializers.VarianceScaling),
    ("orthogonal", "Orthogonal", snt.initializers.Orthogonal),
):
    record.named(name, call, lambda *n, draw=draw: draw()(n, tf.float32).numpy())

state = snt.LSTMState(hidden=tf.zeros((1, H)), cell=tf.ones((1, H)))


def lstm():
    layer = snt.LSTM(H)
    return layer, layer(tf.zeros((1, H)), state)[1]


record.lstm("snt.LSTM", lambda: np.split(lstm()[0].hidden_to_hidden.numpy(), 4, axis=1))
record.value("lstm keeps of its cell", "snt.LSTM", np.mean(lstm()[1].cell))
record.done(snt.__version__)
