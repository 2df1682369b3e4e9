"""Boost a model that was exported to ONNX: python boost_an_onnx_file.py clip.mp4 model.onnx"""

import sys

import vsodboost

clip, model = sys.argv[1:3]
result = vsodboost.boost(clip, target=f"onnx:{model}", target_options={"mean": "0.5", "std": "0.5"})
print(result.maps.shape, result.trust)
