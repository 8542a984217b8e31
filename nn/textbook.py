"""The textbook's trained Iris network: its published weights, six flowers, and the probabilities printed for them."""

from __future__ import annotations

from nn.scalar import MLP

# As printed, of shape (inputs, outputs): H = sigmoid(x W¹ + b¹), y = softmax(H W² + b²).
IRIS_W1 = (
    (-0.92051142, -0.26299602, -1.31182587, -0.01975909, -0.59453297, -1.11046791),
    (-0.28832591, -1.20107734, -0.9193843, 2.20059323, -1.76573455, -0.85953856),
    (-2.33936191, 2.61448216, -0.70324481, -2.55568218, 2.42951894, -1.61432779),
    (-2.24077463, 2.89018154, 0.49342883, -2.72368193, 4.8323493, 1.31086338),
)
IRIS_B1 = (-2.00212002, -2.24461389, -0.26081288, 0.61751789, -11.42080021, -0.88119394)
IRIS_W2 = (
    (-0.47563726, -0.80865479, -1.70860052),
    (-4.02558851, 4.80955172, 1.79265082),
    (0.18003793, 0.4045147, 0.40952846),
    (8.4482317, -6.87298441, -4.0685277),
    (-2.96541858, -5.34733152, 11.1489048),
    (0.08154635, 0.21151544, -0.45402744),
)
IRIS_B2 = (0.90756476, 2.25174689, -2.58430076)

# Sepal length and width, petal length and width, in centimetres; two flowers of each species.
IRIS_FLOWERS = (
    (5.0, 3.5, 1.3, 0.3),
    (4.5, 2.3, 1.3, 0.3),
    (5.5, 2.6, 4.4, 1.2),
    (6.1, 3.0, 4.6, 1.4),
    (6.7, 3.1, 5.6, 2.4),
    (6.9, 3.1, 5.1, 2.3),
)
IRIS_PROBABILITIES = (
    (9.99998450e-01, 1.42261445e-06, 1.62947060e-07),
    (9.99949336e-01, 4.81077950e-05, 2.52183918e-06),
    (4.37718809e-05, 9.98948872e-01, 1.00730266e-03),
    (4.63805227e-05, 9.98428643e-01, 1.52486726e-03),
    (8.70701982e-08, 2.18645262e-04, 9.99781311e-01),
    (2.09509579e-07, 6.10101502e-04, 9.99389648e-01),
)


def iris_model() -> MLP:
    """The 4-6-3 network with the published weights: centimetres in, the probabilities of three species out."""
    model = MLP([4, 6, 3], activation="sigmoid", output="softmax", rng=0)
    for layer, matrix, biases in zip(model.layers, (IRIS_W1, IRIS_W2), (IRIS_B1, IRIS_B2), strict=True):
        layer.set_weights(list(zip(*matrix, strict=True)), biases)  # transposed to (outputs, inputs)
    return model
