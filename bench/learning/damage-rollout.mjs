// How an accepted expert comes to people: by stages, each of which a guardian is asked about.
import { until } from '../server.mjs';

const PATIENCE_MS = 300_000;
/** What is asked for of a release that comes to people. */
const STAGES = new Set(['shadow', 'canary', 'promote']);

/**
 * Says yes to every stage that a guardian is asked about until `isOver`, and lets people ask meanwhile. @returns what guardians were asked for, in order
 */
export async function approveUntil(isOver, { get, post, say, ask }) {
  const asked = [];
  for (;;) {
    const question = await until(
      async () => (isOver() ? 'none' : await openQuestion(get)),
      PATIENCE_MS,
      'a question to a guardian, or the end of the submission',
    );
    if (question === 'none') return asked;
    const { what, why, grounds, action } = question.decision;
    say(
      `  the matrix asks a guardian: ${what}, because ${why}; ${grounds.map(({ detail }) => detail).join('; ')}`,
    );
    asked.push(action);
    const reason = 'the evaluation says so';
    await post(`/api/guardian/escalations/${question.escalation_id}/approve`, { reason });
    await ask();
  }
}

/** What was decided about a release, in order: `shadow succeeded`, ... */
export async function stagesOf(get, version) {
  const { items } = await get('/api/autonomous/decisions?type=deployment');
  const own = items.toReversed().filter(({ parameters }) => parameters.version === version);
  return own.map(({ action, state }) => `${action} ${state}`);
}

async function openQuestion(get) {
  const { items } = await get('/api/guardian/escalations?state=open');
  return items.find(({ decision }) => STAGES.has(decision.action));
}
