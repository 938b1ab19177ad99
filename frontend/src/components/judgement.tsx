import type { Judged } from '../api/autonomy.js';
import { number } from './format.js';
import styles from './judgement.module.css';
import { State } from './state.js';

/** What an action does, why, and all it is judged by. */
export function Judgement({ judged }: { judged: Judged }) {
  const { confidence, safety } = judged;
  // The checks themselves are listed below.
  const grounds = judged.grounds.filter(({ code }) => code !== 'SAFETY' || safety === null);
  return (
    <div className={styles.judgement}>
      <dl className={styles.facts}>
        <Fact name="Why">{judged.why}</Fact>
        <Fact name="Touches">
          {judged.touches} ({number(judged.circumstances.blast_radius * 100, 0)} %)
        </Fact>
        <Fact name="Expected">{judged.expected_effect}</Fact>
        <Fact name="Undo">{judged.undo}</Fact>
        <Fact name="Confidence">
          at least {number(confidence.lower, 2)}, estimate {number(confidence.estimate, 2)} of{' '}
          {number(confidence.support)} outcomes; asked for is {number(confidence.threshold, 2)}
        </Fact>
      </dl>
      <ul className={styles.grounds} aria-label="Grounds">
        {grounds.map(({ code, detail }) => (
          <li key={code + detail}>
            <span className="mono">{code}</span> {detail}
          </li>
        ))}
      </ul>
      {safety !== null && <Safety safety={safety} />}
      <Contributions judged={judged} />
      <details>
        <summary>Evidence</summary>
        <pre className={styles.json} tabIndex={0} aria-label="Evidence">
          {JSON.stringify(judged.evidence, null, 1)}
        </pre>
      </details>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="label">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Safety({ safety }: { safety: NonNullable<Judged['safety']> }) {
  return (
    <ul className={styles.grounds} aria-label="Safety checks">
      {safety.checks.map(({ name, outcome, detail }) => (
        <li key={name}>
          <State is={outcome === 'passed' ? 'proved' : outcome === 'blocked' ? 'failed' : 'waiting'}>
            {name.replaceAll('_', ' ')}
          </State>{' '}
          {detail}
        </li>
      ))}
    </ul>
  );
}

/** Each feature's share of the confidence: a table, with bars that show the same. */
function Contributions({ judged: { confidence } }: { judged: Judged }) {
  const most = Math.max(1, ...confidence.contributions.map(({ logOdds }) => Math.abs(logOdds)));
  return (
    <details>
      <summary>
        What the confidence is made of (<span className="mono">{confidence.model}</span>)
      </summary>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label="Contributions">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Value</th>
              <th scope="col">Weight</th>
              <th scope="col">Log-odds</th>
            </tr>
          </thead>
          <tbody>
            {confidence.contributions.map(({ feature, value, known, weight, logOdds }) => (
              <tr key={feature}>
                <th scope="row">{feature.replaceAll('_', ' ')}</th>
                <td>{known ? number(value, 2) : `not known, counted as ${number(value, 2)}`}</td>
                <td>{number(weight, 1)}</td>
                <td>
                  <span
                    className={logOdds < 0 ? styles.against : styles.for}
                    style={{ width: `${(Math.abs(logOdds) / most) * 48}px` }}
                    aria-hidden
                  />
                  {number(logOdds, 2)}
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">bias</th>
              <td />
              <td />
              <td>{number(confidence.bias, 2)}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </details>
  );
}
