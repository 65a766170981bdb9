import { describe, expect, test, vi } from 'vitest'
import { socketLink, type SocketLike } from '../../../src/renderer/src/client/socket.ts'
import { onNewToken, takeToken, tokenIn } from '../../../src/renderer/src/client/token.ts'

class FakeSocket implements SocketLike {
  readyState = 0
  sent: string[] = []
  readonly protocols: readonly string[]
  #listeners: Record<string, ((event: { data: unknown }) => void)[]> = {}
  constructor(protocols: readonly string[]) {
    this.protocols = protocols
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.fire('close')
  }
  addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
    ;(this.#listeners[type] ??= []).push(listener)
  }
  fire(type: 'open' | 'close' | 'message', data?: unknown): void {
    this.readyState = type === 'open' ? 1 : type === 'close' ? 3 : this.readyState
    for (const listener of this.#listeners[type] ?? []) listener({ data })
  }
}

function link(token: string | null = 'secret', answers: () => Promise<boolean> = async () => true) {
  const sockets: FakeSocket[] = []
  const retries: { call: () => void; delayMs: number }[] = []
  const made = socketLink(
    (protocols) => {
      const socket = new FakeSocket(protocols)
      sockets.push(socket)
      return socket
    },
    token,
    answers,
    (call, delayMs) => retries.push({ call, delayMs })
  )
  return { made, sockets, retries }
}

const HELLO = { v: 1, id: 1, command: 'app.hello', input: {} } as const

describe('socketLink', () => {
  test('sends the token as a subprotocol and nothing before it is open', async () => {
    const { made, sockets } = link()
    const socket = sockets[0]!
    expect(socket.protocols).toEqual(['firebreak.v1', 'token.secret'])
    const reply = made.request(HELLO)
    expect(socket.sent).toEqual([])
    socket.fire('open')
    expect(made.state).toBe('connected')
    expect(JSON.parse(socket.sent[0]!)).toEqual(HELLO)
    socket.fire('message', JSON.stringify({ v: 1, id: 1, ok: true, value: {} }))
    expect(await reply).toEqual({ v: 1, id: 1, ok: true, value: {} })
  })

  test('fails what was asked when the connection goes, says so, and tries again', async () => {
    const { made, sockets, retries } = link()
    const states: string[] = []
    made.onState((state) => states.push(state))
    sockets[0]!.fire('open')
    const reply = made.request(HELLO)
    sockets[0]!.fire('close')
    await expect(reply).rejects.toThrow('lost')
    await expect(made.request(HELLO)).rejects.toThrow('no connection')
    retries.at(-1)!.call()
    sockets[1]!.fire('open')
    expect(states).toEqual(['connected', 'lost', 'connected'])
  })

  test('waits longer each time, at most 10 s, and calls a door that never opens refused', async () => {
    const { made, sockets, retries } = link(null)
    for (let at = 0; at < 8; at += 1) {
      sockets[at]!.fire('close')
      retries.at(-1)!.call()
    }
    const waits = retries.map((one) => one.delayMs)
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits)
    expect(waits.at(-1)).toBe(10_000)
    await vi.waitFor(() => expect(made.state).toBe('refused'))
  })

  test('where nobody answers it says so, and that is no refusal', async () => {
    const { made, sockets, retries } = link('secret', async () => false)
    for (let at = 0; at < 8; at += 1) {
      sockets[at]!.fire('close')
      await vi.waitFor(() => expect(made.state).toBe('unreachable'))
      retries.at(-1)!.call()
    }
    sockets.at(-1)!.fire('open')
    expect(made.state).toBe('connected')
  })

  test('an answer that comes after the connection does changes nothing', async () => {
    let answer: (someone: boolean) => void = () => undefined
    const { made, sockets, retries } = link('secret', () => new Promise((settle) => (answer = settle)))
    sockets[0]!.fire('close')
    retries.at(-1)!.call()
    sockets[1]!.fire('open')
    answer(false)
    await Promise.resolve()
    expect(made.state).toBe('connected')
  })

  test('a new token is tried at once, and the wait for the old one opens nothing more', async () => {
    const { made, sockets, retries } = link(null)
    for (let at = 0; at < 4; at += 1) {
      sockets[at]!.fire('close')
      if (at < 3) retries.at(-1)!.call()
    }
    await vi.waitFor(() => expect(made.state).toBe('refused'))
    made.useToken('right')
    expect(made.state).toBe('connecting')
    expect(sockets.at(-1)!.protocols).toEqual(['firebreak.v1', 'token.right'])
    expect(sockets.length).toBe(5)
    retries.at(-1)!.call()
    expect(sockets.length).toBe(5)
    sockets[4]!.fire('open')
    expect(made.state).toBe('connected')
  })

  test('a new token leaves a connection that stands alone, and is used for the next', () => {
    const { made, sockets, retries } = link('first')
    sockets[0]!.fire('open')
    made.useToken('second')
    expect(made.state).toBe('connected')
    expect(sockets.length).toBe(1)
    sockets[0]!.fire('close')
    retries.at(-1)!.call()
    expect(sockets[1]!.protocols).toContain('token.second')
  })

  test('passes events on and swallows what is no message', () => {
    const { made, sockets } = link()
    const seen: unknown[] = []
    made.onEvent((message) => seen.push(message))
    sockets[0]!.fire('open')
    sockets[0]!.fire('message', '{not json')
    sockets[0]!.fire('message', new ArrayBuffer(4))
    sockets[0]!.fire('message', JSON.stringify({ v: 1, event: 'live', payload: {} }))
    expect(seen).toEqual([{ v: 1, event: 'live', payload: {} }])
  })
})

test('the token leaves the address bar and is remembered for the tab', () => {
  const kept = new Map<string, string>()
  const listeners = new Map<string, () => void>()
  let shown = ''
  const window = {
    location: { hash: '#token=abc-_9', pathname: '/', search: '' },
    history: {
      replaceState: (_state: unknown, _title: string, url: string) => {
        shown = url
      }
    },
    sessionStorage: {
      setItem: (key: string, value: string) => kept.set(key, value),
      getItem: (key: string) => kept.get(key) ?? null
    },
    addEventListener: (type: string, listener: () => void) => listeners.set(type, listener)
  } as unknown as Parameters<typeof onNewToken>[0]
  expect(takeToken(window)).toBe('abc-_9')
  expect(shown).toBe('/')
  window.location.hash = ''
  expect(takeToken(window)).toBe('abc-_9')
  expect(tokenIn('#nothing=1')).toBeNull()

  const pasted: string[] = []
  onNewToken(window, (token) => pasted.push(token))
  listeners.get('hashchange')?.()
  expect(pasted).toEqual([])
  window.location.hash = '#token=next'
  shown = ''
  listeners.get('hashchange')?.()
  expect(pasted).toEqual(['next'])
  expect(shown).toBe('/')
  expect(kept.get('firebreak.token')).toBe('next')
})
