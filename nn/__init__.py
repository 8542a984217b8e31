"""Networks on the autograd engine: modules, losses, optimizers and training."""

from nn import data, textbook
from nn.activation_modules import (
    ELU,
    ActivationModule,
    HardLogistic,
    HardTanh,
    Identity,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    ReLU,
    ReLU6,
    Sigmoid,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from nn.data import Dataset
from nn.history import History
from nn.layers import Dropout, Flatten, Linear, Maxout, PReLU
from nn.losses import (
    AbsoluteError,
    CrossEntropyLoss,
    ExponentialLoss,
    HalfSquaredError,
    HingeLoss,
    L1Loss,
    LogLoss,
    Loss,
    MSELoss,
    NLLLoss,
    SoftCrossEntropy,
    SquaredError,
    l2_penalty,
)
from nn.metrics import Confusion, accuracy, confusion, error_rate, predict, predicted_class, zero_one
from nn.module import Module, Parameter, Parameters
from nn.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nn.perceptron import Perceptron
from nn.scalar import MLP, Layer, Neuron
from nn.sequential import Sequential
from nn.summary import Summary
from nn.training import fit

__all__ = [
    "ELU", "MLP", "SGD", "AbsoluteError", "ActivationModule", "Adagrad", "Adam", "AdamW", "Confusion",
    "CrossEntropyLoss", "Dataset", "Dropout", "ExponentialLoss", "Flatten", "HalfSquaredError", "HardLogistic",
    "HardTanh", "HingeLoss", "History", "Identity", "L1Loss", "Layer", "LeakyReLU", "Linear", "LogLoss", "LogSigmoid",
    "LogSoftmax", "Loss", "MSELoss", "Maxout", "Module", "NLLLoss", "Neuron", "Optimizer", "PReLU", "Parameter",
    "Parameters", "Perceptron", "RMSprop", "ReLU", "ReLU6", "Sequential", "Sigmoid", "SoftCrossEntropy", "Softmax",
    "Softplus", "SquaredError", "Step", "Summary", "Tanh", "accuracy", "confusion", "data", "error_rate", "fit",
    "l2_penalty", "predict", "predicted_class", "textbook", "zero_one",
]  # fmt: skip
