import {
  IconActivity,
  IconBell,
  IconBinaryTree,
  IconCoins,
  IconDatabase,
  IconGridDots,
  IconHeartbeat,
  IconListCheck,
  IconEye,
  IconMessage,
  IconReceipt,
  IconScale,
  IconSchool,
  IconShieldCheck,
  IconSitemap,
  IconUsers,
  IconUsersGroup,
  IconWaveSine,
} from '@tabler/icons-react';

/** The pages, in the order of the rail. */
export const pages = [
  { path: '/', label: 'Chat', question: 'Ask, and see what answered', icon: IconMessage },
  {
    path: '/receipts',
    label: 'Receipts',
    question: 'What was answered, and can it be proved?',
    icon: IconReceipt,
  },
  { path: '/chain', label: 'Chain', question: 'Where does each weight come from?', icon: IconBinaryTree },
  { path: '/experts', label: 'Experts', question: 'Which experts do the work?', icon: IconGridDots },
  // Not /datasets: that is the API's.
  {
    path: '/dataset-list',
    label: 'Datasets',
    question: 'What may models be trained on?',
    icon: IconDatabase,
  },
  {
    path: '/submissions',
    label: 'Submissions',
    question: 'What are trained experts worth?',
    icon: IconSchool,
  },
  {
    path: '/rounds',
    label: 'Rounds',
    question: 'Who trains together?',
    icon: IconUsersGroup,
  },
  {
    path: '/lineage',
    label: 'Lineage',
    question: 'Which expert descends from which?',
    icon: IconSitemap,
  },
  { path: '/rewards', label: 'Rewards', question: 'Who is owed what, and why?', icon: IconCoins },
  // Not /tasks: that is the API's.
  { path: '/task-list', label: 'Tasks', question: 'What waits for somebody?', icon: IconListCheck },
  { path: '/guardian', label: 'Guardian', question: 'What waits for my answer?', icon: IconShieldCheck },
  { path: '/decisions', label: 'Decisions', question: 'What does it decide, and how well?', icon: IconScale },
  {
    path: '/monitoring',
    label: 'Monitoring',
    question: 'What does the server see of itself?',
    icon: IconEye,
  },
  {
    path: '/healing',
    label: 'Healing',
    question: 'What went wrong, and what was done?',
    icon: IconHeartbeat,
  },
  {
    path: '/notifications',
    label: 'Notices',
    question: 'Who is called, and does it arrive?',
    icon: IconBell,
  },
  {
    path: '/truth-mirror',
    label: 'Mirror',
    question: 'What does a release do to people?',
    icon: IconUsers,
  },
  { path: '/resonance', label: 'Resonance', question: 'How does the whole feel now?', icon: IconWaveSine },
  { path: '/status', label: 'Status', question: 'Is this node well?', icon: IconActivity },
] as const;
