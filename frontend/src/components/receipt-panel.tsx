import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconDownload, IconX } from '@tabler/icons-react';
import { bundlePath } from '../api/receipts.js';
import { useReceipt } from '../hooks/receipts.js';
import { Hash } from './hash.js';
import { Loading } from './loading.js';
import { ProblemNotice } from './notice.js';
import { ReceiptFacts } from './receipt-facts.js';
import { VerifyPanel } from './verify-panel.js';

/** A receipt with its verification; in a drawer it can be closed. */
export function ReceiptPanel(props: { id: string; autoVerify: boolean; onClose?: () => void }) {
  const receipt = useReceipt(props.id);
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 16 }}>
      <div className="row">
        <h2 style={{ margin: 0, fontSize: '0.9375rem' }}>Receipt</h2>
        <Hash value={props.id} head={11} tail={6} />
        <span style={{ marginLeft: 'auto' }} className="row">
          <Tooltip label="Everything needed to replay this answer on a machine that never saw this server">
            <Button
              component="a"
              href={bundlePath(props.id)}
              download
              size="compact-sm"
              variant="default"
              leftSection={<IconDownload size={15} aria-hidden />}
            >
              Bundle
            </Button>
          </Tooltip>
          {props.onClose !== undefined && (
            <ActionIcon variant="subtle" color="gray" aria-label="Close receipt" onClick={props.onClose}>
              <IconX size={18} aria-hidden />
            </ActionIcon>
          )}
        </span>
      </div>
      <VerifyPanel receipt={props.id} autoStart={props.autoVerify} />
      {receipt.isPending && <Loading lines={8} />}
      {receipt.isError && <ProblemNotice error={receipt.error} onRetry={() => void receipt.refetch()} />}
      {receipt.data !== undefined && <ReceiptFacts document={receipt.data} />}
    </div>
  );
}
