"""The recurrent and non-local blocks against their equations, written out."""

from __future__ import annotations

import numpy as np
import torch
from vsodboost_adapters.layers.conv_gru import ConvGRUCell
from vsodboost_adapters.layers.conv_lstm import PeepholeConvLSTM
from vsodboost_adapters.layers.non_local import NonLocalBlock3d


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_non_local_is_the_mean_over_all_pairs_of_positions() -> None:
    torch.manual_seed(0)
    block = NonLocalBlock3d(6, 3).double()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(2, 6, 3, 4, 5, dtype=torch.double)
    with torch.inference_mode():
        theta, phi, g = (layer(x).flatten(2) for layer in (block.theta, block.phi, block.g))
        pairs = torch.einsum("nci,ncj->nij", theta, phi) / 60
        y = torch.einsum("nij,ncj->nci", pairs, g).unflatten(2, (3, 4, 5))
        torch.testing.assert_close(block(x), block.W(y) + x)


def test_non_local_starts_as_the_identity() -> None:
    x = torch.randn(1, 4, 2, 3, 3)
    assert torch.equal(NonLocalBlock3d(4, 2)(x), x)


def test_gru_equations_on_one_pixel() -> None:
    torch.manual_seed(0)
    cell = ConvGRUCell(2, 3)
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    x, h = np.array([0.3, -1.2]), np.array([0.5, -0.1, 0.9])
    # A one-pixel map sees only the middle of each 3x3 kernel.
    gate = {
        name: lambda v, layer=layer: layer.weight[:, :, 1, 1].detach().numpy() @ v + layer.bias.detach().numpy()
        for name, layer in cell.named_children()
    }
    z = sigmoid(gate["update_gate"](np.concatenate([x, h])))
    r = sigmoid(gate["reset_gate"](np.concatenate([x, h])))
    expected = (1 - z) * np.tanh(gate["output_gate"](np.concatenate([x, r * h]))) + z * h
    got = cell(torch.tensor(x, dtype=torch.float32)[None, :, None, None], torch.tensor(h).float()[None, :, None, None])
    np.testing.assert_allclose(got.detach().flatten().numpy(), expected, atol=1e-6)


def test_lstm_with_spatial_peepholes_step_by_step() -> None:
    torch.manual_seed(0)
    hidden, size = 3, (4, 5)
    lstm = PeepholeConvLSTM(2, hidden, size, dilation=2).double()
    for parameter in lstm.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    x = torch.randn(3, 2, 2, *size, dtype=torch.double)
    with torch.inference_mode():
        got = lstm(x).numpy()
        v_i, v_f, v_o = (getattr(lstm, f"peephole_{gate}").numpy() for gate in "ifo")
        c, h = np.zeros((2, hidden, *size)), torch.zeros(2, hidden, *size, dtype=torch.double)
        for t in range(3):
            i, f, o, g = np.split((lstm.input(x[t]) + lstm.hidden(h)).numpy(), 4, axis=1)
            i, f, o = sigmoid(i + v_i * c), sigmoid(f + v_f * c), sigmoid(o + v_o * c)
            c = f * c + i * np.tanh(g)
            h = torch.tensor(o * np.tanh(c))
            np.testing.assert_allclose(got[t], h.numpy(), atol=1e-9)
