import { Anchor } from '@mantine/core';
import { Link, useParams, useSearchParams } from 'react-router';
import { ReceiptPanel } from '../../components/receipt-panel.js';

/** One receipt by itself, so that it can be linked. */
export default function ReceiptPage() {
  const { id = '' } = useParams();
  const [query] = useSearchParams();
  return (
    <div className="page" style={{ maxWidth: 820 }}>
      <Anchor component={Link} to="/receipts" size="sm">
        All receipts
      </Anchor>
      <h1 className="visually-hidden">Receipt {id}</h1>
      <div className="panel panel-body" style={{ marginTop: 12 }}>
        <ReceiptPanel key={id} id={id} autoVerify={query.get('verify') === '1'} />
      </div>
    </div>
  );
}
