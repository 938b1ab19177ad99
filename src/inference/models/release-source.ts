import type { Result } from '../../common/index.js';
import type { ReleaseContent } from './served-model.js';

/** A model as lists show it. */
export interface ModelSummary {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Where inference learns of releases; the parameter index of `experts` is behind it. */
export abstract class ReleaseSource {
  /** The release block's hash for `model` (the live release) or `model@version`; null when there is none. */
  abstract resolve(name: string): Promise<string | null>;
  /** The content of a release, from its verified blocks; refuses with `RELEASE_NOT_FOUND` or what is wrong with them. */
  abstract read(release: string): Promise<Result<ReleaseContent>>;
  /** Told of every use of a release that was read before: its payloads are to stay where the engine opens them, which tells of any it lacks. */
  hold(_release: string): Promise<void> {
    return Promise.resolve();
  }
  /** Every model with its live release. */
  abstract models(): Promise<readonly ModelSummary[]>;
}
