import type { EnginePort } from './engine-port.js';

/** Answers the exact engine works on at once unless it is tuned; more wait in its queue. */
export const ENGINE_STREAMS = 16;

/** Injection token of an `EngineFactory`. */
export const ENGINE_FACTORY = Symbol('ENGINE_FACTORY');

/** Starts the kernel's engine; throws or refuses when its self-test fails. */
export type EngineFactory = () => Promise<EnginePort>;
