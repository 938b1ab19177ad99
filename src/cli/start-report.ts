import type { Logger as Pino } from 'pino';
import { environmentNameOf, type AppConfig } from '../config/index.js';

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

  /** The server listens. */
  ready(url: string, config: AppConfig): void {
    const tookMs = Math.round(performance.now() - this.began);
    this.pino.info({ context: 'Start', url, took_ms: tookMs }, `listening on ${url}`);
    if (!this.forPeople) return;
    const access = config.singleUser
      ? 'single user: everything is allowed from this machine, nothing from elsewhere'
      : `changes need a token: npx stemma keys token  (or set ${environmentNameOf('jwtSecret')})`;
    this.stream.write(`\n  Stemma  ${url}\n  ${access}\n  API ${url}/docs   stop with Ctrl-C\n\n`);
  }
}
