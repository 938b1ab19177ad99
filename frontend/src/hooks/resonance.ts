import { useState } from 'react';
import { isRecord } from '../api/problem.js';
import { useLiveTopic, useNewestSample } from './live.js';
import { useReadiness } from './system.js';

/** What the Resonance page is driven by. Everything is a text or a number, so that a second in which nothing changes draws nothing. */
export function useResonance() {
  const active = useNewestSample((sample) => sample?.active ?? null);
  const queued = useNewestSample((sample) => sample?.queued ?? 0);
  const tokensPerSecond = useNewestSample((sample) => sample?.tokensPerSecond ?? 0);
  const probes = useReadiness().data?.probes;
  const statuses = probes === undefined ? null : Object.values(probes).map(({ status }) => status);
  return {
    ...{ active, queued, tokensPerSecond },
    confidence: useFigure('decision_confidence'),
    learning: useFigure('learning_activity'),
    /** What the probes found, joined by commas; null before they were asked. */
    statuses: statuses?.join() ?? null,
  };
}

/** A live figure; null while nobody publishes it as a number. */
function useFigure(name: string): number | null {
  const [value, setValue] = useState<number | null>(null);
  useLiveTopic('metrics', ({ type, data }) => {
    if (type !== 'figures' || !isRecord(data)) return;
    const figure = data[name];
    setValue(typeof figure === 'number' ? figure : null);
  });
  return value;
}
