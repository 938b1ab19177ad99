/** What was measured in a domain, or overall. */
interface Figures {
  readonly base: number;
  readonly candidate: number;
  readonly fall: number;
  readonly low: number;
  readonly high: number;
  readonly examples: number;
}

/** A removal as a server shows it. */
export interface RemovalView {
  readonly removal_id: string;
  readonly model: string;
  readonly experts: readonly { readonly name: string; readonly block: string }[];
  readonly reason: string;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly figures: {
    readonly overall: Figures;
    readonly domains: Readonly<Record<string, Figures>>;
  } | null;
  readonly release: string | null;
  readonly version: string | null;
  readonly decision: string | null;
}

/** A removal in a line for people. */
export function removalLine({
  removal_id: id,
  model,
  experts,
  state,
  version,
  figures,
}: RemovalView): string {
  const names = experts.map(({ name }) => name).join(',');
  const loss = figures === null ? '' : `, loss ${percent(-figures.overall.fall)}`;
  return `${id}  ${state}  ${model}${version === null ? '' : `@${version}`} without ${names}${loss}`;
}

/** A removal with its effect per domain, for people. */
export function removalText(removal: RemovalView): string {
  const { figures, state, decision, model, version, detail, code } = removal;
  const lines = [removalLine(removal)];
  if (figures !== null) {
    lines.push('change of the loss on unseen examples (95 % of resamples between)');
    const width = Math.max(...Object.keys(figures.domains).map((name) => name.length), 'overall'.length);
    for (const [name, { base, candidate, fall, low, high, examples }] of [
      ...Object.entries(figures.domains),
      ['overall', figures.overall] as const,
    ]) {
      const between = `${percent(-high).padStart(9)} to ${percent(-low).padStart(9)}`;
      const losses = `${base.toFixed(4)} → ${candidate.toFixed(4)}`;
      lines.push(
        `  ${name.padEnd(width)} ${percent(-fall).padStart(9)}  (${between})  ${losses}  ${examples} examples`,
      );
    }
  }
  if (detail !== null) lines.push(`${detail} [${code ?? ''}]`);
  if (state === 'released') lines.push(`${model}@${version ?? ''} is live`);
  if (state === 'measured' && decision !== null)
    lines.push(`${model}@${version ?? ''} waits for its decision: ${decision}`);
  return lines.join('\n');
}

function percent(share: number): string {
  return `${share > 0 ? '+' : ''}${(share * 100).toFixed(2)} %`;
}
