import { useState } from 'react';
import type { ExpertUse } from '../../api/experts.js';
import styles from './experts.module.css';
import type { Measure } from './measures.js';

/** Layers × experts; the deeper the colour, the larger the value. The list below holds the same figures. */
export function HeatMap({ experts, measure }: { experts: readonly ExpertUse[]; measure: Measure }) {
  const [hint, setHint] = useState('');
  const layers = 1 + Math.max(...experts.map(({ layer }) => layer));
  const columns = 1 + Math.max(...experts.map(({ expert }) => expert));
  const most = Math.max(...experts.map((expert) => measure.of(expert) ?? 0));
  const at = new Map(experts.map((expert) => [`${expert.layer}.${expert.expert}`, expert]));
  return (
    <>
      <div
        className={styles.box}
        tabIndex={0}
        role="region"
        aria-label={`${measure.label} by layer and expert`}
      >
        <div
          className={styles.map}
          style={{ gridTemplateColumns: `max-content repeat(${columns}, minmax(26px, 84px))` }}
        >
          <span />
          {Array.from({ length: columns }, (_, expert) => (
            <span key={expert} className={styles.head}>
              {expert}
            </span>
          ))}
          {Array.from({ length: layers }, (_, layer) => [
            <span key={`layer${layer}`} className={styles.layer}>
              layer {layer}
            </span>,
            ...Array.from({ length: columns }, (_, expert) => {
              const found = at.get(`${layer}.${expert}`);
              const value = found === undefined ? null : measure.of(found);
              const text = `layer ${layer}, expert ${expert}: ${value === null ? 'not measured yet' : measure.format(value)}`;
              return (
                <span
                  key={`${layer}.${expert}`}
                  role="img"
                  className={styles.cell}
                  style={{ '--heat': most === 0 ? 0 : (value ?? 0) / most } as React.CSSProperties}
                  aria-label={text}
                  onPointerEnter={() => setHint(text)}
                  onPointerLeave={() => setHint('')}
                />
              );
            }),
          ])}
        </div>
      </div>
      <div className={styles.scale}>
        <span>0</span>
        <span className={styles.ramp} />
        <span>{measure.format(most)}</span>
        <span className={styles.hint}>{hint}</span>
      </div>
    </>
  );
}
