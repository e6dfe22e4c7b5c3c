# The binary is built first, outside:
#   CGO_ENABLED=0 go build -trimpath -o footfall ./cmd/footfall
# so that the image needs no base at all and nothing in it has to be pinned or patched but the binary:
# it is static, brings its own time zones, and opens no connection (so no certificates either).
# Run it read-only, with the data directory as the one thing that can be written:
#   docker run --read-only --user 65532:65532 -v /srv/footfall:/data -p 8080:8080 footfall serve --site www.example.org
# (/srv/footfall belongs to 65532). No --init is needed: SIGTERM drains and ends the program.
FROM scratch
COPY footfall /footfall
USER 65532:65532
ENV FOOTFALL_DATA=/data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s CMD ["/footfall", "health"]
ENTRYPOINT ["/footfall"]
CMD ["serve"]
