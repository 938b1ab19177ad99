export { noticeOf as noticeOfAlert } from './alert-notices.js';
export type { Notice, NoticeSeverity } from './notice.js';
export { NotificationsModule } from './notifications.module.js';
export { Notifier } from './notifier.js';
