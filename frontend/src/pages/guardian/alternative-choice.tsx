import { Select } from '@mantine/core';
import type { Decision } from '../../api/autonomy.js';
import { number } from '../../components/format.js';

/** What would do instead of what is asked, and what is known of the one that is chosen; null: as asked. */
export function AlternativeChoice({
  decision,
  chosen,
  onChoose,
}: {
  decision: Decision;
  chosen: string | null;
  onChoose: (action: string | null) => void;
}) {
  const other = decision.alternatives.find(({ action }) => action === chosen);
  return (
    <details>
      <summary>Approve another action instead</summary>
      <Select
        label="Instead"
        placeholder={`${decision.action}, as asked`}
        clearable
        data={decision.alternatives.map(({ action }) => action)}
        value={chosen}
        onChange={onChoose}
      />
      {other !== undefined && (
        <p>
          Expected: {other.expected_effect}. It touches: {other.touches} (
          {number(other.blast_radius * 100, 0)} %). Undo: {other.undo}.
        </p>
      )}
    </details>
  );
}
