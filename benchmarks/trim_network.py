"""MediaPipe's landmark network without what d2m does not ask it for: a third of its time.

python benchmarks/trim_network.py pose_landmark_full.tflite OUT

The mask of the body and the metres are left out, with every layer that serves them alone. What
stays is computed as before, bit for bit (`tests/features/pose/test_trimmed.py`).
"""

import argparse
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

WANTED = (0, 1, 3)
"""Outputs of MediaPipe's file: landmarks, presence, heat maps."""


def trimmed(content: bytes, outputs: tuple[int, ...] = WANTED) -> bytes:
    """A tflite file with these outputs of another one, and nothing that they do not need."""
    model = schema.ModelT.InitFromPackedBuf(content)
    (graph,) = model.subgraphs
    graph.outputs = [int(graph.outputs[number]) for number in outputs]
    needed, kept = set(graph.outputs), []
    for layer in reversed(graph.operators):
        if needed.intersection(map(int, layer.outputs)):
            needed.update(int(tensor) for tensor in layer.inputs if tensor >= 0)
            kept.append(layer)
    graph.operators = kept[::-1]
    order = sorted(needed)
    place = {tensor: number for number, tensor in enumerate(order)} | {-1: -1}
    for owner in (graph, *graph.operators):
        owner.inputs = [place[int(tensor)] for tensor in owner.inputs]
        owner.outputs = [place[int(tensor)] for tensor in owner.outputs]
    graph.tensors = [graph.tensors[tensor] for tensor in order]
    model.metadata = model.metadataBuffer = model.signatureDefs = None
    buffers = [0, *sorted({tensor.buffer for tensor in graph.tensors} - {0})]
    for tensor in graph.tensors:
        tensor.buffer = buffers.index(tensor.buffer)
    model.buffers = [model.buffers[number] for number in buffers]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def main() -> None:
    """Write the smaller file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.write_bytes(trimmed(options.file.read_bytes()))


if __name__ == "__main__":
    main()
