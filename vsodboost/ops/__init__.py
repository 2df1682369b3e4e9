"""Functions from arrays to arrays: resizing, warping, boxes, overlap, S-measure, flow images."""
