import { lazy, Suspense } from 'react';
import { Route, Routes, useLocation } from 'react-router';
import { Frame } from './components/frame.js';
import { Loading } from './components/loading.js';
import { Empty } from './components/notice.js';
import { PageBoundary } from './components/page-boundary.js';
import { ChatPage } from './pages/chat/chat-page.js';

const ReceiptsPage = lazy(() => import('./pages/receipts/receipts-page.js'));
const ReceiptPage = lazy(() => import('./pages/receipts/receipt-page.js'));
const ChainPage = lazy(() => import('./pages/chain/chain-page.js'));
const BlockPage = lazy(() => import('./pages/chain/block-page.js'));
const ExpertsPage = lazy(() => import('./pages/experts/experts-page.js'));
const ProblemsPage = lazy(() => import('./pages/problems/problems-page.js'));
const MonitoringPage = lazy(() => import('./pages/monitoring/monitoring-page.js'));
const HealingPage = lazy(() => import('./pages/healing/healing-page.js'));
const TasksPage = lazy(() => import('./pages/tasks/tasks-page.js'));
const TaskPage = lazy(() => import('./pages/tasks/task-page.js'));
const GuardianPage = lazy(() => import('./pages/guardian/guardian-page.js'));
const DecisionsPage = lazy(() => import('./pages/decisions/decisions-page.js'));
const DecisionPage = lazy(() => import('./pages/decisions/decision-page.js'));
const AccountPage = lazy(() => import('./pages/account/account-page.js'));
const AccountsPage = lazy(() => import('./pages/account/accounts-page.js'));
const SetupPage = lazy(() => import('./pages/account/setup-page.js'));
const NewPasswordPage = lazy(() => import('./pages/account/new-password-page.js'));
const SignInPage = lazy(() => import('./pages/account/sign-in-page.js'));
const NotificationsPage = lazy(() => import('./pages/notifications/notifications-page.js'));
const TruthMirrorPage = lazy(() => import('./pages/truth-mirror/truth-mirror-page.js'));
const ResonancePage = lazy(() => import('./pages/resonance/resonance-page.js'));
const DatasetsPage = lazy(() => import('./pages/datasets/datasets-page.js'));
const DatasetPage = lazy(() => import('./pages/datasets/dataset-page.js'));
const SubmissionsPage = lazy(() => import('./pages/submissions/submissions-page.js'));
const SubmissionPage = lazy(() => import('./pages/submissions/submission-page.js'));
const ImprovePage = lazy(() => import('./pages/improve/improve-page.js'));
const RoundsPage = lazy(() => import('./pages/rounds/rounds-page.js'));
const RoundPage = lazy(() => import('./pages/rounds/round-page.js'));
const LineagePage = lazy(() => import('./pages/lineage/lineage-page.js'));
const RewardsPage = lazy(() => import('./pages/rewards/rewards-page.js'));
const StatusPage = lazy(() => import('./pages/status/status-page.js'));

/** The routes inside the frame. */
export function App() {
  const { pathname } = useLocation();
  return (
    <Frame>
      <PageBoundary key={pathname}>
        <Suspense
          fallback={
            <div className="page">
              <Loading lines={6} />
            </div>
          }
        >
          <Routes>
            <Route path="/" element={<ChatPage />} />
            <Route path="/chat" element={<ChatPage />} />
            <Route path="/receipts" element={<ReceiptsPage />} />
            <Route path="/receipts/:id" element={<ReceiptPage />} />
            <Route path="/chain" element={<ChainPage />} />
            <Route path="/blocks/:chain/:hash" element={<BlockPage />} />
            <Route path="/experts" element={<ExpertsPage />} />
            <Route path="/problems/:code?" element={<ProblemsPage />} />
            <Route path="/task-list" element={<TasksPage />} />
            <Route path="/task-list/:id" element={<TaskPage />} />
            <Route path="/monitoring" element={<MonitoringPage />} />
            <Route path="/healing" element={<HealingPage />} />
            <Route path="/guardian" element={<GuardianPage />} />
            <Route path="/decisions" element={<DecisionsPage />} />
            <Route path="/decisions/:id" element={<DecisionPage />} />
            <Route path="/sign-in" element={<SignInPage />} />
            <Route path="/setup" element={<SetupPage />} />
            <Route path="/new-password" element={<NewPasswordPage />} />
            <Route path="/account" element={<AccountPage />} />
            <Route path="/accounts" element={<AccountsPage />} />
            <Route path="/notifications" element={<NotificationsPage />} />
            <Route path="/truth-mirror" element={<TruthMirrorPage />} />
            <Route path="/dataset-list" element={<DatasetsPage />} />
            <Route path="/dataset-list/:id" element={<DatasetPage />} />
            <Route path="/resonance" element={<ResonancePage />} />
            <Route path="/submissions" element={<SubmissionsPage />} />
            <Route path="/submissions/:id" element={<SubmissionPage />} />
            <Route path="/improve" element={<ImprovePage />} />
            <Route path="/rounds" element={<RoundsPage />} />
            <Route path="/rounds/:id" element={<RoundPage />} />
            <Route path="/lineage" element={<LineagePage />} />
            <Route path="/rewards" element={<RewardsPage />} />
            <Route path="/status" element={<StatusPage />} />
            <Route path="*" element={<Empty title="There is no such page">Press Ctrl K to search.</Empty>} />
          </Routes>
        </Suspense>
      </PageBoundary>
    </Frame>
  );
}
