"""The few lines that give the layers of a framework a gain of 1 at the start."""

from math import sqrt
from string import Template

from pages.concepts.frameworks import data
from pages.concepts.frameworks.networks import Setting

LINES = {
    "PyTorch": """
from torch import nn

layers = [nn.Linear($width, $width) for _ in range($depth)]
for layer in layers:
    nn.init.normal_(layer.weight, std=$sigma)
    nn.init.zeros_(layer.bias)
""",
    "Keras": """
from keras import initializers, layers as of

layers = [  # an initializer each: one object would give them all the same weights
    of.Dense($width, kernel_initializer=initializers.RandomNormal(stddev=$sigma))
    for _ in range($depth)
]
""",
    "Flax": """
import jax
from flax import nnx

normal, rngs = jax.nn.initializers.normal($sigma), nnx.Rngs(0)
layers = [nnx.Linear($width, $width, kernel_init=normal, rngs=rngs) for _ in range($depth)]
""",
    "Haiku": """
import haiku as hk

def layers():  # inside of hk.transform
    normal = hk.initializers.RandomNormal($sigma)
    return [hk.Linear($width, w_init=normal) for _ in range($depth)]
""",
    "Equinox": """
import equinox as eqx
import jax

def linear(key):
    layer = eqx.nn.Linear($width, $width, key=key)
    weight = $sigma * jax.random.normal(key, layer.weight.shape)
    return eqx.tree_at(lambda of: (of.weight, of.bias), layer, (weight, 0 * layer.bias))

layers = [linear(key) for key in jax.random.split(jax.random.key(0), $depth)]
""",
    "Penzai": """
from functools import partial

import jax
from penzai import pz

normal = partial(  # its scale is the variance of a weight, times the width
    pz.nn.variance_scaling_initializer,
    scale=$width * $sigma**2,
    mode="fan_in",
    distribution="normal",
)
units = {"features": $width}
layers = [
    pz.nn.Linear.from_config(f"layer{i}", jax.random.key(i), units, units, initializer=normal)
    for i in range($depth)
]
""",
    "BrainState": """
from brainstate import nn

normal = nn.init.Normal(scale=$sigma)
layers = [nn.Linear($width, $width, w_init=normal) for _ in range($depth)]
""",
    "Sonnet": """
import sonnet as snt

normal = snt.initializers.RandomNormal(stddev=$sigma)
layers = [snt.Linear($width, w_init=normal) for _ in range($depth)]
""",
    "Paddle": """
from paddle import ParamAttr, nn

normal = ParamAttr(initializer=nn.initializer.Normal(std=$sigma))
layers = [nn.Linear($width, $width, weight_attr=normal) for _ in range($depth)]
""",
    "MLX": """
import mlx.nn as nn

normal, zeros = nn.init.normal(std=$sigma), nn.init.constant(0.0)
layers = [nn.Linear($width, $width) for _ in range($depth)]
for layer in layers:
    layer.weight, layer.bias = normal(layer.weight), zeros(layer.bias)
""",
    "tinygrad": """
from tinygrad import Tensor, nn

layers = [nn.Linear($width, $width) for _ in range($depth)]
for layer in layers:
    layer.weight = Tensor.normal($width, $width, std=$sigma)
    layer.bias = Tensor.zeros($width)
""",
    "MindSpore": """
from mindspore import nn
from mindspore.common.initializer import Normal

layers = [
    nn.Dense($width, $width, weight_init=Normal($sigma), bias_init="zeros") for _ in range($depth)
]
""",
    "thinc": """
from thinc.api import Linear

def normal(ops, shape):
    return ops.asarray(ops.xp.random.normal(0, $sigma, shape), dtype="f")

layers = [Linear($width, $width, init_W=normal) for _ in range($depth)]
""",
    "MXNet": """
from mxnet import gluon, init

normal = init.Normal($sigma)
layers = [
    gluon.nn.Dense($width, in_units=$width, weight_initializer=normal) for _ in range($depth)
]
""",
    "Chainer": """
from chainer import initializers, links

normal = initializers.Normal($sigma)
layers = [links.Linear($width, $width, initialW=normal) for _ in range($depth)]
""",
    "TensorFlow.js": """
const kernelInitializer = tf.initializers.randomNormal({ stddev: $sigma });
const layers = Array.from({ length: $depth }, () =>
  tf.layers.dense({ units: $width, kernelInitializer }));
""",
}
WITHOUT = {  # why a framework has no lines
    "scikit-learn": "its network draws its weights when it is fitted, and takes no initializer",
    "Brain.js": "its network draws its weights when it is trained, and takes no initializer",
    "Synaptic": "its layers take one number for all their weights, or draw them their own way",
    "ConvNetJS": "its layers draw their weights when they are made, and take no initializer",
    "ml-fnn": "its network draws its weights when it is trained, and takes no initializer",
}


def lines(framework: str, of: Setting, depth: int) -> str | None:
    """The lines; None for a framework that has none, or where no scale has a gain of 1."""
    scale = data.scale_of_gain_one(of.activation, of.width, depth)
    if framework not in LINES or scale is None:
        return None
    blanks = {"width": of.width, "depth": depth, "sigma": f"{scale / sqrt(of.width):.4g}"}
    return Template(LINES[framework].strip()).substitute(blanks)
