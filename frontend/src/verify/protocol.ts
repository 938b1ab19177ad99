/** The checks in the order people read them. */
export const STEPS = ['receipt', 'evidence', 'log', 'kernel', 'release', 'blocks', 'replay'] as const;

/** One check. */
export type StepName = (typeof STEPS)[number];

/** How far a check has come. `open` is a check that could be neither passed nor failed, with its reason. */
export type StepState = 'idle' | 'running' | 'passed' | 'failed' | 'open';

/** A block in the grid. Layer and expert are null for what stands outside. */
export interface CellPlan {
  readonly name: string;
  readonly block: string;
  readonly layer: number | null;
  readonly expert: number | null;
  /** Token passes the receipt says it computed; null for dense blocks and routers. */
  readonly tokens: number | null;
}

/** A cell: grey, blue, green or red. */
export type CellState = 'idle' | 'fetched' | 'agreed' | 'failed';

/** Something that does not agree. */
export interface Finding {
  readonly step: StepName;
  /** What it is about: a block's name, `signature`, `kernel`, `tokens` … */
  readonly part: string;
  readonly detail: string;
  /** The first token from which the answer is not what the receipt says; null where no token is concerned. */
  readonly fromToken: number | null;
}

/** What was proved, or what was not. */
export interface Verdict {
  /** `partial`: nothing disagrees, but the answer itself could not be replayed. */
  readonly outcome: 'agrees' | 'differs' | 'partial';
  readonly model: string | null;
  readonly version: string | null;
  readonly kernel: string | null;
  /** What computed in the kernel's place, in words; null: the kernel did. */
  readonly lane: string | null;
  readonly tokens: number;
  readonly findings: readonly Finding[];
  readonly durationMs: number;
  readonly downloadedBytes: number;
  readonly cachedBytes: number;
}

/** What the worker tells while it works. */
export type VerifyReport =
  | { readonly type: 'step'; readonly step: StepName; readonly state: StepState; readonly detail: string }
  | {
      readonly type: 'plan';
      readonly cells: readonly CellPlan[];
      readonly layers: number;
      readonly experts: number;
    }
  | { readonly type: 'cell'; readonly name: string; readonly state: CellState }
  | { readonly type: 'pieces'; readonly pieces: readonly string[] }
  | { readonly type: 'tokens'; readonly agreed: number; readonly total: number }
  | { readonly type: 'verdict'; readonly verdict: Verdict }
  | { readonly type: 'problem'; readonly status: number; readonly code: string; readonly detail: string };

/** What the worker is asked. */
export interface VerifyRequest {
  readonly receipt: string;
  /** Bearer token of this tab, where the server wants one. */
  readonly token: string | null;
}
