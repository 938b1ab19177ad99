import type { ExpertUse } from '../../api/experts.js';
import { duration, number } from '../../components/format.js';

/** Something the heat map can show. */
export interface Measure {
  readonly label: string;
  readonly of: (expert: ExpertUse) => number | null;
  readonly format: (value: number) => string;
}

/** The names of the measures, as the URL has them. */
export type MeasureName = 'use' | 'load';

/** What the heat map can show. */
export const measures: Readonly<Record<MeasureName, Measure>> = {
  use: { label: 'Use', of: (expert) => expert.uses, format: (value) => `${number(value)} token passes` },
  load: {
    label: 'Load time',
    of: (expert) => expert.load_ms,
    format: (value) => `${duration(value)} mean verified load`,
  },
};
