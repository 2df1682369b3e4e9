"""Targets of any kind: a folder of maps, an ONNX graph, a torch module or function."""
