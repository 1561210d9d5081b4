# Two images: `edge80` (the default), and `rtpengine` in the version that edge80 is tested with.
FROM debian:12-slim AS rtpengine
RUN apt-get update \
 && apt-get install -y --no-install-recommends rtpengine-daemon=10.5.3.5-1+deb12u1 \
 && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--table=-1", "--timeout=86400", "--silent-timeout=86400"]

FROM node:20-bookworm-slim AS build
WORKDIR /edge80
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ make python3 \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
COPY tools/build-native.sh tools/
COPY native native
# npm says in one line what came of the native forwarding plane; an image without it is not wanted.
RUN npm ci && test -f native/build/Release/forwarding_plane.node
COPY tsconfig.json tsconfig.build.json tsconfig.run.json ./
COPY app app
COPY lib lib
RUN npx tsc -p tsconfig.run.json && npm prune --omit=dev && rm -rf node_modules/typescript node_modules/@types

FROM node:20-bookworm-slim AS edge80
WORKDIR /edge80
# Port 80 without running as root: the capability is on the program.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcap2-bin openssl \
 && setcap cap_net_bind_service=+ep /usr/local/bin/node \
 && apt-get purge -y libcap2-bin && rm -rf /var/lib/apt/lists/*
COPY --from=build /edge80/package.json ./
COPY --from=build /edge80/node_modules node_modules
COPY --from=build /edge80/dist dist
# The web phone is served as it is.
COPY app/phone app/phone
COPY app/admin-page app/admin-page
COPY --from=build /edge80/native/build/Release/forwarding_plane.node native/build/Release/
# For a self-signed certificate, where port 443 is public and has no other.
RUN install -d -m 700 -o node state
USER node
ENV NODE_ENV=production
CMD ["node", "dist/app/main.js"]
