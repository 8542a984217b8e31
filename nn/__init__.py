"""Networks on the autograd engine: modules, losses, optimizers and training."""

from nn import data, textbook
from nn.data import Dataset
from nn.history import History
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
from nn.training import fit

__all__ = [
    "MLP", "SGD", "AbsoluteError", "Adagrad", "Adam", "AdamW", "Confusion", "CrossEntropyLoss", "Dataset", "ExponentialLoss", "HalfSquaredError",
    "HingeLoss", "History", "L1Loss", "Layer", "LogLoss", "Loss", "MSELoss", "Module", "NLLLoss", "Neuron", "Optimizer",
    "Parameter", "Parameters", "Perceptron", "RMSprop", "SoftCrossEntropy", "SquaredError", "accuracy", "confusion", "data",
    "error_rate", "fit", "l2_penalty", "predict", "predicted_class", "textbook", "zero_one",
]  # fmt: skip
