# troth in a container: no root, no build tools, and a root file system that may be read-only.
#
#   docker build -t troth .
#   docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v "$PWD:/config:ro" -v troth:/state troth check --config /config/troth.yaml
#
# In /config lies troth.yaml with `runs: /state/runs`. Only /state and /tmp are written.
# The base is pinned by version. To pin its bytes, append the digest that your registry shows.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY requirements.lock ./
# The lock also holds what only developers need; of that, setuptools builds the wheel here. Every
# file that is downloaded has a hash in the lock, and no code of a package runs while it is.
RUN awk '/^[^ ]/ { printf "%s", entry; entry = ""; kept = /^setuptools==/ } \
         { entry = entry $0 "\n" } \
         /# via \(pyproject.toml:dev\)$/ && !kept { entry = "" } \
         END { printf "%s", entry }' requirements.lock > runtime.lock \
 && python -m pip download --no-deps --only-binary=:all: --require-hashes \
        --requirement runtime.lock --dest /wheels
COPY . ./
RUN python -m pip wheel --no-index --find-links=/wheels --no-deps --wheel-dir=/wheels .
RUN python -m venv --without-pip /opt/troth \
 && python -m pip --python=/opt/troth/bin/python install --no-index --find-links=/wheels \
        'troth[all]'

FROM ${BASE}
RUN python -m pip uninstall --yes setuptools wheel pip \
 && mkdir -p /config /state \
 && chown 10001:10001 /state \
 && chmod 0700 /state
COPY --from=build /opt/troth /opt/troth
ENV PATH=/opt/troth/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/state \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /state
# A run ends by itself and its exit code is the answer: there is nothing to ask in between.
HEALTHCHECK NONE
ENTRYPOINT ["troth"]
CMD ["--help"]
