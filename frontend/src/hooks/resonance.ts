import { useState } from 'react';
import { isRecord } from '../api/problem.js';
import { useLiveTopic, useMetrics } from './live.js';
import { useReadiness } from './system.js';

/** What the Resonance page is driven by: the last sample, the raw figures, and what the probes found. */
export function useResonance() {
  const sample = useMetrics().at(-1) ?? null;
  const readiness = useReadiness();
  const [figures, setFigures] = useState<Readonly<Record<string, unknown>> | null>(null);
  useLiveTopic('metrics', ({ type, data }) => {
    if (type === 'figures' && isRecord(data)) setFigures(data);
  });
  const probes = readiness.data?.probes;
  const statuses = probes === undefined ? null : Object.values(probes).map(({ status }) => status);
  return { sample, figures, statuses };
}
