import { describe, expect, it } from 'vitest'
import { createFakeCore, sampleRunner } from '../../../support/fake-core.ts'

describe('the dispatcher', () => {
  const ask = (core: ReturnType<typeof createFakeCore>, raw: unknown): Promise<unknown> =>
    core.endpoint.connect(() => undefined).request(raw)

  it('hides what a handler throws and logs it', async () => {
    const core = createFakeCore({
      'app.hello': () => Promise.reject(new Error('/home/user/secret: permission denied')),
      'app.facts': () => {
        throw new Error('at once')
      }
    })
    for (const command of ['app.hello', 'app.facts']) {
      const reply = await ask(core, { v: 1, id: 5, command, input: {} })
      expect(reply).toMatchObject({ id: 5, ok: false, error: { code: 'internal' } })
      expect(JSON.stringify(reply)).not.toContain('secret')
    }
    expect(core.logger.errors).toHaveLength(2)
  })

  it('outlives messages that throw when they are looked at', async () => {
    const core = createFakeCore()
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap')
        },
        getOwnPropertyDescriptor: () => {
          throw new Error('trap')
        }
      }
    )
    expect(await ask(core, trap)).toMatchObject({ id: -1, ok: false })
    for (const raw of [undefined, null, 1n, Symbol('x'), () => 1]) {
      expect(await ask(core, raw)).toMatchObject({ id: -1, error: { code: 'bad-request' } })
    }
  })

  it('takes nothing from a prototype', async () => {
    const core = createFakeCore()
    const inherited: unknown = Object.create({ v: 1, id: 1, command: 'app.hello', input: {} })
    expect(await ask(core, inherited)).toMatchObject({ id: -1, ok: false })
    const polluting: unknown = JSON.parse(
      '{"v":1,"id":2,"command":"settings.set","input":{"__proto__":{"theme":"dark"},"constructor":1}}'
    )
    expect(await ask(core, polluting)).toMatchObject({ id: 2, error: { code: 'bad-request' } })
    expect(({} as Record<string, unknown>)['theme']).toBeUndefined()
  })

  it('says which field is wrong and does not send a long input back', async () => {
    const core = createFakeCore()
    const reply = (await ask(core, {
      v: 1,
      id: 1,
      command: 'runners.start',
      input: { target: 'x', settings: { port: { deep: 1 }, ['y'.repeat(5_000)]: 1 } }
    })) as { error: { detail: string } }
    expect(reply.error.detail).toContain('settings.port')
    expect(reply.error.detail.length).toBeLessThanOrEqual(1_000)
  })

  it('subscribes each session for itself, once, and ends it with the session', async () => {
    const core = createFakeCore()
    const [one, two]: [unknown[], unknown[]] = [[], []]
    const first = core.endpoint.connect((event) => one.push(event))
    const second = core.endpoint.connect((event) => two.push(event))
    const subscribe = { v: 1, id: 1, command: 'events.subscribe', input: { events: ['runner', 'runner'] } }
    await first.request(subscribe)
    await first.request(subscribe)
    await second.request(subscribe)
    core.emit('runner', sampleRunner('tiny', 'ready') as never)
    expect([one.length, two.length]).toEqual([1, 1])
    first.dispose()
    first.dispose()
    core.emit('runner', sampleRunner('tiny', 'ready') as never)
    expect([one.length, two.length]).toEqual([1, 2])
    await first.request(subscribe)
    expect(core.listenerCount()).toBe(1)
    second.dispose()
    expect(core.listenerCount()).toBe(0)
  })
})
