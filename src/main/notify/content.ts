import type { Argument } from './message.ts'
import type { Notification, Urgency } from './types.ts'

/** As in the .desktop file: the server takes name, icon and the user's choices for this app from it. */
const DESKTOP_ENTRY = 'io.github.firebreak_panel.Firebreak'
const APP_NAME = 'Firebreak'

/** Urgency levels of the Desktop Notifications Specification. */
const URGENCY_BYTE: Readonly<Record<Urgency, number>> = { low: 0, normal: 1, critical: 2 }

/** expire_timeout: 0 = never by itself, -1 = as the server likes. */
const NEVER = 0
const AS_THE_SERVER_LIKES = -1
/** Long enough to read one sentence. */
const LOW_EXPIRES_MS = 10_000

/** Bounds in characters: names come from foreign processes, and servers show two lines of a title at best. */
const MAX_TITLE = 160
const MAX_BODY = 1_000
const MAX_LABEL = 60

/** Controls but newline: no text, and a NUL ends a D-Bus connection. */
const CONTROLS = /[^\P{Cc}\n]/gu
/** Marks that reverse the order of what follows: with one, a program's name could rewrite the sentence around it. */
const BIDI_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** What a server says it can. */
export type Capabilities = ReadonlySet<string>

/** What every usual server can, for one that does not say or answers nonsense. */
export const UNTOLD: Capabilities = new Set(['body', 'body-markup', 'actions'])

/** The arguments of Notify (susssasa{sv}i) for what this server can show. */
export function notifyArguments(
  notification: Notification,
  replacesId: number,
  capabilities: Capabilities | null
): readonly Argument[] {
  const can = (capability: string): boolean => (capabilities ?? UNTOLD).has(capability)
  const title = cut(busText(notification.title).replaceAll('\n', ' '), MAX_TITLE)
  const text = cut(busText(notification.body), MAX_BODY)
  const body = can('actions') ? text : withDirections(text, notification)
  return [
    { type: 's', value: APP_NAME },
    { type: 'u', value: replacesId },
    { type: 's', value: DESKTOP_ENTRY },
    { type: 's', value: can('body') ? title : cut(`${title}: ${body.replaceAll('\n', ' ')}`, MAX_BODY) },
    { type: 's', value: can('body') ? (can('body-markup') ? escapeMarkup(body) : body) : '' },
    { type: 'as', value: can('actions') ? actionPairs(notification) : [] },
    {
      type: 'a{sv}',
      value: {
        urgency: { type: 'y', value: URGENCY_BYTE[notification.urgency] },
        'desktop-entry': { type: 's', value: DESKTOP_ENTRY }
      }
    },
    { type: 'i', value: expiry(notification) }
  ]
}

/** Text that a bus carries and that reads as it stands: no controls but newlines, no marks of direction, well-formed. */
export const busText = (text: string): string =>
  text.toWellFormed().replaceAll(CONTROLS, ' ').replaceAll(BIDI_MARKS, '')

/** Bodies are a subset of HTML where a server says 'body-markup'. */
export const escapeMarkup = (text: string): string =>
  text.replaceAll(/[&<>]/g, (char) => MARKUP[char] ?? char)

const actionPairs = (notification: Notification): readonly string[] =>
  notification.actions.flatMap(({ key, label }) => [key, cut(busText(label), MAX_LABEL)])

/** Where there are no buttons the user must learn where the choice is. */
function withDirections(text: string, notification: Notification): string {
  const labels = notification.actions
    .filter(({ key }) => key !== 'default')
    .map(({ label }) => busText(label))
  if (labels.length === 0) return text
  return `${text}\nOpen Firebreak to choose: ${labels.join(' · ')}.`.trimStart()
}

function expiry(notification: Notification): number {
  if (notification.stays) return NEVER
  return notification.urgency === 'low' ? LOW_EXPIRES_MS : AS_THE_SERVER_LIKES
}

/** Cut between characters, with a mark that something is missing. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
