"""Boost a torch module; its card says at what size it is fed, how frames are normalised and what comes out."""

import sys

import torch

import vsodboost

network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, 1))  # yours
card = vsodboost.TargetCard(summary="my network", input_size=(224, 384), mean=(0.5,) * 3, std=(0.5,) * 3)

result = vsodboost.boost(sys.argv[1], target=network, card=card)
print(result.maps.shape, result.trust)
