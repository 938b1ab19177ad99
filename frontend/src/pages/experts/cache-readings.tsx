import type { ExpertUse } from '../../api/experts.js';
import { byteParts, bytes, duration, number } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { Reading, Readings } from '../../components/reading.js';
import { useExpertCache } from '../../hooks/experts.js';
import styles from './experts.module.css';

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
      <Reading label="Evictions" value={number(data.evictions)} />
    </Readings>
  );
}
