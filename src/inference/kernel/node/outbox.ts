import type { GenerateEvent } from '../requests.js';
import type { FromLeader } from './protocol.js';

/**
 * Events are sent together, at most this often: two frames of a screen. What a message costs beside the engine (message, JSON, socket,
 * and the client's own work: about 0.8 ms of a core) is taken from the engine's threads where they fill all cores.
 */
const INTERVAL_MS = 32;

/** Collects events for the main thread. */
export class Outbox {
  private events: [id: number, event: GenerateEvent][] = [];
  private lastSent = 0;
  private urgent = false;

  constructor(private readonly post: (message: FromLeader) => void) {}

  /** Queues an event. An answer's first token does not wait: somebody is looking at an empty line. */
  add(id: number, event: GenerateEvent): void {
    this.events.push([id, event]);
    if (event.type === 'token' && event.index === 0) this.urgent = true;
  }

  /** Sends what has waited long enough. */
  flushIfDue(now: number): void {
    if (this.urgent || now - this.lastSent >= INTERVAL_MS) this.flush(now);
  }

  /** Sends all events, in the order they came. */
  flush(now: number): void {
    this.urgent = false;
    if (this.events.length === 0) return;
    this.post({ type: 'events', events: this.events });
    this.events = [];
    this.lastSent = now;
  }
}
