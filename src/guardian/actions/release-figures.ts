import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { messageOf } from '../../common/index.js';
import { ServingPlan, type ReleaseFigures } from '../../inference/index.js';

/** How old figures of another process may be, ms. */
const FLUSH_MS = 2_000;
/** What releases are compared by: their answers of so long. */
const WINDOW = `interval '24 hours'`;

/** How answers of releases went in all processes, of the last 24 hours or since the release was staged. */
@Injectable()
export class SharedReleaseFigures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Releases');
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly plan: ServingPlan,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** Figures of a release; those of this process are complete, those of others at most two seconds old. */
  async of(release: string): Promise<ReleaseFigures> {
    await this.flush();
    const [row] = await this.dataSource.query<
      { answers: string; failed: string; timed: string; total_ms: number }[]
    >(
      `SELECT coalesce(sum(answers), 0) AS answers, coalesce(sum(failed), 0) AS failed,
         coalesce(sum(timed), 0) AS timed, coalesce(sum(total_ms), 0) AS total_ms
       FROM release_figures WHERE release = $1 AND hour > now() - ${WINDOW}`,
      [release],
    );
    const timed = Number(row.timed);
    const firstTokenMs = timed === 0 ? null : Number(row.total_ms) / timed;
    return { answers: Number(row.answers), failed: Number(row.failed), firstTokenMs };
  }

  /** The share that some releases have of all answers of the last 24 hours, in all processes; null while there are fewer than `least`. */
  async shareOf(releases: readonly string[], least: number): Promise<number | null> {
    await this.flush();
    const [row] = await this.dataSource.query<{ own: string; every: string }[]>(
      `SELECT coalesce(sum(answers) FILTER (WHERE release = ANY($1)), 0) AS own, coalesce(sum(answers), 0) AS every
       FROM release_figures WHERE hour > now() - ${WINDOW}`,
      [releases],
    );
    const every = Number(row.every);
    return every < least ? null : Number(row.own) / every;
  }

  /** Answers of all releases and those that failed, by the hours that touch a span of time. @param from, to ms since the epoch */
  async between(from: number, to: number): Promise<Pick<ReleaseFigures, 'answers' | 'failed'>> {
    await this.flush();
    const [row] = await this.dataSource.query<{ answers: string; failed: string }[]>(
      `SELECT coalesce(sum(answers), 0) AS answers, coalesce(sum(failed), 0) AS failed FROM release_figures
       WHERE hour > to_timestamp($1 / 1000.0) - interval '1 hour' AND hour <= to_timestamp($2 / 1000.0)`,
      [from, to],
    );
    return { answers: Number(row.answers), failed: Number(row.failed) };
  }

  /** Begins anew with a release that is staged; in the caller's transaction. */
  async forget(manager: EntityManager, release: string): Promise<void> {
    await manager.query('DELETE FROM release_figures WHERE release = $1', [release]);
  }

  /** Writes down what this process has counted. What cannot be written now is kept for the next time. */
  async flush(): Promise<void> {
    await this.writing;
    this.writing ??= this.write().finally(() => (this.writing = null));
    await this.writing;
  }

  private async write(): Promise<void> {
    const counted = this.plan.takeFigures();
    if (counted.length === 0) return;
    try {
      await this.dataSource.transaction(async (manager) => {
        for (const { release, answers, failed, timed, totalMs } of counted)
          await manager.query(
            `INSERT INTO release_figures AS f (release, hour, answers, failed, timed, total_ms)
             VALUES ($1, date_trunc('hour', now()), $2, $3, $4, $5)
             ON CONFLICT (release, hour) DO UPDATE SET answers = f.answers + excluded.answers,
               failed = f.failed + excluded.failed, timed = f.timed + excluded.timed,
               total_ms = f.total_ms + excluded.total_ms`,
            [release, answers, failed, timed, totalMs],
          );
        await manager.query(`DELETE FROM release_figures WHERE hour < now() - 2 * ${WINDOW}`);
      });
    } catch (thrown) {
      this.plan.giveBackFigures(counted);
      this.logger.debug(`figures of releases wait for the database: ${messageOf(thrown)}`);
    }
  }
}
