"""Networks on the autograd engine: modules, losses, optimizers and training.

PYTEST_DONT_REWRITE, for pytest knows of this package by its plugin and may find it imported already.
"""

from nn import data, initializers, textbook
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
from nn.callbacks import StopTraining
from nn.checkpoints import load, load_state, save, save_state
from nn.classes import predicted_class
from nn.clipping import clip_grad_norm, clip_grad_value
from nn.compiling.step import CompiledStep, compiled_step
from nn.cross_entropy import CrossEntropyLoss, LogLoss, NLLLoss, SoftCrossEntropy
from nn.data import Dataset
from nn.diagnosis.findings import Finding
from nn.diagnosis.report import Health, health
from nn.diagrams.diagram import diagram
from nn.distance_losses import AbsoluteError, HalfSquaredError, L1Loss, MSELoss, SquaredError
from nn.history import History
from nn.layers import Dropout, Flatten, Linear, Maxout, PReLU
from nn.losses import Loss
from nn.margin_losses import ExponentialLoss, HingeLoss
from nn.metrics import (
    Confusion,
    accuracy,
    confusion,
    error_rate,
    predict,
    predict_scores,
    top_k_accuracy,
    zero_one,
)
from nn.module import Module, Parameter, Parameters
from nn.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nn.penalties import l2_penalty
from nn.perceptron import Perceptron
from nn.regression_metrics import mean_squared_error, r2_score
from nn.samples import batches
from nn.scalar import MLP, Layer, Neuron
from nn.schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearWarmUp,
    ReduceLROnPlateau,
    Schedule,
    StepLR,
)
from nn.sequential import Sequential
from nn.summary import Summary
from nn.training import fit

__all__ = [
    "ELU",
    "MLP",
    "SGD",
    "AbsoluteError",
    "ActivationModule",
    "Adagrad",
    "Adam",
    "AdamW",
    "CompiledStep",
    "Confusion",
    "CosineAnnealingLR",
    "CrossEntropyLoss",
    "Dataset",
    "Dropout",
    "ExponentialLR",
    "ExponentialLoss",
    "Finding",
    "Flatten",
    "HalfSquaredError",
    "HardLogistic",
    "HardTanh",
    "Health",
    "HingeLoss",
    "History",
    "Identity",
    "L1Loss",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LinearWarmUp",
    "LogLoss",
    "LogSigmoid",
    "LogSoftmax",
    "Loss",
    "MSELoss",
    "Maxout",
    "Module",
    "NLLLoss",
    "Neuron",
    "Optimizer",
    "PReLU",
    "Parameter",
    "Parameters",
    "Perceptron",
    "RMSprop",
    "ReLU",
    "ReLU6",
    "ReduceLROnPlateau",
    "Schedule",
    "Sequential",
    "Sigmoid",
    "SoftCrossEntropy",
    "Softmax",
    "Softplus",
    "SquaredError",
    "Step",
    "StepLR",
    "StopTraining",
    "Summary",
    "Tanh",
    "accuracy",
    "batches",
    "clip_grad_norm",
    "clip_grad_value",
    "compiled_step",
    "confusion",
    "data",
    "diagram",
    "error_rate",
    "fit",
    "health",
    "initializers",
    "l2_penalty",
    "load",
    "load_state",
    "mean_squared_error",
    "predict",
    "predict_scores",
    "predicted_class",
    "r2_score",
    "save",
    "save_state",
    "textbook",
    "top_k_accuracy",
    "zero_one",
]  # fmt: skip
