import type { Logger as Pino } from 'pino';
import type { AppConfig } from '../config/index.js';

/** Tells a person at a terminal how the start goes; a machine gets the same as log lines. */
export class StartReport {
  private readonly began = performance.now();
  private last = this.began;
  private readonly forPeople: boolean;

  constructor(
    private readonly pino: Pino,
    private readonly stream: NodeJS.WriteStream,
  ) {
    this.forPeople = stream.isTTY;
  }

  /** One step is done. */
  step(what: string): void {
    const now = performance.now();
    const tookMs = Math.round(now - this.last);
    this.last = now;
    if (this.forPeople) this.stream.write(`  ✓ ${what} (${(tookMs / 1000).toFixed(1)} s)\n`);
    else this.pino.info({ context: 'Start', took_ms: tookMs }, what);
  }

  /** Says where the first admin is made. @param token null when there is an admin already */
  setUp(url: string, token: string | null): void {
    if (token === null) return;
    // Behind the # so that no proxy and no server log ever sees it.
    const link = `${url.replace(/\/$/, '')}/setup#token=${token}`;
    const what = 'make the first admin, within 24 hours';
    if (this.forPeople) this.stream.write(`  ${what}:\n  ${link}\n\n`);
    else this.pino.info({ context: 'Start' }, `${what}: ${link}`);
  }

  /** The server listens. */
  ready(url: string, config: AppConfig): void {
    const tookMs = Math.round(performance.now() - this.began);
    this.pino.info({ context: 'Start', url, took_ms: tookMs }, `listening on ${url}`);
    if (!this.forPeople) return;
    const access = config.singleUser
      ? 'single user: everything is allowed from this machine, nothing from elsewhere'
      : 'changes need an account, an API key, or a token: npx stemma keys token';
    this.stream.write(`\n  Stemma  ${url}\n  ${access}\n  API ${url}/docs   stop with Ctrl-C\n\n`);
  }
}
