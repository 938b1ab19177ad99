import type { Latency } from '../../api/metrics.js';
import { count, rate } from '../../components/format.js';
import { Reading, Readings } from '../../components/reading.js';
import { useMetrics } from '../../hooks/live.js';

/** How long the answers of the last five minutes let people wait: the median and the 95th percentile. */
export function LatencyReadings() {
  const latest = useMetrics().at(-1)?.latency;
  if (latest === undefined) return null;
  return (
    <section aria-label="Latency of the last five minutes" style={{ marginTop: 16 }}>
      <Readings>
        {readings('Time to first token', latest.firstToken)}
        {readings('Time per output token', latest.outputToken)}
      </Readings>
    </section>
  );
}

function readings(label: string, { count: answers, p50, p95 }: Latency) {
  const note =
    answers === 0 ? 'nothing to measure in five minutes' : `${count(answers, 'answer')} in five minutes`;
  return [['p50', p50] as const, ['p95', p95] as const].map(([name, value]) => (
    <Reading
      key={`${label} ${name}`}
      label={`${label}, ${name}`}
      value={value === null ? '–' : rate(value)}
      unit="ms"
      note={note}
    />
  ));
}
