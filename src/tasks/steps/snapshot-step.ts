import { err, ok, type Json } from '../../common/index.js';
import type { Snapshots } from '../../snapshots/index.js';
import { integerField, optionalField, readFields } from './fields.js';
import type { StepHandler } from './step-handler.js';
import { worthAnotherAttempt } from './worth-another-attempt.js';

const FIELDS = { keep: optionalField(integerField(1, 10_000)) };
const DEADLINE_MS = 6 * 60 * 60_000;

/** `snapshot`: saves everything the server keeps, without its keys. A repeated attempt finds what the one before has made. */
export function snapshot(snapshots: Snapshots): StepHandler {
  return {
    type: 'snapshot',
    summary: 'Saves database, log, blobs and settings in one folder, without the private keys.',
    startable: true,
    ...{ risk: 'medium', effect: 'idempotent', timeoutMs: DEADLINE_MS },
    parse: (raw) => readFields(FIELDS, raw),
    run: async ({ keep }, { key, signal }) => {
      const wish = { label: key, signal, ...(typeof keep === 'number' && { keep }) };
      const made = await snapshots.create(wish);
      if (made.ok) return ok({ ...made.value } as unknown as Json);
      return err(made.error.code === 'SNAPSHOT_BUSY' ? worthAnotherAttempt(made.error) : made.error);
    },
  };
}
