import { Select } from '@mantine/core';
import { useState } from 'react';
import { number, rate } from '../../components/format.js';
import { LineChart } from '../../components/line-chart.js';
import { Empty } from '../../components/notice.js';
import { useAgentHistory } from '../../hooks/monitoring.js';
import styles from './monitoring.module.css';
import { measuredBy, serversOf } from './servers.js';

const HOURS = 24;
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

/** What the performance agent of one server measured in a day, on one time axis. */
export function HistoryCharts() {
  const history = useAgentHistory('performance', HOURS);
  const [cross, setCross] = useState<number | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const all = history.data?.items ?? [];
  const servers = serversOf(all);
  const server = chosen !== null && servers.includes(chosen) ? chosen : servers.at(0);
  const items = server === undefined ? [] : measuredBy(server, all);
  const last = items.at(-1)?.at;
  if (last === undefined)
    return (
      <section className="panel" aria-label="History">
        <Empty title="No history yet">It begins with the first round of the agents.</Empty>
      </section>
    );
  const span = { from: Math.min(items[0].at, last - 3_600_000), to: last };
  return (
    <>
      {servers.length > 1 && (
        <Select label="Server" data={servers} value={server} allowDeselect={false} onChange={setChosen} />
      )}
      <section className={styles.charts} aria-label="The last day">
        {measures.map(({ title, unit, name, factor, least, format }) => (
          <LineChart
            key={name}
            title={title}
            unit={unit}
            points={items.map(({ at, measures: measured }) => ({
              at,
              value: Object.hasOwn(measured, name) ? measured[name] * factor : null,
            }))}
            span={span}
            cross={cross}
            onCross={setCross}
            least={least}
            format={format}
          />
        ))}
      </section>
    </>
  );
}
