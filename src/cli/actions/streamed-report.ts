import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { CodedError } from '../../common/index.js';
import type { CommandContext } from '../command-context.js';
import type { Progress } from '../progress.js';
import { problemIn, type ServerClient } from '../server-client.js';

/** Told how far work is. */
export type Advance = (done: number, total: number, step: string) => void;

interface Line<T> {
  readonly progress?: { readonly done: number; readonly total: number; readonly step: string };
  readonly report?: T;
  readonly error?: { readonly code: string; readonly detail: string };
}

/** Has the server do long work that it answers with lines of progress and a report. Throws its refusal, or `interrupted`. */
export async function streamedReport<T>(
  server: ServerClient,
  path: string,
  body: object,
  advance: Advance,
  interrupted: CodedError,
): Promise<T> {
  const response = await server.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok || response.body === null) throw await problemIn(response);
  for await (const text of createInterface({ input: Readable.fromWeb(response.body as never) })) {
    const { progress, report, error } = JSON.parse(text) as Line<T>;
    if (progress !== undefined) advance(progress.done, progress.total, progress.step);
    if (report !== undefined) return report;
    if (error !== undefined) throw new CodedError(error.code, error.detail);
  }
  throw interrupted;
}

/** A bar that begins once the amount of work is known. */
export class LazyBar {
  private bar: Progress | null = null;

  constructor(
    private readonly context: CommandContext,
    private readonly what: string,
  ) {}

  /** Shows how far the work is. */
  update(done: number, total: number, step: string): void {
    this.bar ??= this.context.progress(this.what, total);
    this.bar.update(done, step);
  }

  /** The work is over. */
  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }
}
