import { Modal } from '@mantine/core';

const sentences = [
  'The receipt is a signed statement of what produced the answer: release, kernel, experts, parameters, and hashes of prompt and tokens.',
  'This tab checks the signature, and that the receipt’s name follows from its content.',
  'It checks that prompt, tokens and text are the ones the receipt’s salted hashes speak of.',
  'It checks that the receipt is a leaf of the public log, by a path of hashes to a checkpoint that the log’s key signed.',
  'It downloads the release block, which names by hash the exact block of every weight.',
  'It downloads those blocks and hashes each one: grey is waiting, blue is downloaded, green means that the hash agrees.',
  'It downloads the kernel, the small WebAssembly program that does all arithmetic, and compares its hash as well.',
  'Then it runs that kernel on those blocks and computes the answer again, here, without asking the server for anything.',
  'Every 32 tokens it compares a rolling hash over the tokens and every bit of the model’s outputs with the one in the receipt.',
  'If one bit of a weight, a token or a parameter were different, the hashes would part at that token, and you would see it named.',
];

/** Ten sentences on what Verify does. */
export function HowThisWorks({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="How this works"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <ol style={{ margin: 0, paddingLeft: 20, display: 'grid', gap: 8, lineHeight: 1.55 }}>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ol>
    </Modal>
  );
}
