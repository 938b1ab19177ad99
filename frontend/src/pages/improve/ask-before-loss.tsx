import { Button, Modal } from '@mantine/core';
import type { AtStake } from '../../training/training-state.js';
import styles from './improve.module.css';

const LOSSES: Readonly<Record<AtStake, string>> = {
  left: 'A training was left and can be taken up. What it has learnt so far would be lost.',
  training: 'The training goes on. What it has learnt so far would be lost.',
  result:
    'The result is not handed in. It is in this tab alone and would be lost, unless you have saved its files.',
  submission:
    'What was handed in is not judged yet. The server may still ask for documents of this training; they could not be shown any more, and the submission would be rejected.',
};

/**
 * Asks before a training is forgotten that somebody may still need.
 * @param lost what would be lost  @param act what was asked for and forgets the training; null: nothing
 */
export function AskBeforeLoss(props: {
  lost: AtStake | null;
  act: (() => void) | null;
  onClose: () => void;
}) {
  const { lost, act, onClose } = props;
  const go = () => {
    onClose();
    act?.();
  };
  return (
    <Modal.Root opened={act !== null} onClose={onClose}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body className={styles.training}>
          <Modal.Title>Forget this training?</Modal.Title>
          <p className={styles.words}>{lost === null ? 'Nothing is lost with it now.' : LOSSES[lost]}</p>
          <div className="row">
            <Button size="xs" variant="default" onClick={onClose} data-autofocus>
              Keep it
            </Button>
            <Button size="xs" onClick={go}>
              Forget this training
            </Button>
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
