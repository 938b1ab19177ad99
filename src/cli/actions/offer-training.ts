import { createInterface } from 'node:readline/promises';
import { CodedError, type Json } from '../../common/index.js';
import { parseAuditFacts } from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { problemIn, type ServerClient } from '../server-client.js';
import { canShowTraining } from './show-opening.js';

/** Updates that a server with the usual settings draws, the first and the last among them. */
const USUAL_UPDATES = 10;
const YES = /^y(es)?$/i;

/** What is needed to find out. */
export interface OfferWays {
  /** Asks somebody; null where nobody sits at a terminal. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Whether what is to be shown is here still. */
  readonly canShow: (folder: string, manifest: Json) => Promise<boolean>;
}

/** What is known before anybody is asked. */
export interface OfferFacts {
  /** The option; undefined where it was not given. */
  readonly show: boolean | undefined;
  /** Whether the server rejects what is not shown. */
  readonly isRequired: boolean;
}

/** Whether a server audits every training. One of before it could be asked does not say so. */
export async function requiresTraining(server: Pick<ServerClient, 'fetch'>): Promise<boolean> {
  const response = await server.fetch('/learning/audit');
  if (response.status === 404) return false;
  if (!response.ok) throw await problemIn(response);
  return ((await response.json()) as { required?: unknown }).required === true;
}

/**
 * Whether the documents of drawn updates may leave this machine. What was decided by an option is so; else somebody at a terminal is asked,
 * and without one nothing is shown. Says what follows where nothing is. Throws `TRAINING_NOT_SHOWN` where the server rejects what is not shown, and nobody has
 * decided.
 */
export async function offersTraining(
  context: CommandContext,
  folder: string,
  manifest: Json,
  { show, isRequired }: OfferFacts,
  { ask, canShow }: OfferWays = { ask: terminal(context), canShow: canShowTraining },
): Promise<boolean> {
  const tell = (line: string) => {
    if (!context.json) process.stderr.write(`${line}\n`);
  };
  const unpaid = 'what is accepted without an audit is paid nothing';
  if (show === false) return false;
  if (show === undefined && ask === null && isRequired)
    throw new CodedError(
      'TRAINING_NOT_SHOWN',
      'this server rejects trainings that are not shown, and nobody can be asked: give --show to let the documents of drawn updates be sent to it (nothing was sent yet)',
    );
  if (!(await canShow(folder, manifest))) {
    tell(`this training cannot be shown from here (folder, data or kernel are others now): ${unpaid}`);
    return false;
  }
  if (show === true) return true;
  if (ask !== null && YES.test((await ask(questionOf(manifest))).trim())) return true;
  tell(`nothing of the training is shown: ${unpaid} (--show offers it)`);
  return false;
}

/** What is asked, with the number of documents that would be sent. */
export function questionOf(manifest: Json): string {
  const facts = parseAuditFacts(manifest);
  const { steps, learnt } = facts.ok ? facts.value : { steps: [], learnt: 0 };
  const taken = steps.reduce((sum, { examples }) => sum + examples, 0);
  const drawn = Math.min(USUAL_UPDATES, steps.length);
  const documents = Math.min(learnt, Math.ceil((taken / Math.max(1, steps.length)) * drawn));
  return (
    `The server replays drawn updates of the training, to which end their documents are sent to it and deleted after the verdict: ` +
    `with the usual ${drawn} updates about ${documents} of your ${learnt}. Without them nothing is paid. Show them? [y/N] `
  );
}

function terminal(context: CommandContext): OfferWays['ask'] {
  if (context.json || !process.stdin.isTTY) return null;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    try {
      return await Promise.race([lines.question(question), ended]);
    } finally {
      lines.close();
    }
  };
}
