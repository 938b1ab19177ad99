import { Anchor, Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconCircle,
  IconCircleCheckFilled,
  IconCircleDotted,
  IconCircleXFilled,
  IconClockHour4,
  IconShieldCheck,
} from '@tabler/icons-react';
import { useEffect } from 'react';
import { useVerification } from '../hooks/verification.js';
import { STEPS, type StepName, type StepState } from '../verify/protocol.js';
import { ExpertGrid } from './expert-grid.js';
import { HowThisWorks } from './how-this-works.js';
import { ProblemNotice } from './notice.js';
import { TokenLine } from './token-line.js';
import { VerdictSentence } from './verdict-sentence.js';
import styles from './verify-panel.module.css';

const names: Readonly<Record<StepName, string>> = {
  receipt: 'Receipt',
  evidence: 'Evidence',
  log: 'Log',
  kernel: 'Kernel',
  release: 'Release',
  blocks: 'Blocks',
  replay: 'Replay',
};

const icons = {
  idle: IconCircle,
  running: IconCircleDotted,
  passed: IconCircleCheckFilled,
  failed: IconCircleXFilled,
  open: IconClockHour4,
} as const;

const words: Readonly<Record<StepState, string>> = {
  idle: 'not checked yet',
  running: 'being checked',
  passed: 'agrees',
  failed: 'does not agree',
  open: 'not proved',
};

/** Verifies an answer before the reader's eyes. */
export function VerifyPanel({ receipt, autoStart }: { receipt: string; autoStart: boolean }) {
  const { verification, start } = useVerification(receipt);
  const [explained, explain] = useDisclosure(false);
  const started = verification.running || verification.verdict !== null || verification.problem !== null;
  useEffect(() => {
    if (autoStart) start();
  }, [autoStart, start]);
  return (
    <section className={styles.panel} aria-label="Verification">
      <div className={styles.head}>
        <Button
          size="sm"
          loading={verification.running}
          loaderProps={{ type: 'dots' }}
          leftSection={<IconShieldCheck size={17} aria-hidden />}
          variant={verification.verdict === null ? 'filled' : 'default'}
          onClick={start}
        >
          {verification.verdict === null ? 'Verify in this browser' : 'Verify again'}
        </Button>
        <Anchor component="button" type="button" size="sm" onClick={explain.open}>
          How this works
        </Anchor>
      </div>
      <div aria-live="polite">
        {verification.verdict !== null && <VerdictSentence verdict={verification.verdict} />}
        {verification.problem !== null && <ProblemNotice error={verification.problem} onRetry={start} />}
      </div>
      {started && <Steps steps={verification.steps} />}
      {verification.cells.length > 0 && <ExpertGrid verification={verification} />}
      {verification.totalTokens > 0 && <TokenLine verification={verification} />}
      <HowThisWorks opened={explained} onClose={explain.close} />
    </section>
  );
}

function Steps({ steps }: { steps: ReturnType<typeof useVerification>['verification']['steps'] }) {
  return (
    <ol className={styles.steps}>
      {STEPS.map((step) => {
        const { state, detail } = steps[step];
        const Icon = icons[state];
        return (
          <li key={step} className={`${styles.step} ${styles[state]}`} data-step={step} data-state={state}>
            <Icon size={16} aria-hidden />
            <span>{names[step]}</span>
            <span className={styles.detail}>
              <span className="visually-hidden">{words[state]}. </span>
              {detail}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
