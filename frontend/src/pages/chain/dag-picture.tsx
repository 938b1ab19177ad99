import { useElementSize } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import type { GraphAnswer } from '../../api/chain.js';
import { count, dateTime, shortHash } from '../../components/format.js';
import styles from './chain.module.css';
import { layoutDag, type DagLayout, type PlacedNode } from './dag-layout.js';

/** More edges than this are drawn lightly. */
const MANY = 12;

/** The chain as a picture: releases along time, blocks hanging from the release that introduced them. */
export function DagPicture({
  graph,
  versions,
}: {
  graph: GraphAnswer;
  versions: ReadonlyMap<string, string>;
}) {
  const navigate = useNavigate();
  const { ref, width } = useElementSize();
  const layout = useMemo(() => layoutDag(graph, width), [graph, width]);
  const [hovered, setHovered] = useState<string | null>(null);
  const [focusable, setFocusable] = useState(0);
  const marked = useMemo(() => relatives(graph, hovered), [graph, hovered]);
  const node = layout.nodes.find(({ hash }) => hash === hovered);
  const open = ({ chain, hash }: PlacedNode): void => void navigate(`/blocks/${chain}/${hash}`);
  const onKeyDown = (event: React.KeyboardEvent<SVGGElement>, index: number): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0;
    if (event.key === 'Enter') open(layout.nodes[index]);
    if (step === 0) return;
    event.preventDefault();
    const next = (index + step + layout.nodes.length) % layout.nodes.length;
    setFocusable(next);
    const target = event.currentTarget.parentElement?.querySelector<SVGGElement>(`[data-index="${next}"]`);
    target?.focus();
  };
  return (
    <div className="panel">
      <div className={styles.picture} ref={ref}>
        <svg
          width={layout.width}
          height={layout.height}
          className={hovered === null ? undefined : styles.dim}
          role="group"
          aria-label={`Picture of ${count(layout.nodes.length, 'block')}; arrow keys move, Enter opens`}
        >
          <Skeleton layout={layout} versions={versions} />
          {node !== undefined && <Edges graph={graph} layout={layout} node={node} />}
          <g>
            {layout.nodes.map((placed, index) => (
              <g
                key={placed.hash}
                className={styles.node}
                data-kind={placed.kind}
                data-index={index}
                data-marked={marked.has(placed.hash)}
                role="link"
                aria-label={`${describe(placed)}, block ${shortHash(placed.hash)}`}
                tabIndex={index === Math.min(focusable, layout.nodes.length - 1) ? 0 : -1}
                transform={`translate(${placed.x} ${placed.y})`}
                onPointerEnter={() => setHovered(placed.hash)}
                onPointerLeave={() => setHovered(null)}
                onFocus={() => setHovered(placed.hash)}
                onBlur={() => setHovered(null)}
                onClick={() => open(placed)}
                onKeyDown={(event) => onKeyDown(event, index)}
              >
                <rect x={-10} y={-11} width={20} height={22} fill="transparent" />
                <Shape kind={placed.kind} />
              </g>
            ))}
          </g>
        </svg>
      </div>
      <p className={styles.legend} style={{ margin: 0 }}>
        {node === undefined ? <Key /> : <Described node={node} graph={graph} />}
      </p>
    </div>
  );
}

/** Time axis, release names, row labels and stems. */
function Skeleton({ layout, versions }: { layout: DagLayout; versions: ReadonlyMap<string, string> }) {
  const { axis } = layout;
  const roomy = (layout.slots[1]?.x ?? 0) - (layout.slots[0]?.x ?? 0) > 56;
  const last = layout.rows.at(-1)?.y ?? 0;
  return (
    <g aria-hidden>
      <line className={styles.axis} x1={14} x2={layout.width - 14} y1={axis} y2={axis} />
      {layout.rows.map(({ label, y }) => (
        <text key={label} className={styles.caption} x={14} y={y + 4}>
          {label}
        </text>
      ))}
      {layout.columns.map(({ release, x, inherited }) => (
        <g key={x}>
          <text className={styles.title} x={x - 4} y={18}>
            {release === null
              ? 'in no release'
              : `${release.name ?? 'release'} ${versions.get(release.hash) ?? ''}`}
          </text>
          {release !== null && (
            <>
              <text className={styles.caption} x={x - 4} y={33}>
                {dateTime(release.timestamp).slice(0, 10)}
              </text>
              <path className={styles.stem} d={`M${x + 4} ${axis}V${last}M${x + 4} ${axis + 32}H${x + 16}`} />
            </>
          )}
          {release !== null &&
            layout.rows.map(({ y }) => (
              <path key={y} className={styles.stem} d={`M${x + 4} ${y}H${x + 16}`} />
            ))}
          {layout.slots.map((slot, index) => (
            <text
              key={slot.label}
              className={styles.caption}
              x={x + slot.x}
              y={layout.height - 6}
              textAnchor="middle"
              display={index < 2 && !roomy ? 'none' : undefined}
            >
              {slot.label}
            </text>
          ))}
          {inherited.map((dot) => (
            <circle key={`${dot.x}.${dot.y}`} cx={dot.x} cy={dot.y} r={1.5} fill="var(--line-strong)" />
          ))}
        </g>
      ))}
    </g>
  );
}

function Shape({ kind }: { kind: PlacedNode['kind'] }) {
  if (kind === 'release') return <circle className={styles.shape} r={8} />;
  if (kind === 'expert') return <circle className={styles.shape} r={6} />;
  if (kind === 'router')
    return <rect className={styles.shape} x={-5} y={-5} width={10} height={10} transform="rotate(45)" />;
  if (kind === 'document')
    return <rect className={styles.shape} x={-5} y={-6.5} width={10} height={13} rx={1} />;
  return <rect className={styles.shape} x={-6} y={-6} width={12} height={12} rx={1} />;
}

function Edges({ graph, layout, node }: { graph: GraphAnswer; layout: DagLayout; node: PlacedNode }) {
  const at = new Map(layout.nodes.map((placed) => [placed.hash, placed]));
  const ends = graph.edges.flatMap(({ from, to }) => {
    const other = from === node.hash ? at.get(to) : to === node.hash ? at.get(from) : undefined;
    return other === undefined ? [] : [other];
  });
  return (
    <g aria-hidden opacity={ends.length > MANY ? 0.3 : 1}>
      {ends.map((end) => (
        <path
          key={end.hash}
          className={styles.edge}
          d={`M${node.x} ${node.y}C${node.x} ${(node.y + end.y) / 2} ${end.x} ${(node.y + end.y) / 2} ${end.x} ${end.y}`}
        />
      ))}
    </g>
  );
}

function Key() {
  return (
    <>
      <span>
        <strong>circle</strong> expert
      </span>
      <span>
        <strong>diamond</strong> router
      </span>
      <span>
        <strong>square</strong> attention, embedding, head
      </span>
      <span>
        <strong>sheet</strong> architecture, tokenizer
      </span>
      <span>
        <strong>dot</strong> taken over from an earlier release
      </span>
    </>
  );
}

function Described({ node, graph }: { node: PlacedNode; graph: GraphAnswer }) {
  const parents = graph.edges.filter(({ from }) => from === node.hash).length;
  const children = graph.edges.filter(({ to }) => to === node.hash).length;
  return (
    <>
      <strong>{describe(node)}</strong>
      <span className="mono">{shortHash(node.hash, 10, 6)}</span>
      <span>depends on {parents}</span>
      <span>needed by {children}</span>
      {node.timestamp > 0 && <span>{dateTime(node.timestamp)}</span>}
    </>
  );
}

function describe(node: PlacedNode): string {
  return node.name === null ? node.type : node.type === 'release' ? `release ${node.name}` : node.name;
}

/** A block with everything it depends on and everything that depends on it. */
function relatives({ edges }: GraphAnswer, hash: string | null): ReadonlySet<string> {
  if (hash === null) return new Set();
  return new Set([
    hash,
    ...edges.flatMap(({ from, to }) => (from === hash ? [to] : to === hash ? [from] : [])),
  ]);
}
