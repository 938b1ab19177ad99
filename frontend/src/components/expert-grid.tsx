import type { Verification } from '../hooks/verification.js';
import type { CellPlan, CellState } from '../verify/protocol.js';
import { number, shortHash } from './format.js';
import styles from './verify-panel.module.css';

const words: Readonly<Record<CellState, string>> = {
  idle: 'not downloaded yet',
  fetched: 'downloaded',
  agreed: 'hash agrees',
  failed: 'hash does not agree',
};

/** Layers × experts, with attention and router of each layer, and embedding and head above. Grey → blue → green. */
export function ExpertGrid({ verification }: { verification: Verification }) {
  const { cells, layers, experts, cellStates } = verification;
  const outside = cells.filter((cell) => cell.layer === null);
  const find = (layer: number, test: (cell: CellPlan) => boolean): CellPlan | undefined =>
    cells.find((cell) => cell.layer === layer && test(cell));
  const show = (cell: CellPlan | undefined, key: string, absent: string) => (
    <Cell key={key} cell={cell} state={cell && (cellStates.get(cell.name) ?? 'idle')} absent={absent} />
  );
  return (
    <div className={styles.gridBox} tabIndex={0} role="region" aria-label="Blocks of this answer">
      <div
        className={styles.grid}
        style={{
          gridTemplateColumns: `max-content repeat(2, minmax(14px, 34px)) 4px repeat(${experts}, minmax(10px, 34px))`,
        }}
      >
        <span />
        <span className={styles.caption}>attn</span>
        <span className={styles.caption}>rout</span>
        <span />
        {Array.from({ length: experts }, (_, expert) => (
          <span key={expert} className={styles.caption}>
            {expert}
          </span>
        ))}
        <span className="label">whole</span>
        {outside.slice(0, 2).map((cell) => show(cell, cell.name, ''))}
        <span style={{ gridColumn: `4 / span ${experts + 1}` }} className="label">
          {outside.map((cell) => cell.name).join(', ')}
        </span>
        {Array.from({ length: layers }, (_, layer) => [
          <span key={`label${layer}`} className="label">
            layer {layer}
          </span>,
          show(
            find(layer, ({ name }) => name.endsWith('.attention')),
            `a${layer}`,
            'no attention block',
          ),
          show(
            find(layer, ({ name }) => name.endsWith('.router')),
            `r${layer}`,
            'no router',
          ),
          <span key={`gap${layer}`} />,
          ...Array.from({ length: experts }, (_, expert) =>
            show(
              find(layer, (cell) => cell.expert === expert),
              `e${layer}.${expert}`,
              `layer${layer}.expert${expert}: not used`,
            ),
          ),
        ])}
      </div>
      <Legend />
    </div>
  );
}

function Cell({
  cell,
  state,
  absent,
}: {
  cell: CellPlan | undefined;
  state: CellState | undefined;
  absent: string;
}) {
  if (cell === undefined || state === undefined)
    return <span className={`${styles.cell} ${styles.unused}`} title={absent} />;
  const passes = cell.tokens === null ? '' : `, ${number(cell.tokens)} token passes}`;
  const label = `${cell.name}: ${words[state]}${passes}, block ${shortHash(cell.block)}`;
  return (
    <span
      className={`${styles.cell} ${styles[state]}`}
      role="img"
      aria-label={label}
      title={label}
      data-cell={cell.name}
      data-state={state}
    />
  );
}

function Legend() {
  const entries = [
    ['var(--line-strong)', 'waiting'],
    ['var(--fetched)', 'downloaded'],
    ['var(--proved)', 'hash agrees'],
    ['var(--failed)', 'does not agree'],
  ] as const;
  return (
    <div className={styles.legend} aria-hidden style={{ marginTop: 8 }}>
      {entries.map(([colour, word]) => (
        <span key={word}>
          <i style={{ background: colour }} /> {word}
        </span>
      ))}
      <span>dashed: expert not used</span>
    </div>
  );
}
