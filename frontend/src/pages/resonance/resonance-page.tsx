import { useMemo } from 'react';
import { useResonance } from '../../hooks/resonance.js';
import { figureOf, healthOf, loadOf, PHASES, type Readings } from './phases.js';
import { ResonancePicture } from './resonance-picture.js';
import styles from './resonance.module.css';

/** How does the whole feel now? */
export default function ResonancePage() {
  const { active, queued, tokensPerSecond, confidence, learning, statuses } = useResonance();
  const readings = useMemo(
    (): Readings => ({
      load: loadOf(active === null ? null : { active, queued, tokensPerSecond }),
      confidence: figureOf(confidence),
      health: healthOf(statuses === null ? null : statuses.split(',')),
      learning: figureOf(learning),
    }),
    [active, queued, tokensPerSecond, confidence, learning, statuses],
  );
  return (
    <div className="page">
      <header className="page-head">
        <h1>Resonance</h1>
        <p>How does the whole feel now?</p>
      </header>
      <div className={`panel panel-body ${styles.view}`}>
        <ResonancePicture readings={readings} />
        <div>
          <p id="resonance-words" className={styles.words}>
            {sentenceOf(readings)}
          </p>
          <ul className={styles.legend}>
            {PHASES.map(({ name, label, colour, meaning }) => (
              <li key={name} data-phase={name}>
                <span className={`${styles.mark} ${styles[colour]}`} aria-hidden />
                <div>
                  <strong>{label}</strong> <span className="label">{colour} ring</span>
                  <div>{readings[name].detail}</div>
                  <div className="label">{meaning}</div>
                </div>
                <span className={styles.value}>{valueText(readings[name].value)}</span>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </div>
  );
}

/** What the picture shows, for those who do not see it. */
function sentenceOf(readings: Readings): string {
  const parts = PHASES.map(({ name, label }) => `${label.toLowerCase()} ${valueText(readings[name].value)}`);
  return `Four rings, from the inside outwards: ${parts.join(', ')}.`;
}

function valueText(value: number | null): string {
  return value === null ? 'no data' : `${Math.round(value * 100)} %`;
}
