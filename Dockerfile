FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p parlor-server --bin parlor \
    && install -D target/release/parlor /out/parlor

FROM debian:bookworm-slim
# PostgreSQL is for a server that is given no database; its package would make a cluster of its
# own, which would only take space. curl is for the health check.
RUN mkdir -p /etc/postgresql-common/createcluster.d \
    && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/parlor.conf \
    && apt-get update \
    && apt-get install -y --no-install-recommends postgresql curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /data parlor \
    && install -d -o parlor -g parlor -m 0711 /data
COPY --from=build /out/parlor /usr/local/bin/parlor

# No secrets here: credentials come from the environment, from files, or are made at first start.
ENV PARLOR_DATA_DIR=/data \
    PARLOR_LISTEN__HTTP=0.0.0.0:8080 \
    PARLOR_LISTEN__ADMIN=0.0.0.0:9090 \
    PARLOR_LOG__FORMAT=json
USER parlor
VOLUME /data
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:9090/readyz"]
ENTRYPOINT ["parlor"]
CMD ["serve"]
