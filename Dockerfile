# d2m on a slim image: no apt package, PyTorch without CUDA.
#   docker build -t d2m .
# --build-arg TORCH_INDEX=URL takes PyTorch from another index of packages.
#   docker run --rm -v "$PWD:/videos" d2m generate examples/dance.mp4 -o out.mp4
FROM python:3.13-slim
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY . /src
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" /src && rm -rf /src
WORKDIR /videos
ENTRYPOINT ["d2m"]
