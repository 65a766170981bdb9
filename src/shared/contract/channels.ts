/** Names that cross a wire, without zod: the sandboxed preload bundles this file and nothing else of the contract. */
export const REQUEST_CHANNEL = 'firebreak:request'
export const EVENT_CHANNEL = 'firebreak:event'

/** Raised when an old client could misread a message. */
export const PROTOCOL_VERSION = 1

export const COMMAND_NAMES = [
  'app.hello',
  'app.facts',
  'app.own-cost',
  'app.notices',
  'app.dismiss-notice',
  'status.get',
  'recent.get',
  'runners.list',
  'runners.start',
  'runners.stop',
  'runners.log',
  'runners.installed',
  'runners.set-up',
  'runners.run-set-up',
  'runners.found',
  'runners.adopt',
  'runners.stop-found',
  'runners.free',
  'runners.load-model',
  'runners.unload-model',
  'runners.training',
  'runners.stop-after-checkpoint',
  'engine.get',
  'jobs.list',
  'jobs.cancel',
  'playbooks.list',
  'profiles.preview',
  'profiles.export',
  'profiles.import',
  'models.download',
  'profiles.list',
  'profiles.save',
  'profiles.remove',
  'models.list',
  'models.facts',
  'estimate.get',
  'estimate.profile',
  'estimate.models',
  'settings.get',
  'settings.set',
  'guard.get',
  'guard.answer',
  'guard.drill',
  'guard.drills',
  'incidents.list',
  'incidents.get',
  'protection.get',
  'protection.set',
  'web.open',
  'events.subscribe',
  'events.unsubscribe'
] as const
export type CommandName = (typeof COMMAND_NAMES)[number]

export const EVENT_NAMES = [
  'live',
  'runner',
  'runner-removed',
  'log',
  'notice',
  'settings',
  'guard',
  'incident',
  'job'
] as const
export type EventName = (typeof EVENT_NAMES)[number]
