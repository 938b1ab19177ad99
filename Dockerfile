# Builds kernel, server and dashboard, then leaves the tools behind.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npm prune --omit=dev --ignore-scripts
# What only a GPU needs stays out of this image: see Dockerfile.gpu.
RUN cd node_modules && rm -rf webgpu core-js @tensorflow/tfjs @tensorflow/tfjs-node* @tensorflow/tfjs-backend-web* \
  @tensorflow/tfjs-converter @tensorflow/tfjs-data @tensorflow/tfjs-layers

FROM node:24-bookworm-slim
ARG COMMIT=""
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    STEMMA_COMMIT=${COMMIT}
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/config ./config
COPY --from=build /app/dist ./dist
COPY --from=build /app/frontend/dist ./frontend/dist
COPY --from=build /app/models ./models
COPY --from=build /app/docs ./docs
# PostgreSQL refuses to run as root, and nothing else here needs it.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/stemma.mjs"]
CMD ["serve"]
