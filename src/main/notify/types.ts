import type { Disposable } from '../../shared/util/disposable.ts'

/** critical passes do-not-disturb on most desktops: only for memory that is really at stake. */
export type Urgency = 'low' | 'normal' | 'critical'

/** expired: its time was over. dismissed: the user closed it. unknown: the server did not say. */
export type ClosedReason = 'expired' | 'dismissed' | 'unknown'

export interface NotificationAction {
  /** 'default' is a click on the notification itself; servers show no button for it. */
  readonly key: string
  readonly label: string
}

/** What the user shall see, as plain text: markup and control characters of names in it do nothing. */
export interface Notification {
  /** Chosen by the caller; the same id replaces what is shown instead of piling up. */
  readonly id: string
  readonly urgency: Urgency
  readonly title: string
  readonly body: string
  readonly actions: readonly NotificationAction[]
  /** It waits for an answer: it stays until it is closed, and comes back when the server restarts. */
  readonly stays: boolean
  /** One of `actions`, once; it is closed then. Not followed by onClosed. */
  readonly onAction: (key: string) => void
  /** Closed by somebody else than close(). */
  readonly onClosed: (reason: ClosedReason) => void
}

/**
 * Desktop notifications with buttons.
 *
 * Nothing here waits, throws or fails: where there is no desktop, no bus or no server, or where it hangs, the log has
 * one line and the guard goes on. Calls back on the event loop, one notification at a time.
 */
export interface Notifier extends Disposable {
  show(notification: Notification): void
  close(id: string): void
}
