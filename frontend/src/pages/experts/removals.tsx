import { useState } from 'react';
import { Link } from 'react-router';
import type { Removal } from '../../api/removals.js';
import { State, type Meaning } from '../../components/state.js';
import { useRemovals } from '../../hooks/removals.js';
import { DomainPlot } from '../submissions/domain-plot.js';
import { fallText } from '../submissions/fall-text.js';
import styles from './experts.module.css';

const STATES: Readonly<Record<string, readonly [string, Meaning]>> = {
  received: ['taken in', 'waiting'],
  waiting_beacon: ['waits for the log', 'waiting'],
  measuring: ['is being measured', 'waiting'],
  measured: ['waits for its decision', 'waiting'],
  released: ['live', 'proved'],
  superseded: ['superseded', 'neutral'],
  failed: ['failed', 'failed'],
};

/** Experts that were left out or are to be, and what each removal was measured to cost or gain; nothing where there are none. */
export function Removals() {
  const { data } = useRemovals();
  const [chosen, choose] = useState<string | null>(null);
  const removals = data?.items ?? [];
  if (removals.length === 0) return null;
  const shown = removals.find(({ removal_id: id }) => id === chosen) ?? removals[0];
  return (
    <>
      <section className="panel" aria-labelledby="left-out">
        <div className="panel-head">
          <h2 id="left-out">Left out</h2>
          <span className="label">measured before it goes live</span>
        </div>
        <table className={styles.removals}>
          <thead>
            <tr>
              <th scope="col">Experts</th>
              <th scope="col">Why</th>
              <th scope="col">Less loss</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {removals.map((removal) => (
              <Row key={removal.removal_id} removal={removal} shown={removal === shown} onShow={choose} />
            ))}
          </tbody>
        </table>
      </section>
      {shown.figures !== null && <DomainPlot figures={shown.figures} claimed={[]} />}
    </>
  );
}

function Row(props: { removal: Removal; shown: boolean; onShow: (id: string) => void }) {
  const { removal_id: id, model, experts, reason, state, figures, decision, version, detail } = props.removal;
  const [text, meaning] = STATES[state] ?? [state, 'neutral'];
  return (
    <tr>
      <th scope="row">
        <button type="button" aria-pressed={props.shown} onClick={() => props.onShow(id)}>
          {model} without {experts.map(({ name }) => name).join(', ')}
        </button>
      </th>
      <td>{reason}</td>
      <td>{figures === null ? '–' : fallText(figures.overall.fall)}</td>
      <td>
        <State is={meaning}>{version === null ? text : `${version}: ${text}`}</State>
        {decision !== null && (
          <>
            {' '}
            <Link to={`/decisions/${decision}`}>decision</Link>
          </>
        )}
        {detail !== null && <> {detail}</>}
      </td>
    </tr>
  );
}
