import type { FastifyReply } from 'fastify';

/** Bytes a slow client may leave unread before its answer is stopped. */
const MAX_UNREAD = 4 << 20;

const DONE = 'data: [DONE]\n\n';

/** The content type of server-sent events. */
export const STREAM_TYPE = 'text/event-stream; charset=utf-8';

/** Server-sent events on a raw response. Nothing is sent before the first event, so that an early refusal has its own status. */
export class EventStream {
  private opened = false;
  private readonly parts: string[] = [];

  /** @param onSlow called when the client reads so slowly that its answer should be stopped */
  constructor(
    private readonly reply: FastifyReply,
    private readonly onSlow: () => void,
  ) {}

  /** Whether the response has begun: from now on a refusal can only be an event. */
  get begun(): boolean {
    return this.opened;
  }

  /** Sends one event with this data (a single line). */
  send(data: string): void {
    this.write(`data: ${data}\n\n`);
  }

  /** The whole stream once it will have ended well, for keeping, also where nobody reads it any more; its length is bounded by the model's context. */
  whole(): string {
    return this.parts.join('') + DONE;
  }

  /** Ends the stream as one that is complete. */
  done(): void {
    this.write(DONE);
    this.end();
  }

  /** Ends the stream. */
  end(): void {
    if (this.opened && !this.reply.raw.destroyed) this.reply.raw.end();
  }

  private write(text: string): void {
    const { raw } = this.reply;
    this.parts.push(text);
    if (raw.destroyed || raw.writableEnded) return;
    if (!this.opened) this.open();
    raw.write(text);
    if (raw.writableLength > MAX_UNREAD) this.onSlow();
  }

  private open(): void {
    this.opened = true;
    this.reply.hijack();
    this.reply.raw.writeHead(200, {
      ...(this.reply.getHeaders() as Record<string, string>),
      'content-type': STREAM_TYPE,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
  }
}
