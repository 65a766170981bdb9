import { describe, expect, it } from 'vitest'
import { createClient, type Link } from '../../src/shared/contract/client.ts'
import { PROTOCOL_VERSION } from '../../src/shared/contract/channels.ts'
import type { WireRequest } from '../../src/shared/contract/wire.ts'

function link(answer: (message: WireRequest) => unknown): { link: Link; emit: (message: unknown) => void } {
  const listeners = new Set<(message: unknown) => void>()
  return {
    link: {
      request: async (message) => answer(message),
      onEvent(listener) {
        listeners.add(listener)
        return { dispose: () => listeners.delete(listener) }
      }
    },
    emit: (message) => {
      for (const listener of listeners) listener(message)
    }
  }
}

const v = PROTOCOL_VERSION

describe('the typed client', () => {
  it('gives values and errors as results', async () => {
    const good = createClient(link(({ id }) => ({ v, id, ok: true, value: [] })).link)
    expect(await good.call('runners.list', {})).toEqual({ ok: true, value: [] })
    const error = { code: 'not-found', message: 'no runner x' }
    const bad = createClient(link(({ id }) => ({ v, id, ok: false, error })).link)
    expect(await bad.call('runners.stop', { id: 'x' })).toMatchObject({ ok: false, error })
  })

  const nonsense: readonly [string, unknown, string][] = [
    ['no object', 7, 'internal'],
    ['nothing', undefined, 'internal'],
    ['an unknown code', { v, id: 1, ok: false, error: { code: 'whatever', message: '' } }, 'internal'],
    ['a value of another shape', { v, id: 1, ok: true, value: { runners: [] } }, 'protocol-mismatch']
  ]
  it.each(nonsense)('does not believe a reply with %s', async (_name, reply, code) => {
    const client = createClient(link(() => reply).link)
    expect(await client.call('runners.list', {})).toMatchObject({ ok: false, error: { code } })
  })

  it('says so when the wire is gone', async () => {
    const client = createClient(
      link(() => {
        throw new Error('connection closed')
      }).link
    )
    expect(await client.call('status.get', {})).toEqual({
      ok: false,
      error: { code: 'disconnected', message: 'connection closed' }
    })
  })

  it('hands on only events it understands, until disposed', () => {
    const wire = link(() => undefined)
    const seen: string[] = []
    const listening = createClient(wire.link).on('runner-removed', ({ id }) => seen.push(id))
    wire.emit({ v, event: 'runner-removed', payload: { id: 'a' } })
    wire.emit({ v, event: 'runner-removed', payload: { id: 7 } })
    wire.emit({ v, event: 'no-such-event', payload: {} })
    wire.emit('garbage')
    wire.emit({ v, event: 'notice', payload: {} })
    listening.dispose()
    wire.emit({ v, event: 'runner-removed', payload: { id: 'b' } })
    expect(seen).toEqual(['a'])
  })
})
