"""What TensorFlow's own functions do when nothing is said; its layers are those of Keras."""

import record
import tensorflow as tf

minus = tf.constant([-1.0])
record.value("leaky_relu slope left", "nn.leaky_relu", -tf.nn.leaky_relu(minus)[0])
record.value("leaky_relu slope right", "nn.leaky_relu", tf.nn.leaky_relu(-minus)[0])
record.value("gelu(-2)", "nn.gelu", tf.nn.gelu(2 * minus)[0])


def derivative(f):
    def at(z):
        x = tf.Variable([z])
        with tf.GradientTape() as tape:
            y = f(x)
        return tape.gradient(y, x).numpy()[0]

    return at


for item, call, f, z in (
    ("relu'(0)", "nn.relu", tf.nn.relu, 0.0),
    ("max(x, 0)'(0)", "maximum", lambda z: tf.maximum(z, 0.0), 0.0),
    ("max(0, x)'(0)", "maximum", lambda z: tf.maximum(0.0, z), 0.0),
    ("leaky_relu'(0)", "nn.leaky_relu", tf.nn.leaky_relu, 0.0),
    ("abs'(0)", "abs", tf.abs, 0.0),
    ("relu6'(6)", "nn.relu6", tf.nn.relu6, 6.0),
    ("elu'(0)", "nn.elu", tf.nn.elu, 0.0),
    *((f"sigmoid'({z:g})", "nn.sigmoid", tf.nn.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, derivative(f), z)

record.named(
    "truncated_normal(1)", "random.truncated_normal", lambda *n: tf.random.truncated_normal(n)
)
record.clip("clip_by_global_norm", lambda *a: tf.clip_by_global_norm(a, record.LIMIT)[0])
record.clip("clip_by_norm", lambda *a: [tf.clip_by_norm(x, record.LIMIT) for x in a])


def of_picked_rows():
    rows = tf.Variable(tf.zeros((10, 4)))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.gather(rows, record.PICKED))
    return tape.gradient(total, rows)


for call, clipped in (
    ("clip_by_global_norm", tf.clip_by_global_norm([of_picked_rows()], record.LIMIT)[0][0]),
    ("clip_by_norm", tf.clip_by_norm(of_picked_rows(), record.LIMIT)),
):
    record.picked(call, tf.convert_to_tensor(clipped))


def masked(block):
    ones = tf.ones(record.MASKED)
    with tf.GradientTape() as tape:
        tape.watch(ones)
        out = block(ones)
        loss = tf.reduce_sum((out - 1) ** 2 / 2)
    return out, tape.gradient(loss, ones)


drop = tf.keras.layers.Dropout(0.5)
for call, block in (
    ("recompute_grad", tf.recompute_grad(lambda x: tf.nn.dropout(x, 0.5))),
    ("keras.remat", tf.keras.remat(lambda x: drop(x, training=True))),
):
    record.recomputed(call, *masked(block))
record.done(tf.__version__)
