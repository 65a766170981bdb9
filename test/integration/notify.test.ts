import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNotifier } from '../../src/main/notify/notifier.ts'
import type { ClosedReason, Notification, Notifier } from '../../src/main/notify/types.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import {
  busMissing,
  busPlace,
  removeBusPlace,
  startNotificationDaemon,
  startSessionBus,
  connectPeer,
  type BusPlace,
  type DaemonOptions,
  type NotificationDaemon,
  type SessionBus
} from '../support/notification-daemon.ts'
import { until } from '../support/until.ts'

let place: BusPlace
let bus: SessionBus | null = null
let notifier: Notifier
let log: string[]
const daemons: NotificationDaemon[] = []

beforeEach(async (context) => {
  if (busMissing !== null) context.skip(busMissing)
  place = busPlace()
  bus = await startSessionBus(place)
  log = []
  notifier = newNotifier(place.address)
})

afterEach(async () => {
  if (bus === null) return
  notifier.dispose()
  for (const daemon of daemons.splice(0)) await daemon.die()
  await bus.stop()
  removeBusPlace(place)
})

const newNotifier = (address: string | null): Notifier =>
  createNotifier({
    sessionBusAddress: () => address,
    uid: process.getuid!(),
    clock: systemClock,
    logger: {
      info: (message) => void log.push(message),
      warn: (message) => void log.push(message),
      error: (message) => void log.push(message)
    }
  })

const serve = async (options?: DaemonOptions): Promise<NotificationDaemon> => {
  const daemon = await startNotificationDaemon(place.address, options)
  daemons.push(daemon)
  return daemon
}

interface Told {
  readonly actions: string[]
  readonly closed: ClosedReason[]
}

function notification(change: Partial<Notification> = {}): Notification & { told: Told } {
  const told: Told = { actions: [], closed: [] }
  return {
    id: 'ask',
    urgency: 'normal',
    title: 'Memory is running out',
    body: 'qwen grew 9 GiB in 4 s.',
    actions: [
      { key: 'default', label: 'Open Firebreak' },
      { key: 'stop', label: 'Stop qwen' },
      { key: 'continue', label: 'Let it go on' }
    ],
    stays: true,
    onAction: (key) => void told.actions.push(key),
    onClosed: (reason) => void told.closed.push(reason),
    ...change,
    told
  }
}

/** Connections on the bus, the one that asks not counted. */
async function connections(): Promise<number> {
  const peer = await connectPeer(place.address, () => undefined)
  const names = (await peer.call('ListNames', [])).body[0] as string[]
  await peer.close()
  return names.filter((name) => name.startsWith(':') && name !== peer.uniqueName).length
}

const count = (daemon: NotificationDaemon, n: number): Promise<unknown> =>
  until(`${n} notifications`, () => daemon.notified.length >= n)

describe('a notification over a real bus', () => {
  it('arrives with exactly its arguments', async () => {
    const daemon = await serve()
    notifier.show(notification({ urgency: 'critical' }))
    await count(daemon, 1)
    expect(daemon.notified).toEqual([
      {
        id: 1,
        appName: 'Firebreak',
        replacesId: 0,
        icon: 'io.github.firebreak_panel.Firebreak',
        summary: 'Memory is running out',
        body: 'qwen grew 9 GiB in 4 s.',
        actions: ['default', 'Open Firebreak', 'stop', 'Stop qwen', 'continue', 'Let it go on'],
        hints: { urgency: 2, 'desktop-entry': 'io.github.firebreak_panel.Firebreak' },
        expireTimeout: 0,
        signature: 'susssasa{sv}i'
      }
    ])
    expect(log).toEqual([])
  })

  it('tells the action once, and is gone then', async () => {
    const daemon = await serve()
    const shown = notification()
    notifier.show(shown)
    await count(daemon, 1)
    daemon.click(1, 'stop')
    daemon.click(1, 'continue')
    await until('its withdrawal', () => daemon.withdrawn.includes(1))
    expect(shown.told).toEqual({ actions: ['stop'], closed: [] })
  })

  it('hears who closed it', async () => {
    const daemon = await serve()
    const [expired, dismissed] = [notification({ id: 'a' }), notification({ id: 'b' })]
    notifier.show(expired)
    notifier.show(dismissed)
    await count(daemon, 2)
    daemon.dismiss(1, 1)
    daemon.dismiss(2, 2)
    await until('both closed', () => dismissed.told.closed.length > 0)
    expect(expired.told.closed).toEqual(['expired'])
    expect(dismissed.told.closed).toEqual(['dismissed'])
  })

  it('is replaced, not piled up, and what came in between is left out', async () => {
    const daemon = await serve()
    for (let second = 10; second > 0; second--) notifier.show(notification({ body: `in ${second} s` }))
    await until('the newest text', () => daemon.notified.at(-1)?.body === 'in 1 s')
    expect(daemon.onScreen()).toHaveLength(1)
    expect(daemon.notified.length).toBeLessThanOrEqual(2)
    notifier.show(notification({ body: 'now' }))
    await until('the next text', () => daemon.notified.at(-1)?.body === 'now')
    expect(daemon.notified.at(-1)?.replacesId).toBe(1)
    expect(daemon.onScreen()).toHaveLength(1)
  })

  it('is withdrawn, also when that comes before its number does', async () => {
    const daemon = await serve()
    notifier.show(notification())
    await count(daemon, 1)
    notifier.close('ask')
    await until('an empty screen', () => daemon.onScreen().length === 0)
    daemon.hang()
    notifier.show(notification())
    notifier.close('ask')
    daemon.wake()
    notifier.show(notification({ id: 'other' }))
    await until('the other one alone', () => {
      const [first, ...more] = daemon.onScreen()
      return first !== undefined && more.length === 0 && daemon.notified.length >= 2
    })
  })

  it('shows hostile names as they are', async () => {
    const daemon = await serve()
    const evil = '<a href="http://x">&\u202egnp\0\u0007\ud800</a>'
    notifier.show(
      notification({
        title: evil,
        body: `${evil}\n${'x'.repeat(5000)}`,
        actions: [{ key: 'stop', label: evil }]
      })
    )
    await count(daemon, 1)
    const [shown] = daemon.notified
    const plain = '<a href="http://x">&gnp  \ufffd</a>'
    expect(shown!.summary).toBe(plain)
    expect(shown!.body.split('\n')[0]).toBe('&lt;a href="http://x"&gt;&amp;gnp  \ufffd&lt;/a&gt;')
    expect(shown!.body.length).toBeLessThan(1100)
    expect(shown!.actions).toEqual(['stop', plain])
  })

  it('says where to click where there are no buttons, and keeps text plain where there is no markup', async () => {
    const daemon = await serve({ capabilities: ['body'] })
    notifier.show(notification({ body: 'a < b' }))
    await count(daemon, 1)
    expect(daemon.notified[0]!.actions).toEqual([])
    expect(daemon.notified[0]!.body).toBe('a < b\nOpen Firebreak to choose: Stop qwen · Let it go on.')
  })

  it('needs a title alone on the poorest server', async () => {
    const daemon = await serve({ capabilities: [] })
    notifier.show(notification({ body: 'a < b', actions: [] }))
    await count(daemon, 1)
    expect(daemon.notified[0]).toMatchObject({
      summary: 'Memory is running out: a < b',
      body: '',
      actions: []
    })
  })

  it('believes nobody but the server', async () => {
    const daemon = await serve()
    const shown = notification()
    notifier.show(shown)
    await count(daemon, 1)
    const peer = await connectPeer(place.address, () => undefined)
    const names = (await peer.call('ListNames', [])).body[0] as string[]
    const from = { path: '/org/freedesktop/Notifications', interface: 'org.freedesktop.Notifications' }
    for (const to of names.filter((name) => name.startsWith(':') && name !== peer.uniqueName)) {
      peer.signal(
        from,
        'ActionInvoked',
        [
          { type: 'u', value: 1 },
          { type: 's', value: 'stop' }
        ],
        to
      )
    }
    await peer.call('GetId', [])
    daemon.click(1, 'no-such-action')
    await until('its end', () => shown.told.closed.length > 0)
    expect(shown.told.actions).toEqual([])
    await peer.close()
  })
})

describe('trouble', () => {
  it('no bus at all is one line in the log', async () => {
    const none = newNotifier(null)
    none.show(notification())
    none.show(notification())
    await until('the line', () => log.length > 0)
    none.dispose()
    expect(log).toEqual(['desktop notifications: there is no session bus here'])
  })

  it('a server that comes later shows what still waits for an answer', async () => {
    const shown = notification()
    notifier.show(shown)
    await until('the line', () => log.length > 0)
    expect(log[0]).toContain('no server shows them here')
    const daemon = await serve()
    await count(daemon, 1)
    daemon.click(1, 'stop')
    await until('the answer', () => shown.told.actions.length > 0)
    expect(log).toHaveLength(2)
  })

  it('a server that dies is followed by the next one, with new numbers', async () => {
    const first = await serve()
    const shown = notification()
    notifier.show(shown)
    await count(first, 1)
    await first.die()
    const second = await serve({ firstId: 40 })
    await count(second, 1)
    expect(second.notified[0]).toMatchObject({ id: 41, replacesId: 0 })
    second.click(1, 'continue')
    second.click(41, 'stop')
    await until('the answer', () => shown.told.actions.length > 0)
    expect(shown.told.actions).toEqual(['stop'])
  })

  it('a server that hangs gets one text, and the newest when it wakes', async () => {
    const daemon = await serve()
    notifier.show(notification({ body: 'first' }))
    await count(daemon, 1)
    daemon.hang()
    for (let second = 0; second < 30; second++) notifier.show(notification({ body: `in ${second} s` }))
    await until('the line', () => log.length > 0)
    expect(log).toEqual(['desktop notifications: the notification server does not answer'])
    daemon.wake()
    await until('the newest', () => daemon.notified.at(-1)?.body === 'in 29 s')
    expect(daemon.notified).toHaveLength(3)
    expect(daemon.onScreen()).toHaveLength(1)
  })

  it('a bus that hangs is waited for without waiting', async () => {
    const daemon = await serve()
    bus!.pause()
    for (let second = 0; second < 30; second++) notifier.show(notification({ body: `in ${second} s` }))
    await until('the line', () => log.length > 0)
    expect(log).toEqual(['desktop notifications: the message bus does not answer'])
    bus!.resume()
    await until('the newest', () => daemon.onScreen().some(({ body }) => body === 'in 29 s'))
    expect(daemon.onScreen()).toHaveLength(1)
    expect(await connections()).toBe(2)
  })

  it('a bus that hangs later gets the newest when it goes on; ending meanwhile leaves nothing on the screen', async () => {
    const daemon = await serve()
    notifier.show(notification())
    await count(daemon, 1)
    bus!.pause()
    for (let second = 0; second < 30; second++) notifier.show(notification({ body: `in ${second} s` }))
    await until('the line', () => log.length > 0)
    expect(log).toEqual(['desktop notifications: the notification server does not answer'])
    bus!.resume()
    await until('the newest', () => daemon.notified.at(-1)?.body === 'in 29 s')
    expect(daemon.notified).toHaveLength(3)
    bus!.pause()
    notifier.dispose()
    bus!.resume()
    await until('an empty screen', () => daemon.onScreen().length === 0)
    await until('one connection', async () => (await connections()) === 1)
  })

  it('a bus that ends and comes back is used again', async () => {
    const first = await serve()
    notifier.show(notification())
    await count(first, 1)
    await bus!.stop()
    bus = await startSessionBus(place)
    const second = await serve()
    await count(second, 1)
    expect(await connections()).toBe(2)
  })

  it('a server that answers nonsense, errors or far too much is survived', async () => {
    let calls = 0
    const daemon = await serve({
      answer(peer, call) {
        calls += 1
        if (call.member === 'GetCapabilities') {
          peer.reply(call, [{ type: 'as', value: Array<string>(200).fill('x'.repeat(1000)) }])
        } else if (call.member === 'Notify' && calls === 2) peer.reply(call, [{ type: 's', value: 'seven' }])
        else if (call.member === 'Notify' && calls === 3) peer.fail(call, 'org.example.Refused')
        else return false
        return true
      }
    })
    notifier.show(notification())
    await until('nonsense', () => log.some((line) => line.includes('nonsense')))
    notifier.show(notification())
    await until('a refusal', () => log.some((line) => line.includes('refused')))
    notifier.show(notification({ body: 'at last' }))
    await count(daemon, 1)
    expect(daemon.notified[0]!.body).toBe('at last')
    expect(log.at(-1)).toBe('desktop notifications work again')
  })

  it('leaves nothing behind: no connection, no question on the screen', async () => {
    const daemon = await serve()
    notifier.show(notification())
    notifier.show(notification({ id: 'news', stays: false }))
    await count(daemon, 2)
    expect(await connections()).toBe(2)
    notifier.dispose()
    await until('the question withdrawn', () =>
      daemon.onScreen().every(({ expireTimeout }) => expireTimeout !== 0)
    )
    await until('one connection', async () => (await connections()) === 1)
    notifier.show(notification())
    expect(await connections()).toBe(1)
  })
})
