"""A convolutional LSTM with spatial peepholes, as SSAV's Caffe layers compute it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PeepholeConvLSTM(nn.Module):
    """Gates i, f, o, g from W_x x_t + W_h h_{t-1} + b; i, f and o also see V c_{t-1}.

    V are maps of one value a pixel, shared by all channels, and the output gate too looks at the *old* cell: both are
    how the released weights were trained. State and cell start at zero.
    """

    def __init__(self, channels: int, hidden: int, size: tuple[int, int], *, dilation: int = 1) -> None:
        super().__init__()
        self.input = nn.Conv2d(channels, 4 * hidden, 3, padding=dilation, dilation=dilation, bias=False)
        self.hidden = nn.Conv2d(hidden, 4 * hidden, 3, padding=dilation, dilation=dilation)
        self.peephole_i = nn.Parameter(torch.zeros(size))
        self.peephole_f = nn.Parameter(torch.zeros(size))
        self.peephole_o = nn.Parameter(torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        """[T, N, channels, h, w] in time order -> states [T, N, hidden, h, w]; (h, w) is the peepholes' size."""
        seen = self.input(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        cell = state = None
        states = []
        for step in seen:
            if state is None or cell is None:
                total = step if self.hidden.bias is None else step + self.hidden.bias[:, None, None]
                i, _, o, g = total.chunk(4, dim=1)
                cell = torch.sigmoid(i) * torch.tanh(g)
            else:
                i, f, o, g = (step + self.hidden(state)).chunk(4, dim=1)
                old = cell
                kept = torch.sigmoid(f + self.peephole_f * old) * old
                cell = kept + torch.sigmoid(i + self.peephole_i * old) * torch.tanh(g)
                o = o + self.peephole_o * old
            state = torch.sigmoid(o) * torch.tanh(cell)
            states.append(state)
        return torch.stack(states)
