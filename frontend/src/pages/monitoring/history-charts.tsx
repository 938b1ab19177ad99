import { SegmentedControl, Select } from '@mantine/core';
import { useState } from 'react';
import { number, rate } from '../../components/format.js';
import { LineChart } from '../../components/line-chart.js';
import type { AgentMeasurement } from '../../api/monitoring.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useAgentHistory } from '../../hooks/monitoring.js';
import styles from './monitoring.module.css';
import { serverName } from './servers.js';

const ranges = [
  { value: '1', label: 'Hour', title: 'The last hour' },
  { value: '24', label: 'Day', title: 'The last day' },
  { value: '168', label: 'Week', title: 'The last week' },
  { value: '4392', label: 'Half a year', title: 'The last half year' },
] as const;
const DAY = ranges[1];
const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;

interface Measure {
  readonly title: string;
  readonly unit: string;
  readonly name: string;
  readonly factor: number;
  readonly least: number;
  readonly format: (value: number) => string;
}

const measures: readonly Measure[] = [
  { title: 'Processors', unit: '%', name: 'cpu_share', factor: 100, least: 100, format: number },
  {
    title: 'Memory of the machine',
    unit: '%',
    name: 'memory_share',
    factor: 100,
    least: 100,
    format: number,
  },
  {
    title: 'Memory of the server',
    unit: 'MiB',
    name: 'resident_memory_bytes',
    factor: 1 / MIB,
    least: 100,
    format: number,
  },
  {
    title: 'Event loop, late by',
    unit: 'ms',
    name: 'event_loop_mean_ms',
    factor: 1,
    least: 10,
    format: rate,
  },
  {
    title: 'Time to first token, p95',
    unit: 'ms',
    name: 'first_token_p95_ms',
    factor: 1,
    least: 10,
    format: rate,
  },
  {
    title: 'Waiting in the queue',
    unit: 'requests',
    name: 'queue_depth',
    factor: 1,
    least: 4,
    format: number,
  },
];

const names = measures.map(({ name }) => name);

/** What the performance agent of one server measured, on one time axis: means, and above them what was most. */
export function HistoryCharts() {
  const [range, setRange] = useState<(typeof ranges)[number]>(DAY);
  const [chosen, setChosen] = useState<string | null>(null);
  const [cross, setCross] = useState<number | null>(null);
  const hours = Number(range.value);
  const history = useAgentHistory('performance', { hours, instance: chosen, measures: names });
  const { items = [], servers = [], instance } = history.data ?? {};
  const last = items.at(-1)?.at;
  const several = items.some(({ count }) => count > 1);
  // Behind a balancer another server may answer the next time.
  if (chosen === null && servers.length > 1 && instance !== undefined) setChosen(instance);
  return (
    <>
      <div className={styles.choices}>
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          data={ranges.map(({ value, label }) => ({ value, label }))}
          value={range.value}
          onChange={(value) => setRange(ranges.find((each) => each.value === value) ?? DAY)}
        />
        {servers.length > 1 && (
          <Select
            label="Server"
            data={servers.map((server) => ({ value: server.instance, label: serverName(server) }))}
            value={chosen ?? instance ?? null}
            allowDeselect={false}
            onChange={setChosen}
          />
        )}
      </div>
      {history.isError && <ProblemNotice error={history.error} onRetry={() => void history.refetch()} />}
      {last === undefined ? (
        <section className="panel" aria-label="History">
          <Empty title="Nothing was measured then">It begins with the first round of the agents.</Empty>
        </section>
      ) : (
        <section className={styles.charts} aria-label={range.title} aria-busy={history.isPlaceholderData}>
          {measures.map(({ title, unit, name, factor, least, format }) => {
            const scaled = (of: AgentMeasurement['measures']): number | null =>
              Object.hasOwn(of, name) ? of[name] * factor : null;
            return (
              <LineChart
                key={name}
                title={title}
                unit={unit}
                points={items.map(({ at, measures: means, most }) => ({
                  ...{ at, value: scaled(means) },
                  ...(several ? { most: scaled(most ?? means) } : {}),
                }))}
                span={{ from: Math.min(items[0].at, last - HOUR_MS), to: last }}
                cross={cross}
                onCross={setCross}
                least={least}
                format={format}
              />
            );
          })}
        </section>
      )}
    </>
  );
}
