import type { ExpertCache, ExpertUse } from '../../api/experts.js';
import { byteParts, bytes, duration, number } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { Reading, Readings } from '../../components/reading.js';
import { useExpertCache } from '../../hooks/experts.js';
import { policyName } from './policy-names.js';
import styles from './experts.module.css';

/** How often experts foretold for the next layer are used: since the start, else as cache-lab measured it. */
function foretold({ prefetch, lab }: ExpertCache): { value: string; note: string } {
  const precision = prefetch?.precision ?? lab?.prediction?.precision ?? null;
  const value = precision === null ? '–' : number(100 * precision, 1);
  if (prefetch !== null && prefetch.loads > 0) {
    return { value, note: `${number(prefetch.used)} of ${number(prefetch.loads)} early loads used` };
  }
  return { value, note: precision === null ? 'not measured yet' : 'nothing is loaded early' };
}

/** How the expert cache does: occupancy, hit rate, loads, evictions. */
export function CacheReadings({ experts }: { experts: readonly ExpertUse[] }) {
  const cache = useExpertCache();
  if (cache.isPending) return <Loading lines={2} />;
  if (cache.isError) return <ProblemNotice error={cache.error} onRetry={() => void cache.refetch()} />;
  const { data } = cache;
  const asked = data.hits + data.misses;
  const first = experts.filter(({ loads }) => loads > 0).length;
  const [size, unit] = byteParts(data.bytes);
  const share = data.budget === 0 ? 0 : Math.min(1, data.bytes / data.budget);
  return (
    <Readings>
      <Reading
        label="Cache occupied"
        value={size}
        unit={unit}
        note={
          <>
            of {bytes(data.budget)}
            <span
              className={styles.bar}
              role="img"
              aria-label={`${number(share * 100)} percent`}
              style={{ display: 'block' }}
            >
              <div style={{ width: `${share * 100}%` }} />
            </span>
          </>
        }
      />
      <Reading
        label="Hit rate"
        value={asked === 0 ? '–' : number((100 * data.hits) / asked, 1)}
        unit="%"
        note={
          asked === 0
            ? 'nothing asked for yet'
            : `at best ${number((100 * (asked - first)) / asked, 1)} %: each has a first load`
        }
      />
      <Reading label="Verified loads" value={number(data.misses)} note="each hashed before use" />
      <Reading label="Mean load" value={data.load_ms === null ? '–' : duration(data.load_ms)} />
      <Reading
        label="Evictions"
        value={number(data.evictions)}
        note={data.policy === null ? undefined : `policy: ${policyName(data.policy)}`}
      />
      <Reading
        label="Gap to the optimum"
        value={data.lab === null ? '–' : number(100 * (data.lab.optimum - data.lab.hit_rate), 1)}
        unit="%"
        note={data.lab === null ? 'run stemma cache-lab' : `cache-lab, ${policyName(data.lab.policy)}`}
      />
      <Reading label="Foretold experts used" {...foretold(data)} unit="%" />
    </Readings>
  );
}
