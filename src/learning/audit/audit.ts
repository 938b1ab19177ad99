import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { TrainingKernel } from '../trainer/training-kernel.js';
import type { AuditFacts } from './audit-facts.js';
import { checkEnd, type EncodeBlock, type EndCheckParts } from './end-check.js';
import type { Opening } from './opening.js';
import { UpdateReplayer, type AuditModel, type CarryOutHere } from './update-replayer.js';

/** What an audit works with. */
export interface AuditParts extends Pick<EndCheckParts, 'sha256'> {
  readonly model: AuditModel;
  readonly encode: EncodeBlock;
  readonly kernel: TrainingKernel;
  /** How updates are carried out; without a rest if not given. */
  readonly carryOut?: CarryOutHere;
  /** Called after each update with how many are done. */
  readonly progress: (done: number) => void;
}

/**
 * Whether what was drawn of a training is as its manifest says. Refuses with `AUDIT_DRAWN` where other updates are shown than were
 * drawn, `AUDIT_WEIGHTS`, and what `UpdateReplayer.replay` refuses with.
 */
export function auditOpening(
  facts: AuditFacts,
  drawn: readonly number[],
  { updates, end }: Opening,
  { model, encode, kernel, sha256, carryOut, progress }: AuditParts,
): Result<void> {
  if (updates.map(({ step }) => step).join() !== drawn.join()) {
    const message = `updates ${drawn.join(', ')} were drawn, others are shown`;
    return err(new CodedError('AUDIT_DRAWN', message));
  }
  const whole = checkEnd(facts, end, { config: model.config, encode, sha256 });
  if (!whole.ok) return whole;
  const replayer = new UpdateReplayer(facts, model, kernel, sha256, carryOut);
  for (const [i, update] of updates.entries()) {
    const replayed = replayer.replay(update);
    if (!replayed.ok) return replayed;
    progress(i + 1);
  }
  return ok();
}
