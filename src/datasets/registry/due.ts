import type { AppConfig } from '../../config/index.js';
import type { DatasetRecord } from './dataset-record.js';
import { isApproved } from './stages.js';

/** When a dataset needs somebody to look at it again, ms since the epoch; null: never by itself. */
export function dueOf(
  record: DatasetRecord,
  {
    datasetRescanSeconds,
    datasetAppealSeconds,
  }: Pick<AppConfig, 'datasetRescanSeconds' | 'datasetAppealSeconds'>,
): number | null {
  const { stage, at, vote, appeal_until } = record;
  if (stage === 'pending' || stage === 'audit' || stage === 'withdrawn') return at;
  if (stage === 'vote') return vote?.ends_at ?? at;
  if (stage === 'rejected') return appeal_until ?? at;
  if (stage === 'appealed') return at + datasetAppealSeconds * 1000;
  return isApproved(stage) ? at + datasetRescanSeconds * 1000 : null;
}
