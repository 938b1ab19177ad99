import { useMemo, useState } from 'react';
import { count } from '../../components/format.js';
import { fallText } from '../submissions/fall-text.js';
import type { Member } from './family.js';
import styles from './lineage.module.css';
import { layoutFamily, type PlacedMember, type TreeLayout } from './tree-layout.js';

/** The family as a picture: generations from left to right, on every line how much less loss there was. */
export function TreePicture(props: {
  members: readonly Member[];
  selected: string | null;
  onSelect: (hash: string) => void;
}) {
  const layout = useMemo(() => layoutFamily(props.members), [props.members]);
  const { nodes } = layout;
  const [focusable, setFocusable] = useState(0);
  const onKeyDown = (event: React.KeyboardEvent<SVGGElement>, index: number): void => {
    if (event.key === 'Enter' || event.key === ' ') props.onSelect(nodes[index].hash);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0;
    if (step === 0 && event.key !== ' ') return;
    event.preventDefault();
    const next = (index + step + nodes.length) % nodes.length;
    setFocusable(next);
    event.currentTarget.parentElement?.querySelector<SVGGElement>(`[data-index="${next}"]`)?.focus();
  };
  return (
    <div className="panel">
      <div className={styles.picture}>
        <svg
          width={layout.width}
          height={layout.height}
          role="group"
          aria-label={`Family tree of ${count(nodes.length, 'expert')}; arrow keys move, Enter chooses. The table below has the same.`}
        >
          <Lines layout={layout} />
          <g>
            {nodes.map((node, index) => (
              <g
                key={node.hash}
                className={styles.node}
                data-kind={kindOf(node)}
                data-index={index}
                role="button"
                aria-pressed={node.hash === props.selected}
                aria-label={describe(node)}
                tabIndex={index === Math.min(focusable, nodes.length - 1) ? 0 : -1}
                transform={`translate(${node.x} ${node.y})`}
                onClick={() => props.onSelect(node.hash)}
                onFocus={() => setFocusable(index)}
                onKeyDown={(event) => onKeyDown(event, index)}
              >
                <title>{describe(node)}</title>
                <rect x={-16} y={-16} width={32} height={32} fill="transparent" />
                <circle className={styles.ring} r={12} />
                <circle className={styles.dot} r={7} />
              </g>
            ))}
          </g>
        </svg>
      </div>
      <p className={styles.legend}>
        <span>
          <strong>full circle</strong> in the live release
        </span>
        <span>
          <strong>ring</strong> not in it
        </span>
        <span>
          <strong>broken ring</strong> superseded before it was released
        </span>
        <span>
          <strong>on the lines</strong> less loss on unseen examples
        </span>
      </p>
    </div>
  );
}

/** Names, lines of descent and captions; the nodes themselves say all of it in words. */
function Lines({ layout: { nodes, edges } }: { layout: TreeLayout }) {
  return (
    <g aria-hidden>
      {edges.map(({ from, to }) => (
        <g key={to.hash}>
          <path
            className={styles.edge}
            d={`M${from.x} ${from.y}C${from.x + 50} ${from.y} ${from.x + 20} ${to.y} ${from.x + 70} ${to.y}H${to.x}`}
          />
          <text className={styles.gain} x={to.x - 22} y={to.y - 7} textAnchor="end">
            {to.step === null ? '' : fallText(to.step.overall.fall)}
          </text>
        </g>
      ))}
      {nodes.map((node) => (
        <g key={node.hash}>
          {node.parent === null && (
            <text className={styles.name} x={14} y={node.y + 4}>
              {node.name}
            </text>
          )}
          <text className={styles.caption} x={node.x} y={node.y + 27} textAnchor="middle">
            {captionOf(node)}
          </text>
        </g>
      ))}
    </g>
  );
}

function kindOf({ live, step }: Member): 'live' | 'other' | 'superseded' {
  if (live) return 'live';
  return step?.state === 'superseded' ? 'superseded' : 'other';
}

/** What stands under an expert: the release that took it. */
function captionOf({ step, live }: Member): string {
  if (step === null) return 'origin';
  return step.version ?? (live ? 'live' : step.state);
}

function describe(node: PlacedMember): string {
  const { name, step, live } = node;
  const from =
    step === null ? 'origin' : `${fallText(step.overall.fall)} less loss, ${step.version ?? step.state}`;
  return `${name}, ${from}${live ? ', live' : ''}`;
}
