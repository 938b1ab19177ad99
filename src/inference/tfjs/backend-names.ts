/** Backends in the order in which they are tried: from a GPU by the vendor's own library to plain JavaScript. */
export const BACKEND_NAMES = ['node-gpu', 'node', 'webgpu', 'wasm', 'cpu'] as const;

/** A backend of TensorFlow.js. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/** What `TFJS_BACKEND` may say: a backend, or the best that there is. */
export type BackendWish = 'auto' | BackendName;
