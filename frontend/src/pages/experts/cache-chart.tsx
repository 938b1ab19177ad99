import { useState } from 'react';
import { number } from '../../components/format.js';
import { LineChart } from '../../components/line-chart.js';
import { useCacheHistory } from '../../hooks/cache-history.js';
import { useExpertCache } from '../../hooks/experts.js';

const SHORTEST_SPAN_MS = 60_000;
const MIB = 1024 * 1024;

/** How full the expert cache has been while this tab was open. */
export function CacheChart() {
  const cache = useExpertCache();
  const samples = useCacheHistory(cache.data, cache.dataUpdatedAt);
  const [cross, setCross] = useState<number | null>(null);
  const to = samples.at(-1)?.at;
  if (to === undefined) return null;
  return (
    <LineChart
      title="Cache occupied"
      unit="MiB"
      points={samples.map(({ at, bytes }) => ({ at, value: bytes / MIB }))}
      span={{ from: Math.min(samples[0].at, to - SHORTEST_SPAN_MS), to }}
      cross={cross}
      onCross={setCross}
      least={10}
      format={(value) => number(value, value < 100 ? 1 : 0)}
    />
  );
}
