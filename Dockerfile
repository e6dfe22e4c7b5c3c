# Two stages: the first builds with nothing but the module proxy, the second holds the binary alone: static, with
# its own time zones, and no certificates, since it opens no connection.
#   docker build --build-arg GO_IMAGE=golang@sha256:... -t footfall .       (name the digest that you trust)
#   docker run --read-only -v footfall:/data -p 8080:8080 footfall serve --site www.example.org
# A bind mount must belong to 65532. No --init is needed: SIGTERM drains and ends the program.
ARG GO_IMAGE=golang:1.26.8-bookworm

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV CGO_ENABLED=0 GOFLAGS=-trimpath
RUN go build -ldflags=-s -o /out/footfall ./cmd/footfall && mkdir /out/data

FROM scratch
COPY --from=build /out/footfall /footfall
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV FOOTFALL_DATA=/data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s CMD ["/footfall", "health"]
ENTRYPOINT ["/footfall"]
CMD ["serve"]
