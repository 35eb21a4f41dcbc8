# The daemon in a container:
#   docker build -t gaugeline .
#   docker run -v gaugeline:/var/lib/gaugeline -p 127.0.0.1:7077:7077 -p 127.0.0.1:7078:7078 gaugeline
# In the container it listens on all addresses: publish its ports to others only with tokens and TLS (docs/operations.md).
FROM debian:12 AS build
COPY . /source
WORKDIR /source
RUN tools/dependencies build \
 && cmake --preset release -DGAUGELINE_BENCH=OFF -DCMAKE_INSTALL_PREFIX=/usr \
 && cmake --build --preset release \
 && cpack --config build/release/CPackConfig.cmake -B /packages

FROM debian:12-slim
COPY --from=build /packages/gaugeline_*.deb /tmp/
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl /tmp/gaugeline_*.deb \
 && rm -rf /tmp/gaugeline_*.deb /var/lib/apt/lists/* \
 && useradd --system --home-dir /var/lib/gaugeline --create-home gaugeline
USER gaugeline
VOLUME /var/lib/gaugeline
EXPOSE 7077 7078
HEALTHCHECK CMD curl -sf http://127.0.0.1:7078/readyz
ENTRYPOINT ["gaugeline", "serve", "--data-dir", "/var/lib/gaugeline"]
CMD ["--listen", "0.0.0.0:7077", "--http", "0.0.0.0:7078"]
