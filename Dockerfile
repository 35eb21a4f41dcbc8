# The daemon in a container, from the Debian package that is built here:
#   docker build -t gaugeline . && docker run -v gaugeline:/var/lib/gaugeline -p 127.0.0.1:7078:7078 gaugeline
FROM debian:bookworm AS build
WORKDIR /source
COPY tools/dependencies tools/dependencies
RUN tools/dependencies build && apt-get install --yes --no-install-recommends dpkg-dev file
COPY . .
RUN cmake --preset release -DGAUGELINE_BENCH=OFF -DCMAKE_INSTALL_PREFIX=/usr && cmake --build --preset release \
    && cpack --config build/release/CPackConfig.cmake -B /packages

FROM debian:bookworm-slim
COPY --from=build /packages/gaugeline_*.deb /tmp/
RUN apt-get update && apt-get install --yes --no-install-recommends /tmp/gaugeline_*.deb \
    && rm -rf /tmp/gaugeline_*.deb /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/gaugeline gaugeline \
    && install -d -o gaugeline -g gaugeline -m 0700 /var/lib/gaugeline
USER gaugeline
VOLUME /var/lib/gaugeline
# Framed TCP and HTTP. They listen on all interfaces of the container; who reaches them is up to what publishes them.
EXPOSE 7077 7078
HEALTHCHECK --start-period=10m CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7078 && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [[ $status == 200 ]]"]
ENTRYPOINT ["gaugeline", "serve", "--data-dir", "/var/lib/gaugeline", "--listen", "0.0.0.0:7077", "--http", "0.0.0.0:7078"]
