import { useState } from 'react';
import type { MetricsSample } from '../../api/metrics.js';
import { number, rate } from '../../components/format.js';
import { LineChart, type Point } from '../../components/line-chart.js';
import { Empty } from '../../components/notice.js';
import { useLiveState, useMetrics } from '../../hooks/live.js';
import { LatencyReadings } from './latency-readings.js';
import { LogPanel } from './log-panel.js';
import { ReadinessPanel } from './readiness-panel.js';
import styles from './status.module.css';
import { VersionPanel } from './version-panel.js';

const SPAN_MS = 5 * 60_000;
const MIB = 1024 * 1024;

interface Measure {
  readonly title: string;
  readonly unit: string;
  readonly of: (sample: MetricsSample) => number | null;
  /** The axis ends at least here. */
  readonly least: number;
  readonly scattered?: boolean;
  readonly format: (value: number) => string;
}

const measures: readonly Measure[] = [
  { title: 'Throughput', unit: 'tokens/s', of: (sample) => sample.tokensPerSecond, least: 10, format: rate },
  {
    title: 'Time to first token',
    unit: 'ms',
    of: (sample) => sample.firstTokenMs,
    least: 10,
    scattered: true,
    format: rate,
  },
  {
    title: 'Waiting in the queue',
    unit: 'requests',
    of: (sample) => sample.queued,
    least: 4,
    format: number,
  },
  {
    title: 'Memory',
    unit: 'MiB',
    of: ({ memoryBytes }) => (memoryBytes === null ? null : memoryBytes / MIB),
    least: 100,
    format: number,
  },
];

/** Is this node well? */
export default function StatusPage() {
  return (
    <div className="page">
      <header className="page-head">
        <h1>Status</h1>
        <p>Is this node well?</p>
      </header>
      <div className={styles.panels}>
        <ReadinessPanel />
        <div className={styles.stack}>
          <LogPanel />
          <VersionPanel />
        </div>
      </div>
      <LatencyReadings />
      <Charts />
    </div>
  );
}

/** Four measures on one time axis; the crosshair moves in all of them at once. */
function Charts() {
  const samples = useMetrics();
  const live = useLiveState();
  const [cross, setCross] = useState<number | null>(null);
  const to = samples.at(-1)?.at;
  if (to === undefined)
    return (
      <div className="panel" style={{ marginTop: 16 }}>
        <Empty title="No measurements yet">
          {live.is === 'online'
            ? 'The first one comes within a second.'
            : 'They begin when the live connection is back.'}
        </Empty>
      </div>
    );
  const span = { from: to - SPAN_MS, to };
  const shown = samples.filter((sample) => sample.at >= span.from);
  return (
    <section className={styles.charts} aria-label="The last five minutes">
      {measures.map((measure) => (
        <LineChart
          key={measure.title}
          title={measure.title}
          unit={measure.unit}
          points={shown.map((sample): Point => ({ at: sample.at, value: measure.of(sample) }))}
          span={span}
          cross={cross}
          onCross={setCross}
          least={measure.least}
          scattered={measure.scattered}
          format={(value) => measure.format(value)}
        />
      ))}
    </section>
  );
}
