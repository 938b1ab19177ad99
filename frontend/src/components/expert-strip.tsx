import { useState } from 'react';
import type { Receipt } from '../api/receipts.js';
import { isRecord } from '../api/problem.js';
import { useLiveTopic } from '../hooks/live.js';
import styles from './expert-strip.module.css';

type Counts = readonly (readonly number[])[];

/**
 * Layers × experts, lit by the routing of an answer under way: real counts, at most ten times a second. When the answer
 * is there, the counts of its receipt stay.
 */
export function ExpertStrip({ id, receipt }: { id: string | null; receipt: Receipt | undefined }) {
  const [live, setLive] = useState<Counts | null>(null);
  useLiveTopic('inference', ({ type, data }) => {
    if (type === 'inference.routing' && isRecord(data) && data.id === id) setLive(readCounts(data.counts));
  });
  const counts = receipt === undefined ? live : receiptCounts(receipt);
  if (counts === null || counts.length === 0) return null;
  const most = Math.max(1, ...counts.flat());
  const used = counts.flat().filter((value) => value > 0).length;
  return (
    <div className={styles.caption}>
      <div className={styles.strip} role="img" aria-label={`${counts.length} layers, ${used} experts used`}>
        {counts.map((layer, index) => (
          <div key={index} className={styles.layer}>
            {layer.map((value, expert) => (
              <span
                key={expert}
                className={styles.cell}
                style={{ '--heat': value / most } as React.CSSProperties}
              />
            ))}
          </div>
        ))}
      </div>
      <span className="label">
        {receipt === undefined ? 'experts at work' : `${used} experts took part`}, layers × experts
      </span>
    </div>
  );
}

function readCounts(value: unknown): Counts | null {
  if (!Array.isArray(value)) return null;
  return value.map((layer: unknown) =>
    Array.isArray(layer) ? layer.map((entry) => Number(entry) || 0) : [],
  );
}

function receiptCounts({ experts }: Receipt): Counts {
  const places = experts.flatMap(({ name, tokens }) => {
    const match = /^layer(\d+)\.expert(\d+)$/.exec(name);
    return match === null ? [] : [{ layer: Number(match[1]), expert: Number(match[2]), tokens }];
  });
  const layers = 1 + Math.max(-1, ...places.map(({ layer }) => layer));
  const width = 1 + Math.max(-1, ...places.map(({ expert }) => expert));
  const counts = Array.from({ length: layers }, () => Array.from({ length: width }, () => 0));
  for (const { layer, expert, tokens } of places) counts[layer][expert] = tokens;
  return counts;
}
