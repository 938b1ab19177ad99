import { useReducedMotion } from '@mantine/hooks';
import { useEffect, useEffectEvent, useRef } from 'react';
import { PHASES, type Readings } from './phases.js';
import styles from './resonance.module.css';
import { foremost, ringPath, SIDE } from './rings.js';

/** Pictures per second: slow waves need no more, and each costs. */
const PER_SECOND = 3;
/** Radians per second that a ring without load turns by. */
const SLOWEST = 0.25;

/** Four rings that swell with what is measured; still where less motion is wanted, and while nobody looks. */
export function ResonancePicture({ readings }: { readings: Readings }) {
  const svg = useRef<SVGSVGElement>(null);
  const still = useReducedMotion();
  const turns = useRef([0, 0, 0, 0]);

  const draw = useEffectEvent((elapsedMs: number, stepMs: number) => {
    const front = foremost(elapsedMs);
    const paths = svg.current?.querySelectorAll('path') ?? [];
    for (const [ring, path] of paths.entries()) {
      const { value } = readings[PHASES[ring].name];
      turns.current[ring] += (stepMs / 1000) * (SLOWEST + 2 * (value ?? 0));
      path.setAttribute('d', ringPath(ring, value, turns.current[ring]));
      path.toggleAttribute('data-front', !still && value !== null && ring === front);
    }
  });
  useEffect(() => {
    const began = performance.now();
    let last = began;
    const step = () => {
      if (document.hidden) return;
      const now = performance.now();
      draw(now - began, Math.min(500, now - last));
      last = now;
    };
    step();
    if (still) return;
    const timer = setInterval(step, 1000 / PER_SECOND);
    return () => clearInterval(timer);
  }, [still]);
  // A still picture follows what is measured, without moving in between.
  useEffect(() => {
    if (still) draw(0, 0);
  }, [still, readings]);

  return (
    <svg
      ref={svg}
      viewBox={`0 0 ${SIDE} ${SIDE}`}
      className={styles.picture}
      role="img"
      aria-labelledby="resonance-words"
    >
      {PHASES.map(({ name, colour }) => (
        <path
          key={name}
          className={`${styles.ring} ${styles[colour]}`}
          data-phase={name}
          data-empty={readings[name].value === null}
        />
      ))}
    </svg>
  );
}
