import { blyText, unitsText } from '../../components/bly.js';
import { number } from '../../components/format.js';
import { Reading, Readings } from '../../components/reading.js';
import { useEpoch, useRewardsPolicy } from '../../hooks/rewards.js';
import { Part } from './part.js';

/** What an answer costs, and what rewards are multiplied by now. @param newest the newest epoch, where there is one */
export function Terms({ newest }: { newest: number | undefined }) {
  const policy = useRewardsPolicy().data;
  const epoch = useEpoch(newest === undefined ? '' : String(newest)).data;
  if (policy === undefined || (newest !== undefined && epoch === undefined)) return null;
  const { fee, fee_by: by } = policy.usage;
  const factor = (name: 'alpha' | 'beta') =>
    number(Number(epoch?.record.after[name] ?? policy[name].start) / 1e6, 3);
  const free = fee === '0';
  return (
    <Part title="Terms">
      <Readings>
        <Reading
          label="An answer costs"
          value={free ? 'nothing' : blyText(fee)}
          {...(!free && { unit: 'BLY', title: unitsText(fee) })}
          note={free ? 'use earns nothing' : by === 'server' ? 'from your account' : 'collected elsewhere'}
        />
        <Reading label="Factor of learning" value={factor('alpha')} note="follows how many ask" />
        <Reading label="Factor of use" value={factor('beta')} note="follows how much is answered" />
      </Readings>
    </Part>
  );
}
