import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';

/** A release that serves beside the live one. */
export interface StagedRelease {
  /** Hash of the release block. */
  readonly release: string;
  /** `shadow`: computes what was asked without showing it; `canary`: answers its share. */
  readonly stage: 'shadow' | 'canary';
  /** Share of the requests it concerns, 0 to 1. */
  readonly share: number;
}

/** How answers of one release went. */
export interface ReleaseFigures {
  readonly answers: number;
  readonly failed: number;
  /** Mean time to the first token, ms; null before the first answer. */
  readonly firstTokenMs: number | null;
}

/** What one process has counted of a release's answers. */
export interface CountedAnswers {
  readonly release: string;
  readonly answers: number;
  readonly failed: number;
  /** Answers whose first token came, and their times together, ms. */
  readonly timed: number;
  readonly totalMs: number;
}

/** Releases whose figures are kept until they are taken. */
const MOST_RELEASES = 64;
const NOTHING = { answers: 0, failed: 0, timed: 0, totalMs: 0 };
/** What the first four bytes of a hash divide into. */
const HASHES = 2 ** 32;

/**
 * Which release answers a request for a model's bare name, and whether answers are given at all. Whoever authorizes
 * changes of what is served sets it; the rest of inference only asks.
 */
@Injectable()
export class ServingPlan {
  private closed: string | null = null;
  private readonly staged = new Map<string, StagedRelease>();
  private readonly counted = new Map<string, CountedAnswers>();

  /** Refuses answers for a reason until called with null. */
  close(reason: string | null): void {
    this.closed = reason;
  }

  /** Whether answers are given; `INFERENCE_STOPPED` (503) while they are not. */
  open(): Result<void> {
    if (this.closed === null) return ok();
    const detail = `Answers are stopped on purpose: ${this.closed}.`;
    return err(new CodedError('INFERENCE_STOPPED', detail, { retryAfter: 60 }, 503));
  }

  /** Puts a release beside the live one of a model; null takes it away. */
  stage(model: string, staged: StagedRelease | null): void {
    if (staged === null) {
      this.staged.delete(model);
      return;
    }
    const before = this.staged.get(model);
    if (before?.release !== staged.release || before.stage !== staged.stage) this.counted.delete(staged.release);
    this.staged.set(model, staged);
  }

  /** What is staged for a model; null where nothing is. */
  stagedFor(model: string): StagedRelease | null {
    return this.staged.get(model) ?? null;
  }

  /**
   * The staged release that a request falls to, or null. The same request always falls to the same release: the share is
   * cut from SHA-256 of release and key.
   * @param key what makes a request the same one; only asked for where something is staged
   */
  pick(model: string, stage: StagedRelease['stage'], key: () => string): string | null {
    const staged = this.staged.get(model);
    if (staged === undefined || staged.stage !== stage) return null;
    const hash = nativeSha256(new TextEncoder().encode(`${staged.release}\n${key()}`));
    const place = new DataView(hash.buffer, hash.byteOffset).getUint32(0) / HASHES;
    return place < staged.share ? staged.release : null;
  }

  /** Takes note of how an answer of a release went. @param firstTokenMs null when it failed */
  observe(release: string, firstTokenMs: number | null): void {
    const timed = firstTokenMs === null ? 0 : 1;
    this.count({ release, answers: 1, failed: 1 - timed, timed, totalMs: firstTokenMs ?? 0 });
  }

  /** What was counted since it was last taken; whoever takes it keeps it. */
  takeFigures(): readonly CountedAnswers[] {
    const taken = [...this.counted.values()];
    this.counted.clear();
    return taken;
  }

  /** Takes back what could not be kept. */
  giveBackFigures(counted: readonly CountedAnswers[]): void {
    for (const each of counted) this.count(each);
  }

  private count(more: CountedAnswers): void {
    const { release } = more;
    const { answers, failed, timed, totalMs } = this.counted.get(release) ?? NOTHING;
    this.counted.delete(release);
    this.counted.set(release, {
      ...{ release, answers: answers + more.answers, failed: failed + more.failed },
      ...{ timed: timed + more.timed, totalMs: totalMs + more.totalMs },
    });
    for (const old of this.counted.keys()) if (this.counted.size > MOST_RELEASES) this.counted.delete(old);
  }
}
