import { Button } from '@mantine/core';
import { exportAudit, type AuditFormat } from '../../api/guardian-audit.js';
import { saveFile } from '../../components/export-buttons.js';
import { ProblemNotice } from '../../components/notice.js';
import { useMutation } from '@tanstack/react-query';

const FORMATS: readonly { format: AuditFormat; label: string; type: string }[] = [
  { format: 'csv', label: 'CSV', type: 'text/csv' },
  { format: 'jsonl', label: 'JSON lines', type: 'application/x-ndjson' },
];

/** Saves all audit records with their proofs, to be verified by other tools. */
export function AuditExport() {
  const save = useMutation({
    mutationFn: async ({ format, type }: { format: AuditFormat; type: string }) =>
      saveFile(`guardian-audit.${format}`, type, await exportAudit(format)),
  });
  return (
    <>
      <span className="row">
        {FORMATS.map(({ format, label, type }) => (
          <Button
            key={format}
            size="compact-sm"
            variant="default"
            disabled={save.isPending}
            aria-label={`Save the audit as ${label}`}
            onClick={() => save.mutate({ format, type })}
          >
            {label}
          </Button>
        ))}
      </span>
      {save.isError && <ProblemNotice error={save.error} />}
    </>
  );
}
