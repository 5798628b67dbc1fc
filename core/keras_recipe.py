"""The run of `numpy_recipe.numpy_script` in Keras: layers, whatever computes below them.

The texts are written as in `recipes.py`. Where Keras's own rule is another one than the core's, the
script has the core's by hand and says so. Slopes are those of the library below: where φ is flat to
the last digit they are exactly 0, and the core's are not.
"""

from core.network import NetSpec
from core.recipes import choices, script
from core.training import TrainSpec

PHI = '''
def phi(z):
    """$phi_name."""
    return $keras_phi
'''

NETWORK = '''
            | def dense(units):
            |     """u = h W + b. The weights come afterward, those of the other scripts."""
            |     return keras.layers.Dense(
            |         units,
            |         activation=None,
            |         use_bias=True,
            |         kernel_initializer="zeros",
            |         bias_initializer="zeros",
            |     )
normed      |
normed      |
normed      | def normalizer():
layer       |     """z from u: mean 0 and variance 1 for each example, then gamma and beta."""
batch       |     """z from u: mean 0 and variance 1 for each feature, then gamma and beta."""
normed      |     # It squares u: from about $root on, the run is another than in NumPy.
normed      |     return keras.layers.$normalization(
normed      |         axis=-1,
normed      |         epsilon=EPSILON,
normed      |         center=True,
normed      |         scale=True,
normed      |         beta_initializer="zeros",
normed      |         gamma_initializer="ones",
normed      |     )
            |
            |
            | def network(W, b):
            |     """Every layer, with the weights W and biases b."""
            |     h = x = keras.Input((N_IN,))
hidden      |     for $i in range(DEPTH):
no-normed hidden |         z = dense(WIDTH)(h)
layer       |         z = normalizer()(dense(WIDTH)(h))
batch       |         # True: by the statistics of the batch at hand.
batch       |         z = normalizer()(dense(WIDTH)(h), training=True)
no-residual hidden |         h = phi(z)
all-layers  |         h = h + RESIDUAL * phi(z)
but-first   |         # The first layer has no shortcut: N_IN is not WIDTH.
but-first   |         h = h + RESIDUAL * phi(z) if i > 0 else phi(z)
            |     model = keras.Model(x, dense(N_OUT)(h))
            |     layers = [one for one in model.layers if isinstance(one, keras.layers.Dense)]
            |     for one, W_l, b_l in zip(layers, W, b, strict=True):
            |         one.set_weights([W_l, b_l])
            |     return model
'''

ORTHOGONALIZED = '''
muon | def orthogonalized(G):
muon |     """G with its singular values brought near 1, after Newton and Schulz."""
muon |     tall = G.shape[0] > G.shape[1]
muon |     X = keras.ops.transpose(G) if tall else G
muon |     X = X / keras.ops.maximum(keras.ops.norm(X), MUON_FLOOR)
muon |     for _ in range(ITERATIONS):
muon |         A = X @ keras.ops.transpose(X)
muon |         X = 3.4445 * X + (-4.775 * A + 2.0315 * (A @ A)) @ X
muon |     return keras.ops.transpose(X) if tall else X
'''

RULE = '''
by-hand    | class Rule(keras.optimizers.Optimizer):
sign       |     """Each parameter by the learning rate, against the sign of its gradient."""
rmsprop    |     """The gradient over the root of the running mean of its square.
rmsprop    |
rmsprop    |     keras.optimizers.RMSprop adds its floor to the mean square, below the root.
rmsprop    |     """
adam no-adamw no-muon |     """A running mean of the gradient over the root of that of its square.
adamw      |     """Adam, and each parameter shrinks by the learning rate times DECAY of itself.
muon       |     """Matrices by Muon, whatever else there is by Adam.
adam       |
adam       |     keras.optimizers.Adam adds its floor before the mean square is divided by what it
adam       |     lacks for having begun at 0: early on that is a larger floor.
adam       |     """
running    |
running    |     def build(self, variables):
running    |         super().build(variables)
adam       |         self.means = self.add_optimizer_variables(variables, "mean")
running    |         self.squares = self.add_optimizer_variables(variables, "square")
by-hand    |
by-hand    |     def update_step(self, g, p, learning_rate):
sign       |         self.assign_sub(p, learning_rate * keras.ops.sign(g))
rmsprop    |         v = self.squares[self._get_variable_index(p)]
rmsprop    |         self.assign(v, ALPHA * v + (1 - ALPHA) * g * g)
rmsprop    |         self.assign_sub(p, learning_rate * g / (keras.ops.sqrt(v) + FLOOR))
adam       |         i = self._get_variable_index(p)
adam       |         m, v = self.means[i], self.squares[i]
muon       |         if len(p.shape) == 2:
muon       |             self.assign(m, MUON_MOMENTUM * m + (1 - MUON_MOMENTUM) * g)
muon       |             X = orthogonalized((1 - MUON_MOMENTUM) * g + MUON_MOMENTUM * m)
muon       |             factor = max(1, g.shape[1] / g.shape[0]) ** 0.5
muon       |             self.assign_sub(p, learning_rate * factor * X)
muon       |             return
adam       |         step = keras.ops.cast(self.iterations + 1, p.dtype)
adam       |         self.assign(m, BETA1 * m + (1 - BETA1) * g)
adam       |         self.assign(v, BETA2 * v + (1 - BETA2) * g * g)
adam       |         # Divided by what they lack for having begun at 0.
adam       |         m_hat = m / (1 - keras.ops.power(BETA1, step))
adam       |         v_hat = v / (1 - keras.ops.power(BETA2, step))
adam no-adamw |         self.assign_sub(p, learning_rate * m_hat / (keras.ops.sqrt(v_hat) + FLOOR))
adamw      |         move = m_hat / (keras.ops.sqrt(v_hat) + FLOOR) + DECAY * p
adamw      |         self.assign_sub(p, learning_rate * move)
'''

FINITE = '''
def finite(arrays):
    """Whether there is neither an infinity nor a NaN."""
    return all(np.isfinite(a).all() for a in arrays)
'''

MAIN = '''
            | def main():
            |     """Train, and print the losses and the held-out accuracy."""
            |     keras.config.set_floatx("$dtype")
            |     keras.config.set_dtype_policy("$dtype")  # in case there was one before
            |     x_train, y_train, x_test, y_test = load_data()
            |     model = network(*init())
            |     # Every setting is said: what a library does unasked may change.
            |     settings = {"learning_rate": LEARNING_RATE, "weight_decay": None}
no-clip     |     settings |= {"clipnorm": None, "clipvalue": None, "global_clipnorm": None}
value-clip  |     settings |= {"clipnorm": None, "clipvalue": CLIP_LIMIT, "global_clipnorm": None}
norm-clip   |     # global_clipnorm is the norm of the whole gradient; clipnorm that of each array.
norm-clip   |     settings |= {"clipnorm": None, "clipvalue": None, "global_clipnorm": CLIP_LIMIT}
sgd         |     optimizer = keras.optimizers.SGD(momentum=0.0, nesterov=False, **settings)
momentum    |     optimizer = keras.optimizers.SGD(momentum=MOMENTUM, nesterov=False, **settings)
by-hand     |     optimizer = Rule(**settings)
no-mse      |     loss = keras.losses.SparseCategoricalCrossentropy(
no-mse      |         from_logits=True, ignore_class=None, reduction="sum_over_batch_size"
no-mse      |     )
mse         |     loss = keras.losses.MeanSquaredError(reduction="sum_over_batch_size")
mse         |     targets = TARGET * np.eye(N_OUT)
            |     model.compile(optimizer=optimizer, loss=loss)
            |     batches = len(x_train) // BATCH_SIZE  # per epoch; the remainder is left out
            |
            |     for step in range(1, STEPS + 1):
            |         epoch, batch = divmod(step - 1, batches)
            |         if batch == 0:
            |             rng = np.random.default_rng((BATCH_SEED, epoch))
            |             order = rng.permutation(len(x_train))
            |         rows = order[batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]
            |
no-mse      |         loss = float(model.train_on_batch(x_train[rows], y_train[rows]))
mse         |         loss = float(model.train_on_batch(x_train[rows], targets[y_train[rows]]))
            |         print(f"step {step}: loss {loss!r}")
            |         for name, arrays in {"loss": [loss], "update": model.get_weights()}.items():
            |             if not finite(arrays):
            |                 print(f"Stopped at step {step}: infinity or NaN in the {name}.")
            |                 return
            |
no-batch    |     output = model.predict_on_batch(x_test)
batch       |     output = keras.ops.convert_to_numpy(model(x_test, training=True))
            |     if not finite([output]):
            |         print("Stopped: infinity or NaN in the held-out outputs.")
            |         return
            |     accuracy = np.mean(output.argmax(axis=1) == y_test)
            |     print(f"held-out accuracy: {float(accuracy)!r}")
'''


def keras_script(spec: NetSpec, train_spec: TrainSpec, *, seed: int, dataset: str) -> str:
    """The run of `numpy_recipe.numpy_script` for Keras 3; raises as it does.

    It runs on each of Keras's backends; KERAS_BACKEND in the environment says on which. On others
    than TensorFlow, Keras 3.15 multiplies float64 in float32, and a script in float64 says so.
    """
    chosen, values = choices(spec, train_spec, seed, dataset)
    running = chosen & {"rmsprop", "adam"}
    by_hand = running | (chosen & {"sign"})
    chosen |= {"keras"} | ({"running"} if running else set()) | ({"by-hand"} if by_hand else set())
    values |= {
        "how": "Keras",
        "needs": "NumPy 1.25, TensorFlow, Keras 3",
        "keras_phi": spec.phi.keras,
        "normalization": f"{spec.norm.title()}Normalization",
        "i": "i" if "but-first" in chosen else "_",
    }
    network = [PHI, NETWORK] if spec.depth else [NETWORK]
    return script(spec, network, [ORTHOGONALIZED, RULE, FINITE, MAIN], chosen, values)
