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

/** How answers of one release went in this process, since it was staged or since the start. */
export interface ReleaseFigures {
  readonly answers: number;
  readonly failed: number;
  /** Mean time to the first token, ms; null before the first answer. */
  readonly firstTokenMs: number | null;
}

interface Tally {
  answers: number;
  failed: number;
  timed: number;
  totalMs: number;
}

/** Releases whose figures are kept. */
const MOST_RELEASES = 64;
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
  private readonly tallies = new Map<string, Tally>();

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
    if (this.staged.get(model)?.release !== staged.release) this.tallies.delete(staged.release);
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
    const tally = this.tallies.get(release) ?? { answers: 0, failed: 0, timed: 0, totalMs: 0 };
    this.tallies.delete(release);
    this.tallies.set(release, tally);
    tally.answers += 1;
    if (firstTokenMs === null) tally.failed += 1;
    else {
      tally.timed += 1;
      tally.totalMs += firstTokenMs;
    }
    for (const old of this.tallies.keys()) if (this.tallies.size > MOST_RELEASES) this.tallies.delete(old);
  }

  /** How answers of a release went. */
  figures(release: string): ReleaseFigures {
    const { answers, failed, timed, totalMs } = this.tallies.get(release) ?? {
      ...{ answers: 0, failed: 0, timed: 0, totalMs: 0 },
    };
    return { answers, failed, firstTokenMs: timed === 0 ? null : totalMs / timed };
  }
}
